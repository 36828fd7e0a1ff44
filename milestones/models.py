"""Milestones of challenges."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.amounts import AmountField, amount_range_check
from core.choices import RecordStatus
from core.dirty_tracking import DirtyFieldsModel
from core.ids import uuid7
from core.write_guard import GuardedModel, GuardedQuerySet


class MilestoneQuerySet(GuardedQuerySet):
    def unarchived(self) -> "MilestoneQuerySet":
        return self.filter(archived_at=None)

    def live(self) -> "MilestoneQuerySet":
        return self.unarchived().filter(status=RecordStatus.LIVE)


class Milestone(GuardedModel, DirtyFieldsModel):
    """A target value of a challenge that pays its reward once per member and window.

    It pays in the windows whose rule version names it as live (docs/rules.md, Milestones). Edit it through
    `challenges.editing.service` only, together with its challenge.
    """

    written_by = "challenges.editing.service"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    challenge = models.ForeignKey(
        "challenges.Challenge", models.CASCADE, related_name="milestones", verbose_name=_("challenge")
    )
    name = models.CharField(_("name"), max_length=256, help_text=_("For you and your colleagues."))
    description = models.CharField(_("description"), max_length=1024)
    milestone_target_value = AmountField(
        _("target value"), help_text=_("The progress at which it is reached, at most the challenge's target.")
    )
    status = models.CharField(_("status"), max_length=6, choices=RecordStatus, default=RecordStatus.DRAFT)
    reward = models.ForeignKey(
        "rewards.Reward",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="milestones",
        verbose_name=_("reward"),
        help_text=_("Empty: a generated code."),
    )
    eud_milestone_title = models.CharField(_("title"), max_length=48, blank=True, default="")
    eud_milestone_description = models.CharField(
        _("description shown"), max_length=1024, blank=True, default=""
    )
    eud_milestone_icon = models.FileField(
        _("icon"), blank=True, default="", upload_to="icons", max_length=128
    )
    eud_milestone_reward_instruction_message = models.CharField(
        _("reward instruction"), max_length=256, blank=True, default=""
    )
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    updated_at = models.DateTimeField(_("updated at"), editable=False)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["milestone_target_value", "id"]
        constraints = [
            amount_range_check("milestone_target_value", "milestone_target_positive", minimum="0.0001"),
            models.CheckConstraint(
                condition=Q(status__in=RecordStatus.values), name="milestone_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
