"""Allowed transitions of a reward log's status, by channel (docs/rules.md, Statuses of a reward log). Pure.

`expired` is never stored: it is `issued` past its expiry. The transitions of `issued` apply to it, except
redeeming.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.choices import RewardLogStatus as Status
from core.errors import DomainError


class Channel(StrEnum):
    """Channel of a status change; decides which transitions are allowed. Staff admins count as SUPPORT."""

    IMPORT = "an import of codes"
    API = "the API"
    SUPPORT = "support"
    POLICY = "the reversal policy"


@dataclass(frozen=True, slots=True)
class Transition:
    action: str
    origin: Status
    target: Status
    channels: frozenset[Channel]


def _allowed(action: str, origin: Status, target: Status, *channels: Channel) -> Transition:
    return Transition(action, origin, target, frozenset(channels))


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
# Another expiry changes no status, so it is not among the transitions; it is refused with the same messages.
EXTENDABLE = frozenset({Status.PENDING_CODE, Status.ISSUED})

# Wording of the refusals: "cannot be redeemed", "Possible: redeem".
PARTICIPLES = {
    "fill": "given a code",
    "redeem": "redeemed",
    "unredeem": "un-redeemed",
    "revoke": "revoked",
    "reissue": "re-issued",
    "extend": "given another expiry",
}
VERBS = {
    "fill": "give it a code",
    "redeem": "redeem",
    "unredeem": "unredeem",
    "revoke": "revoke",
    "reissue": "re-issue",
    "extend": "extend its expiry",
}
PATCH_HINTS = {"fill": " (PATCH couponCode)", "extend": " (PATCH rewardExpiryAt)"}


def origins(action: str, channel: Channel) -> list[Status]:
    """Return the stored statuses from which this action is allowed."""
    return [t.origin for t in TRANSITIONS if t.action == action and channel in t.channels]


def check(action: str, status: Status, channel: Channel) -> None:
    """Check that the action is allowed in this status, which may be `expired`.

    Raises `DomainError` `transition_not_allowed`, whose message says what is possible instead.
    """
    if (action, channel) not in _allowed_actions(status):
        raise _refusal(action, status, channel)


def _refusal(action: str, status: Status, channel: Channel) -> DomainError:
    channels_by_action: dict[str, set[Channel]] = {}
    for allowed_action, allowed_channel in _allowed_actions(status):
        if allowed_channel in (Channel.API, Channel.SUPPORT):
            channels_by_action.setdefault(allowed_action, set()).add(allowed_channel)
    possible = [
        VERBS[allowed_action] + _hint(allowed_action, channel, channels)
        for allowed_action, channels in channels_by_action.items()
    ]
    message = f"This reward is {status} and cannot be {PARTICIPLES[action]} by {channel}."
    options = f" Possible: {', '.join(possible)}." if possible else " Nothing can be done with it."
    return DomainError("transition_not_allowed", message + options, status="conflict")


def _hint(action: str, channel: Channel, channels: set[Channel]) -> str:
    """Return how the reader of a refusal gets this action done, where its verb does not say it."""
    if channel not in channels:
        return " (support, in the admin)"
    return PATCH_HINTS.get(action, "") if channel == Channel.API else ""


def _allowed_actions(status: Status) -> list[tuple[str, Channel]]:
    """Return the actions that are allowed in this status, each with a channel, in the table's order."""
    expired = status == Status.EXPIRED
    stored = Status.ISSUED if expired else status
    actions = [
        (t.action, channel)
        for t in TRANSITIONS
        for channel in Channel
        if t.origin == stored and channel in t.channels and not (expired and t.action == "redeem")
    ]
    return actions + [
        ("extend", channel) for channel in (Channel.API, Channel.SUPPORT) if stored in EXTENDABLE
    ]
