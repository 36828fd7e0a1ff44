"""The built-in texts are complete in every language, fit their fields, and are compiled."""

import ast
import gettext
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.utils.translation import override

from core.messages import check_message, check_plain, render
from core.texts import DEFAULT_TEXTS, default_text, effective_text, period_text

LANGUAGES = ["en", "es", "fr", "de", "ar", "ja"]
TRANSLATED = LANGUAGES[1:]
MESSAGES = [field for field in DEFAULT_TEXTS if field.endswith("_message")]
PLAIN = [field for field in DEFAULT_TEXTS if field not in MESSAGES]
LOCALE = Path(settings.LOCALE_PATHS[0])

PAGE = {
    "eud_in_progress_label": "In Progress",
    "eud_completed_label": "Completed",
    "eud_not_started_label": "Not Started",
    "eud_failed_label": "Failed",
    "eud_view_details_button_text": "View Details",
    "eud_completed_challenge_message": "Congratulations! You have completed this challenge! "
    "Shop more next {{periodText}} to start a new challenge!",
    "eud_failed_challenge_message": "Your challenge has failed. Don't worry, "
    "shop more next {{periodText}} to start a new challenge!",
    "eud_milestone_next_to_be_achieved_message": "Shop for ${{nextRemainingValue}} or more "
    "to complete the next milestone!",
}


def po_entries(path):
    """Parse a .po file without plurals: {(context, source): translation}."""
    entries = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        joined = re.sub(r'"\n"', "", "\n".join(line for line in block.splitlines() if line[0] != "#"))
        parts = {
            key: ast.literal_eval(text) for key, text in re.findall(r'^(\w+) (".*")$', joined, re.MULTILINE)
        }
        entries[parts.get("msgctxt"), parts["msgid"]] = parts["msgstr"]
    return entries


def test_languages_are_the_projects():
    assert [code for code, _name in settings.LANGUAGES] == LANGUAGES


def test_english_defaults_are_the_pages_literally():
    assert {field: default_text(field, "en") for field in DEFAULT_TEXTS} == PAGE


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("field", PAGE)
def test_default_is_translated(language, field):
    assert default_text(field, language) not in ("", PAGE[field])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", PLAIN)
def test_default_label_fits_its_field(language, field):
    text = default_text(field, language)

    check_plain(text)
    assert len(text) <= 32


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", MESSAGES)
def test_default_message_fits_its_field_and_uses_the_pages_variables(language, field):
    text = default_text(field, language)

    check_message(text)
    assert len(text) <= 256
    assert re.findall(r"\{\{\w+\}\}", text) == re.findall(r"\{\{\w+\}\}", PAGE[field])
    assert ("$" in text) == ("$" in PAGE[field])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["day", "week", "month"]),
        ("es", ["día", "semana", "mes"]),
        ("fr", ["jour", "semaine", "mois"]),
        ("de", ["Tag", "Woche", "Monat"]),
        ("ar", ["يوم", "أسبوع", "شهر"]),
        ("ja", ["日", "週", "月"]),
    ],
)
def test_period_is_the_bare_noun(language, words):
    assert [period_text(period, language) for period in ("daily", "weekly", "monthly")] == words


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "hop more next week to start a new challenge!"),
        ("es", "¡cada semana empieza un nuevo reto!"),
        ("fr", "chaque semaine, un nouveau défi commence\u202f!"),
        ("de", "Pro Woche startet eine neue Challenge!"),
        ("ar", "فهناك تحدٍ جديد كل أسبوع!"),
        ("ja", "次の週もお買い物をして、新しいチャレンジを始めましょう！"),
    ],
)
@pytest.mark.parametrize("field", ["eud_completed_challenge_message", "eud_failed_challenge_message"])
def test_sentence_reads_right_with_the_feminine_period(language, sentence, field):
    rendered = render(default_text(field, language), {"periodText": period_text("weekly", language)})

    assert rendered.endswith(sentence)


@pytest.mark.parametrize(
    ("language", "read"),
    [("fr-CA", "fr"), ("FR", "fr"), ("de-at", "de"), ("pt-BR", "en"), ("xx", "en"), ("", "en")],
)
def test_default_in_an_unknown_language_falls_back(language, read):
    assert default_text("eud_failed_label", language) == default_text("eud_failed_label", read)


@pytest.mark.parametrize("active", LANGUAGES)
def test_default_heeds_its_language_and_not_the_active_one(active):
    default_text.cache_clear()

    with override(active):
        assert default_text("eud_failed_label", "de") == "Nicht geschafft"
        assert default_text("eud_failed_label", "en") == "Failed"


def test_english_default_is_english_where_the_admin_is_not(settings):
    settings.LANGUAGE_CODE = "de"
    default_text.cache_clear()

    assert default_text("eud_failed_label", "en") == "Failed"


@pytest.mark.parametrize("language", TRANSLATED)
def test_compiled_catalogue_equals_its_source(language):
    folder = LOCALE / language / "LC_MESSAGES"

    with (folder / "django.mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)._catalog

    source = {
        (f"{context}\x04{text}" if context else text): translation
        for (context, text), translation in po_entries(folder / "django.po").items()
    }
    assert catalogue == source


@pytest.mark.parametrize(
    ("stored", "language", "read"),
    [
        ({"eud_failed_label_de": "Vorbei", "eud_failed_label_en": "Over"}, "de", "Vorbei"),
        ({"eud_failed_label_de": "", "eud_failed_label_en": "Over"}, "de", "Over"),
        ({"eud_failed_label_de": None, "eud_failed_label_en": None}, "de", "Nicht geschafft"),
        ({}, "en", "Failed"),
        ({}, "fr", "Échoué"),
    ],
)
def test_effective_text_falls_back_to_english_then_to_the_built_in_text(stored, language, read):
    assert effective_text(SimpleNamespace(**stored), "eud_failed_label", language) == read


def test_effective_text_without_a_built_in_one_is_empty():
    assert effective_text(SimpleNamespace(eud_title_en=None), "eud_title", "en") == ""
