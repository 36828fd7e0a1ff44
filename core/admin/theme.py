"""The one door to django-unfold: whoever replaces or raises the theme edits this module."""

from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, StackedInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.sites import UnfoldAdminSite
from unfold.views import ChangeList
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

__all__ = [
    "INPUT_CLASSES",
    "AdminPasswordChangeForm",
    "AutocompleteSelectFilter",
    "Badge",
    "ChangeList",
    "ChoicesDropdownFilter",
    "ModelAdmin",
    "RangeDateTimeFilter",
    "StackedInline",
    "UnfoldAdminFileFieldWidget",
    "UnfoldAdminSelectWidget",
    "UnfoldAdminSite",
    "UnfoldAdminTextInputWidget",
    "UnfoldAdminTextareaWidget",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "display",
]


class Badge(NamedTuple):
    """What `display(label={key: colour})` wants of a column. A record's own page has the desk's colours."""

    key: str
    text: str

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> SafeString:
        return format_html('<span class="desk-badge is-{}">{}</span>', self.key, self.text)
