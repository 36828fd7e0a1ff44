"""Which status of a reward log may follow which, and by whose hand: docs/rules.md's table, as data. Pure.

`expired` is derived: an issued code whose time is over. It is issued in this table, except to be redeemed.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.choices import RewardLogStatus as Status
from core.errors import DomainError


class Channel(StrEnum):
    """Where a change comes from; an administrator of the shop's staff is support too."""

    IMPORT = "an import of codes"
    API = "the API"
    SUPPORT = "support"
    POLICY = "the reversal policy"


@dataclass(frozen=True, slots=True)
class Transition:
    action: str
    origin: Status
    to: Status
    by: frozenset[Channel]


def _allowed(action: str, origin: Status, to: Status, *by: Channel) -> Transition:
    return Transition(action, origin, to, frozenset(by))


TRANSITIONS = (
    _allowed("fill", Status.PENDING_CODE, Status.ISSUED, Channel.IMPORT, Channel.API, Channel.SUPPORT),
    _allowed("revoke", Status.PENDING_CODE, Status.REVOKED, Channel.POLICY, Channel.SUPPORT),
    _allowed("redeem", Status.ISSUED, Status.REDEEMED, Channel.API, Channel.SUPPORT),
    _allowed("revoke", Status.ISSUED, Status.REVOKED, Channel.API, Channel.SUPPORT, Channel.POLICY),
    _allowed("unredeem", Status.REDEEMED, Status.ISSUED, Channel.API, Channel.SUPPORT),
    _allowed("reissue", Status.ISSUED, Status.ISSUED, Channel.SUPPORT),
    _allowed("reissue", Status.REVOKED, Status.ISSUED, Channel.SUPPORT),
    _allowed("reissue", Status.CAPPED, Status.ISSUED, Channel.SUPPORT),
)
# An extended validity is no change of status; it is refused by the same words.
EXTENDABLE = frozenset({Status.PENDING_CODE, Status.ISSUED})

DONE = {
    "fill": "given a code",
    "redeem": "redeemed",
    "unredeem": "un-redeemed",
    "revoke": "revoked",
    "reissue": "re-issued",
    "extend": "given another expiry",
}
TO_DO = {
    "fill": "give it a code",
    "redeem": "redeem",
    "unredeem": "unredeem",
    "revoke": "revoke",
    "reissue": "re-issue",
    "extend": "extend its expiry",
}
BY_PATCH = {"fill": " (PATCH couponCode)", "extend": " (PATCH rewardExpiryAt)"}


def origins(action: str, door: Channel) -> list[Status]:
    """The stored statuses at which this may begin."""
    return [t.origin for t in TRANSITIONS if t.action == action and door in t.by]


def check(action: str, status: Status, door: Channel) -> None:
    """Raises `DomainError` `transition_not_allowed`, which says what is. `status` as everybody reads it."""
    if (action, door) not in _options(status):
        raise refusal(action, status, door)


def refusal(action: str, status: Status, door: Channel) -> DomainError:
    by_hand = {Channel.API, Channel.SUPPORT}
    possible: dict[str, set[Channel]] = {}
    for other, by in _options(status):
        if by in by_hand:
            possible.setdefault(other, set()).add(by)
    can = [TO_DO[other] + _how(other, door, by) for other, by in possible.items()]
    message = f"This reward is {status} and cannot be {DONE[action]} by {door}."
    options = f" Possible: {', '.join(can)}." if can else " Nothing can be done with it."
    return DomainError("transition_not_allowed", message + options, status="conflict")


def _how(action: str, door: Channel, by: set[Channel]) -> str:
    if door not in by:
        return " (support, in the admin)"
    return BY_PATCH.get(action, "") if door == Channel.API else ""


def _options(status: Status) -> list[tuple[str, Channel]]:
    """What can be done with a reward log of this status, and by whom; the table's order."""
    expired = status == Status.EXPIRED
    stored = Status.ISSUED if expired else status
    found = [
        (t.action, door)
        for t in TRANSITIONS
        for door in Channel
        if t.origin == stored and door in t.by and not (expired and t.action == "redeem")
    ]
    return found + [("extend", door) for door in (Channel.API, Channel.SUPPORT) if stored in EXTENDABLE]
