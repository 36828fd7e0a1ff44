"""Cache the rules of challenges as the engine reads them: immutable snapshots, valid until any edit.

A cached value is valid while the config version is the same. A version is random and never comes back, so
that what a transaction read which then rolled back is never found again.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Min

from challenges.models import Catalogue, Challenge, RuleVersion
from challenges.models.rule_version import rule_set_of
from challenges.models.window_rules import Rules, Version
from core.choices import RecordStatus
from core.periods import checked_zone
from milestones.models import Milestone

CACHED_AT_MOST = 2000
ALWAYS = datetime.min.replace(tzinfo=UTC)
T = TypeVar("T")


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


def rules_of(challenge_ids: Iterable[UUID], version: int | None = None) -> dict[UUID, Rules]:
    """Return the rules of these challenges, archived ones too; an unknown id is missing.

    `version`: a config version that this request read already; None reads it.
    """
    return _rules.get_many(challenge_ids, version)


def _load(challenge_ids: set[UUID]) -> dict[UUID, Rules]:
    stored: dict[UUID, list[RuleVersion]] = {}
    for rule_version in RuleVersion.objects.filter(challenge__in=challenge_ids).order_by("number"):
        stored.setdefault(rule_version.challenge_id, []).append(rule_version)
    milestones: dict[UUID, list[Milestone]] = {}
    if drafts := challenge_ids - stored.keys():
        for milestone in Milestone.objects.unarchived().filter(challenge__in=drafts):
            milestones.setdefault(milestone.challenge_id, []).append(milestone)
    return {
        challenge.id: snapshot(challenge, stored.get(challenge.id, ()), milestones.get(challenge.id, ()))
        for challenge in Challenge.objects.filter(id__in=challenge_ids)
    }


_rules = VersionedCache(_load)


def snapshot(
    challenge: Challenge, rule_versions: Sequence[RuleVersion], milestones: Iterable[Milestone] = ()
) -> Rules:
    """Build the rules of a challenge with these versions, which must be by number.

    A draft has none: what it would be judged by is made of the challenge and its `milestones`, as version 0.
    """
    versions = tuple(rule_version.as_version() for rule_version in rule_versions)
    return Rules(
        challenge_id=challenge.id,
        status=challenge.status,
        archived=challenge.archived_at is not None,
        period=challenge.aggregation_period,
        zone=checked_zone(challenge.time_zone),
        late_grace=timedelta(hours=challenge.late_grace_hours),
        reversal_policy=challenge.reversal_policy,
        activity_ids=frozenset(challenge.activity_ids),
        backfill_since=challenge.settling_since,
        historical_until=challenge.historical_until,
        versions=versions or (Version.of(0, ALWAYS, rule_set_of(challenge, milestones)),),
        unapplied_from=next((v.in_force_from for v in rule_versions if not v.applied), None),
    )


def with_pending_backfill() -> list[Rules]:
    """Return the rules of the challenges whose last edit has not reached every row of progress yet."""
    global _backfilling
    version = config_version()
    if _backfilling[0] != version:
        pending = Challenge.objects.exclude(settling_since=None)
        _backfilling = (version, list(pending.order_by("id").values_list("id", flat=True)))
    return list(_rules.get_many(_backfilling[1], version).values())


_backfilling: tuple[int, list[UUID]] = (-1, [])


def has_unapplied(at: datetime, version: int | None = None) -> bool:
    """Whether a pending version is in force at `at` that its challenge does not show yet.

    `version`: a config version that this request read already; None reads it.
    """
    global _earliest_unapplied
    version = config_version() if version is None else version
    known_version, earliest = _earliest_unapplied
    if known_version != version:
        unapplied = RuleVersion.objects.filter(applied=False, challenge__archived_at=None)
        earliest = unapplied.aggregate(earliest=Min("in_force_from"))["earliest"]
        _earliest_unapplied = (version, earliest)
    return earliest is not None and earliest <= at


_earliest_unapplied: tuple[int, datetime | None] = (-1, None)


def challenges_naming(activity_id: str) -> list[UUID]:
    """List the ids of the live and paused challenges that name this activity, ascending."""
    recording = Challenge.objects.unarchived().exclude(status=RecordStatus.DRAFT).order_by("id")
    pairs = recording.values_list("id", "activity_ids")
    return [id_ for id_, activity_ids in pairs if activity_id in activity_ids]
