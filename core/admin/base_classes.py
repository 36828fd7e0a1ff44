"""What a room's admin classes build on: how they look, what they may, what a list may cost."""

from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from core.admin.fields import WallClockWidget
from core.admin.large_tables import CappedPaginator
from core.admin.re_render import ReRenderedForms
from core.admin.theme import ModelAdmin, UnfoldAdminTextInputWidget
from core.amounts import AmountField

MOMENTS: dict[Any, Any] = {
    models.DateTimeField: {"form_class": forms.DateTimeField, "widget": WallClockWidget},
}
AMOUNTS: dict[Any, Any] = {
    AmountField: {"widget": UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})}
}


class StaffModelAdmin(ReRenderedForms, ModelAdmin):
    """Keeps the record's times, warns of unsaved input, and never counts a whole table."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = True
    warn_unsaved_form = True
    formfield_overrides = {**AMOUNTS, **MOMENTS}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A time says on whose clock it is."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.DateTimeField) and field is not None:
            clock = _("On the clock of %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
            field.help_text = f"{field.help_text} {clock}".strip()
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        now = timezone.now()
        names = {field.name for field in obj._meta.concrete_fields}
        if "created_at" in names and obj._state.adding:
            obj.created_at = now
        if "updated_at" in names:
            obj.updated_at = now
        super().save_model(request, obj, form, change)


class ViewOnlyAdmin(StaffModelAdmin):
    """A ledger that the engine writes: staff look and never touch."""

    actions = None
    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class AddOnlyAdmin(ViewOnlyAdmin):
    """A ledger that staff may add to, and whose rows stay as they are."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        codename = f"{self.opts.app_label}.add_{self.opts.model_name}"
        return bool(request.user.has_perm(codename))
