"""Store the rule versions of a challenge, and show one that came into force on its records.

Windows are judged by the versions themselves (`challenges.models.window_rules`), so that nothing has to run
when a pending version's moment comes. `apply_due` brings the challenge and its milestones into line: before
the next edit, after the next activity, when a server starts (docs/rules.md, Rule versions).
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef

from challenges.caches import config
from challenges.engine import locks
from challenges.models import Challenge, ChallengeLog, RuleVersion
from challenges.models.rule_version import show
from challenges.models.window_rules import Rules, RuleSet
from core import actors
from core.actors import Actor
from core.errors import DomainError
from core.write_guard import writing
from milestones.models import Milestone
from rewards.models import Reward

logger = logging.getLogger(__name__)


def stored_versions(challenge_id: UUID) -> list[RuleVersion]:
    """Read the versions of a challenge, by number."""
    return list(RuleVersion.objects.filter(challenge=challenge_id).order_by("number"))


def pending_among(versions: Iterable[RuleVersion]) -> RuleVersion | None:
    """Return the version that the records do not show yet."""
    return next((version for version in versions if not version.applied), None)


def store(version: RuleVersion) -> None:
    """Store a version, or the new content of the pending one, with the rewards that it names."""
    version.save()
    known = Reward.objects.filter(id__in=version.rule_set().reward_ids)
    version.rewards.set(known)


def apply_if_due(rules: Rules, at: datetime) -> None:
    """Schedule `apply_due` for after this transaction where the pending version has come into force."""
    if rules.unapplied_from is not None and rules.unapplied_from <= at:
        transaction.on_commit(lambda: apply_due(rules.challenge_id, at), robust=True)


def apply_before_reading(at: datetime, version: int | None = None) -> None:
    """Apply what came into force by `at`, so that records read as it has them.

    A challenge that is busy, or a database that takes no writes, is left for later: windows are judged right
    all the same. `version`: a config version that was read already.
    """
    if not config.has_unapplied(at, version):
        return
    try:
        apply_all_due(at)
    except (DatabaseError, DomainError):
        logger.warning("A rule version that is in force is not shown yet", exc_info=True)


def apply_all_due(at: datetime) -> int:
    """Apply every pending version that came into force by `at`; return how many challenges had one."""
    due = RuleVersion.objects.filter(applied=False, in_force_from__lte=at, challenge__archived_at=None)
    ids = list(due.order_by("challenge").values_list("challenge", flat=True))
    for challenge_id in ids:
        apply_due(challenge_id, at)
    return len(ids)


def apply_due(challenge_id: UUID, at: datetime) -> None:
    """Show the pending version on the challenge and its milestones if it is in force at `at`."""
    with transaction.atomic():
        locks.lock_exclusive([challenge_id])
        apply_due_locked(challenge_id, at)


def apply_due_locked(challenge_id: UUID, at: datetime) -> None:
    """Do what `apply_due` does, for who has the challenge to himself already."""
    version = RuleVersion.objects.filter(challenge=challenge_id, applied=False).first()
    if version is None or version.in_force_from > at:
        return
    rules = version.rule_set()
    # Whoever's request it is that comes first after its moment: the edit is of who made the version.
    with actors.acting(Actor(version.changed_by)), writing(Challenge, Milestone):
        _show_on_challenge(version, rules, at)
        _show_on_milestones(version, rules, at)
    version.applied = True
    version.save(update_fields=["applied"])
    config.invalidate()


def _show_on_challenge(version: RuleVersion, rules: RuleSet, at: datetime) -> None:
    challenge = Challenge.objects.get(id=version.challenge_id)
    show(rules, challenge, ())
    challenge.version += 1
    challenge.updated_at = at
    _save(challenge)


def _show_on_milestones(version: RuleVersion, rules: RuleSet, at: datetime) -> None:
    stored = list(Milestone.objects.unarchived().filter(challenge=version.challenge_id))
    kept, removed = show(rules, None, stored)
    for milestone in kept:
        if milestone.dirty_fields():
            milestone.updated_at = at
            _save(milestone)
    for milestone in removed:
        milestone.archived_at = milestone.updated_at = at
        _save(milestone)


def _save(record: Challenge | Milestone) -> None:
    """Save with a row of history that names the acting `Actor`, not the account of the request."""
    record._history_user = None  # type: ignore[union-attr]
    record.save()


def is_named(milestone_id: UUID, challenge_id: UUID) -> bool:
    """Whether a version of a challenge with logs names the milestone as live: then it may still pay."""
    logs = ChallengeLog.objects.filter(challenge=OuterRef("challenge"))
    versions = RuleVersion.objects.filter(Exists(logs), challenge=challenge_id)
    return any(
        rule.milestone_id == milestone_id
        for version in versions.iterator()
        for rule in version.rule_set().thresholds
    )
