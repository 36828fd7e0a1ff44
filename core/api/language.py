"""`languageCode`: the language of texts in one request; Accept-Language and the thread's never decide."""

import re
from dataclasses import dataclass

from django.conf import settings

from core.api.errors import refuse

PARAMETER = "languageCode"
EVERY = "*"
# The language of refusals, whatever the thread or Accept-Language say.
SPOKEN = "en"
_SHAPE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Language:
    """One of the languages offered; with `every`, texts go in and out as one object of all languages."""

    code: str
    every: bool = False


def default_language() -> str:
    """Fixed, whatever the admin speaks: texts fall back to it."""
    return str(settings.MODELTRANSLATION_DEFAULT_LANGUAGE)


def reading_language(text: str | None, *, every_allowed: bool) -> Language:
    """`fr-CA` -> `fr` -> the default. Raises `Refused` 400 for what is no language code at all."""
    if text is None:
        return Language(default_language())
    if text == EVERY:
        return _every(every_allowed)
    return Language(_offered(_checked(text)) or default_language())


def writing_language(text: str | None, *, every_allowed: bool) -> Language:
    """The language that plain texts are written in. Raises `Refused` 400 for one that is not offered."""
    if text is None:
        return Language(default_language())
    if text == EVERY:
        return _every(every_allowed)
    code = _checked(text)
    if code not in settings.LANGUAGES_OFFERED:
        offered = ", ".join(settings.LANGUAGES_OFFERED)
        raise refuse("language_not_offered", f"Write in one of {offered}.", PARAMETER)
    return Language(code)


def _checked(text: str) -> str:
    if not _SHAPE.fullmatch(text):
        raise refuse("invalid", "Send a language code such as en, fr or fr-CA.", PARAMETER)
    return text.lower()


def _offered(code: str) -> str | None:
    """The offered language nearest to a lower-case code; languages are offered as lower-case codes."""
    while code not in settings.LANGUAGES_OFFERED:
        code, hyphen, _ = code.rpartition("-")
        if not hyphen:
            return None
    return code


def _every(allowed: bool) -> Language:
    if not allowed:
        raise refuse("invalid", "Only admins read and write all languages at once.", PARAMETER)
    return Language(default_language(), every=True)
