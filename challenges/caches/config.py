"""The rules of challenges as the engine reads them: immutable snapshots, cached until any edit.

The cache holds while the catalogue's stamp stays the same. A stamp is random and never comes back, so a
snapshot of a transaction that rolled back is never found again.
"""

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from challenges.models import Catalogue, Challenge
from core.amounts import units
from core.choices import AggregationMethod
from core.periods import checked_zone
from milestones.models import Milestone

CACHED_AT_MOST = 2000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A live milestone as the engine needs it; `target` in ten-thousandths."""

    milestone_id: UUID
    target: int
    reward_id: UUID | None
    live_since: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """One challenge's rules at one stamp; `target` in ten-thousandths, thresholds lowest first."""

    challenge_id: UUID
    status: str
    counting: bool
    period: str
    zone: ZoneInfo
    starts_at: datetime | None
    ends_at: datetime | None
    late_grace: timedelta
    reversal_policy: str
    target: int
    completion_reward_id: UUID | None
    activity_ids: frozenset[str]
    backfill_since: datetime | None
    thresholds: tuple[Threshold, ...]

    @property
    def settled(self) -> bool:
        """Whether everybody whom the last edit pays has been paid."""
        return self.backfill_since is None

    def closes_at(self, calendar_end: datetime) -> datetime:
        """When a window closes: at its calendar end or at the challenge's end, whichever is earlier."""
        return calendar_end if self.ends_at is None else min(calendar_end, self.ends_at)


_read = threading.local()


def config_version() -> int:
    """Which configuration is in force; 0 while none was ever saved. One small query of every request."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT version FROM {Catalogue._meta.db_table}")
        row = cursor.fetchone()
    _read.stamp = row[0] if row else 0
    return _read.stamp


def last_config_version() -> int:
    """The stamp that this thread read last. Another thread's may belong to an edit that is not committed."""
    return getattr(_read, "stamp", 0)


def invalidate() -> None:
    """Say, in the edit's own transaction, that the configuration changed."""
    Catalogue.objects.update_or_create(id=1, defaults={"version": secrets.randbits(62)})


class VersionedCache(Generic[T]):
    """What `load` makes of challenges, kept until the stamp changes. Nothing that it holds may be changed."""

    def __init__(self, load: Callable[[set[UUID]], dict[UUID, T]]) -> None:
        self.load = load
        self.cached: tuple[int, dict[UUID, T]] = (0, {})

    def take(self, challenge_ids: Iterable[UUID], now: int) -> dict[UUID, T]:
        """Those of these challenges that `load` knows; `now` is the stamp in force."""
        wanted = set(challenge_ids)
        at, known = self.cached
        if at != now or len(known) > CACHED_AT_MOST:
            known = {}
            self.cached = (now, known)
        if missing := wanted - known.keys():
            known.update(self.load(missing))
        return {id_: known[id_] for id_ in wanted if id_ in known}


def rules_of(challenge_ids: Iterable[UUID]) -> dict[UUID, Rules]:
    """The rules of these challenges; an id that is unknown or archived is missing."""
    return _rules.take(challenge_ids, config_version())


def _load(challenge_ids: set[UUID]) -> dict[UUID, Rules]:
    thresholds: dict[UUID, list[Threshold]] = {}
    live = (
        Milestone.objects.live().filter(challenge__in=challenge_ids).order_by("milestone_target_value", "id")
    )
    for milestone in live:
        thresholds.setdefault(milestone.challenge_id, []).append(
            Threshold(
                milestone.id,
                units(milestone.milestone_target_value),
                milestone.reward_id,
                milestone.live_since,
            )
        )
    challenges = Challenge.objects.unarchived().filter(id__in=challenge_ids)
    return {each.id: snapshot(each, tuple(thresholds.get(each.id, ()))) for each in challenges}


_rules = VersionedCache(_load)


def snapshot(challenge: Challenge, thresholds: tuple[Threshold, ...]) -> Rules:
    return Rules(
        challenge_id=challenge.id,
        status=challenge.status,
        counting=challenge.aggregation_method == AggregationMethod.COUNT,
        period=challenge.aggregation_period,
        zone=checked_zone(challenge.time_zone),
        starts_at=challenge.starts_at,
        ends_at=challenge.ends_at,
        late_grace=timedelta(hours=challenge.late_grace_hours),
        reversal_policy=challenge.reversal_policy,
        target=units(challenge.completion_target_value),
        completion_reward_id=challenge.completion_reward_id,
        activity_ids=frozenset(challenge.activity_ids),
        backfill_since=challenge.settling_since,
        thresholds=thresholds,
    )


def challenges_naming(activity_id: str) -> list[UUID]:
    """The live challenges in which this activity counts, by id."""
    live = Challenge.objects.live().order_by("id").values_list("id", "activity_ids")
    return [id_ for id_, activity_ids in live if activity_id in activity_ids]
