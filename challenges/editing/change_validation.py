"""What an edit must not do: the refusals of "Editing a running challenge" (docs/rules.md), all at once."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from challenges.editing import eud_texts
from challenges.editing.change_set import ChangeSet
from core.choices import AggregationMethod, RecordStatus
from core.errors import DomainError, DomainErrors
from core.periods import checked_zone
from milestones.models import Milestone
from rewards.models import Reward, RewardLog

# More logs than this are not recounted in one transaction.
RECOUNTED_AT_MOST = 10_000
LONGEST_IDENTIFIER = 256


def check(edit: ChangeSet) -> None:
    """Raise `DomainErrors` with every bad field; conflicts only when nothing else is wrong.

    A milestone's fields are named plainly when the edit is of that milestone alone, else
    `milestones.<place>.milestone_target_value`.
    """
    faults = [*_faults_of_challenge(edit), *_faults_of_milestones(edit)]
    if faults := [*faults, *_above_target(edit), *_rewards_gone(edit)]:
        raise DomainErrors(faults)
    if conflicts := [*_status_conflicts(edit), *_locked(edit)]:
        raise DomainErrors(conflicts)


def _faults_of_challenge(edit: ChangeSet) -> Iterator[DomainError]:
    challenge = edit.challenge
    yield from _faults_of_record(challenge)
    yield from _amount_faults(challenge.completion_target_value, "completion_target_value", edit)
    if challenge.starts_at and challenge.ends_at and challenge.starts_at >= challenge.ends_at:
        yield DomainError("ends_before_start", "Must be after startsAt.", "ends_at")
    if "time_zone" in edit.edited and challenge.time_zone:
        try:
            checked_zone(challenge.time_zone)
        except DomainError as error:
            yield DomainError(error.code, error.message, "time_zone")
    yield from _activity_faults(challenge.activity_ids)
    if "completion_reward_id" in edit.edited and challenge.completion_reward:
        yield from _archived_reward(challenge.completion_reward, "completion_reward")


def _faults_of_milestones(edit: ChangeSet) -> Iterator[DomainError]:
    for place, milestone in enumerate(edit.milestones):
        for fault in _faults_of_milestone(milestone, edit):
            fault.field = milestone_field(edit, place, fault.field)
            yield fault


def milestone_field(edit: ChangeSet, place: int, field: str | None) -> str | None:
    return field if edit.of_one_milestone else f"milestones.{place}.{field}"


def _faults_of_milestone(milestone: Milestone, edit: ChangeSet) -> Iterator[DomainError]:
    yield from _faults_of_record(milestone, exclude=frozenset({"challenge"}))
    yield from _amount_faults(milestone.milestone_target_value, "milestone_target_value", edit)
    if "reward_id" in edit.edited_milestones[milestone.id] and milestone.reward:
        yield from _archived_reward(milestone.reward, "reward")


def _faults_of_record(record: Model, exclude: frozenset[str] = frozenset()) -> Iterator[DomainError]:
    """Lengths, types, choices and texts."""
    twins = set(eud_texts.texts_of(type(record)))
    try:
        record.clean_fields(exclude=twins | exclude)
    except ValidationError as error:
        for name, errors in error.error_dict.items():
            yield from (DomainError(e.code or "invalid", e.messages[0], name) for e in errors)
    yield from eud_texts.faults_in(record)


def _amount_faults(value: Any, field: str, edit: ChangeSet) -> Iterator[DomainError]:
    if not isinstance(value, Decimal | int):
        return  # refused already, by its type
    if value <= 0:
        yield DomainError("not_positive", "Use a value above 0.", field)
    elif value % 1 and edit.challenge.aggregation_method == AggregationMethod.COUNT:
        yield DomainError("whole_number", "With count, use a whole number: activities are counted.", field)


def _activity_faults(activity_ids: Any) -> Iterator[DomainError]:
    fine = isinstance(activity_ids, list) and all(
        isinstance(each, str) and 0 < len(each) <= LONGEST_IDENTIFIER for each in activity_ids
    )
    if not fine:
        yield DomainError("invalid", "Send a list of texts of 1 to 256 characters.", "activity_ids")


def _archived_reward(reward: Any, field: str) -> Iterator[DomainError]:
    if reward.archived_at is not None:
        yield DomainError("unknown_reward", "No such reward; take an id from its list.", field)


def _rewards_gone(edit: ChangeSet) -> Iterator[DomainError]:
    """What is brought back must find its rewards: an archived one is paid by nothing that is in use."""
    if not edit.is_new and "archived_at" in edit.edited:
        yield from _reward_gone(edit.challenge.completion_reward, "completion_reward")
        for milestone in edit.standing:
            yield from _reward_gone(milestone.reward, "milestones")
    for place, milestone in enumerate(edit.milestones):
        if not milestone._state.adding and "archived_at" in edit.edited_milestones[milestone.id]:
            yield from _reward_gone(milestone.reward, milestone_field(edit, place, "reward") or "")


def _reward_gone(reward: Reward | None, field: str) -> Iterator[DomainError]:
    if reward is not None and reward.archived_at is not None:
        yield DomainError("reward_archived", f"The reward “{reward}” is archived: restore it first.", field)


def _above_target(edit: ChangeSet) -> Iterator[DomainError]:
    """A live milestone of a live challenge must be within reach."""
    target = edit.challenge.completion_target_value
    if edit.challenge.status != RecordStatus.LIVE or not isinstance(target, Decimal | int):
        return
    places = {each.id: place for place, each in enumerate(edit.milestones)}
    for milestone in edit.standing:
        value = milestone.milestone_target_value
        if milestone.status != RecordStatus.LIVE or not isinstance(value, Decimal | int) or value <= target:
            continue
        if milestone.id in places:
            field = milestone_field(edit, places[milestone.id], "milestone_target_value")
            message = f"The challenge completes at {target:f}; a milestone can't lie above that."
        else:
            field = "completion_target_value" if "completion_target_value" in edit.edited else "status"
            message = f"Milestone {milestone.name!r} stands at {value:f}, above the target of {target:f}."
        yield DomainError("milestone_above_target", message, field)


def _status_conflicts(edit: ChangeSet) -> Iterator[DomainError]:
    """Back to draft only without history."""
    challenge = edit.challenge
    back = not edit.is_new and "status" in edit.edited and challenge.status == RecordStatus.DRAFT
    if back and edit.has_logs():
        yield _has_history("The challenge has logs; pause it instead.", "status")
    for place, milestone in enumerate(edit.milestones):
        back = "status" in edit.edited_milestones[milestone.id] and milestone.status == RecordStatus.DRAFT
        if back and RewardLog.objects.filter(milestone=milestone.id).exists():
            field = milestone_field(edit, place, "status")
            yield _has_history("The milestone has paid rewards; pause it instead.", field)


def _has_history(message: str, field: str | None) -> DomainError:
    return DomainError("has_history", message, field, "conflict")


def _locked(edit: ChangeSet) -> Iterator[DomainError]:
    """Method, period and zone: free while nothing was paid and there is little to recount."""
    if not edit.recasts or not _is_locked(edit):
        return
    for name in edit.recasts:
        message = "Rewards have been given, or there are too many logs: duplicate the challenge instead."
        yield DomainError("rule_locked", message, name, "conflict")


def _is_locked(edit: ChangeSet) -> bool:
    if RewardLog.objects.filter(challenge=edit.challenge.id).exists():
        return True
    counted = edit.challenge.challenge_logs.all()[: RECOUNTED_AT_MOST + 1]
    return len(counted.values_list("id")) > RECOUNTED_AT_MOST
