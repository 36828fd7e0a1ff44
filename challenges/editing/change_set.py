"""Compare an edit of a challenge and its milestones with what is stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from challenges.caches.config import snapshot
from challenges.editing.version_plan import VersionPlan, plan_versions
from challenges.engine import rule_versions
from challenges.engine.backfill import affected_windows
from challenges.models import Challenge
from challenges.models.rule_version import rule_set_of, show
from challenges.models.window_rules import Rules, WindowRules
from challenges.queries.history import has_history
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
    "historical_until",
    "created_at",
    "updated_at",
}


@dataclass(slots=True)
class ChangeSet:
    """One edit of a challenge and its milestones, as it will be stored at `at`.

    `stored`: the challenge before the edit; None for a new one. `milestones`: those that the edit adds or
    changes. `remaining_milestones`: all that are not archived after the edit, by id. `old_rules`: the rules
    before the edit; None for a new challenge. `plan`: the rule versions after it. With `from_next_window`
    the records are as the pending version has them, and the edit changes that version alone.
    """

    challenge: Challenge
    stored: Challenge | None
    milestones: list[Milestone]
    removed: list[Milestone]
    remaining_milestones: list[Milestone]
    old_rules: Rules | None
    plan: VersionPlan
    at: datetime
    from_next_window: bool = False
    # The edit is of one milestone alone: errors name its fields without the milestone's index.
    of_one_milestone: bool = False
    # Those that the pending version removes, of an edit from the next window.
    left_out: list[Milestone] = field(default_factory=list)
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
    def goes_live(self) -> bool:
        """Whether the challenge goes live from draft, or is new and live: one that resumes does not."""
        was_draft = self.stored is None or self.stored.status == RecordStatus.DRAFT
        return was_draft and self.challenge.status == RecordStatus.LIVE and not self.from_next_window

    @property
    def reassigning_fields(self) -> list[str]:
        """The edited fields for which progress must be recomputed from all logs."""
        return [] if self.is_new else [name for name in REASSIGNING_FIELDS if name in self.edited_fields]

    @property
    def needs_backfill(self) -> bool:
        """Whether rows may have to change: by another target or end, a new or moved milestone."""
        if self.old_rules is None:
            return False
        old = {judged.window: judged for judged in affected_windows(self.old_rules, self.at)}
        new = affected_windows(self.new_rules(), self.at)
        return any(judged.window not in old or _differs(old[judged.window], judged) for judged in new)

    def new_rules(self) -> Rules:
        """Return the rules that the engine will read once the edit is stored."""
        return snapshot(self.challenge, self.plan.versions, self.remaining_milestones)

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

    def milestone_field(self, index: int, field: str | None) -> str | None:
        """Return the name that errors have for a field of the edited milestone at `index`."""
        return field if self.of_one_milestone else f"milestones.{index}.{field}"

    def has_logs(self) -> bool:
        return has_history(self.challenge)


def _differs(old: WindowRules, new: WindowRules) -> bool:
    """Whether rows of a window change: not where a milestone only ceases to pay."""
    old_targets = {(rule.milestone_id, rule.target) for rule in old.version.thresholds}
    new_targets = {(rule.milestone_id, rule.target) for rule in new.version.thresholds}
    return bool(new_targets - old_targets) or (old.target, old.closes_at) != (new.target, new.closes_at)


def change_set_of(
    challenge: Challenge,
    milestones: Iterable[Milestone],
    removed: Collection[Milestone],
    at: datetime,
    *,
    from_next_window: bool = False,
) -> ChangeSet:
    """Compare the edited records with those stored; fields that only others changed take the stored values.

    Call it with the challenge locked where the edit is to be stored.
    """
    stored = Challenge.objects.filter(id=challenge.id).first()
    all_milestones = list(Milestone.objects.filter(challenge=challenge.id))
    versions = rule_versions.stored_versions(challenge.id) if stored else []
    unarchived = _remaining(all_milestones, (), ())
    old_rules = snapshot(stored, versions, unarchived) if stored else None
    in_force = rule_set_of(stored, unarchived) if stored else None
    pending = rule_versions.pending_among(versions)
    left_out: list[Milestone] = []
    if from_next_window and pending is not None:
        _kept, left_out = show(pending.rule_set(), stored, all_milestones)
    stored_milestones = {milestone.id: milestone for milestone in all_milestones}
    touched = list(milestones)
    for milestone in touched:
        if milestone.id in stored_milestones and not milestone._state.adding:
            milestone.merge_from(stored_milestones[milestone.id])
    if stored is not None:
        challenge.merge_from(stored)
    remaining = _remaining(all_milestones, touched, [*removed, *left_out])
    plan = plan_versions(
        challenge, stored, versions, in_force, remaining, at, from_next_window=from_next_window
    )
    change_set = ChangeSet(
        challenge=challenge,
        stored=stored,
        milestones=touched,
        removed=list(removed),
        remaining_milestones=remaining,
        old_rules=old_rules,
        plan=plan,
        at=at,
        from_next_window=from_next_window,
        left_out=left_out,
        edited_fields=challenge.dirty_fields() - BOOKKEEPING_FIELDS,
    )
    for milestone in touched:
        change_set.edited_milestone_fields[milestone.id] = milestone.dirty_fields() - BOOKKEEPING_FIELDS
    return change_set


def _remaining(
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
