"""The only module that imports django-unfold, so that replacing or upgrading the theme is one edit."""

from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, StackedInline
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, AuthenticationForm, UserChangeForm, UserCreationForm
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
    "AuthenticationForm",
    "AutocompleteSelectFilter",
    "Badge",
    "ChangeList",
    "ChoicesDropdownFilter",
    "DropdownFilter",
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
    """The value of a column with `display(label={key: colour})`.

    On a record's own page, where unfold renders no label, it is a badge in the back office's colours.
    """

    key: str
    text: str

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> SafeString:
        return format_html('<span class="desk-badge is-{}">{}</span>', self.key, self.text)
