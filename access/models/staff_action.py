"""The audit log: what staff did and why, and what API keys and commands did."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7


class StaffAction(models.Model):
    """An action of the staff, an API key or a command. Append-only, written by `audit_log.note`.

    It stores the names of actor and member as they were then, because an account or a key may be renamed or
    deleted. `actor_name` is `API key NAME` and `command line: COMMAND` for those.
    The member has no foreign key, because `members` imports this app.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("staff account"),
    )
    actor_name = models.CharField(_("by"), max_length=300)
    # No foreign key: it outlives the key.
    api_key_id = models.UUIDField(_("API key"), null=True, blank=True)
    action = models.CharField(_("action"), max_length=64, help_text=_("Such as count_anyway."))
    member_id = models.UUIDField(_("member"), null=True, blank=True)
    member_external_id = models.CharField(
        _("identifier of the member"), max_length=256, blank=True, default=""
    )
    target = models.CharField(_("kind of record"), max_length=64, blank=True, default="")
    target_id = models.CharField(_("record"), max_length=64, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=1024, blank=True, default="")
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("entry of the audit log")
        verbose_name_plural = _("audit log")
        ordering = ["-id"]
        indexes = [
            # For the member page's timeline, and for erasing a member.
            models.Index(fields=["member_id", "id"], name="staff_action_of_member"),
            # For the history of one record.
            models.Index(fields=["target", "target_id", "id"], name="staff_action_of_target"),
            # What one API key did, newest first.
            models.Index(
                fields=["api_key_id", "id"],
                name="staff_action_of_key",
                condition=models.Q(api_key_id__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(action=""), name="staff_action_has_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A staff action is append-only.")
        super().save(*args, **kwargs)
