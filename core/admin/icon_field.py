"""Uploading an icon in a form: cleaned by its content, and kept while other fields are mended."""

import base64
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.forms.widgets import FILE_INPUT_CONTRADICTION
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.icons import MAX_BYTES, CleanIcon, clean_icon

SALT = "core.admin.icon"


class IconWidget(forms.ClearableFileInput):
    """The file input, the icon as it is now, and, in a form shown again, the upload that it already took.

    `kept` is set by the form once an upload was cleaned: it travels signed, so that nobody sends another.
    """

    template_name = "backoffice/icon_widget.html"
    kept: CleanIcon | None = None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if self.kept is not None:
            context["widget"]["kept"] = packed(self.kept)
            context["widget"]["kept_url"] = data_url(self.kept)
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        if value is FILE_INPUT_CONTRADICTION:
            return files.get(name)
        if value is None and (kept := data.get(f"{name}-kept")):
            return unpacked(kept)
        return value

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return super().value_omitted_from_data(data, files, name) and f"{name}-kept" not in data


class IconFormField(forms.FileField):
    """Cleans to a `CleanIcon`, to False when the icon is to go, to None when nothing was said."""

    widget = IconWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> CleanIcon | bool | None:
        if data is False or data is None or isinstance(data, CleanIcon):
            return data
        if not isinstance(data, UploadedFile):
            raise forms.ValidationError(_("Choose the file again."), "missing")
        try:
            data.seek(0)
            return clean_icon(data.name or "", data.read(MAX_BYTES + 1))
        except DomainError as error:
            raise forms.ValidationError(error.message, error.code) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not None


def show_kept(form: forms.BaseForm) -> None:
    """Keep the icon that a sent form uploaded, or that a new form begins with, in the form's own input."""
    field = form.fields.get("icon")
    if field is None:
        return
    cleaned = (
        getattr(form, "cleaned_data", {}).get("icon") if form.is_bound else form.initial.get("kept_icon")
    )
    if isinstance(cleaned, CleanIcon):
        field.widget.kept = cleaned


def icon_image(file: Any, default: str) -> str:
    """A stored icon, or the default one, to look at."""
    return format_html('<img class="desk-icon-small" alt="" src="{}">', file.url if file else static(default))


def packed(icon: CleanIcon) -> str:
    body = base64.b64encode(icon.data).decode()
    return signing.dumps([icon.content_type, icon.extension, icon.notices, body], salt=SALT)


def unpacked(text: str) -> CleanIcon | None:
    """What `packed` made, from a request; None for anything else."""
    try:
        content_type, extension, notices, body = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    return CleanIcon(base64.b64decode(body), content_type, extension, notices)


def data_url(icon: CleanIcon) -> str:
    return f"data:{icon.content_type};base64,{base64.b64encode(icon.data).decode()}"
