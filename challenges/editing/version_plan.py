"""Work out the rule versions that an edit leaves behind (docs/rules.md, Rule versions).

An edit of what is judged makes a version that is in force from its moment. One that begins with the next
window is pending: at most one, and it has the highest number. An edit of now changes the pending one in the
same fields, takes its number, and gives it the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from access.domain.editors import current_editor
from challenges.engine.rule_versions import pending_among
from challenges.models import Challenge, RuleVersion
from challenges.models.rule_version import rule_set_of
from challenges.models.window_rules import MilestoneRule, RuleSet, lowest_first
from core.amounts import amount
from core.choices import RecordStatus
from core.errors import DomainError
from core.periods import checked_zone, window_containing
from milestones.models import Milestone


@dataclass(slots=True)
class VersionPlan:
    """The versions after an edit, by number; `stored`: to write, in this order; `dropped`: to delete."""

    versions: list[RuleVersion] = field(default_factory=list)
    stored: list[RuleVersion] = field(default_factory=list)
    dropped: list[RuleVersion] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        return not (self.stored or self.dropped)

    @property
    def pending(self) -> RuleVersion | None:
        return pending_among(self.versions)


def plan_versions(
    challenge: Challenge,
    stored: Challenge | None,
    versions: Sequence[RuleVersion],
    in_force: RuleSet | None,
    remaining: Sequence[Milestone],
    at: datetime,
    *,
    from_next_window: bool,
) -> VersionPlan:
    """Return the versions after an edit at `at`.

    `in_force`: the rules before it; None for a new challenge. `remaining`: the milestones after it. Values
    that `change_validation` is going to refuse make no version.
    """
    if challenge.status == RecordStatus.DRAFT:
        return VersionPlan(dropped=list(versions))
    try:
        rules = rule_set_of(challenge, remaining)
    except (DomainError, TypeError):
        return VersionPlan(list(versions))
    if stored is None or in_force is None or not versions:
        first = _new(challenge, 1, at, rules, at)
        return VersionPlan([first], [first])
    if from_next_window:
        return _plan_pending(challenge, list(versions), in_force, rules, at)
    return _plan_now(challenge, list(versions), in_force, rules, at)


def _plan_now(
    challenge: Challenge, versions: list[RuleVersion], before: RuleSet, after: RuleSet, at: datetime
) -> VersionPlan:
    pending = pending_among(versions)
    if before == after and (pending is None or not _moves_windows(challenge, pending, at)):
        return VersionPlan(versions)
    applied = [version for version in versions if version.applied]
    plan = VersionPlan(applied)
    if before != after:
        version = _new(challenge, applied[-1].number + 1, at, after, at)
        plan.versions.append(version)
    if pending is not None:
        rules = with_changes(pending.rule_set(), before, after)
        if rules == after:
            plan.dropped.append(pending)
        else:
            moved = _as_pending(challenge, pending, plan.versions[-1].number + 1, rules, at)
            plan.versions.append(moved)
            plan.stored.append(moved)
    if before != after:
        plan.stored.append(version)
    return plan


def _plan_pending(
    challenge: Challenge, versions: list[RuleVersion], in_force: RuleSet, rules: RuleSet, at: datetime
) -> VersionPlan:
    pending = pending_among(versions)
    applied = [version for version in versions if version.applied]
    if rules == in_force:
        return VersionPlan(applied, dropped=[pending] if pending else [])
    if pending is not None and pending.rule_set() == rules:
        return VersionPlan(versions)
    pending = _as_pending(challenge, pending, applied[-1].number + 1, rules, at)
    pending.changed_by, pending.created_at = current_editor(), at
    return VersionPlan([*applied, pending], [pending])


def with_changes(rules: RuleSet, before: RuleSet, after: RuleSet) -> RuleSet:
    """Return `rules` with what differs between `before` and `after`, field by field."""
    changed = {
        item.name: getattr(after, item.name)
        for item in fields(RuleSet)
        if item.name != "milestones" and getattr(before, item.name) != getattr(after, item.name)
    }
    old = {rule.milestone_id: rule for rule in before.milestones}
    new = {rule.milestone_id: rule for rule in after.milestones}
    milestones = {rule.milestone_id: rule for rule in rules.milestones}
    for id_, rule in new.items():
        if id_ not in old:
            milestones[id_] = rule
        elif id_ in milestones:
            milestones[id_] = _milestone_with_changes(milestones[id_], old[id_], rule)
    for id_ in old.keys() - new.keys():
        milestones.pop(id_, None)
    return replace(rules, **changed, milestones=lowest_first(milestones.values()))


def _milestone_with_changes(
    rule: MilestoneRule, before: MilestoneRule, after: MilestoneRule
) -> MilestoneRule:
    changed = {
        item.name: getattr(after, item.name)
        for item in fields(MilestoneRule)
        if getattr(before, item.name) != getattr(after, item.name)
    }
    return replace(rule, **changed)


def next_window_starts_at(challenge: Challenge, at: datetime) -> datetime:
    """Return when the window after the one of `at` begins, in UTC."""
    window = window_containing(challenge.aggregation_period, at, checked_zone(challenge.time_zone))
    return window.ends_at


def _moves_windows(challenge: Challenge, pending: RuleVersion, at: datetime) -> bool:
    """Whether another period or time zone moves the beginning of the pending version."""
    return pending.in_force_from != next_window_starts_at(challenge, at)


def _new(
    challenge: Challenge, number: int, in_force_from: datetime, rules: RuleSet, at: datetime
) -> RuleVersion:
    return RuleVersion.of(
        challenge.id, number, in_force_from, rules, changed_by=current_editor(), created_at=at
    )


def _as_pending(
    challenge: Challenge, pending: RuleVersion | None, number: int, rules: RuleSet, at: datetime
) -> RuleVersion:
    """Return the pending version with this number and content; a new one where there is none."""
    version = _new(challenge, number, next_window_starts_at(challenge, at), rules, at)
    version.applied = False
    if pending is not None:
        version.id, version.changed_by, version.created_at = (
            pending.id,
            pending.changed_by,
            pending.created_at,
        )
        version._state.adding = False
    return version


def highest_threshold(rules: RuleSet) -> MilestoneRule | None:
    """Return the live milestone with the highest target."""
    return max(rules.thresholds, key=lambda rule: rule.target, default=None)


def target_text(rule_target: int) -> str:
    return f"{amount(rule_target):f}"
