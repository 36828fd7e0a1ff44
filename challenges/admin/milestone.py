"""A milestone's history: the way back to a version goes through the rules of its challenge."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from challenges.admin.reverting import RevertsByRules
from challenges.admin.saving import Edited
from milestones.admin import MilestoneAdmin
from milestones.models import Milestone

admin.site.unregister(Milestone)


@admin.register(Milestone)
class RuledMilestoneAdmin(RevertsByRules, MilestoneAdmin):
    """Edited in its challenge's form; only a version of it comes back from here."""

    def edit_back(self, record: Any) -> Edited:
        return Edited(record.challenge, [record])

    def may_revert(self, request: HttpRequest, record: Any) -> bool:
        archived = record.archived_at or record.challenge.archived_at
        return request.user.has_perm("milestones.change_milestone") and not archived
