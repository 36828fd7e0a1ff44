"""Deleting a challenge: one with history is archived instead, and can be restored."""

from datetime import datetime

from django.utils.translation import gettext as _

from challenges.editing import service
from challenges.models import Challenge
from challenges.queries.history import has_history
from core.admin.removal import DomainRemoval


class ChallengeRemoval(DomainRemoval):
    def remove(self, obj: Challenge, at: datetime) -> None:
        service.remove(obj, at=at)

    def restore(self, obj: Challenge, at: datetime) -> None:
        service.restore(obj, at=at)

    def describe_removal(self, obj: Challenge) -> str:
        if has_history(obj):
            return _("It has activity, so it is archived; it can be restored.")
        return _("It has no activity, so it is deleted with its milestones.")
