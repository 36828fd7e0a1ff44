"""The base of every history of edits: who made the edit, kept as text."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class RecordedEdit(models.Model):
    """Adds to a row of django-simple-history the name of who edited, which survives account and key.

    `access.receivers` fills it in. Rows of 0.1 have no name.
    """

    history_actor = models.CharField(_("by"), max_length=300, blank=True, default="", editable=False)
    history_api_key_id = models.UUIDField(_("API key"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def history_by(self) -> Any:
        """The staff account, else the name of the key, the command or a deleted account; empty: unknown."""
        return getattr(self, "history_user", None) or self.history_actor
