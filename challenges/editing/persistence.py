"""Write an edit that was validated: the challenge, its milestones, its rule versions, and what it makes due.

For `challenges.editing.service` alone, which holds the lock of the challenge and the transaction.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from challenges.caches import config
from challenges.editing import change_validation, eud_texts
from challenges.editing.change_set import ChangeSet
from challenges.editing.version_plan import VersionPlan
from challenges.engine import backfill, kept_activities, recompute, rule_versions
from challenges.models import Challenge
from core.choices import RecordStatus
from core.write_guard import writing
from milestones.models import Milestone
from rewards.models import RewardLog


def apply(change_set: ChangeSet) -> None:
    """Store the edit, then recompute progress, backfill open windows or take kept activities as it needs."""
    challenge = change_set.challenge
    eud_texts.drop_repeated(challenge, change_set.edited_fields)
    if change_set.is_new:
        challenge.created_at = change_set.at
    if change_set.is_new or change_set.edited_fields:
        save_challenge(challenge, change_set.at)
    else:
        _increment_version(challenge, change_set.at)
    for milestone in change_set.milestones:
        _save_milestone(milestone, change_set)
    for milestone in change_set.removed:
        _remove_milestone(milestone, change_set.at)
    _store_versions(change_set.plan)
    if change_set.reassigning_fields:
        recompute.recompute_challenge(change_set.new_rules(), change_set.at)
    elif change_set.needs_backfill:
        backfill.start_backfill(change_set.new_rules(), change_set.at)
    if change_set.goes_live:
        kept_activities.start(change_set.new_rules(), change_set.at)


def apply_from_next_window(change_set: ChangeSet) -> None:
    """Store the pending version alone; milestones that are new in it are drafts until it is in force."""
    if change_set.plan.changes_nothing and not any(m._state.adding for m in change_set.milestones):
        return
    for milestone in change_set.milestones:
        if milestone._state.adding:
            milestone.status = RecordStatus.DRAFT
            _save_milestone(milestone, change_set)
    _increment_version(change_set.challenge, change_set.at)
    _store_versions(change_set.plan)
    if change_set.needs_backfill:
        backfill.start_backfill(change_set.new_rules(), change_set.at)


def _store_versions(plan: VersionPlan) -> None:
    """Write the versions of an edit: the pending one first, as its number is taken by the new one."""
    for version in plan.dropped:
        version.delete()
    for version in plan.stored:
        rule_versions.store(version)
    if not plan.changes_nothing:
        config.invalidate()


def save_challenge(challenge: Challenge, at: datetime) -> None:
    """Store the challenge with a row of history and a new version; a new challenge has version 1."""
    challenge.version += not challenge._state.adding
    challenge.updated_at = at
    with writing(Challenge):
        challenge.save()
    challenge.mark_clean()


def _increment_version(challenge: Challenge, at: datetime) -> None:
    """Set a new version where only milestones changed: a row of history would show no difference."""
    challenge.version += 1
    challenge.updated_at = at
    with writing(Challenge):
        Challenge.objects.filter(id=challenge.id).update(version=challenge.version, updated_at=at)
    config.invalidate()


def _save_milestone(milestone: Milestone, change_set: ChangeSet) -> None:
    edited_fields = change_set.edited_milestone_fields[milestone.id]
    if not edited_fields:
        return
    eud_texts.drop_repeated(milestone, edited_fields)
    if milestone._state.adding:
        milestone.created_at = change_set.at
    milestone.updated_at = change_set.at
    try:
        with transaction.atomic(), writing(Milestone):
            milestone.save()
    except IntegrityError:
        taken = Milestone.objects.filter(id=milestone.id).select_related("challenge").first()
        if not milestone._state.adding or taken is None:
            raise
        raise change_validation.milestone_exists(change_set, milestone, taken) from None
    milestone.mark_clean()


def _remove_milestone(milestone: Milestone, at: datetime) -> None:
    stored = Milestone.objects.filter(id=milestone.id).first()
    if stored is None:
        return  # already removed by somebody else
    with writing(Milestone):
        has_paid = RewardLog.objects.filter(milestone=stored.id).exists()
        if has_paid or rule_versions.is_named(stored.id, stored.challenge_id):
            stored.archived_at = stored.updated_at = at
            stored.save()
        else:
            stored.delete()
