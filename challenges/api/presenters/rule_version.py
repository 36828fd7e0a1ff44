"""Serialize rule versions: what changed with each, and what begins with the next window (docs/api.md)."""

from collections.abc import Callable, Sequence
from typing import Any

from challenges.engine.rule_versions import pending_among
from challenges.models import RuleVersion
from challenges.models.window_rules import MilestoneRule, RuleSet
from core.amounts import amount
from core.choices import AggregationMethod

Reads = dict[str, Callable[[Any], Any]]

RULES: Reads = {
    "aggregationMethod": lambda rules: AggregationMethod.COUNT if rules.counting else AggregationMethod.SUM,
    "completionTargetValue": lambda rules: amount(rules.target),
    "startsAt": lambda rules: rules.starts_at,
    "endsAt": lambda rules: rules.ends_at,
    "completionRewardId": lambda rules: rules.completion_reward_id,
}
MILESTONE_RULES: Reads = {
    "status": lambda rule: rule.status,
    "milestoneTargetValue": lambda rule: amount(rule.target),
    "rewardId": lambda rule: rule.reward_id,
}


def serialize_versions(versions: Sequence[RuleVersion]) -> list[dict[str, Any]]:
    """Serialize all versions of a challenge that are in force or were, newest first; given by number."""
    in_force = [version for version in versions if version.applied]
    before: RuleSet | None = None
    serialized = []
    for version in in_force:
        serialized.append(_serialize(version, before))
        before = version.rule_set()
    return serialized[::-1]


def serialize_pending(versions: Sequence[RuleVersion]) -> dict[str, Any] | None:
    """Serialize the version that begins with the next window, with all its rules; None without one."""
    pending = pending_among(versions)
    if pending is None:
        return None
    before = next((v.rule_set() for v in reversed(versions) if v.applied), None)
    rules = pending.rule_set()
    return {
        **_serialize(pending, before),
        **{name: read(rules) for name, read in RULES.items()},
        "milestones": [
            {"id": rule.milestone_id, **{name: read(rule) for name, read in MILESTONE_RULES.items()}}
            for rule in rules.milestones
        ],
    }


def _serialize(version: RuleVersion, before: RuleSet | None) -> dict[str, Any]:
    return {
        "number": version.number,
        "inForceFrom": version.in_force_from,
        "changedBy": version.changed_by,
        "changes": changes_between(before, version.rule_set()),
    }


def changes_between(before: RuleSet | None, after: RuleSet) -> list[dict[str, Any]]:
    """List what differs, field by field; without `before` everything is new.

    `milestoneId` is null for a field of the challenge. A milestone that is added or removed has null for all
    its fields on the other side.
    """
    changes = _differences(RULES, before, after, None)
    old = {rule.milestone_id: rule for rule in before.milestones} if before else {}
    new = {rule.milestone_id: rule for rule in after.milestones}
    for milestone_id in [*new, *(id_ for id_ in old if id_ not in new)]:
        changes += _differences(MILESTONE_RULES, old.get(milestone_id), new.get(milestone_id), milestone_id)
    return changes


def _differences(
    fields: Reads,
    before: RuleSet | MilestoneRule | None,
    after: RuleSet | MilestoneRule | None,
    milestone_id: Any,
) -> list[dict[str, Any]]:
    changes = []
    for name, read in fields.items():
        old = None if before is None else read(before)
        new = None if after is None else read(after)
        if old != new:
            changes.append({"field": name, "milestoneId": milestone_id, "before": old, "after": new})
    return changes
