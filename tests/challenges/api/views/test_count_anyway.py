"""POST /schema/challenge/record/{id}/count-anyway, and how far a run is."""

from uuid import uuid4

import pytest
from django.utils import timezone

from access.models import StaffAction
from challenges.api.serializers_count_anyway import CountAnywayRunSerializer
from challenges.engine import manual_count_runs
from challenges.engine.manual_count_runs import advance
from challenges.models import ChallengeLog, ManualCountRun
from core.api.callers import AdminCaller
from tests.builders import DAY, HOUR, ledger, log_activity, make_challenge, make_milestone, value_of

pytestmark = pytest.mark.django_db

REASON = {"reason": "The start was set too late"}
ZEROS = {"found": 0, "processed": 0, "counted": 0, "refused": 0, "rewardLogs": 0, "refusals": []}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def challenge(now):
    challenge = make_challenge(
        at=now - DAY, starts_at=now - HOUR, aggregation_period="daily", time_zone=zone(now)
    )
    make_milestone(challenge, 200, at=now - DAY)
    return challenge


def zone(now):
    """One in which it is about noon, so that some hours back is today."""
    return f"Etc/GMT{now.hour - 12:+d}"


def early(challenge, now, value=100, member="alice", hours=2, **fields):
    return log_activity(challenge, value, member=member, at=now - hours * HOUR, received_at=now, **fields).log


def path(challenge, rest="", query=""):
    return f"/schema/challenge/record/{challenge.id}/count-anyway{rest}{query}"


def count(api, challenge, **fields):
    return api.post_json(path(challenge), REASON | fields)


def faults(answer):
    return {(error["code"], error["attr"]) for error in answer.json()["errors"]}


def test_counts_and_answers_totals(api, challenge, now):
    for number in range(5):
        early(challenge, now, uid=f"order-{number}")

    answer = count(api, challenge)

    run = answer.json()["data"]
    assert answer.status_code == 200
    assert (
        set(run)
        == CountAnywayRunSerializer(context={"caller": AdminCaller(None, "", frozenset())}).visible_names()
    )
    assert {name: run[name] for name in ZEROS} == {
        "found": 5,
        "processed": 5,
        "counted": 5,
        "refused": 0,
        "rewardLogs": 2,
        "refusals": [],
    }
    assert (run["status"], run["challengeId"], run["finishedAt"] is None) == (
        "done",
        str(challenge.id),
        False,
    )
    assert value_of(challenge) == 500


def test_again_counts_nothing_twice(api, challenge, now):
    log = early(challenge, now, uid="order-a")
    count(api, challenge)

    again = count(api, challenge).json()["data"]

    assert (again["found"], again["counted"], again["refused"]) == (1, 0, 1)
    assert again["refusals"] == [
        {
            "challengeLogId": str(log.id),
            "uniqueIdentifier": "order-a",
            "code": "counted_already",
            "detail": "This log has been counted anyway already.",
        }
    ]
    assert value_of(challenge) == 100


def test_nothing_found_is_a_fine_answer(api, challenge):
    answer = count(api, challenge, ownedById="nobody")

    assert answer.status_code == 200
    run = answer.json()["data"]
    assert {name: run[name] for name in ZEROS} == ZEROS
    assert (run["id"], run["status"]) == (None, "done")
    assert StaffAction.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"reasonCode": "before_start"}, 3),
        ({"reasonCode": ["before_start", "after_end"]}, 3),
        ({"reasonCode": "member_paused"}, 0),
        ({"ownedById": "bob"}, 1),
        ({"uniqueIdentifier": "order-a"}, 1),
        ({"periodKey": "1999-01-01"}, 0),
    ],
)
def test_filter_is_applied(api, challenge, now, fields, found):
    early(challenge, now, uid="order-a")
    early(challenge, now, hours=3)
    early(challenge, now, member="bob")

    assert count(api, challenge, **fields).json()["data"]["found"] == found


def test_times_are_half_open(api, challenge, now):
    for hours in (2, 3, 4):
        early(challenge, now, hours=hours)
    after, before = now - 3 * HOUR, now - 2 * HOUR

    answer = count(api, challenge, activityAtAfter=after.isoformat(), activityAtBefore=before.isoformat())

    assert answer.json()["data"]["found"] == 1


def test_every_bad_field_is_named_at_once(api, challenge):
    body = {
        "reason": " ",
        "reasonCode": "because",
        "activityAtAfter": "yesterday",
        "ownedById": "",
        "uniqueIdentifier": None,
        "periodKey": 5,
        "memberId": "x",
    }

    answer = api.post_json(path(challenge), body)

    assert answer.status_code == 400
    assert faults(answer) == {
        ("blank", "reason"),
        ("invalid_choice", "reasonCode"),
        ("invalid", "activityAtAfter"),
        ("blank", "ownedById"),
        ("null", "uniqueIdentifier"),
        ("invalid", "periodKey"),
        ("unknown_field", "memberId"),
    }


