"""Cache challenges with their milestones and rewards as readers see them, valid until any edit.

Like `caches.config`, but whole records: what the presenters need.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from challenges.caches.config import VersionedCache, last_config_version, rules_of
from challenges.models import Challenge
from challenges.models.window_rules import Rules
from core.choices import RecordStatus
from milestones.models import Milestone


@dataclass(frozen=True, slots=True)
class CachedChallenge:
    """A challenge, archived or not, its rules, and its unarchived milestones ascending.

    Nothing here may be changed.
    """

    challenge: Challenge
    rules: Rules
    milestones: tuple[Milestone, ...]
    live_milestones: tuple[Milestone, ...]


def get_many(challenge_ids: Iterable[UUID], version: int | None = None) -> dict[UUID, CachedChallenge]:
    """Return these challenges as they are now; four queries for those that are not cached.

    `version`: a config version that this request read already; None reads it.
    """
    return _challenges.get_many(challenge_ids, version)


def get_as_last_read(challenge_id: UUID) -> CachedChallenge:
    """Return a challenge at the config version that this thread read last; no query where it is cached."""
    return _challenges.get_many([challenge_id], last_config_version())[challenge_id]


def _load(challenge_ids: set[UUID]) -> dict[UUID, CachedChallenge]:
    by_challenge = read_milestones(challenge_ids)
    rules = rules_of(challenge_ids, last_config_version())
    cached: dict[UUID, CachedChallenge] = {}
    for challenge in Challenge.objects.filter(id__in=challenge_ids).select_related("completion_reward"):
        milestones = tuple(by_challenge.get(challenge.id, ()))
        live = tuple(milestone for milestone in milestones if milestone.status == RecordStatus.LIVE)
        cached[challenge.id] = CachedChallenge(challenge, rules[challenge.id], milestones, live)
    return cached


_challenges = VersionedCache(_load)


def get_milestones(challenge_ids: Iterable[UUID], version: int | None = None) -> dict[UUID, list[Milestone]]:
    """Return what `read_milestones` reads, cached: for readers other than the edit under way."""
    return _milestones.get_many(challenge_ids, version)


def read_milestones(challenge_ids: Iterable[UUID]) -> dict[UUID, list[Milestone]]:
    """Read unarchived milestones by challenge, ascending, each with its reward."""
    by_challenge: dict[UUID, list[Milestone]] = {}
    rows = Milestone.objects.unarchived().filter(challenge__in=challenge_ids).select_related("reward")
    for milestone in rows.order_by("milestone_target_value", "id"):
        by_challenge.setdefault(milestone.challenge_id, []).append(milestone)
    return by_challenge


_milestones = VersionedCache(lambda ids: {id_: [] for id_ in ids} | read_milestones(ids))
