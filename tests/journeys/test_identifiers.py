"""Identifiers by one rule at every entrance (docs/rules.md, Members): a table of entrances and of texts.

What release 0.1 stored is reached by its exact text; nobody new gets such an identifier.
"""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from challenges.models import ChallengeLog
from members.models import Member
from tests.builders import log_activity, make_challenge, make_member, member_of_0_1
from tests.journeys.bad_identifiers import BAD, faults, record, texts_of
from tests.staff import sent

pytestmark = pytest.mark.thorough


@pytest.fixture
def challenge(db):
    return make_challenge(at=timezone.now(), activity_ids=["purchase"], completion_target_value=5)


@pytest.fixture
def shop(api, end_user, challenge):
    """What the entrances need: a backend, tokens and a challenge."""
    return {"api": api, "end_user": end_user, "challenge": challenge}


def post(shop, slug, body, action=""):
    return shop["api"].post_json(f"/schema/{slug}/record{action}", body)


# --- the member, at each entrance ---------------------------------------------------------------------------
def log(shop, text):
    return post(shop, "challenge_log", record(shop["challenge"], ownedById=text))


def log_with_profile(shop, text):
    owner = {"externalId": text, "firstName": "Bob"}
    return post(shop, "challenge_log", record(shop["challenge"], ownedBy=owner))


def batch(shop, text):
    records = [record(shop["challenge"], ownedById=text), record(shop["challenge"], ownedById="alice")]
    return post(shop, "challenge_log", {"records": records}, "/batch")


def activity(shop, text):
    return post(shop, "activity", record(ownedById=text))


def activity_batch(shop, text):
    return post(shop, "activity", {"records": [record(ownedById=text)]}, "/batch")


def token(shop, text):
    return shop["end_user"](text).get("/schema/challenge_progress/record")


def as_member(shop, text):
    return shop["api"].get("challenge_progress", asMember=text)


def as_member_of_challenges(shop, text):
    return shop["api"].get("challenge", asMember=text)


def path(shop, text):
    return shop["api"].get(f"/schema/member/record/{quote(text, safe='')}")


def filter_of(slug, name):
    return lambda shop, text: shop["api"].get(slug, **{name: text})


WRITES = {
    "log": (log, "ownedById"),
    "log with profile": (log_with_profile, "ownedBy.externalId"),
    "batch": (batch, "records.0.ownedById"),
    "activity": (activity, "ownedById"),
    "activity batch": (activity_batch, "records.0.ownedById"),
}
READS = {
    "asMember": (as_member, "asMember"),
    "asMember of challenges": (as_member_of_challenges, "asMember"),
    "path": (path, "id"),
    "logs of": (filter_of("challenge_log", "ownedById"), "ownedById"),
    "progress of": (filter_of("challenge_progress", "ownedById"), "ownedById"),
    "reward logs of": (filter_of("reward_log", "ownedById"), "ownedById"),
    "member by identifier": (filter_of("member", "externalId"), "externalId"),
}
ENTRANCES = {**WRITES, **READS}


# Answers that name no member.
WITHOUT_MEMBER = {"batch", "activity", "activity batch"}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("what", BAD)
def test_badly_formed_member_is_refused_alike(shop, entrance, what):
    (ask, attr), (text, code) = ENTRANCES[entrance], BAD[what]
    make_member("bob")

    answer = ask(shop, text)

    assert answer.status_code == (200 if "batch" in entrance else 400), answer.content
    assert faults(answer) == [(code, attr)]
    assert set(Member.objects.values_list("external_id", flat=True)) <= {"alice", "bob"}
    assert ChallengeLog.objects.filter(member__external_id="bob").count() == 0


@pytest.mark.parametrize("what", BAD)
def test_token_of_a_badly_formed_member_is_401(shop, what):
    text, _code = BAD[what]

    answer = token(shop, text)

    assert (answer.status_code, faults(answer)) == (401, [("not_authenticated", None)])
    assert answer["WWW-Authenticate"]


