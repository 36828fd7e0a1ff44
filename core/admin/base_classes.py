"""Base classes of the apps' ModelAdmins: widgets, permissions, and lists that stay cheap on large tables."""

from typing import Any

from django import forms
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from core.admin.fields import WallClockWidget
from core.admin.large_tables import CappedPaginator
from core.admin.re_render import ReRenderedForms
from core.admin.theme import ModelAdmin, UnfoldAdminTextInputWidget
from core.amounts import AmountField

LONGEST_SEARCH, MOST_WORDS = 256, 10
DATETIME_OVERRIDES: dict[Any, Any] = {
    models.DateTimeField: {"form_class": forms.DateTimeField, "widget": WallClockWidget},
}
AMOUNT_OVERRIDES: dict[Any, Any] = {
    AmountField: {"widget": UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})}
}


class StaffModelAdmin(ReRenderedForms, ModelAdmin):
    """Sets `created_at` and `updated_at`, warns about unsaved input, and never counts a whole table."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = True
    warn_unsaved_form = True
    formfield_overrides = {**AMOUNT_OVERRIDES, **DATETIME_OVERRIDES}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse regular expressions in an address: they scan, and a wrong one fails in the database."""
        if lookup.rpartition(LOOKUP_SEP)[2] in ("regex", "iregex"):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def record_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """Return the record of the path, for pages of our own. Raises `Http404` for any other text."""
        record = self.get_object(request, object_id)
        if record is None:
            raise Http404
        return record

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Name the time zone of the input in the help text of every datetime field."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.DateTimeField) and field is not None:
            clock = _("On the clock of %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
            field.help_text = f"{field.help_text} {clock}".strip()
        return field

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Search for the first words: each is a condition on every field, and some hundred are too many."""
        words = search_term[:LONGEST_SEARCH].split()[:MOST_WORDS]
        return super().get_search_results(request, queryset, " ".join(words))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        now = timezone.now()
        names = {field.name for field in obj._meta.concrete_fields}
        if "created_at" in names and obj._state.adding:
            obj.created_at = now
        if "updated_at" in names:
            obj.updated_at = now
        super().save_model(request, obj, form, change)


class ViewOnlyAdmin(StaffModelAdmin):
    """For records that are written elsewhere, mostly by the engine: staff may only view them."""

    actions = None
    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class AddOnlyAdmin(ViewOnlyAdmin):
    """For append-only records: staff may view and add them."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        codename = f"{self.opts.app_label}.add_{self.opts.model_name}"
        return bool(request.user.has_perm(codename))
