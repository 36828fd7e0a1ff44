"""The staff's admin: its site, and what every room's `admin.py` is made of. The theme is known here alone."""

from .bases import AddOnlyAdmin, StaffModelAdmin, ViewOnlyAdmin
from .history import HistoryAdmin
from .languages import language_tabs, localized, offered_languages
from .ledgers import CappedPaginator, ExactSearch
from .questions import Question
from .refusals import NESTED, refusals_in, refuse
from .removals import Archived, RemovesByDomain
from .theme import (
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
