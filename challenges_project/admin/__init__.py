"""The staff's admin: its site, and what every room's `admin.py` is made of. The theme is known here alone."""

from .bases import AddOnlyAdmin, StaffModelAdmin, ViewOnlyAdmin
from .languages import language_tabs, localized, offered_languages
from .ledgers import CappedPaginator, ExactSearch
from .refusals import RefusalsAsErrors, refuse_form
from .theme import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    ModelAdmin,
    RangeDateTimeFilter,
    StackedInline,
    TabularInline,
    action,
    display,
)

__all__ = [
    "AddOnlyAdmin",
    "AutocompleteSelectFilter",
    "CappedPaginator",
    "ChoicesDropdownFilter",
    "ExactSearch",
    "ModelAdmin",
    "RangeDateTimeFilter",
    "RefusalsAsErrors",
    "StackedInline",
    "StaffModelAdmin",
    "TabularInline",
    "ViewOnlyAdmin",
    "action",
    "display",
    "language_tabs",
    "localized",
    "offered_languages",
    "refuse_form",
]
