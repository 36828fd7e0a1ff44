"""Validate what an edit does to rules over time: closed windows, the pending version, the method.

docs/rules.md, Rule versions and Editing a running challenge.
"""

from collections.abc import Iterator
from datetime import datetime

from challenges.editing.change_set import ChangeSet
from challenges.editing.version_plan import highest_threshold, target_text
from challenges.models import ChallengeLog
from challenges.models.window_rules import Rules
from core.choices import AggregationMethod, RecordStatus
from core.errors import DomainError
from core.periods import window_containing
from rewards.models import RewardLog

# With more logs than this, recomputing them all would take too long for one transaction.
RECOMPUTED_AT_MOST = 10_000
# What a version holds: all that may begin with the next window.
VERSIONED_FIELDS = {
    "aggregation_method",
    "completion_target_value",
    "starts_at",
    "ends_at",
    "completion_reward_id",
}
VERSIONED_MILESTONE_FIELDS = {"status", "milestone_target_value", "reward_id"}


def pending_errors(change_set: ChangeSet) -> Iterator[DomainError]:
    """Yield an error for each field that makes no pending version, or one that could not be judged by."""
    if change_set.from_next_window:
        yield from _not_versioned_errors(change_set)
        yield from _left_out_errors(change_set)
    pending = change_set.plan.pending
    if pending is None:
        return
    rules, begins_at = pending.rule_set(), pending.in_force_from
    highest = highest_threshold(rules)
    # Of an edit from the next window the records themselves were checked.
    is_unchecked = change_set.challenge.status == RecordStatus.LIVE and not change_set.from_next_window
    if is_unchecked and highest is not None and highest.target > rules.target:
        message = (
            f"The rules pending from {begins_at:%Y-%m-%d %H:%M} UTC complete at {target_text(rules.target)}, "
            f"below a milestone at {target_text(highest.target)}: change those too, or cancel them."
        )
        yield DomainError("milestone_above_target", message, _moved_field(change_set))
    ends_at = rules.ends_at
    if change_set.from_next_window and ends_at is not None and ends_at <= begins_at:
        message = f"The next window begins at {begins_at:%Y-%m-%d %H:%M} UTC: end after that, or now."
        yield DomainError("ends_before_next_window", message, "ends_at")


def _moved_field(change_set: ChangeSet) -> str:
    if "completion_target_value" in change_set.edited_fields:
        return "completion_target_value"
    return "milestone_target_value" if change_set.of_one_milestone else "completion_target_value"


def _not_versioned_errors(change_set: ChangeSet) -> Iterator[DomainError]:
    for name in sorted(change_set.edited_fields - VERSIONED_FIELDS):
        yield _not_versioned(name.removesuffix("_id"))
    for index, milestone in enumerate(change_set.milestones):
        if milestone._state.adding:
            continue
        edited = change_set.edited_milestone_fields[milestone.id]
        for name in sorted(edited - VERSIONED_MILESTONE_FIELDS):
            yield _not_versioned(change_set.milestone_field(index, name.removesuffix("_id")))


def _left_out_errors(change_set: ChangeSet) -> Iterator[DomainError]:
    left_out = {milestone.id for milestone in change_set.left_out}
    for index, milestone in enumerate(change_set.milestones):
        if milestone.id in left_out:
            edited = sorted(change_set.edited_milestone_fields[milestone.id] & VERSIONED_MILESTONE_FIELDS)
            field = (edited or ["milestone_target_value"])[0].removesuffix("_id")
            message = "The next window begins without this milestone: cancel that first, or save this now."
            yield DomainError("not_in_next_window", message, change_set.milestone_field(index, field))


def _not_versioned(field: str | None) -> DomainError:
    message = "Only what windows are judged by can begin with the next window: send this one by itself."
    return DomainError("not_from_next_window", message, field)


def pending_conflicts(change_set: ChangeSet) -> Iterator[DomainError]:
    """Refuse an edit from the next window on of a challenge that has no rules in force."""
    if change_set.from_next_window and change_set.challenge.status == RecordStatus.DRAFT:
        message = "A draft has no window yet: edit it, and its rules begin when it goes live."
        yield DomainError("challenge_not_live", message, "status", "conflict")


def locked_rule_conflicts(change_set: ChangeSet) -> Iterator[DomainError]:
    """Refuse another period, time zone or method of windows that are history, or of too many logs."""
    if change_set.from_next_window or not change_set.reassigning_fields:
        return
    reason = _lock_reason(change_set)
    for name in change_set.reassigning_fields:
        message = reason
        if not message and name == "aggregation_method" and _lacks_values(change_set):
            message = "Activity without a value is stored, which a sum cannot add"
        if message:
            remedy = "duplicate the challenge instead"
            if name == "aggregation_method":
                remedy += ", or let it begin with the next window"
            yield DomainError("rule_locked", f"{message}: {remedy}.", name, "conflict")


def _lock_reason(change_set: ChangeSet) -> str:
    challenge_id = change_set.challenge.id
    if RewardLog.objects.filter(challenge=challenge_id).exists():
        return "Rewards have been given"
    logs = ChallengeLog.objects.filter(challenge=challenge_id)
    moments = list(logs.values_list("activity_at", "counted")[: RECOMPUTED_AT_MOST + 1])
    if len(moments) > RECOMPUTED_AT_MOST:
        return "There are too many logs"
    counted = [activity_at for activity_at, is_counted in moments if is_counted]
    for rules in (change_set.old_rules, change_set.new_rules()):
        if rules is not None and any(_had_closed(rules, moment, change_set) for moment in counted):
            return "A window with activity has closed"
    return ""


def _had_closed(rules: Rules, moment: datetime, change_set: ChangeSet) -> bool:
    judged = rules.of_window(window_containing(rules.period, moment, rules.zone))
    return judged.closes_at <= change_set.at


def _lacks_values(change_set: ChangeSet) -> bool:
    logs = ChallengeLog.objects.filter(
        challenge=change_set.challenge.id, counted=True, activity_value=None, reversal_of=""
    )
    return change_set.challenge.aggregation_method == AggregationMethod.SUM and logs.exists()
