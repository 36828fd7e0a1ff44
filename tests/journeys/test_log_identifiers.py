"""The log's own identifiers by the same rule (docs/rules.md, Members): `uniqueIdentifier` and `reversalOf`.

What release 0.1 stored is a replay and can be taken back; no new log gets such an identifier.
"""

import pytest
from django.utils import timezone

from challenges.models import Activity, ChallengeLog
from core.errors import DomainError
from core.ids import uuid7
from members.models import Member
from rewards.models import RewardLog
from tests.builders import log_activity, make_challenge, make_member, member_of_0_1
from tests.journeys.bad_identifiers import BAD, faults, record

pytestmark = pytest.mark.thorough


@pytest.fixture
def challenge(db):
    return make_challenge(at=timezone.now(), activity_ids=["purchase"], completion_target_value=5)


@pytest.fixture
def shop(api, challenge):
    return {"api": api, "challenge": challenge}


ENTRANCES = {
    "log": ("challenge_log/record", "{}"),
    "batch": ("challenge_log/record/batch", "records.0.{}"),
    "activity": ("activity/record", "{}"),
    "activity batch": ("activity/record/batch", "records.0.{}"),
}


def send(shop, entrance, **fields):
    address, _attr = ENTRANCES[entrance]
    body = record(None if "activity" in entrance else shop["challenge"], **{"ownedById": "bob"} | fields)
    return shop["api"].post_json(f"/schema/{address}", {"records": [body]} if "batch" in entrance else body)


@pytest.mark.parametrize("field", ["uniqueIdentifier", "reversalOf"])
@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("what", BAD)
def test_badly_formed_identifier_of_a_log_is_refused_alike(shop, entrance, field, what):
    text, code = BAD[what]

    answer = send(shop, entrance, **{field: text})

    assert answer.status_code == (200 if "batch" in entrance else 400), answer.content
    assert faults(answer) == [(code, ENTRANCES[entrance][1].format(field))]
    assert (ChallengeLog.objects.count(), Activity.objects.count(), Member.objects.count()) == (0, 0, 0)


def test_every_badly_formed_identifier_is_named_at_once(shop):
    answer = send(shop, "log", ownedById="bob ", uniqueIdentifier="\u200b", reversalOf="a\x07", colour=1)

    assert sorted(faults(answer)) == [
        ("control_character", "reversalOf"),
        ("invisible_text", "uniqueIdentifier"),
        ("surrounding_blanks", "ownedById"),
        ("unknown_field", "colour"),
    ]


@pytest.fixture
def of_0_1(shop):
    """A log and an activity that 0.1 stored as `order `, and what was sent."""
    at = timezone.now()
    log_activity(shop["challenge"], 7, member="bob", uid="order ", at=at)
    one = log_activity(shop["challenge"], 9, member="bob", uid="act ", at=at).log
    Activity.objects.create(
        id=uuid7(),
        member_id=one.member_id,
        unique_identifier="act ",
        activity_at=at,
        activity_id="purchase",
        activity_value=9,
        challenge_ids=[str(shop["challenge"].id)],
        created_at=at,
    )
    log_sent = {"uniqueIdentifier": "order ", "activityAt": at.isoformat(), "activityValue": 7}
    return {"log": log_sent, "activity": log_sent | {"uniqueIdentifier": "act ", "activityValue": 9}}


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_what_0_1_stored_is_answered_as_a_replay(shop, of_0_1, entrance):
    answer = send(shop, entrance, **of_0_1[entrance.partition(" ")[0].replace("batch", "log")])

    assert answer.status_code == 200, answer.content
    if "batch" in entrance:
        assert [each["status"] for each in answer.json()["data"]] == ["replayed"]
    else:
        assert answer["Idempotent-Replayed"] == "true"
    assert ChallengeLog.objects.count() == 2


def test_what_0_1_stored_is_another_content_with_another_content(shop, of_0_1):
    answer = send(shop, "log", **of_0_1["log"] | {"activityValue": 8})

    assert (answer.status_code, faults(answer)) == (409, [("duplicate_conflict", "activityValue")])


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_what_0_1_stored_is_taken_back(shop, of_0_1, entrance):
    original = "act " if "activity" in entrance else "order "

    answer = send(shop, entrance, reversalOf=original, activityValue=None)

    assert answer.status_code in (200, 201), answer.content
    assert not answer.json().get("summary") or answer.json()["summary"]["created"] == 1
    assert ChallengeLog.objects.filter(reversal_of=original, counted=True).count() == 1


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_what_0_1_stored_of_one_member_is_not_anothers(shop, of_0_1, entrance):
    sent_again = of_0_1[entrance.partition(" ")[0].replace("batch", "log")]

    answers = [
        send(shop, entrance, **sent_again | {"ownedById": "alice"}),
        send(shop, entrance, ownedById="alice", reversalOf="order "),
    ]

    assert [[code for code, _attr in faults(answer)] for answer in answers] == [["surrounding_blanks"]] * 2
    assert Member.objects.count() == 1


def test_logs_of_0_1_are_found_by_their_identifier(shop, of_0_1):
    found = shop["api"].get("challenge_log", uniqueIdentifier="order ")
    other = shop["api"].get("challenge_log", uniqueIdentifier="order  ")

    assert [each["uniqueIdentifier"] for each in found.json()["data"]] == ["order "]
    assert (other.status_code, faults(other)) == (400, [("surrounding_blanks", "uniqueIdentifier")])


@pytest.mark.parametrize("text", ["order ", "\u200b"])
def test_log_saved_by_the_orm_is_judged_alike(challenge, text):
    log = ChallengeLog(
        member=make_member(),
        challenge=challenge,
        activity_at=timezone.now(),
        activity_id="purchase",
        unique_identifier=text,
        activity_value=1,
    )

    with pytest.raises(DomainError) as refused:
        log.save()

    assert refused.value.field == "unique_identifier"
    assert ChallengeLog.objects.count() == 0


def test_mixed_batch_asks_once_and_spoils_nothing(shop, django_assert_max_num_queries):
    """Of 600 records each third is good, each third of a member of 0.1, each third badly formed and new."""
    members = [("alice", "bob ", "new\u200b")[n % 3] for n in range(600)]
    member_of_0_1("bob ")
    records = [record(shop["challenge"], ownedById=member) for member in members]

    with django_assert_max_num_queries(40):
        answer = shop["api"].post_json("/schema/challenge_log/record/batch", {"records": records})

    assert answer.json()["summary"]["created"] == 400
    assert [each["status"] for each in answer.json()["data"]][:3] == ["created", "created", "rejected"]
    assert RewardLog.objects.count() == 2
