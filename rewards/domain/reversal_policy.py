"""Revoke the rewards that a window no longer supports, and give back what was revoked so.

Which is which is stored: what a person revoked is never given back (docs/rules.md, Reversals).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from core.choices import RewardLogStatus
from rewards.domain import pending_codes
from rewards.domain.state_machine import Channel, origins
from rewards.models.rows import REWARD_LOGS, Issued

WindowKey = tuple[UUID, UUID, str]  # member, challenge, period key

FOUND = (
    "id", "member_id", "challenge_id", "period_key", "threshold_id", "reward_id", "status", "revoked_from",
    "achieved_target_value",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewedWindow:
    """A window whose rewards are reviewed: its value, and the targets of its thresholds, all in units.

    `targets`: by the threshold's id, which is the milestone's, or the challenge's for the completion.
    `revokes`: whether what the value does not support is revoked; what it supports is given back anyway.
    """

    member_id: UUID
    challenge_id: UUID
    period_key: str
    value: int
    targets: Mapping[UUID, int]
    revokes: bool

    @property
    def key(self) -> WindowKey:
        return self.member_id, self.challenge_id, self.period_key

    def supports(self, threshold_id: UUID, achieved_target: int | None) -> bool:
        """Whether the value reaches the lower of the target paid at and that of the window's rules."""
        targets = [achieved_target, self.targets.get(threshold_id)]
        return any(target is not None and target <= self.value for target in targets)


def review(windows: Sequence[ReviewedWindow], at: datetime) -> dict[WindowKey, bool]:
    """Revoke and give back rewards of these windows; return which of them have revoked ones afterwards.

    Call it inside the transaction that changed the values, with the windows locked, before codes are. The
    logs are locked before they are judged: a redemption that runs at the same time either comes first, and is
    kept, or finds the reward revoked. What waits for a pool's code is looked at again after the commit.
    """
    by_key = {window.key: window for window in windows}
    has_revoked = dict.fromkeys(by_key, False)
    changed: list[tuple[UUID, str, str, datetime]] = []
    waiting: set[UUID] = set()
    for id_, *key, threshold_id, reward_id, status, revoked_from, achieved_target in _lock(windows):
        window = by_key[tuple(key)]
        supported = window.supports(threshold_id, achieved_target)
        if revoked_from and supported:
            changed.append((id_, revoked_from, "", at))
            if revoked_from == RewardLogStatus.PENDING_CODE and reward_id is not None:
                waiting.add(reward_id)
        elif revoked_from:
            has_revoked[window.key] = True
        elif window.revokes and not supported:
            changed.append((id_, RewardLogStatus.REVOKED.value, status, at))
            has_revoked[window.key] = True
    if changed:
        REWARD_LOGS.update(("id", "status", "revoked_from", "updated_at"), changed)
    pending_codes.fill_rewards_after_commit(waiting)
    return has_revoked


def review_issued(
    windows: Iterable[ReviewedWindow], issued: Iterable[Issued], at: datetime
) -> set[WindowKey]:
    """Revoke what was issued just now and the windows do not support in the end; return their windows.

    So it is with an activity and its reversal in one batch. The logs are this transaction's own.
    """
    by_key = {window.key: window for window in windows if window.revokes}
    revocable = origins("revoke", Channel.POLICY)
    revoked = []
    for log in issued:
        window = by_key.get(log.window_key)
        if window is None or log.status not in revocable or window.supports(log.threshold_id, log.target):
            continue
        log.status, log.revoked_from = RewardLogStatus.REVOKED.value, log.status
        revoked.append(log)
    if revoked:
        REWARD_LOGS.update(
            ("id", "status", "revoked_from", "updated_at"),
            [(log.id, log.status, log.revoked_from, at) for log in revoked],
        )
    return {log.window_key for log in revoked}


def _lock(windows: Sequence[ReviewedWindow]) -> list[tuple]:
    """Lock the reward logs of these windows that may change, in the order of their ids; return `FOUND`."""
    key = ("member_id", "challenge_id", "period_key")
    source, params = REWARD_LOGS.source(key, [window.key for window in windows])
    statuses = ", ".join(f"'{status.value}'" for status in origins("revoke", Channel.POLICY))
    lock = " FOR NO KEY UPDATE OF log" if connection.vendor == "postgresql" else ""
    return REWARD_LOGS.fetch(
        f"WITH reviewed ({', '.join(key)}) AS ({source}) "
        f"SELECT {', '.join(f'log.{name}' for name in FOUND)} FROM reviewed JOIN {REWARD_LOGS.name} log "
        f"ON {' AND '.join(f'log.{name} = reviewed.{name}' for name in key)} "
        f"WHERE log.status IN ({statuses}) OR log.revoked_from <> '' ORDER BY log.id{lock}",
        params,
        FOUND,
    )
