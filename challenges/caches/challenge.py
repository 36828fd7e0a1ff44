"""Challenges with their milestones and rewards as readers see them, cached until any edit.

Like the catalogue's rules, but whole records: what representations need. One small query says whether the
cache still holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from challenges.caches.config import VersionedCache, config_version
from challenges.models import Challenge
from core.choices import RecordStatus
from milestones.models import Milestone


@dataclass(frozen=True, slots=True)
class CachedChallenge:
    """A challenge, archived or not, and its unarchived milestones ascending; nothing here may be changed."""

    challenge: Challenge
    milestones: tuple[Milestone, ...]

    @property
    def live_milestones(self) -> list[Milestone]:
        return [each for each in self.milestones if each.status == RecordStatus.LIVE]


def get_many(challenge_ids: Iterable[UUID], now: int | None = None) -> dict[UUID, CachedChallenge]:
    """These challenges as they are now; two queries for those that are not cached.

    `now`: a stamp that this request read already; None asks for it.
    """
    wanted = set(challenge_ids)
    return _challenges.take(wanted, config_version() if now is None else now) if wanted else {}


def _load(challenge_ids: set[UUID]) -> dict[UUID, CachedChallenge]:
    challenges = Challenge.objects.filter(id__in=challenge_ids).select_related("completion_reward")
    milestones = read_milestones(challenge_ids)
    return {each.id: CachedChallenge(each, tuple(milestones.get(each.id, ()))) for each in challenges}


_challenges = VersionedCache(_load)


def get_milestones(challenge_ids: Iterable[UUID], now: int | None = None) -> dict[UUID, list[Milestone]]:
    """What `with_milestones` reads, cached: for readers other than the edit under way."""
    wanted = set(challenge_ids)
    return _milestones.take(wanted, config_version() if now is None else now) if wanted else {}


def read_milestones(challenge_ids: Iterable[UUID]) -> dict[UUID, list[Milestone]]:
    """Unarchived milestones by challenge, ascending."""
    found: dict[UUID, list[Milestone]] = {}
    rows = Milestone.objects.unarchived().filter(challenge__in=challenge_ids).select_related("reward")
    for milestone in rows.order_by("milestone_target_value", "id"):
        found.setdefault(milestone.challenge_id, []).append(milestone)
    return found


_milestones = VersionedCache(lambda ids: {id_: [] for id_ in ids} | read_milestones(ids))
