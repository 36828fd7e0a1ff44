"""Fieldsets for translated texts: one tab for each language offered."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import get_language_info
from modeltranslation.utils import build_localized_fieldname


def offered_languages() -> list[tuple[str, str]]:
    """Return code and native name ("Deutsch") of each language offered, in the order of the settings."""
    return [
        (code, str(get_language_info(code)["name_local"]).capitalize())
        for code, _name in settings.LANGUAGES
        if code in settings.LANGUAGES_OFFERED
    ]


def localized(fields: Iterable[str], language: str) -> list[str]:
    """Return the column names of translated fields in one language: `eud_title` in `de` is `eud_title_de`."""
    return [build_localized_fieldname(field, language) for field in fields]


def language_tabs(fields: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    """Build a fieldset for each language offered, shown as a tab that counts its own errors."""
    names = tuple(fields)
    return [
        (language, {"classes": ["tab"], "fields": localized(names, code)})
        for code, language in offered_languages()
    ]
