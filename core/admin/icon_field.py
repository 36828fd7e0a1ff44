"""Uploading an icon in a form. A cleaned upload survives while other fields of the form are corrected."""

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
    """The file input with the stored icon, or with an icon that was uploaded but is not saved yet.

    The form sets `unsaved_icon`. It is sent along in a hidden input, signed, so that a client cannot replace
    a cleaned icon by other bytes.
    """

    template_name = "backoffice/icon_widget.html"
    unsaved_icon: CleanIcon | None = None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if self.unsaved_icon is not None:
            context["widget"]["unsaved_icon"] = sign_icon(self.unsaved_icon)
            context["widget"]["unsaved_icon_url"] = data_url(self.unsaved_icon)
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        if value is FILE_INPUT_CONTRADICTION:
            return files.get(name)
        if value is None and (signed := data.get(f"{name}-kept")):
            return unsign_icon(signed)
        return value

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return super().value_omitted_from_data(data, files, name) and f"{name}-kept" not in data


class IconFormField(forms.FileField):
    """Cleans to a `CleanIcon`, to False when the icon is to be removed, or to None when it is unchanged."""

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


def carry_unsaved_icon(form: forms.BaseForm) -> None:
    """Hand an icon that is not stored yet to the form's widget, so that the next POST sends it again.

    It is the cleaned upload of a bound form, or `initial["unsaved_icon"]` of an unbound one.
    """
    field = form.fields.get("icon")
    if field is None:
        return
    icon = (
        getattr(form, "cleaned_data", {}).get("icon") if form.is_bound else form.initial.get("unsaved_icon")
    )
    if isinstance(icon, CleanIcon):
        field.widget.unsaved_icon = icon


def icon_image(file: Any, default: str) -> str:
    """Render a small image of the stored icon, or of the default one (a static path)."""
    return format_html('<img class="desk-icon-small" alt="" src="{}">', file.url if file else static(default))


def sign_icon(icon: CleanIcon) -> str:
    """Serialize an icon as signed text for a hidden input."""
    body = base64.b64encode(icon.data).decode()
    return signing.dumps([icon.content_type, icon.extension, icon.notices, body], salt=SALT)


def unsign_icon(signed: str) -> CleanIcon | None:
    """Restore the icon that `sign_icon` serialized; None for any other text."""
    try:
        content_type, extension, notices, body = signing.loads(signed, salt=SALT)
    except signing.BadSignature:
        return None
    return CleanIcon(base64.b64decode(body), content_type, extension, notices)


def data_url(icon: CleanIcon) -> str:
    return f"data:{icon.content_type};base64,{base64.b64encode(icon.data).decode()}"
