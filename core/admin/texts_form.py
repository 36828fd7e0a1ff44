"""ModelForm for records with translated end-user texts (docs/rules.md, End-user texts)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language_info

from core.admin.languages import offered_languages
from core.admin.theme import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget
from core.errors import DomainError
from core.messages import VARIABLES, check_message, check_plain
from core.texts import DEFAULT_TEXTS, default_text

MAX_SINGLE_LINE = 100  # a field for longer texts is a textarea


class TextsForm(forms.ModelForm):
    """Sets the widgets of the translated fields and checks their texts.

    `translated` lists the fields, without a language, and `with_variables` those of them in which variables
    work. Each input carries attributes for the form's script: `data-text` and `data-language` (field and
    language), `data-default` (the built-in text that is read when it stays empty) and `data-variables`.
    """

    translated: tuple[str, ...] = ()
    with_variables: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.translated:
            for code, _language in offered_languages():
                if f"{name}_{code}" in self.fields:
                    self._set_widget(self.fields[f"{name}_{code}"], name, code)

    def clean(self) -> dict[str, Any]:
        """Check every text, also when other fields have errors, and add each error to its field."""
        cleaned = super().clean() or self.cleaned_data
        for name in self.translated:
            check = check_message if name in self.with_variables else check_plain
            for code, _language in offered_languages():
                self._check(check, f"{name}_{code}")
        return cleaned

    def _check(self, check: Callable[[str, str], None], column: str) -> None:
        try:
            check(self.cleaned_data.get(column) or "", column)
        except DomainError as error:
            self.add_error(column, forms.ValidationError(error.message, error.code))

    def _set_widget(self, field: forms.Field, name: str, code: str) -> None:
        default = default_text(name, code) if name in DEFAULT_TEXTS else ""
        attrs: dict[str, Any] = {
            "data-text": name,
            "data-language": code,
            "data-default": default,
            "placeholder": self._fallback_text(name, code) or default,
            "lang": code,
            "dir": "rtl" if get_language_info(code)["bidi"] else "ltr",
        }
        if name in self.with_variables:
            attrs["data-variables"] = " ".join(VARIABLES)
        multiline = isinstance(field, forms.CharField) and (field.max_length or 0) > MAX_SINGLE_LINE
        attrs |= {"maxlength": field.max_length} if isinstance(field, forms.CharField) else {}
        widget = UnfoldAdminTextareaWidget if multiline else UnfoldAdminTextInputWidget
        field.widget = widget(attrs={**attrs, "rows": 2} if multiline else attrs)
        field.label = capfirst(self._meta.model._meta.get_field(name).verbose_name)

    def _fallback_text(self, name: str, code: str) -> str:
        """Return the record's text in the default language, which goes before the built-in text."""
        default = settings.MODELTRANSLATION_DEFAULT_LANGUAGE
        return "" if code == default else getattr(self.instance, f"{name}_{default}", "") or ""
