"""`languageCode` over HTTP on every resource that has texts: reading, writing, all at once, and sent back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from challenges.models import Challenge

pytestmark = pytest.mark.thorough

LANGUAGES = ("en", "es", "fr", "de", "ar", "ja")
CHALLENGE = {
    "name": "Monthly Big Spender",
    "description": "Spend $500 in a month.",
    "status": "live",
    "aggregationMethod": "sum",
    "aggregationPeriod": "monthly",
    "completionTargetValue": 500,
}
MILESTONE = {"name": "First 200", "description": "5% off.", "status": "live", "milestoneTargetValue": 200}
REWARD = {"name": "5% off"}
TEXTS = {
    "challenge": (
        "eudTitle",
        "eudDescription",
        "eudInProgressLabel",
        "eudCompletedLabel",
        "eudNotStartedLabel",
        "eudFailedLabel",
        "eudViewDetailsButtonText",
        "eudCompletedChallengeMessage",
        "eudFailedChallengeMessage",
        "eudMilestoneNextToBeAchievedMessage",
    ),
    "milestone": ("eudMilestoneTitle", "eudMilestoneDescription", "eudMilestoneRewardInstructionMessage"),
    "reward": ("eudRewardTitle", "eudRewardInstructionMessage"),
}
RESOURCES = list(TEXTS)
FIELDS = [(slug, field) for slug in TEXTS for field in TEXTS[slug]]


def faults(answer):
    assert answer.status_code == 400, answer.content
    return [(each["code"], each["attr"]) for each in answer.json()["errors"]]


def read(client, path, language=None, **headers):
    query = {} if language is None else {"languageCode": language}
    return client.get(path, data=query, headers=headers)


@pytest.fixture
def spender(api):
    return api.post_record("challenge", **CHALLENGE)


@pytest.fixture
def make(api):
    """A record of each resource that has texts; answers its path."""

    def made(slug, **texts):
        fields = {"challenge": CHALLENGE, "milestone": MILESTONE, "reward": REWARD}[slug]
        if slug == "milestone":
            fields = {**fields, "linkedSchemaRecordId": api.post_record("challenge", **CHALLENGE)["id"]}
        return f"/schema/{slug}/record/{api.post_record(slug, **fields, **texts)['id']}"

    return made


# --- reading in a language --------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", RESOURCES)
@pytest.mark.parametrize(
    ("asked", "served", "text"),
    [
        (None, "en", "English text"),
        ("en", "en", "English text"),
        ("fr", "fr", "Texte français"),
        ("fr-CA", "fr", "Texte français"),
        ("FR-ca", "fr", "Texte français"),
        ("fr-Latn-CA", "fr", "Texte français"),
        ("de", "de", "English text"),
        ("pt-BR", "en", "English text"),
        ("tlh", "en", "English text"),
    ],
)
def test_text_is_read_in_the_language_asked_for(api, make, slug, asked, served, text):
    field = TEXTS[slug][0]
    path = make(slug, **{field: "English text"})
    api.patch_json(f"{path}?languageCode=fr", {field: "Texte français"})

    one, (listed,) = read(api, path, asked), read(api, path.rpartition("/")[0], asked).json()["data"]

    assert (one.json()["data"][field], listed[field]) == (text, text)
    assert one.headers["Content-Language"] == served


@pytest.mark.parametrize(("slug", "field"), FIELDS)
def test_text_falls_back_by_itself(api, make, slug, field):
    path = make(slug, **dict.fromkeys(TEXTS[slug], "English text"))
    api.patch_json(f"{path}?languageCode=fr", {field: "Texte français"})

    texts = read(api, path, "fr-CA").json()["data"]

    assert {name: texts[name] for name in TEXTS[slug]} == dict.fromkeys(TEXTS[slug], "English text") | {
        field: "Texte français"
    }


def test_fallback_ends_at_the_built_in_text_of_the_reader_s_language(api, make):
    path = make("challenge", eudDescription="English text")
    api.patch_json(f"{path}?languageCode=fr", {"eudTitle": "Texte français"})

    texts = read(api, path, "fr-CA").json()["data"]

    assert [texts[name] for name in ("eudTitle", "eudDescription", "eudFailedLabel")] == [
        "Texte français",
        "English text",
        "Échoué",
    ]


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "../../etc",
        "fr_CA",
        "fr-",
        "-fr",
        "f",
        "frfr",
        "fr\r\nX: 1",
        "%",
        "**",
        "fr,de",
        "français",
        "٣٣",
    ],
)
def test_malformed_language_code_is_refused(client, spender, code):
    answer = read(client, "/schema/challenge/record", code)

    assert [attr for _code, attr in faults(answer)] == ["languageCode"]
    assert "Content-Language" not in answer.headers


def test_language_code_sent_twice_is_refused(client, spender):
    answer = client.get("/schema/challenge/record?languageCode=fr&languageCode=de")

    assert [attr for _code, attr in faults(answer)] == ["languageCode"]


def test_neither_accept_language_nor_a_cookie_decides(client, spender):
    client.cookies["django_language"] = "de"

    answer = read(client, "/schema/challenge/record", accept_language="de")

    assert answer.headers["Content-Language"] == "en"
    assert answer.json()["data"][0]["eudFailedLabel"] == "Failed"


def test_language_not_offered_falls_back(settings, client, spender, api):
    settings.LANGUAGES_OFFERED = ["en", "de"]

    assert read(client, "/schema/challenge/record", "fr").headers["Content-Language"] == "en"
    refused = api.patch_json(f"/schema/challenge/record/{spender['id']}?languageCode=fr", {"eudTitle": "x"})
    assert faults(refused) == [("language_not_offered", "languageCode")]
    every = read(api, f"/schema/challenge/record/{spender['id']}", "*").json()["data"]["eudTitle"]
    assert every == {"en": None, "de": None}


# --- writing in a language --------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "field"), FIELDS)
def test_text_is_written_in_its_language_alone(api, make, slug, field):
    path = make(slug)

    answer = api.patch_json(f"{path}?languageCode=de", {field: "Auf Deutsch"})

    assert (answer.status_code, answer.headers["Content-Language"]) == (200, "de")
    assert answer.json()["data"][field] == "Auf Deutsch"
    assert read(api, path, "*").json()["data"][field] == dict.fromkeys(LANGUAGES) | {"de": "Auf Deutsch"}


@pytest.mark.parametrize("slug", RESOURCES)
def test_record_is_created_in_a_language(api, slug, make):
    field = TEXTS[slug][0]
    fields = {"challenge": CHALLENGE, "milestone": MILESTONE, "reward": REWARD}[slug] | {field: "日本語"}
    if slug == "milestone":
        fields["linkedSchemaRecordId"] = make("challenge").rpartition("/")[2]

    answer = api.post_json(f"/schema/{slug}/record?languageCode=ja", fields)

    assert (answer.status_code, answer.headers["Content-Language"]) == (201, "ja")
    path = f"/schema/{slug}/record/{answer.json()['data']['id']}"
    assert read(api, path, "*").json()["data"][field] == dict.fromkeys(LANGUAGES) | {"ja": "日本語"}


@pytest.mark.parametrize("slug", RESOURCES)
@pytest.mark.parametrize("code", ["fr-CA", "pt", "xx"])
def test_language_that_is_not_offered_is_not_written(api, make, slug, code):
    path = make(slug)

    answer = api.patch_json(f"{path}?languageCode={code}", {TEXTS[slug][0]: "x"})

    assert faults(answer) == [("language_not_offered", "languageCode")]


@pytest.mark.parametrize("slug", RESOURCES)
@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_the_empty_text_clear(api, make, slug, nothing):
    path = make(slug, **dict.fromkeys(TEXTS[slug], "English"))
    api.patch_json(f"{path}?languageCode=ar", dict.fromkeys(TEXTS[slug], "عربي"))

    api.patch_json(f"{path}?languageCode=ar", dict.fromkeys(TEXTS[slug], nothing))

    stored = read(api, path, "*").json()["data"]
    assert {name: stored[name] for name in TEXTS[slug]} == {
        name: dict.fromkeys(LANGUAGES) | {"en": "English"} for name in TEXTS[slug]
    }


# --- all languages at once --------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "field"), FIELDS)
def test_every_language_goes_in_and_out_as_stored(api, make, slug, field):
    path = make(slug)
    texts = {"en": "One", "es": "Uno", "fr": None, "de": "Eins", "ar": "", "ja": "一"}

    answer = api.patch_json(f"{path}?languageCode=*", {field: texts})

    assert answer.status_code == 200, answer.content
    assert "Content-Language" not in answer.headers
    stored = {"en": "One", "es": "Uno", "fr": None, "de": "Eins", "ar": None, "ja": "一"}
    assert answer.json()["data"][field] == read(api, path, "*").json()["data"][field] == stored
    assert [read(api, path, code).json()["data"][field] for code in LANGUAGES] == [
        *("One", "Uno", "One", "Eins", "One", "一")
    ]


def test_every_language_leaves_out_what_it_does_not_name(api, make):
    path = make("challenge", eudTitle="One")

    api.patch_json(f"{path}?languageCode=*", {"eudTitle": {"de": "Eins"}})

    stored = read(api, path, "*").json()["data"]["eudTitle"]
    assert stored == dict.fromkeys(LANGUAGES) | {"en": "One", "de": "Eins"}


def test_every_language_clears_with_null(api, make):
    path = make("challenge", eudTitle="One")

    api.patch_json(f"{path}?languageCode=*", {"eudTitle": None})

    assert read(api, path, "*").json()["data"]["eudTitle"] == dict.fromkeys(LANGUAGES)


@pytest.mark.parametrize(
    ("texts", "attr"),
    [
        ("One", "eudTitle"),
        (["One"], "eudTitle"),
        (5, "eudTitle"),
        ({"it": "Uno"}, "eudTitle.it"),
        ({"EN": "One"}, "eudTitle.EN"),
        ({"": "One"}, "eudTitle."),
        ({"en": "One", "de": 1}, "eudTitle.de"),
        ({"de": {"de": "Eins"}}, "eudTitle.de"),
        ({"de": "x" * 49}, "eudTitle.de"),
        ({"de": "{{periodText}}"}, "eudTitle.de"),
    ],
)
def test_every_language_takes_an_object_of_known_languages(api, make, texts, attr):
    path = make("challenge")

    answer = api.patch_json(f"{path}?languageCode=*", {"eudTitle": texts})

    assert [each for _code, each in faults(answer)] == [attr]


@pytest.mark.parametrize("slug", ["challenge", "milestone"])
def test_every_language_is_the_admin_s_alone(make, client, end_user, slug):
    path = make(slug)
    for reader in (client, end_user("alice")):
        for each in (path, path.rpartition("/")[0]):
            assert [attr for _code, attr in faults(read(reader, each, "*"))] == ["languageCode"]


# --- a read sent back changes nothing ---------------------------------------------------------------------


def columns(slug):
    table = {
        "challenge": "challenges_challenge",
        "milestone": "milestones_milestone",
        "reward": "rewards_reward",
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table[slug]}")
        names = [each[0] for each in cursor.description]
        (row,) = cursor.fetchall()
    return {
        name: value or None if name.startswith("eud_") else value
        for name, value in zip(names, row, strict=True)
    }


@pytest.mark.parametrize("slug", RESOURCES)
@pytest.mark.parametrize("language", [None, *LANGUAGES, "*"])
@pytest.mark.parametrize("own", [{}, {"en": "English"}, {"de": "Deutsch", "ja": "日本語"}])
def test_read_sent_back_changes_nothing(api, make, slug, language, own):
    path = make(slug)
    for code, text in own.items():
        api.patch_json(f"{path}?languageCode={code}", dict.fromkeys(TEXTS[slug], text))
    before = columns(slug)
    answer = read(api, path, language).json()["data"]
    sent = {name: value for name, value in answer.items() if not name.endswith("Icon")}

    again = api.patch_json(f"{path}?languageCode={language}" if language else path, sent)

    assert again.status_code == 200, again.content
    assert again.json()["data"] == answer
    assert columns(slug) == before


def test_text_equal_to_the_built_in_one_is_not_kept(api, make):
    path = make("challenge")

    api.patch_json(f"{path}?languageCode=de", {"eudFailedLabel": "Nicht geschafft", "eudTitle": "Titel"})
    api.patch_json(f"{path}?languageCode=*", {"eudCompletedLabel": {"ja": "達成", "en": "Completed"}})

    stored = read(api, path, "*").json()["data"]
    assert stored["eudFailedLabel"] == stored["eudCompletedLabel"] == dict.fromkeys(LANGUAGES)
    assert stored["eudTitle"] == dict.fromkeys(LANGUAGES) | {"de": "Titel"}


@pytest.mark.parametrize(("slug", "field"), FIELDS)
def test_text_that_every_reader_would_read_anyway_is_not_kept(api, make, slug, field):
    path = make(slug)

    api.patch_json(f"{path}?languageCode=*", {field: {"ja": "One", "de": "One", "en": "One", "fr": "Un"}})
    api.patch_json(f"{path}?languageCode=ar", {field: "One"})

    stored = read(api, path, "*").json()["data"][field]
    assert stored == dict.fromkeys(LANGUAGES) | {"en": "One", "fr": "Un"}


# --- requests beside one another --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_requests_in_different_languages_beside_one_another_do_not_leak(transactional_db, make_api):
    api = make_api("admin")
    challenge = api.post_record("challenge", **CHALLENGE)
    failed = ("Failed", "No superado", "Échoué", "Nicht geschafft", "لم يتحقّق", "未達成")
    labels = dict(zip(LANGUAGES, failed, strict=True))

    def ask(number):
        """Each kind of request, on threads that served another language just before."""
        language = LANGUAGES[number % len(LANGUAGES)]
        try:
            if number % 5 == 0:
                return Client().get("/admin/login/", headers={"accept-language": language}).status_code == 200
            if number % 5 == 1:
                path = f"/schema/challenge/record/{challenge['id']}?languageCode={language}"
                answer = api.patch_json(path, {"eudDescription": f"in {language}"})
                return answer.json()["data"]["eudDescription"] == f"in {language}"
            answer = read(Client(), "/schema/challenge/record", language)
            return answer.json()["data"][0]["eudFailedLabel"] == labels[language]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(180)))

    assert answers == [True] * 180
    stored = read(api, f"/schema/challenge/record/{challenge['id']}", "*").json()["data"]["eudDescription"]
    assert stored == {language: f"in {language}" for language in LANGUAGES}
    assert Challenge.objects.count() == 1
