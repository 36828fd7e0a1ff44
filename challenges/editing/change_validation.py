"""Validate an edit of a challenge and its milestones (docs/rules.md, Editing a running challenge)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from challenges.editing import eud_texts
from challenges.editing.change_set import ChangeSet
from challenges.editing.version_validation import locked_rule_conflicts, pending_conflicts, pending_errors
from core.choices import AggregationMethod, RecordStatus
from core.errors import DomainError, DomainErrors
from core.periods import checked_zone
from milestones.models import Milestone
from rewards.models import RewardLog

LONGEST_IDENTIFIER = 256


def check(change_set: ChangeSet) -> None:
    """Raise `DomainErrors` with an error for every bad field; with the conflicts when no field is bad.

    A milestone's field is named `milestones.<index>.<field>`, or `<field>` when the edit is of one milestone.
    """
    errors = [*_challenge_errors(change_set), *_milestones_errors(change_set)]
    errors += [*_above_target_errors(change_set), *_restored_reward_errors(change_set)]
    if errors := [*errors, *pending_errors(change_set)]:
        raise DomainErrors(errors)
    conflicts = [*_status_conflicts(change_set), *locked_rule_conflicts(change_set)]
    if conflicts := [*conflicts, *pending_conflicts(change_set)]:
        raise DomainErrors(conflicts)


def _challenge_errors(change_set: ChangeSet) -> Iterator[DomainError]:
    challenge = change_set.challenge
    yield from _record_errors(challenge)
    yield from _amount_errors(challenge.completion_target_value, "completion_target_value", change_set)
    if challenge.starts_at and challenge.ends_at and challenge.starts_at >= challenge.ends_at:
        yield DomainError("ends_before_start", "Must be after startsAt.", "ends_at")
    if "time_zone" in change_set.edited_fields and challenge.time_zone:
        try:
            checked_zone(challenge.time_zone)
        except DomainError as error:
            yield DomainError(error.code, error.message, "time_zone")
    yield from _activity_id_errors(challenge.activity_ids)
    if "completion_reward_id" in change_set.edited_fields:
        yield from _unknown_reward_errors(challenge.completion_reward_id, "completion_reward", change_set)


def _milestones_errors(change_set: ChangeSet) -> Iterator[DomainError]:
    for index, milestone in enumerate(change_set.milestones):
        for error in _milestone_errors(milestone, change_set):
            error.field = change_set.milestone_field(index, error.field)
            yield error


def _milestone_errors(milestone: Milestone, change_set: ChangeSet) -> Iterator[DomainError]:
    yield from _record_errors(milestone)
    yield from _amount_errors(milestone.milestone_target_value, "milestone_target_value", change_set)
    if "reward_id" in change_set.edited_milestone_fields[milestone.id]:
        yield from _unknown_reward_errors(milestone.reward_id, "reward", change_set)


def _record_errors(record: Model) -> Iterator[DomainError]:
    """Check lengths, types, choices and end-user texts; not which records it refers to."""
    translated_fields = set(eud_texts.texts_of(type(record)))
    try:
        record.clean_fields(exclude=translated_fields | {"challenge", "completion_reward", "reward"})
    except ValidationError as error:
        for name, errors in error.error_dict.items():
            yield from (DomainError(e.code or "invalid", e.messages[0], name) for e in errors)
    yield from eud_texts.text_errors(record)


def _amount_errors(value: Any, field: str, change_set: ChangeSet) -> Iterator[DomainError]:
    if not isinstance(value, Decimal | int):
        return  # `_record_errors` refuses the type
    if value <= 0:
        yield DomainError("not_positive", "Use a value above 0.", field)
    elif value % 1 and change_set.challenge.aggregation_method == AggregationMethod.COUNT:
        yield DomainError("whole_number", "With count, use a whole number: activities are counted.", field)


def _activity_id_errors(activity_ids: Any) -> Iterator[DomainError]:
    valid = isinstance(activity_ids, list) and all(
        isinstance(activity_id, str) and 0 < len(activity_id) <= LONGEST_IDENTIFIER
        for activity_id in activity_ids
    )
    if not valid:
        yield DomainError("invalid", "Send a list of texts of 1 to 256 characters.", "activity_ids")


def _unknown_reward_errors(reward_id: Any, field: str, change_set: ChangeSet) -> Iterator[DomainError]:
    reward = change_set.rewards.get(reward_id)
    if reward_id is not None and (reward is None or reward.archived_at is not None):
        yield DomainError("unknown_reward", "No such reward; take an id from its list.", field)


def _restored_reward_errors(change_set: ChangeSet) -> Iterator[DomainError]:
    """Refuse to restore a challenge or milestone whose reward is archived: nothing in use may pay that."""
    if not change_set.is_new and "archived_at" in change_set.edited_fields:
        yield from _restore_errors(change_set.challenge.completion_reward_id, "completion_reward", change_set)
        for milestone in change_set.remaining_milestones:
            yield from _restore_errors(milestone.reward_id, "milestones", change_set)
    for index, milestone in enumerate(change_set.milestones):
        if not milestone._state.adding and "archived_at" in change_set.edited_milestone_fields[milestone.id]:
            field = change_set.milestone_field(index, "reward")
            yield from _restore_errors(milestone.reward_id, field, change_set)


def _restore_errors(reward_id: Any, field: str | None, change_set: ChangeSet) -> Iterator[DomainError]:
    reward = change_set.rewards.get(reward_id)
    if reward is not None and reward.archived_at is not None:
        yield DomainError("reward_archived", f"The reward “{reward}” is archived: restore it first.", field)


def _above_target_errors(change_set: ChangeSet) -> Iterator[DomainError]:
    """Refuse a live milestone above the target of a live challenge."""
    target = change_set.challenge.completion_target_value
    if change_set.challenge.status != RecordStatus.LIVE or not isinstance(target, Decimal | int):
        return
    indexes = {milestone.id: index for index, milestone in enumerate(change_set.milestones)}
    for milestone in change_set.remaining_milestones:
        value = milestone.milestone_target_value
        if milestone.status != RecordStatus.LIVE or not isinstance(value, Decimal | int) or value <= target:
            continue
        if milestone.id in indexes:
            field = change_set.milestone_field(indexes[milestone.id], "milestone_target_value")
            message = f"The challenge completes at {target:f}; a milestone can't lie above that."
        else:
            moves_target = "completion_target_value" in change_set.edited_fields
            field = "completion_target_value" if moves_target else "status"
            message = f"Milestone {milestone.name!r} stands at {value:f}, above the target of {target:f}."
        yield DomainError("milestone_above_target", message, field)


def _status_conflicts(change_set: ChangeSet) -> Iterator[DomainError]:
    """Refuse to set back to draft what has history."""
    challenge = change_set.challenge
    to_draft = "status" in change_set.edited_fields and challenge.status == RecordStatus.DRAFT
    if to_draft and not change_set.is_new and change_set.has_logs():
        yield _has_history("The challenge has logs; pause it instead.", "status")
    for index, milestone in enumerate(change_set.milestones):
        to_draft = (
            "status" in change_set.edited_milestone_fields[milestone.id]
            and milestone.status == RecordStatus.DRAFT
        )
        if (
            to_draft
            and not milestone._state.adding
            and RewardLog.objects.filter(milestone=milestone.id).exists()
        ):
            field = change_set.milestone_field(index, "status")
            yield _has_history("The milestone has paid rewards; pause it instead.", field)


def milestone_exists(change_set: ChangeSet, milestone: Milestone, taken: Milestone) -> DomainError:
    """Return the refusal of a new milestone whose id `taken` has, in this challenge or in another."""
    index = next(index for index, other in enumerate(change_set.milestones) if other is milestone)
    message = f"Milestone “{taken}” of the challenge “{taken.challenge}” has this id"
    if taken.challenge_id == change_set.challenge.id:
        message += " already: each milestone needs its own."
    else:
        message += ": leave the id out, and a new one is given."
    return DomainError("exists", message, change_set.milestone_field(index, "id"), "conflict")


def _has_history(message: str, field: str | None) -> DomainError:
    return DomainError("has_history", message, field, "conflict")
