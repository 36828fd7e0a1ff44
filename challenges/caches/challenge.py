"""Challenges with their milestones and rewards as readers see them, cached until any edit.

Like the catalogue's rules, but whole records: what representations need. One small query says whether the
cache still holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from challenges.caches.config import Stamped, stamp
from challenges.models import Challenge
from core.choices import RecordStatus
from milestones.models import Milestone


@dataclass(frozen=True, slots=True)
class Shelved:
    """A challenge, archived or not, and its unarchived milestones ascending; nothing here may be changed."""

    challenge: Challenge
    milestones: tuple[Milestone, ...]

    @property
    def live_milestones(self) -> list[Milestone]:
        return [each for each in self.milestones if each.status == RecordStatus.LIVE]


def take(challenge_ids: Iterable[UUID], now: int | None = None) -> dict[UUID, Shelved]:
    """These challenges as they are now; two queries for those that are not cached.

    `now`: a stamp that this request read already; None asks for it.
    """
    wanted = set(challenge_ids)
    return _shelf.take(wanted, stamp() if now is None else now) if wanted else {}


def _load(challenge_ids: set[UUID]) -> dict[UUID, Shelved]:
    challenges = Challenge.objects.filter(id__in=challenge_ids).select_related("completion_reward")
    milestones = with_milestones(challenge_ids)
    return {each.id: Shelved(each, tuple(milestones.get(each.id, ()))) for each in challenges}


_shelf = Stamped(_load)


def milestones_of(challenge_ids: Iterable[UUID], now: int | None = None) -> dict[UUID, list[Milestone]]:
    """What `with_milestones` reads, cached: for readers other than the edit under way."""
    wanted = set(challenge_ids)
    return _milestones.take(wanted, stamp() if now is None else now) if wanted else {}


def with_milestones(challenge_ids: Iterable[UUID]) -> dict[UUID, list[Milestone]]:
    """Unarchived milestones by challenge, ascending."""
    found: dict[UUID, list[Milestone]] = {}
    rows = Milestone.objects.unarchived().filter(challenge__in=challenge_ids).select_related("reward")
    for milestone in rows.order_by("milestone_target_value", "id"):
        found.setdefault(milestone.challenge_id, []).append(milestone)
    return found


_milestones = Stamped(lambda ids: {id_: [] for id_ in ids} | with_milestones(ids))
