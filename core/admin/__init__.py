"""The staff's admin: its site, and what every room's `admin.py` is made of. The theme is known here alone."""

from core.admin.base_classes import AddOnlyAdmin, StaffModelAdmin, ViewOnlyAdmin
from core.admin.confirmation import Question
from core.admin.form_errors import NESTED, refusals_in, refuse
from core.admin.history import HistoryAdmin
from core.admin.languages import language_tabs, localized, offered_languages
from core.admin.large_tables import CappedPaginator, ExactSearch
from core.admin.removal import Archived, RemovesByDomain
from core.admin.theme import (
    AutocompleteSelectFilter,
    Badge,
    ChoicesDropdownFilter,
    ModelAdmin,
    RangeDateTimeFilter,
    StackedInline,
    TabularInline,
    action,
    display,
)

__all__ = [
    "NESTED",
    "AddOnlyAdmin",
    "Archived",
    "AutocompleteSelectFilter",
    "Badge",
    "CappedPaginator",
    "ChoicesDropdownFilter",
    "ExactSearch",
    "HistoryAdmin",
    "ModelAdmin",
    "Question",
    "RangeDateTimeFilter",
    "RemovesByDomain",
    "StackedInline",
    "StaffModelAdmin",
    "TabularInline",
    "ViewOnlyAdmin",
    "action",
    "display",
    "language_tabs",
    "localized",
    "offered_languages",
    "refusals_in",
    "refuse",
]
