"""One edit of a challenge and its milestones, as it will be stored: the record, its past, its thresholds."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from challenges.caches.config import Rules, Threshold, snapshot
from challenges.models import Challenge, ChallengeLog
from core.amounts import units
from core.choices import RecordStatus
from milestones.models import Milestone

# What decides to which window a log belongs and what it adds there.
RECASTING = ("aggregation_method", "aggregation_period", "time_zone")
# Written by the door itself, never by who comes through it.
BOOKKEEPING = {"version", "settling_since", "live_since", "created_at", "updated_at"}


@dataclass(slots=True)
class ChangeSet:
    """`stored`: the challenge as it is now, None for a new one. `milestones`: those this edit touches.

    `standing`: every milestone that is not archived once the edit is done, lowest first.
    """

    challenge: Challenge
    stored: Challenge | None
    milestones: list[Milestone]
    removed: list[Milestone]
    standing: list[Milestone]
    before: Rules | None
    at: datetime
    # The edit came as one milestone's: its faults carry plain field names.
    of_one_milestone: bool = False
    edited: set[str] = field(default_factory=set)
    edited_milestones: dict[UUID, set[str]] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.stored is None

    @property
    def changes_nothing(self) -> bool:
        return not (self.edited or self.removed or any(self.edited_milestones.values()))

    @property
    def recasts(self) -> list[str]:
        """Which of the fields that decide a log's window and value are edited."""
        return [] if self.is_new else [name for name in RECASTING if name in self.edited]

    @property
    def moves_thresholds(self) -> bool:
        """Whether open windows must be looked at: another target, another end, a threshold that is new."""
        if self.before is None:
            return False
        after = self.rules()
        new = {(t.milestone_id, t.target) for t in after.thresholds}
        old = {(t.milestone_id, t.target) for t in self.before.thresholds}
        return (after.target, after.ends_at) != (self.before.target, self.before.ends_at) or bool(new - old)

    def rules(self) -> Rules:
        """The rules that the engine will read once the edit is stored."""
        return snapshot(self.challenge, thresholds_of(self.standing))

    def has_logs(self) -> bool:
        return ChallengeLog.objects.filter(challenge=self.challenge.id).exists()


def change_set_of(
    challenge: Challenge,
    milestones: Iterable[Milestone],
    removed: Collection[Milestone],
    at: datetime,
) -> ChangeSet:
    """Compare with what is stored, taking over what others stored meanwhile (to write: under the lock)."""
    stored = Challenge.objects.filter(id=challenge.id).first()
    was = {each.id: each for each in Milestone.objects.filter(challenge=challenge.id)}
    touched = [_refreshed(each, was.get(each.id)) for each in milestones]
    if stored is not None:
        challenge.merge_from(stored)
    edit = ChangeSet(
        challenge=challenge,
        stored=stored,
        milestones=touched,
        removed=list(removed),
        standing=_remaining_milestones(was.values(), touched, removed),
        before=snapshot(stored, thresholds_of(_remaining_milestones(was.values(), (), ())))
        if stored
        else None,
        at=at,
        edited=challenge.dirty_fields() - BOOKKEEPING,
    )
    for each in touched:
        edit.edited_milestones[each.id] = each.dirty_fields() - BOOKKEEPING
        _go_live(each, was.get(each.id), at)
    return edit


def _refreshed(milestone: Milestone, stored: Milestone | None) -> Milestone:
    if stored is not None:
        milestone.merge_from(stored)
    return milestone


def _go_live(milestone: Milestone, stored: Milestone | None, at: datetime) -> None:
    """`live_since` is when it last went live; it acts on windows that were open then."""
    was_live = stored is not None and stored.status == RecordStatus.LIVE and stored.archived_at is None
    if milestone.status == RecordStatus.LIVE and not was_live:
        milestone.live_since = at


def _remaining_milestones(
    stored: Iterable[Milestone], touched: Sequence[Milestone], removed: Collection[Milestone]
) -> list[Milestone]:
    gone = {each.id for each in removed}
    after = {each.id: each for each in stored} | {each.id: each for each in touched}
    kept = [each for each in after.values() if each.archived_at is None and each.id not in gone]
    return sorted(kept, key=lambda each: each.id)


def thresholds_of(milestones: Iterable[Milestone]) -> tuple[Threshold, ...]:
    """The live ones as the engine reads them, lowest first."""
    live = [
        Threshold(each.id, units(each.milestone_target_value), each.reward_id, each.live_since)
        for each in milestones
        if each.status == RecordStatus.LIVE and each.live_since is not None
    ]
    return tuple(sorted(live, key=lambda each: (each.target, each.milestone_id)))
