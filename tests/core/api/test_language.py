import pytest
from django.utils import translation

from core.api.errors import Refused
from core.api.language import Language, reading_language, writing_language

BOARDS = "/schema/board/record"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "en"),
        ("en", "en"),
        ("fr", "fr"),
        ("FR", "fr"),
        ("fr-CA", "fr"),
        ("zh-Hant-TW", "en"),
        ("tlh", "en"),
        ("ja-JP", "ja"),
    ],
)
def test_a_read_falls_back_to_what_is_offered(text, code):
    assert reading_language(text, every_allowed=False) == Language(code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f",
        "../../etc",
        "fr_CA",
        "fr-",
        "fr\r\nX-Injected: 1",
        "fr%00",
        "français",
        "e" * 300,
        "en;q=1",
        "**",
        "ﬀ",
    ],
)
def test_a_malformed_code_is_refused(text):
    for choose in (reading_language, writing_language):
        with pytest.raises(Refused) as refused:
            choose(text, every_allowed=True)
        assert refused.value.answer.faults[0].attr == "languageCode"


@pytest.mark.parametrize("text", ["tlh", "fr-CA", "pt"])
def test_a_write_in_a_language_not_offered_is_refused(text):
    with pytest.raises(Refused) as refused:
        writing_language(text, every_allowed=True)

    assert refused.value.answer.faults[0].code == "language_not_offered"


def test_a_language_may_be_withdrawn(settings):
    settings.LANGUAGES_OFFERED = ["en", "de"]

    assert reading_language("fr", every_allowed=False) == Language("en")
    with pytest.raises(Refused):
        writing_language("fr", every_allowed=False)


def test_every_language_at_once_is_for_admins():
    assert reading_language("*", every_allowed=True) == Language("en", every=True)
    with pytest.raises(Refused):
        reading_language("*", every_allowed=False)


def test_the_answer_names_the_language_served(guest, db):
    assert guest.get(f"{BOARDS}?languageCode=fr-CA").headers["Content-Language"] == "fr"
    assert guest.get(BOARDS).headers["Content-Language"] == "en"


def test_all_languages_name_none(admin):
    assert "Content-Language" not in admin.get(f"{BOARDS}?languageCode=*").headers


def test_accept_language_and_the_thread_decide_nothing(guest, db):
    translation.activate("de")

    response = guest.get(BOARDS, headers={"Accept-Language": "de"})
    refused = guest.get("/schema/person/record", headers={"Accept-Language": "de"})

    assert response.headers["Content-Language"] == "en"
    assert "Accept-Language" not in response.headers["Vary"]
    assert refused.json()["errors"][0]["detail"] == "Send an Authorization header."


def test_no_request_leaves_its_language_behind(guest, db):
    translation.activate("en")

    guest.get(f"{BOARDS}?languageCode=ja")

    assert translation.get_language() == "en"
