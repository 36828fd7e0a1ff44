"""The built-in end-user texts and the fallback to them (docs/rules.md, End-user texts).

`{{periodText}}` is the bare noun in every language, so that marketers can use it in their own sentences. The
built-in sentences avoid words that would have to agree with it (docs/decisions/0006-period-text.md).
"""

from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import override, pgettext_lazy

DEFAULT_TEXTS: dict[str, Promise] = {
    "eud_in_progress_label": pgettext_lazy("end-user label", "In Progress"),
    "eud_completed_label": pgettext_lazy("end-user label", "Completed"),
    "eud_not_started_label": pgettext_lazy("end-user label", "Not Started"),
    "eud_failed_label": pgettext_lazy("end-user label", "Failed"),
    "eud_view_details_button_text": pgettext_lazy("end-user label", "View Details"),
    "eud_completed_challenge_message": pgettext_lazy(
        "end-user message",
        "Congratulations! You have completed this challenge! "
        "Shop more next {{periodText}} to start a new challenge!",
    ),
    "eud_failed_challenge_message": pgettext_lazy(
        "end-user message",
        "Your challenge has failed. Don't worry, shop more next {{periodText}} to start a new challenge!",
    ),
    "eud_milestone_next_to_be_achieved_message": pgettext_lazy(
        "end-user message", "Shop for ${{nextRemainingValue}} or more to complete the next milestone!"
    ),
}

_PERIOD_TEXTS: dict[str, Promise] = {
    "daily": pgettext_lazy("challenge period", "day"),
    "weekly": pgettext_lazy("challenge period", "week"),
    "monthly": pgettext_lazy("challenge period", "month"),
}


@lru_cache(maxsize=64)
def period_text(period: str, language: str) -> str:
    """Return the noun of an aggregation period in a language: `daily` is "day" in English."""
    with override(language):
        return str(_PERIOD_TEXTS[period])


@lru_cache(maxsize=256)
def default_text(field: str, language: str) -> str:
    """Return the built-in text of a field, its variables not rendered.

    `language` falls back: `fr-CA` reads `fr`, an unknown language `en`. Raises KeyError for a field without a
    built-in text.
    """
    base = language.partition("-")[0].lower()
    with override(base if base in dict(settings.LANGUAGES) else "en"):
        return str(DEFAULT_TEXTS[field])


def effective_text(record: object, field: str, language: str) -> str:
    """Return the text that a reader of `language` gets, its variables not rendered.

    It is the record's text in `language`, one of those offered, else the English one, else the built-in text
    or "". Each field falls back by itself (docs/rules.md, End-user texts).
    """
    text = getattr(record, f"{field}_{language}", None)
    text = text or getattr(record, f"{field}_{settings.MODELTRANSLATION_DEFAULT_LANGUAGE}", None)
    return text or (default_text(field, language) if field in DEFAULT_TEXTS else "")


def effective_texts(record: object, fields: Mapping[str, str], language: str) -> dict[str, str]:
    """Return the effective texts of several fields; `fields` maps the names in the result to fields."""
    return {name: effective_text(record, field, language) for name, field in fields.items()}
