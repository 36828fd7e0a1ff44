"""The members: end users of the shop."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.choices import MemberStatus
from core.ids import uuid7
from core.write_guard import GuardedModel, GuardedQuerySet


class MemberQuerySet(GuardedQuerySet):
    def known_as(self, external_id: str) -> "MemberQuerySet":
        return self.filter(external_id=external_id)


class Member(GuardedModel):
    """An end user, identified by the shop's own identifier; never a Django user.

    Erasing replaces `external_id` by a random one, empties the profile and keeps the row, so that totals stay
    (docs/rules.md, Members). Edit it through `members.domain.member_service`; logs enrol by
    `members.domain.directory`.
    """

    written_by = "members.domain.member_service"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    external_id = models.CharField(
        _("identifier"),
        max_length=256,
        unique=True,
        help_text=_("The shop's own name for this member, such as a customer number."),
        error_messages={"unique": _("A member with this identifier exists.")},
    )
    first_name = models.CharField(_("first name"), max_length=256, blank=True, default="")
    last_name = models.CharField(_("last name"), max_length=256, blank=True, default="")
    email = models.EmailField(_("e-mail"), max_length=320, blank=True, default="")
    phone_number = models.CharField(_("phone number"), max_length=16, blank=True, default="")
    status = models.CharField(
        _("status"),
        max_length=8,
        choices=MemberStatus,
        default=MemberStatus.LIVE,
        help_text=_("A paused member's activity is stored and not counted."),
    )
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["-id"]
        indexes = [
            # For the member search of support, which ignores case.
            models.Index(models.functions.Lower("email"), name="member_by_email"),
            models.Index(models.functions.Lower("last_name"), name="member_by_last_name"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(external_id=""), name="member_has_identifier"),
            models.CheckConstraint(
                condition=models.Q(status__in=MemberStatus.values), name="member_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
