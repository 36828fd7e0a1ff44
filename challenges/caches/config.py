"""Cache the rules of challenges as the engine reads them: immutable snapshots, valid until any edit.

A cached value is valid while the config version is the same. A version is random and never comes back, so
that what a transaction read which then rolled back is never found again.
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
    """A live milestone as the engine reads it; `target` in units (0.0001)."""

    milestone_id: UUID
    target: int
    reward_id: UUID | None
    live_since: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one challenge at one config version. `target` in units, thresholds lowest first."""

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

    def closes_at(self, calendar_end: datetime) -> datetime:
        """Return when a window closes: at its calendar end or the end of the challenge, the earlier one."""
        return calendar_end if self.ends_at is None else min(calendar_end, self.ends_at)


_last_read = threading.local()


def config_version() -> int:
    """Return the config version in force; 0 while nothing was ever saved. Costs one small query a request."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT version FROM {Catalogue._meta.db_table}")
        row = cursor.fetchone()
    _last_read.version = row[0] if row else 0
    return _last_read.version


def last_config_version() -> int:
    """Return the version that this thread read last; another's may be of an uncommitted edit."""
    return getattr(_last_read, "version", 0)


def invalidate() -> None:
    """Set a new config version, in the transaction of an edit: every cache in every process is stale then."""
    Catalogue.objects.update_or_create(id=1, defaults={"version": secrets.randbits(62)})


class VersionedCache(Generic[T]):
    """Cache what `load` makes of challenges until the config version changes. Values must not be mutated."""

    def __init__(self, load: Callable[[set[UUID]], dict[UUID, T]]) -> None:
        self.load = load
        self.cached: tuple[int, dict[UUID, T]] = (0, {})

    def get_many(self, challenge_ids: Iterable[UUID], version: int | None = None) -> dict[UUID, T]:
        """Return the values of those challenges that `load` knows; `version` None reads the one in force."""
        wanted = set(challenge_ids)
        if not wanted:
            return {}
        version = config_version() if version is None else version
        cached_version, values = self.cached
        if cached_version != version or len(values) > CACHED_AT_MOST:
            values = {}
            self.cached = (version, values)
        if missing := wanted - values.keys():
            values.update(self.load(missing))
        return {id_: values[id_] for id_ in wanted if id_ in values}


def rules_of(challenge_ids: Iterable[UUID]) -> dict[UUID, Rules]:
    """Return the rules of these challenges; an id that is unknown or archived is missing."""
    return _rules.get_many(challenge_ids)


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
    return {
        challenge.id: snapshot(challenge, tuple(thresholds.get(challenge.id, ()))) for challenge in challenges
    }


_rules = VersionedCache(_load)


def snapshot(challenge: Challenge, thresholds: tuple[Threshold, ...]) -> Rules:
    """Build the rules of a challenge with these thresholds, which must be lowest first."""
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
    """List the ids of the live challenges in which this activity counts, ascending."""
    live = Challenge.objects.live().order_by("id").values_list("id", "activity_ids")
    return [id_ for id_, activity_ids in live if activity_id in activity_ids]
