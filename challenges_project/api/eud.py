"""End-user display fields in a body: texts in one language or all, and icons."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from challenges_project.api.fields import TextField
from challenges_project.api.language import Language
from challenges_project.errors import DomainError
from challenges_project.icons import MAX_BYTES, CleanIcon, clean_icon


class EudTextField(TextField):
    """A text in the language of the request; with `languageCode=*` an object of language and text.

    Null and "" clear. What a text may contain is the record's own rule.
    """

    default_error_messages = {
        "not_texts": "With languageCode=* send an object of language and text.",
        "language": "{code} is not a language offered here: {offered}.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, trim_whitespace=False, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if not self._every or data is serializers.empty or data is None:
            return super().run_validation(data)
        if not isinstance(data, dict):
            self.fail("not_texts")
        return {code: self._text_of(code, text) for code, text in data.items()}

    def _text_of(self, code: str, text: Any) -> str:
        if code not in settings.LANGUAGES_OFFERED:
            self.fail("language", code=code[:16], offered=", ".join(settings.LANGUAGES_OFFERED))
        return super().run_validation(text) or ""

    @property
    def _every(self) -> bool:
        language = self.context.get("language")
        return language is not None and language.every


class IconField(serializers.Field):
    """An uploaded icon, checked and cleaned; JSON may send null alone, which restores the default."""

    default_error_messages = {
        "not_a_file": "Send the icon as a file in multipart/form-data; JSON may send null alone.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> CleanIcon | None:
        if data == "":
            return None
        if not isinstance(data, UploadedFile):
            self.fail("not_a_file")
        try:
            return clean_icon(data.name or "", data.read(MAX_BYTES + 1), self.field_name)
        except DomainError as error:
            raise serializers.ValidationError(str(error.message), code=error.code) from error


def write_texts(record: Any, texts: Mapping[str, Any], language: Language) -> None:
    """Set the language columns of validated texts; the column of the thread's language is never guessed."""
    for name, value in texts.items():
        by_language = value if isinstance(value, dict) else {language.code: value}
        if language.every and not isinstance(value, dict):  # null clears every language
            by_language = dict.fromkeys(settings.LANGUAGES_OFFERED, "")
        for code, text in by_language.items():
            setattr(record, f"{name}_{code}", text or "")


def split_eud(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Validated values apart: plain columns, translated texts, icons."""
    texts = {
        name: value
        for name, value in values.items()
        if name.startswith("eud_") and not name.endswith("_icon")
    }
    icons = {name: value for name, value in values.items() if name.endswith("_icon")}
    plain = {name: value for name, value in values.items() if not name.startswith("eud_")}
    return plain, texts, icons
