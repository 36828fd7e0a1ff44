"""What staff read of logins, sessions, passwords, refusals and rule versions is there in every language."""

import ast
import gettext
import re

import pytest

from tests.serving import ROOT

LANGUAGES = ["es", "fr", "de", "ar", "ja"]
PAGES = [
    "access/domain/passwords.py",
    "access/models/staff_session.py",
    "access/domain/passkeys.py",
    "challenges/admin/next_window.py",
    "challenges/admin/rule_versions.py",
    "challenges/admin/version_words.py",
    "challenges/admin/waiting_filter.py",
    "backoffice/pages/second_factor.py",
    "backoffice/queries/log_words.py",
    "backoffice/pages/sessions.py",
    "core/admin/login_form.py",
    "rewards/admin/revocation.py",
    "rewards/domain/revocation.py",
    "templates/413.html",
    "templates/503.html",
    "templates/uploads_busy.html",
    "templates/backoffice/locked_out.html",
    "templates/backoffice/log_origin.html",
    "templates/backoffice/log_state.html",
    "templates/backoffice/questions/before_saving.html",
    "templates/backoffice/sessions.html",
    *(
        f"templates/admin/challenges/challenge/{name}.html"
        for name in (
            "cancel_pending",
            "changes",
            "next_window_button",
            "next_window_help",
            "pending",
            "versions",
        )
    ),
    *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "templates/backoffice/second_factor").iterdir()),
]
# Link there, and have texts of other pages beside.
LINKS = ["backoffice/admin/third_party.py", "backoffice/pages/navigation.py", "core/choices.py"]
FUNCTIONS = {"_", "gettext", "gettext_lazy", "ngettext"}


def marked(path):
    """The texts of a module or a template that are marked for translation."""
    text = (ROOT / path).read_text()
    if path.endswith(".html"):
        plain = set(re.findall(r"""(?:translate|_\() ?"([^"]+)""", text))
        blocks = re.findall(r"{% blocktranslate [^%]*%}(.*?){% (?:plural|endblocktranslate) %}", text)
        return plain | {re.sub(r"{{ (\w+) }}", r"%(\1)s", block) for block in blocks}
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return {
        call.args[0].value for call in calls if isinstance(call.func, ast.Name) and call.func.id in FUNCTIONS
    }


def catalogue(language):
    with (ROOT / f"backoffice/locale/{language}/LC_MESSAGES/django.mo").open("rb") as compiled:
        return gettext.GNUTranslations(compiled)._catalog


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_every_text_of_a_page_is_translated(path, language):
    translated = {key[0] if isinstance(key, tuple) else key for key in catalogue(language)}

    assert marked(path) - translated == set()
    assert marked(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_translated_that_no_page_has(language):
    translated = {key[0] if isinstance(key, tuple) else key for key in catalogue(language)} - {""}

    assert translated - set().union(*map(marked, PAGES + LINKS)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_holds_its_source(language):
    source = (ROOT / f"backoffice/locale/{language}/LC_MESSAGES/django.po").read_text()
    texts = [text for key, text in catalogue(language).items() if key]

    assert len(re.findall(r"^msgstr", source, re.MULTILINE)) - 1 == len(texts)
    assert [text for text in texts if f'"{text}"' not in source] == []