@pytest.mark.parametrize("text", ["bob", "日本 太郎", "b\u00a0ob", "❤\ufe0f"])
@pytest.mark.parametrize("entrance", [*ENTRANCES, "token"])
def test_well_formed_member_is_taken(shop, entrance, text):
    make_member(text)
    ask = token if entrance == "token" else ENTRANCES[entrance][0]

    answer = ask(shop, text)

    assert answer.status_code in (200, 201), answer.content
    assert faults(answer) == []


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("entrance", [*ENTRANCES, "token"])
def test_member_of_0_1_is_reached_by_the_exact_text(shop, entrance, what):
    text, _code = BAD[what]
    member = member_of_0_1(text)
    log_activity(shop["challenge"], 7, member=text, at=timezone.now())
    ask = token if entrance == "token" else ENTRANCES[entrance][0]

    answer = ask(shop, text)

    assert answer.status_code in (200, 201), answer.content
    assert faults(answer) == []
    assert text in texts_of(answer.json()) or entrance in WITHOUT_MEMBER
    logs = ChallengeLog.objects.filter(member=member).count()
    assert logs == (2 if entrance in WRITES else 1)


@pytest.mark.parametrize("entrance", [*ENTRANCES, "token"])
def test_member_of_0_1_does_not_open_the_way_to_its_neighbours(shop, entrance):
    member_of_0_1("bob ")
    ask = token if entrance == "token" else ENTRANCES[entrance][0]

    answer = ask(shop, "bob  ")

    assert [code for code, _attr in faults(answer)] in (["surrounding_blanks"], ["not_authenticated"])


# --- enrolment, rename, erasure -----------------------------------------------------------------------------
@pytest.mark.parametrize("what", BAD)
def test_nobody_new_gets_a_badly_formed_identifier(shop, what):
    text, code = BAD[what]
    member_of_0_1(text)
    make_member("carol")

    made = post(shop, "member", {"externalId": text})
    renamed = shop["api"].patch_json("/schema/member/record/carol", {"externalId": text, "firstName": "C"})

    assert (made.status_code, faults(made)) == (400, [(code, "externalId")])
    assert (renamed.status_code, faults(renamed)) == (400, [(code, "externalId")])
    assert Member.objects.count() == 2


def test_member_of_0_1_is_edited_renamed_and_erased(shop):
    member = member_of_0_1("bob ")
    there = "/schema/member/record/bob%20"
    api = shop["api"]

    sent_back = api.patch_json(there, api.get(there).json()["data"] | {"firstName": "Bob"})
    renamed = api.patch_json(there, {"externalId": "bob"})
    gone = api.get(there)

    assert (sent_back.status_code, renamed.status_code) == (200, 200), sent_back.content
    member.refresh_from_db()
    assert (member.external_id, member.first_name) == ("bob", "Bob")
    assert (gone.status_code, faults(gone)) == (400, [("surrounding_blanks", "id")])

    member_of_0_1("\u200b")
    assert api.delete("/schema/member/record/%E2%80%8B").status_code == 204
    assert Member.objects.filter(erased_at=None).count() == 1


@pytest.mark.parametrize("text", ["\u200b", "bob\u200b"])
def test_admins_form_refuses_it_too(administrator, text):
    page = reverse("admin:members_member_add")

    answer = administrator.post(page, sent(administrator.get(page), external_id=text))

    assert answer.status_code == 200
    assert "external_id" in answer.context["adminform"].form.errors
    assert Member.objects.count() == 0


def test_end_user_does_not_learn_who_exists(shop):
    member_of_0_1("bob ")
    make_member("alice")
    alice = shop["end_user"]("alice")

    for address in (
        "/schema/member/record/{}",
        "/schema/member/record?externalId={}",
        "/schema/challenge_log/record?ownedById={}",
        "/schema/challenge_log/record?uniqueIdentifier={}",
    ):
        stored, free = (alice.get(address.format(quote(text))) for text in ("bob ", "zoe "))
        assert (stored.status_code, stored.json()) == (free.status_code, free.json())
        assert stored.status_code == 400


def test_end_user_of_0_1_finds_what_is_theirs(shop):
    member_of_0_1("bob ")
    log_activity(shop["challenge"], 7, member="bob ", uid="order ", at=timezone.now())
    bob = shop["end_user"]("bob ")

    for address in (
        "/schema/member/record/bob%20",
        "/schema/member/record?externalId=bob%20",
        "/schema/challenge_log/record?ownedById=bob%20",
        "/schema/challenge_log/record?uniqueIdentifier=order%20",
        "/schema/reward_log/record?ownedById=bob%20",
    ):
        answer = bob.get(address)
        assert answer.status_code == 200
        assert answer.json()["data"]


@pytest.mark.parametrize("text", ["bob", "日本太郎"])
def test_well_formed_log_is_judged_without_a_query(shop, text):
    """The one statement about members is that which finds whom to count for."""
    log(shop, text)

    with CaptureQueriesContext(connection) as captured:
        log(shop, text)

    assert len([query for query in captured if "members_member" in query["sql"]]) == 1
