"""What members have in challenges, read in a bounded number of queries for any number of rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max, OuterRef, Q, Subquery

from challenges.ledger import WindowKey
from challenges.models import Challenge, ChallengeProgress
from challenges.representations import Own
from rewards.models import RewardLog


def reward_logs_of(windows: Iterable[WindowKey]) -> dict[WindowKey, list[RewardLog]]:
    """The reward logs of these windows, oldest first, with their reward and milestone; one query."""
    wanted = set(windows)
    found: dict[WindowKey, list[RewardLog]] = {}
    if not wanted:
        return found
    rows = RewardLog.objects.filter(
        member_id__in={key[0] for key in wanted},
        challenge_id__in={key[1] for key in wanted},
        period_key__in={key[2] for key in wanted},
    ).select_related("reward", "milestone")
    for log in rows.order_by("id"):
        key = (log.member_id, log.challenge_id, log.period_key)
        if key in wanted:
            found.setdefault(key, []).append(log)
    return found


def own_of(external_id: str, challenges: Sequence[Challenge], at: datetime) -> dict[UUID, Own]:
    """One member's row of the window of now and of the newest closed one, for each challenge; two queries."""
    keys = {each.id: each.window_at(at).period_key for each in challenges}
    newest_closed = (
        ChallengeProgress.objects.filter(
            member=OuterRef("member"), challenge=OuterRef("challenge"), window_ends_at__lte=at
        )
        .values("challenge")
        .annotate(newest=Max("window_starts_at"))
        .values("newest")
    )
    rows = list(
        ChallengeProgress.objects.filter(
            Q(period_key__in=set(keys.values())) | Q(window_starts_at=Subquery(newest_closed)),
            member__external_id=external_id,
            challenge__in=keys,
        )
    )
    logs = reward_logs_of((row.member_id, row.challenge_id, row.period_key) for row in rows)
    return {id_: _own(external_id, id_, key, rows, logs, at) for id_, key in keys.items()}


def _own(
    external_id: str,
    challenge_id: UUID,
    period_key: str,
    rows: Sequence[ChallengeProgress],
    logs: dict[WindowKey, list[RewardLog]],
    at: datetime,
) -> Own:
    mine = [row for row in rows if row.challenge_id == challenge_id]
    closed = [row for row in mine if row.window_ends_at <= at]
    return Own(
        external_id,
        next((row for row in mine if row.period_key == period_key), None),
        max(closed, key=lambda row: row.window_starts_at, default=None),
        {row.period_key: logs.get((row.member_id, row.challenge_id, row.period_key), []) for row in mine},
    )
