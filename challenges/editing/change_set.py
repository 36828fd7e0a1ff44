"""Compare an edit of a challenge and its milestones with what is stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from challenges.caches.config import Rules, Threshold, snapshot
from challenges.models import Challenge, ChallengeLog
from core.amounts import units
from core.choices import RecordStatus
from milestones.models import Milestone
from rewards.domain import reward_service
from rewards.models import Reward

# Editing one of these may assign a log to another window, or change what it adds there.
REASSIGNING_FIELDS = ("aggregation_method", "aggregation_period", "time_zone")
# Set by `challenges.editing.service`, never by an editor.
BOOKKEEPING_FIELDS = {
    "version",
    "settling_since",
    "settling_moved_at",
    "live_since",
    "created_at",
    "updated_at",
}


@dataclass(slots=True)
class ChangeSet:
    """One edit of a challenge and its milestones, as it will be stored at `at`.

    `stored`: the challenge before the edit; None for a new one. `milestones`: those that the edit adds or
    changes. `remaining_milestones`: all that are not archived after the edit, by id. `old_rules`: the rules
    before the edit; None for a new challenge.
    """

    challenge: Challenge
    stored: Challenge | None
    milestones: list[Milestone]
    removed: list[Milestone]
    remaining_milestones: list[Milestone]
    old_rules: Rules | None
    at: datetime
    # The edit is of one milestone alone: errors name its fields without the milestone's index.
    of_one_milestone: bool = False
    edited_fields: set[str] = field(default_factory=set)
    edited_milestone_fields: dict[UUID, set[str]] = field(default_factory=dict)
    # The rewards that the challenge pays after an edit which begins to pay one, read afresh.
    rewards: dict[UUID, Reward] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.stored is None

    @property
    def changes_nothing(self) -> bool:
        return not (self.edited_fields or self.removed or any(self.edited_milestone_fields.values()))

    @property
    def reassigning_fields(self) -> list[str]:
        """The edited fields for which progress must be recomputed from all logs."""
        return [] if self.is_new else [name for name in REASSIGNING_FIELDS if name in self.edited_fields]

    @property
    def needs_backfill(self) -> bool:
        """Whether open windows may have to change: another target or end, a new or moved milestone."""
        if self.old_rules is None:
            return False
        new_rules = self.new_rules()
        new = {(threshold.milestone_id, threshold.target) for threshold in new_rules.thresholds}
        old = {(threshold.milestone_id, threshold.target) for threshold in self.old_rules.thresholds}
        if new - old:
            return True
        return (new_rules.target, new_rules.ends_at) != (self.old_rules.target, self.old_rules.ends_at)

    def new_rules(self) -> Rules:
        """Return the rules that the engine will read once the edit is stored."""
        return snapshot(self.challenge, thresholds_of(self.remaining_milestones))

    def read_rewards(self, *, lock: bool) -> None:
        """Read `rewards`; with `lock`, keep them from being removed until the transaction ends."""
        if not self._begins_to_pay():
            return
        ids = {self.challenge.completion_reward_id, *(m.reward_id for m in self.remaining_milestones)}
        reward_ids = [reward_id for reward_id in ids if reward_id]
        self.rewards = reward_service.lock_used(reward_ids) if lock else Reward.objects.in_bulk(reward_ids)

    def _begins_to_pay(self) -> bool:
        """Whether a reward was chosen, or the challenge or a milestone is restored with its rewards."""
        paying = {"completion_reward_id", "reward_id", "archived_at"}
        return any(paying & edited for edited in (self.edited_fields, *self.edited_milestone_fields.values()))

    def has_logs(self) -> bool:
        return ChallengeLog.objects.filter(challenge=self.challenge.id).exists()


def change_set_of(
    challenge: Challenge,
    milestones: Iterable[Milestone],
    removed: Collection[Milestone],
    at: datetime,
) -> ChangeSet:
    """Compare the edited records with those stored; fields that only others changed take the stored values.

    Call it with the challenge locked where the edit is to be stored. Sets `live_since` of milestones that go
    live.
    """
    stored = Challenge.objects.filter(id=challenge.id).first()
    stored_milestones = {
        milestone.id: milestone for milestone in Milestone.objects.filter(challenge=challenge.id)
    }
    touched = list(milestones)
    for milestone in touched:
        if milestone.id in stored_milestones and not milestone._state.adding:
            milestone.merge_from(stored_milestones[milestone.id])
    old_rules = None
    if stored is not None:
        challenge.merge_from(stored)
        old_rules = snapshot(stored, thresholds_of(_remaining_milestones(stored_milestones.values(), (), ())))
    change_set = ChangeSet(
        challenge=challenge,
        stored=stored,
        milestones=touched,
        removed=list(removed),
        remaining_milestones=_remaining_milestones(stored_milestones.values(), touched, removed),
        old_rules=old_rules,
        at=at,
        edited_fields=challenge.dirty_fields() - BOOKKEEPING_FIELDS,
    )
    for milestone in touched:
        change_set.edited_milestone_fields[milestone.id] = milestone.dirty_fields() - BOOKKEEPING_FIELDS
        _set_live_since(milestone, stored_milestones.get(milestone.id), at)
    return change_set


def _set_live_since(milestone: Milestone, stored: Milestone | None, at: datetime) -> None:
    """Set `live_since` where a milestone goes live: it acts on windows that are open then."""
    was_live = stored is not None and stored.status == RecordStatus.LIVE and stored.archived_at is None
    if milestone.status == RecordStatus.LIVE and not was_live:
        milestone.live_since = at


def _remaining_milestones(
    stored: Iterable[Milestone], touched: Sequence[Milestone], removed: Collection[Milestone]
) -> list[Milestone]:
    """Return all milestones after an edit that are not archived, by id."""
    removed_ids = {milestone.id for milestone in removed}
    by_id = {milestone.id: milestone for milestone in (*stored, *touched)}
    remaining = [
        milestone
        for milestone in by_id.values()
        if milestone.archived_at is None and milestone.id not in removed_ids
    ]
    return sorted(remaining, key=lambda milestone: milestone.id)


def thresholds_of(milestones: Iterable[Milestone]) -> tuple[Threshold, ...]:
    """Return the live ones of these milestones as the engine reads them, lowest first."""
    live = [
        Threshold(
            milestone.id, units(milestone.milestone_target_value), milestone.reward_id, milestone.live_since
        )
        for milestone in milestones
        if milestone.status == RecordStatus.LIVE and milestone.live_since is not None
    ]
    return tuple(sorted(live, key=lambda threshold: (threshold.target, threshold.milestone_id)))
