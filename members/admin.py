"""The member's ModelAdmin."""

from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin import registry
from core.admin.base_classes import StaffModelAdmin
from core.admin.large_tables import ExactSearch
from core.admin.theme import ChoicesDropdownFilter, display
from core.choices import MemberStatus
from members.domain import member_service
from members.models import Member


@registry.register(Member)
class MemberAdmin(ExactSearch, StaffModelAdmin):
    """Edits the profile alone; erasing a member has a page of its own in the back office."""

    list_display = ("external_id", "full_name", "email", "shown_status", "created_at")
    list_filter = (("status", ChoicesDropdownFilter),)
    search_help_text = _("The whole identifier, e-mail address or last name")
    fieldsets = (
        (None, {"fields": ("external_id", "status")}),
        (_("Profile"), {"fields": ("first_name", "last_name", "email", "phone_number")}),
        (_("Times"), {"fields": ("created_at", "updated_at", "erased_at")}),
    )
    readonly_fields = ("created_at", "updated_at", "erased_at")

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        at = timezone.now()
        if change:
            values = {name: form.cleaned_data[name] for name in form.changed_data}
            member_service.edit(obj.id, values, at=at)
        else:
            member_service.create(obj, at=at)

    @display(description=_("name"))
    def full_name(self, member: Member) -> str:
        return member.full_name or "–"

    @display(description=_("status"), label={"live": "success", "paused": "warning"})
    def shown_status(self, member: Member) -> tuple[str, str]:
        return member.status, str(MemberStatus(member.status).label)

    def exactly(self, term: str) -> Q:
        folded_term = term.lower()
        return Q(external_id=term) | Q(folded_email=folded_term) | Q(folded_last_name=folded_term)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        members = queryset.alias(folded_email=Lower("email"), folded_last_name=Lower("last_name"))
        return super().get_search_results(request, members, search_term)

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> tuple[str, ...]:
        """Make the identifier of a stored member read-only, because the shop knows them by it."""
        return self.readonly_fields if obj is None else ("external_id", *self.readonly_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        """Deny deletion: a member is erased, so that the totals stay (docs/rules.md, Members)."""
        return False
