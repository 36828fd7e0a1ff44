"""The milestone's admin, extended: it leads to its challenge's form, where a version reverts too."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from challenges.admin.form_changes import FormChanges
from challenges.admin.revert import RevertToVersion
from challenges.admin.rule_versions import RulesInForce
from core.admin import registry
from core.admin.theme import action
from milestones.admin.milestone import MilestoneAdmin, part_of
from milestones.models import Milestone


@registry.extend(Milestone)
class ChallengeMilestoneAdmin(RulesInForce, RevertToVersion, MilestoneAdmin):
    """View-only: a milestone is edited in its challenge's form. Its history can revert to a version."""

    actions_detail = ("to_its_challenge",)

    @action(
        description=_("Edit in its challenge"),
        url_path="edit",
        permissions=["edit_in_challenge"],
        icon="edit",
    )
    def to_its_challenge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        milestone = get_object_or_404(Milestone, pk=object_id)
        form = reverse("admin:challenges_challenge_change", args=[milestone.challenge_id])
        part = part_of(milestone)
        return HttpResponseRedirect(f"{form}{f'?milestones={part}' if part > 1 else ''}#section-milestones")

    def has_edit_in_challenge_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("challenges.change_challenge")

    def revert_changes(self, record: Any) -> FormChanges:
        return FormChanges(record.challenge, [record])

    def may_revert(self, request: HttpRequest, record: Any) -> bool:
        archived = record.archived_at or record.challenge.archived_at
        return request.user.has_perm("milestones.change_milestone") and not archived
