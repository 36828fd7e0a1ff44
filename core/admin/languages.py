"""Translated texts in forms: one tab for each language that is offered."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import get_language_info
from modeltranslation.utils import build_localized_fieldname


def offered_languages() -> list[tuple[str, str]]:
    """Code and name (in itself: Deutsch), the default first, in the settings' order."""
    return [
        (code, str(get_language_info(code)["name_local"]).capitalize())
        for code, _name in settings.LANGUAGES
        if code in settings.LANGUAGES_OFFERED
    ]


def localized(fields: Iterable[str], language: str) -> list[str]:
    return [build_localized_fieldname(field, language) for field in fields]


def language_tabs(fields: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    """A fieldset for each language, shown as a tab that counts its own errors."""
    listed = tuple(fields)
    return [
        (name, {"classes": ["tab"], "fields": localized(listed, code)}) for code, name in offered_languages()
    ]
