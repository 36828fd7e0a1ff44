"""Challenges with their milestones and rewards as readers see them, cached until any edit.

Like the catalogue's rules, but whole records: what representations need. One small query says whether the
cache still holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from challenges.catalogue import stamp
from challenges.models import Challenge
from challenges_project.choices import RecordStatus
from milestones.models import Milestone

CACHED_AT_MOST = 2000


@dataclass(frozen=True, slots=True)
class Shelved:
    """A challenge, archived or not, and its unarchived milestones ascending; nothing here may be changed."""

    challenge: Challenge
    milestones: tuple[Milestone, ...]

    @property
    def live_milestones(self) -> list[Milestone]:
        return [each for each in self.milestones if each.status == RecordStatus.LIVE]


_cached: tuple[int, dict[UUID, Shelved]] = (0, {})


def take(challenge_ids: Iterable[UUID], now: int | None = None) -> dict[UUID, Shelved]:
    """These challenges as they are now; two queries for those that are not cached.

    `now`: a stamp that was read in this request already; None asks for it.
    """
    global _cached
    wanted = set(challenge_ids)
    if not wanted:
        return {}
    if now is None:
        now = stamp()
    at, known = _cached
    if at != now or len(known) > CACHED_AT_MOST:
        known = {}
        _cached = (now, known)
    if missing := wanted - known.keys():
        known.update(_load(missing))
    return {id_: known[id_] for id_ in wanted if id_ in known}


def _load(challenge_ids: set[UUID]) -> dict[UUID, Shelved]:
    challenges = Challenge.objects.filter(id__in=challenge_ids).select_related("completion_reward")
    milestones = with_milestones(challenge_ids)
    return {each.id: Shelved(each, tuple(milestones.get(each.id, ()))) for each in challenges}


def with_milestones(challenge_ids: Iterable[UUID]) -> dict[UUID, list[Milestone]]:
    """Unarchived milestones by challenge, ascending."""
    found: dict[UUID, list[Milestone]] = {}
    rows = Milestone.objects.unarchived().filter(challenge__in=challenge_ids).select_related("reward")
    for milestone in rows.order_by("milestone_target_value", "id"):
        found.setdefault(milestone.challenge_id, []).append(milestone)
    return found
