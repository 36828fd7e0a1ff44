"""`languageCode`: the language of a request's texts, whatever Accept-Language (docs/api.md, Conventions)."""

import re
from dataclasses import dataclass

from django.conf import settings

from core.api.errors import refuse

PARAMETER = "languageCode"
EVERY = "*"
# Error details are English, whatever Accept-Language or the thread's language.
ERROR_LANGUAGE = "en"
_SHAPE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Language:
    """One of LANGUAGES_OFFERED; with `every`, a text is one object of all languages."""

    code: str
    every: bool = False


def default_language() -> str:
    """The language that texts fall back to, whatever the language of the admin."""
    return str(settings.MODELTRANSLATION_DEFAULT_LANGUAGE)


def reading_language(text: str | None, *, every_allowed: bool) -> Language:
    """The language of a read, with its fallbacks: `fr-CA`, `fr`, the default.

    Raises `Refused` 400 for a text that is no language code.
    """
    if text is None:
        return Language(default_language())
    if text == EVERY:
        return _every_language(every_allowed)
    return Language(_nearest_offered(_check_shape(text)) or default_language())


def writing_language(text: str | None, *, every_allowed: bool) -> Language:
    """The language of the plain texts of a write. Raises `Refused` 400 for one that is not offered."""
    if text is None:
        return Language(default_language())
    if text == EVERY:
        return _every_language(every_allowed)
    code = _check_shape(text)
    if code not in settings.LANGUAGES_OFFERED:
        offered = ", ".join(settings.LANGUAGES_OFFERED)
        raise refuse("language_not_offered", f"Write in one of {offered}.", PARAMETER)
    return Language(code)


def _check_shape(text: str) -> str:
    if not _SHAPE.fullmatch(text):
        raise refuse("invalid", "Send a language code such as en, fr or fr-CA.", PARAMETER)
    return text.lower()


def _nearest_offered(code: str) -> str | None:
    """The offered language nearest to a lower-case code (`fr` for `fr-ca`); offered codes are lower-case."""
    while code not in settings.LANGUAGES_OFFERED:
        code, hyphen, _ = code.rpartition("-")
        if not hyphen:
            return None
    return code


def _every_language(allowed: bool) -> Language:
    if not allowed:
        raise refuse("invalid", "Only admins read and write all languages at once.", PARAMETER)
    return Language(default_language(), every=True)
