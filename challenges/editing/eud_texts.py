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
    """The translated fields of a model, each kept in one column a language."""
    return sorted(translator.get_options_for_model(model).get_field_names())


def language_columns(model: type[Model]) -> Iterator[tuple[str, str, str]]:
    """Every translated column as (field, language, column), the default language first."""
    others = [code for code in settings.MODELTRANSLATION_LANGUAGES if code != DEFAULT_LANGUAGE]
    for field in texts_of(model):
        for language in (DEFAULT_LANGUAGE, *others):
            yield field, language, f"{field}_{language}"


def faults_in(record: Model) -> Iterator[DomainError]:
    """What must not be stored: unknown variables, braces where there are none, what cannot be seen."""
    for field, _language, column in language_columns(type(record)):
        try:
            (check_message if field in MESSAGES else check_plain)(getattr(record, column) or "", column)
        except DomainError as error:
            yield error


def drop_repeated(record: Any, edited: Iterable[str]) -> None:
    """Empty those of the edited texts that say what would be read without them.

    So a read sent back changes nothing, and a later change of a default reaches whoever never chose a text.
    """
    edited = set(edited)
    for field, language, column in language_columns(type(record)):
        text = getattr(record, column) if column in edited else ""
        if text and text == _without(record, field, language):
            setattr(record, column, "")


def _without(record: Any, field: str, language: str) -> str:
    own = getattr(record, f"{field}_{DEFAULT_LANGUAGE}") if language != DEFAULT_LANGUAGE else ""
    return own or (default_text(field, language) if field in DEFAULT_TEXTS else "")
