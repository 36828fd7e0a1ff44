"""The serializer field of end-user texts, which have one column for each language.

docs/rules.md, End-user texts; `languageCode`: docs/api.md, Conventions.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from core.api.fields import TextField
from core.api.http.strict_json import printable
from core.api.language import Language, default_language
from core.errors import DomainError
from core.texts import DEFAULT_TEXTS, default_text, effective_text


class TranslatedTextField(serializers.Field):
    """A text whose columns end in a language: the field `eud_title` writes `eud_title_fr`.

    `check(text)` raises `DomainError` for a text that is not allowed. Null and "" clear. A text equal to its
    fallback is stored as empty, so that a record may be sent back as it was read.
    """

    default_error_messages = {
        "not_an_object": 'With languageCode=* send an object such as {{"en": "...", "de": null}}.',
        "language": "Send one of {offered}.",
    }

    def __init__(self, max_length: int, check: Callable[[str], None] | None = None, **kwargs: Any) -> None:
        self.text = TextField(max_length=max_length, required=False)
        self.check = check
        super().__init__(required=False, allow_null=True, **kwargs)

    def bind(self, field_name: str, parent: Any) -> None:
        """Set `source="*"`, because the field reads and writes several columns of the record."""
        self.column: str = self.source or field_name
        self.source: str | None = None
        super().bind(field_name, parent)
        self.source = "*"
        self.source_attrs: list[str] = []

    def to_representation(self, value: Any) -> Any:
        language: Language = self.context["language"]
        if language.every:
            return {
                code: getattr(value, f"{self.column}_{code}") or None for code in settings.LANGUAGES_OFFERED
            }
        return effective_text(value, self.column, language.code)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty:
            raise serializers.SkipField
        return self.to_internal_value(data)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        language: Language = self.context["language"]
        if language.every:
            return self._all_languages(data)
        text = self._checked(data)
        return {f"{self.column}_{language.code}": "" if text == self._fallback(language.code) else text}

    def _all_languages(self, data: Any) -> dict[str, str]:
        if data is None:
            data = dict.fromkeys(settings.LANGUAGES_OFFERED)
        if not isinstance(data, Mapping):
            self.fail("not_an_object")
        texts: dict[str, str] = {}
        errors: dict[str, Any] = {}
        for code, text in data.items():
            try:
                texts[f"{self.column}_{self._check_offered(code)}"] = self._checked(text)
            except serializers.ValidationError as error:
                errors[printable(str(code))] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return self._without_fallbacks(texts)

    def _without_fallbacks(self, texts: dict[str, str]) -> dict[str, str]:
        """Empty the texts equal to their fallback. The default language first: it is the others' fallback."""
        default = f"{self.column}_{default_language()}"
        for column in sorted(texts, key=lambda column: column != default):
            code = column.removeprefix(f"{self.column}_")
            if texts[column] == self._fallback(code, texts.get(default)):
                texts[column] = ""
        return texts

    def _check_offered(self, code: str) -> str:
        if code not in settings.LANGUAGES_OFFERED:
            self.fail("language", offered=", ".join(settings.LANGUAGES_OFFERED))
        return code

    def _checked(self, data: Any) -> str:
        text = str(self.text.run_validation(data))
        if text and self.check:
            try:
                self.check(text)
            except DomainError as error:
                raise serializers.ValidationError([ErrorDetail(str(error.message), error.code)]) from error
        return text

    def _fallback(self, code: str, new_default: str | None = None) -> str:
        """The text that is read in a language without its own: the default language's, else the built-in one.

        `new_default`: the default language's text in this request; without one the stored text counts.
        """
        inherited = None
        if code != default_language():
            inherited = new_default
            if inherited is None:
                inherited = getattr(self.parent.instance, f"{self.column}_{default_language()}", None)
        return inherited or (default_text(self.column, code) if self.column in DEFAULT_TEXTS else "")