@pytest.mark.parametrize(
    ("sent", "code", "attr"),
    [
        ([], "empty", "reasonCode"),
        (["before_start", "before_start"], "repeated", "reasonCode"),
        (["before_start", "x"], "invalid_choice", "reasonCode.1"),
        ([["before_start"]], "invalid_choice", "reasonCode.0"),
        ("", "invalid_choice", "reasonCode"),
        (None, "null", "reasonCode"),
        (7, "invalid_choice", "reasonCode"),
    ],
)
def test_bad_reason_codes_are_named(api, challenge, sent, code, attr):
    answer = count(api, challenge, reasonCode=sent)

    assert (answer.status_code, faults(answer)) == (400, {(code, attr)})


@pytest.mark.parametrize("body", [{}, {"reason": "x" * 1025}, []])
def test_bad_body_is_refused(api, challenge, body):
    assert api.post_json(path(challenge), body).status_code == 400


def test_dry_run_answers_the_impact_and_stores_nothing(api, challenge, now):
    for member in ("alice", "bob"):
        early(challenge, now, 300, member=member)
    early(challenge, now, 300, hours=3)
    before = ledger()

    answer = api.post_json(path(challenge, query="?dryRun=true"), REASON)

    assert answer.status_code == 200
    assert answer.json() == {
        "impact": {
            "logs": 3,
            "members": 2,
            "completedMembers": 1,
            "paidMembers": 2,
            "coupons": 3,
            "revoked": 0,
            "capped": 0,
            "faceValue": None,
        }
    }
    assert ledger() == before
    assert (ManualCountRun.objects.count(), StaffAction.objects.count()) == (0, 0)


def test_dry_run_is_refused_as_the_call_would_be(api, challenge):
    query = "?dryRun=true"

    assert api.post_json(path(challenge, query=query), {}).status_code == 400
    api.delete(f"/schema/challenge/record/{challenge.id}")
    assert api.post_json(path(challenge, query=query), REASON).status_code == 404


@pytest.mark.parametrize("query", ["", "?dryRun=true"])
def test_archived_challenge_is_a_conflict(api, challenge, now, query):
    early(challenge, now)
    api.delete(f"/schema/challenge/record/{challenge.id}")

    answer = api.post_json(path(challenge, query=query), REASON)

    assert (answer.status_code, faults(answer)) == (409, {("archived", None)})


def test_unknown_challenge_is_not_found(api, db):
    for unknown in (uuid4(), "x"):
        answer = api.post_json(f"/schema/challenge/record/{unknown}/count-anyway", REASON)
        assert answer.status_code == 404


def test_call_is_noted_under_the_keys_name(api, challenge, now):
    early(challenge, now)

    run = count(api, challenge, reasonCode="before_start").json()["data"]

    noted = StaffAction.objects.get()
    assert (noted.action, noted.actor_name, noted.reason) == (
        "count_anyway_all",
        "API key test",
        REASON["reason"],
    )
    assert noted.detail["runId"] == run["id"]
    assert (noted.detail["filter"], noted.detail["counted"]) == ({"reasonCode": ["before_start"]}, 1)


def test_long_run_is_read_until_it_is_done(api, challenge, now, monkeypatch):
    monkeypatch.setattr(manual_count_runs, "LOGS_AT_ONCE", 2)
    monkeypatch.setattr(manual_count_runs, "LOGS_IN_REQUEST", 2)
    for number in range(5):
        early(challenge, now, uid=f"order-{number}")

    run = count(api, challenge).json()["data"]

    assert (run["status"], run["found"], run["processed"], run["finishedAt"]) == ("running", 5, 2, None)
    assert api.get(path(challenge, f"/{run['id']}")).json()["data"] == run
    advance(run["id"])
    done = api.get(path(challenge, f"/{run['id']}")).json()["data"]
    assert (done["status"], done["processed"], done["counted"]) == ("done", 5, 5)


def test_run_of_an_archived_challenge_stays_readable(api, challenge, now):
    early(challenge, now)
    run = count(api, challenge).json()["data"]
    api.delete(f"/schema/challenge/record/{challenge.id}")

    assert api.get(path(challenge, f"/{run['id']}")).status_code == 200


def test_run_is_found_under_its_challenge_alone(api, challenge, now):
    early(challenge, now)
    run = count(api, challenge).json()["data"]
    other = make_challenge(name="Other")

    assert api.get(path(other, f"/{run['id']}")).status_code == 404
    assert api.get(path(challenge, f"/{uuid4()}")).status_code == 404
    assert api.get(path(challenge, "/x")).status_code == 404
    assert api.get("/schema/challenge/record/x/count-anyway/x").status_code == 404


def test_callers(make_api, end_user, client, challenge, now):
    early(challenge, now)
    admin = make_api("admin")
    run = count(admin, challenge).json()["data"]

    def statuses(caller):
        posted = caller.post(path(challenge), REASON, content_type="application/json")
        return posted.status_code, caller.get(path(challenge, f"/{run['id']}")).status_code

    assert statuses(make_api("read")) == (403, 200)
    assert statuses(make_api("ingest")) == (403, 403)
    assert statuses(end_user("alice")) == (403, 404)
    assert statuses(client) == (401, 401)
    assert ChallengeLog.objects.filter(counted=True).count() == 1


def test_other_methods_are_not_allowed(api, challenge):
    assert [api.get(path(challenge)).status_code, api.delete(path(challenge)).status_code] == [405, 405]
    assert api.post_json(path(challenge, f"/{uuid4()}"), {}).status_code == 405
