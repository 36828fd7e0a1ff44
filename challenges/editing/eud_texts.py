"""Check and normalize the end-user texts of a record (docs/rules.md, End-user texts)."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db.models import Model
from modeltranslation.translator import translator

from core.errors import DomainError
from core.messages import check_message, check_plain
from core.texts import DEFAULT_TEXTS, default_text

DEFAULT_LANGUAGE = settings.MODELTRANSLATION_DEFAULT_LANGUAGE
LANGUAGES = frozenset(settings.MODELTRANSLATION_LANGUAGES)
# The texts that may hold variables; nowhere else is `{{` allowed.
MESSAGES = {
    "eud_completed_challenge_message",
    "eud_failed_challenge_message",
    "eud_milestone_next_to_be_achieved_message",
}


def texts_of(model: type[Model]) -> list[str]:
    """List the translated fields of a model; each has one column for each language."""
    return sorted(translator.get_options_for_model(model).get_field_names())


def language_columns(model: type[Model]) -> Iterator[tuple[str, str, str]]:
    """Yield every translated column as (field, language, column), the default language first."""
    others = [code for code in settings.MODELTRANSLATION_LANGUAGES if code != DEFAULT_LANGUAGE]
    for field in texts_of(model):
        for language in (DEFAULT_LANGUAGE, *others):
            yield field, language, f"{field}_{language}"


def text_errors(record: Model) -> Iterator[DomainError]:
    """Yield an error for each text with an unknown variable, stray braces or invisible characters."""
    for field, _language, column in language_columns(type(record)):
        try:
            (check_message if field in MESSAGES else check_plain)(getattr(record, column) or "", column)
        except DomainError as error:
            yield error


def drop_repeated(record: Any, edited: Iterable[str]) -> None:
    """Empty each edited column whose text readers would see without it too; `edited` names columns.

    So a record that is read and sent back unchanged stores no texts, and a later change of a built-in text
    reaches every record that has none of its own (docs/rules.md, End-user texts).
    """
    edited = set(edited)
    for field, language, column in language_columns(type(record)):
        text = getattr(record, column) if column in edited else ""
        if text and text == _fallback(record, field, language):
            setattr(record, column, "")


def _fallback(record: Any, field: str, language: str) -> str:
    """Return what is read for a field in a language that has no text: the English one, else the built-in."""
    english = getattr(record, f"{field}_{DEFAULT_LANGUAGE}") if language != DEFAULT_LANGUAGE else ""
    return english or (default_text(field, language) if field in DEFAULT_TEXTS else "")
