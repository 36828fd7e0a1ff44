"""Translated texts in a ModelForm: what is read when a field stays empty, and what may stand in it."""

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

LONG = 100  # a text that may be longer gets more than one line


class TextsForm(forms.ModelForm):
    """For a record with texts in every language. `translated`: their names without the language.

    Each input knows its field and language (`data-text`, `data-language`), the built-in text that is read
    when it stays empty (`data-default`), and whether variables work in it (`data-variables`).
    """

    translated: tuple[str, ...] = ()
    with_variables: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.translated:
            for code, _language in offered_languages():
                if f"{name}_{code}" in self.fields:
                    self._dress(self.fields[f"{name}_{code}"], name, code)

    def clean(self) -> dict[str, Any]:
        """Every bad text at once, each at its field, whatever else is wrong with the form."""
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

    def _dress(self, field: forms.Field, name: str, code: str) -> None:
        default = default_text(name, code) if name in DEFAULT_TEXTS else ""
        attrs: dict[str, Any] = {
            "data-text": name,
            "data-language": code,
            "data-default": default,
            "placeholder": self._read_without(name, code) or default,
            "lang": code,
            "dir": "rtl" if get_language_info(code)["bidi"] else "ltr",
        }
        if name in self.with_variables:
            attrs["data-variables"] = " ".join(VARIABLES)
        long = isinstance(field, forms.CharField) and (field.max_length or 0) > LONG
        attrs |= {"maxlength": field.max_length} if isinstance(field, forms.CharField) else {}
        widget = UnfoldAdminTextareaWidget if long else UnfoldAdminTextInputWidget
        field.widget = widget(attrs={**attrs, "rows": 2} if long else attrs)
        field.label = capfirst(self._meta.model._meta.get_field(name).verbose_name)

    def _read_without(self, name: str, code: str) -> str:
        """A reader of another language gets the default language's own text before the built-in one."""
        default = settings.MODELTRANSLATION_DEFAULT_LANGUAGE
        return "" if code == default else getattr(self.instance, f"{name}_{default}", "") or ""
