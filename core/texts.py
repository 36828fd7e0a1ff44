"""What an end user reads where a marketer wrote nothing: the page's English, literally, and translations.

`{{periodText}}` is the bare noun in every language, so that marketers' own sentences can use it; the default
sentences avoid words that would have to agree with it (docs/decisions/0006-period-text.md).
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
    """The noun of an aggregation period in a language: `daily` is "day" in English."""
    with override(language):
        return str(_PERIOD_TEXTS[period])


@lru_cache(maxsize=256)
def default_text(field: str, language: str) -> str:
    """The built-in text of a field, unrendered, in `language`: `fr-CA` reads `fr`, an unknown one `en`."""
    base = language.partition("-")[0].lower()
    with override(base if base in dict(settings.LANGUAGES) else "en"):
        return str(DEFAULT_TEXTS[field])


def effective_text(record: object, field: str, language: str) -> str:
    """What a reader of `language` gets: the record's own text, else English's, else the built-in one or "".

    Fallback is per field (domain.md, End-user texts). `language` is one that is offered.
    """
    own = getattr(record, f"{field}_{language}", None)
    own = own or getattr(record, f"{field}_{settings.MODELTRANSLATION_DEFAULT_LANGUAGE}", None)
    return own or (default_text(field, language) if field in DEFAULT_TEXTS else "")


def effective_texts(record: object, fields: Mapping[str, str], language: str) -> dict[str, str]:
    """The effective text of several fields; `fields` maps the names in the result to fields."""
    return {name: effective_text(record, field, language) for name, field in fields.items()}
