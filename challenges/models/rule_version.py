"""The rule versions of a challenge: what its windows are judged by, each in force from a moment on."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from challenges.models.challenge import Challenge
from challenges.models.window_rules import MilestoneRule, RuleSet, Version, lowest_first
from core.amounts import AmountField, amount, amount_range_check, units
from core.choices import AggregationMethod, RecordStatus
from core.ids import uuid7
from milestones.models import Milestone


class RuleVersion(models.Model):
    """One version, written by `challenges.editing.versions` with every edit of what is judged.

    Going live from draft makes number 1. `applied`: the challenge and its milestones show these rules; false
    for one that begins with the next window (docs/rules.md, Rule versions). `milestones` is a list of
    `{"id", "status", "target", "reward"}` with the target in units.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    challenge = models.ForeignKey(
        "challenges.Challenge", models.CASCADE, related_name="rule_versions", db_index=False
    )
    number = models.PositiveIntegerField(_("version"))
    in_force_from = models.DateTimeField(_("in force from"))
    applied = models.BooleanField(default=True)
    aggregation_method = models.CharField(_("aggregation method"), max_length=5, choices=AggregationMethod)
    completion_target_value = AmountField(_("completion target"))
    starts_at = models.DateTimeField(_("starts at"), null=True)
    ends_at = models.DateTimeField(_("ends at"), null=True)
    completion_reward_id = models.UUIDField(_("completion reward"), null=True)
    milestones = models.JSONField(_("milestones"), default=list)
    # The rewards that it names: a reward named here is archived, never deleted.
    rewards = models.ManyToManyField("rewards.Reward", related_name="rule_versions")
    changed_by = models.CharField(_("by"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("rule version")
        verbose_name_plural = _("rule versions")
        ordering = ["challenge", "number"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "number"], name="rule_version_number_once"),
            models.UniqueConstraint(
                fields=["challenge"], condition=Q(applied=False), name="rule_version_one_pending"
            ),
            amount_range_check("completion_target_value", "rule_version_target_positive", minimum="0.0001"),
            models.CheckConstraint(
                condition=Q(aggregation_method__in=AggregationMethod.values),
                name="rule_version_method_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    def as_version(self) -> Version:
        """Convert for `window_rules`."""
        return Version.of(self.number, self.in_force_from, self.rule_set())

    def rule_set(self) -> RuleSet:
        return RuleSet(
            counting=self.aggregation_method == AggregationMethod.COUNT,
            target=units(self.completion_target_value),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            completion_reward_id=self.completion_reward_id,
            milestones=lowest_first(map(_milestone_rule, self.milestones)),
        )

    @classmethod
    def of(
        cls, challenge_id: UUID, number: int, in_force_from: datetime, rules: RuleSet, **values: Any
    ) -> "RuleVersion":
        """Build a version that is not stored yet."""
        return cls(
            challenge_id=challenge_id,
            number=number,
            in_force_from=in_force_from,
            aggregation_method=AggregationMethod.COUNT if rules.counting else AggregationMethod.SUM,
            completion_target_value=amount(rules.target),
            starts_at=rules.starts_at,
            ends_at=rules.ends_at,
            completion_reward_id=rules.completion_reward_id,
            milestones=[
                {
                    "id": str(rule.milestone_id),
                    "status": rule.status,
                    "target": rule.target,
                    "reward": str(rule.reward_id) if rule.reward_id else None,
                }
                for rule in rules.milestones
            ],
            **values,
        )


def _milestone_rule(stored: dict[str, Any]) -> MilestoneRule:
    reward = stored["reward"]
    return MilestoneRule(
        UUID(stored["id"]), stored["status"], stored["target"], UUID(reward) if reward else None
    )


def rule_set_of(challenge: Challenge, milestones: Iterable[Milestone]) -> RuleSet:
    """Return what a version of this challenge holds; `milestones`: all that are not archived."""
    return RuleSet(
        counting=challenge.aggregation_method == AggregationMethod.COUNT,
        target=units(challenge.completion_target_value),
        starts_at=challenge.starts_at,
        ends_at=challenge.ends_at,
        completion_reward_id=challenge.completion_reward_id,
        milestones=lowest_first(
            MilestoneRule(
                milestone.id,
                str(milestone.status),
                units(milestone.milestone_target_value),
                milestone.reward_id,
            )
            for milestone in milestones
        ),
    )


def show(
    rules: RuleSet, challenge: Challenge | None, milestones: Iterable[Milestone]
) -> tuple[list[Milestone], list[Milestone]]:
    """Set these rules on a challenge and its milestones, in memory.

    Returns the milestones that the rules name, and those that they leave out, which are removed by them.
    """
    if challenge is not None:
        challenge.aggregation_method = AggregationMethod.COUNT if rules.counting else AggregationMethod.SUM
        challenge.completion_target_value = amount(rules.target)
        challenge.starts_at = rules.starts_at
        challenge.ends_at = rules.ends_at
        challenge.completion_reward_id = rules.completion_reward_id
    named = {rule.milestone_id: rule for rule in rules.milestones}
    kept, left_out = [], []
    for milestone in milestones:
        rule = named.get(milestone.id)
        if rule is None:
            left_out.append(milestone)
            continue
        milestone.status = RecordStatus(rule.status)
        milestone.milestone_target_value = amount(rule.target)
        milestone.reward_id = rule.reward_id
        kept.append(milestone)
    return kept, left_out
