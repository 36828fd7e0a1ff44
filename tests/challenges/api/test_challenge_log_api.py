"""docs/rules.md, One activity log: every answer of the table, over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from challenges.caches import config
from challenges.models import ChallengeLog, ChallengeProgress, RuleVersion
from members.models import Member

PATH = "/schema/challenge_log/record"


@pytest.fixture
def challenge(api):
    return make(api)


def make(api, **fields):
    return api.post_record(
        "challenge",
        **{
            "name": "n",
            "description": "d",
            "status": "live",
            "completionTargetValue": 500,
            "aggregationPeriod": "monthly",
            **fields,
        },
    )


def body(challenge, **fields):
    return {
        "challengeId": challenge["id"],
        "ownedById": "alice",
        "activityAt": timezone.now().isoformat(),
        "activityId": "purchase",
        "uniqueIdentifier": "order-1",
        "activityValue": 10,
        **fields,
    }


def faults(answer):
    return [(each["code"], each["attr"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[
            ("activityValue", value)
            for value in ("1_000", "1e2", " 12 ", "٣", True, [], {}, "NaN", 1.00001, -1, 10**14)
        ],
        *[
            ("activityAt", value)
            for value in (
                "2026-11-22",
                "2026-11-22T10:00:00",
                "2026-W47-1T10:00:00Z",
                "2026-11-22T24:00:00Z",
                "2026-11-22T10:00:60Z",
                "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59Z",
                "2025-02-29T10:00:00Z",
                1763800000,
                None,
            )
        ],
        *[("uniqueIdentifier", value) for value in ("", "x" * 257, 5, None, "a\x00b")],
        *[("activityId", value) for value in ("", "x" * 257, None)],
        *[("ownedById", value) for value in ("", "x" * 257, 7, None)],
        *[("challengeId", value) for value in ("", "abc", 5, None, "0199c9a8-7c60-7000-8000-000000000000")],
        *[("reversalOf", value) for value in ("", 5, " blank")],
        ("colour", "red"),
    ],
)
def test_bad_field_is_named_and_nothing_is_stored(api, challenge, field, value):
    answer = api.post_json(PATH, body(challenge, **{field: value}))

    assert answer.status_code == 400
    assert field in [attr for _code, attr in faults(answer)]
    assert ChallengeLog.objects.count() == 0
    assert ChallengeProgress.objects.count() == 0
    assert Member.objects.count() == 0


def test_every_bad_field_is_named_at_once(api, challenge):
    answer = api.post_json(
        PATH,
        {
            "challengeId": "x",
            "ownedById": "a",
            "ownedBy": {"externalId": "", "email": "no", "shoe": 5},
            "activityAt": "now",
            "uniqueIdentifier": "",
            "activityValue": "ten",
            "colour": 1,
        },
    )

    assert answer.status_code == 400
    assert {attr for _code, attr in faults(answer)} == {
        "challengeId",
        "ownedById",
        "ownedBy.externalId",
        "ownedBy.email",
        "ownedBy.shoe",
        "activityAt",
        "activityId",
        "uniqueIdentifier",
        "activityValue",
        "colour",
    }


def test_sum_without_a_value_is_refused(api, challenge):
    answer = api.post_json(PATH, body(challenge, activityValue=None))

    assert (answer.status_code, faults(answer)) == (400, [("required", "activityValue")])


def test_negative_value_points_to_reversals(api, challenge):
    answer = api.post_json(PATH, body(challenge, activityValue=-5))

    assert (answer.status_code, faults(answer)) == (400, [("negative_value", "activityValue")])
    assert "reversal" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(minutes=6), "activity_in_future"),
        (timedelta(days=-60, minutes=-1), "activity_too_old"),
    ],
)
def test_time_out_of_reach_is_refused(api, challenge, ahead, code):
    answer = api.post_json(PATH, body(challenge, activityAt=(timezone.now() + ahead).isoformat()))

    assert (answer.status_code, faults(answer)) == (400, [(code, "activityAt")])


def test_draft_challenge_is_a_conflict(api):
    answer = api.post_json(PATH, body(make(api, status="draft")))

    assert (answer.status_code, faults(answer)) == (409, [("challenge_not_live", "challengeId")])


def test_archived_challenge_is_unknown(api, challenge):
    api.post_json(PATH, body(challenge))
    api.delete(f"/schema/challenge/record/{challenge['id']}")

    answer = api.post_json(PATH, body(challenge, uniqueIdentifier="order-2"))

    assert (answer.status_code, faults(answer)) == (400, [("unknown_challenge", "challengeId")])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "paused"}, "challenge_paused"),
        ({"startsAt": "2099-01-01T00:00:00Z"}, "before_start"),
        ({"endsAt": "2020-01-01T00:00:00Z"}, "after_end"),
    ],
)
def test_activity_that_does_not_count_is_stored_with_its_reason(api, fields, reason):
    challenge = make(api, **fields)

    answer = api.post_json(PATH, body(challenge))

    assert answer.status_code == 201
    assert (answer.json()["data"]["counted"], answer.json()["data"]["reasonCode"]) == (False, reason)
    assert answer.json()["data"]["challengeProgress"]["currentProgressValue"] == 0
    assert ChallengeProgress.objects.count() == 0


def test_paused_member_s_activity_is_stored_and_not_counted(api, challenge):
    api.post_record("member", externalId="alice", status="paused")

    answer = api.post_json(PATH, body(challenge))

    assert (answer.status_code, answer.json()["data"]["reasonCode"]) == (201, "member_paused")


def test_window_closed_longer_ago_than_its_grace_does_not_count(api):
    challenge = make(api, aggregationPeriod="daily", lateGraceHours=1)
    RuleVersion.objects.update(in_force_from=timezone.now() - timedelta(days=9))
    config.invalidate()

    answer = api.post_json(PATH, body(challenge, activityAt=(timezone.now() - timedelta(days=2)).isoformat()))

    assert (answer.status_code, answer.json()["data"]["reasonCode"]) == (201, "window_closed")


def test_window_closed_before_the_challenge_went_live_does_not_count(api):
    challenge = make(api, aggregationPeriod="daily")

    answer = api.post_json(PATH, body(challenge, activityAt=(timezone.now() - timedelta(days=2)).isoformat()))

    assert (answer.status_code, answer.json()["data"]["reasonCode"]) == (201, "before_live")


def test_total_past_the_limit_is_refused_and_burns_no_identifier(api, challenge):
    api.post_json(PATH, body(challenge, activityValue="99999999999999.9999"))

    refused = api.post_json(PATH, body(challenge, uniqueIdentifier="order-2", activityValue="0.0001"))
    again = api.post_json(PATH, body(challenge, uniqueIdentifier="order-2", activityValue=0))

    assert (refused.status_code, faults(refused)) == (400, [("sum_limit", "activityValue")])
    assert again.status_code == 201


def test_replay_answers_the_same_log(api, challenge):
    sent = body(challenge, activityValue="10.50")
    first = api.post_json(PATH, sent)

    again = api.post_json(
        PATH, sent | {"activityValue": 10.5, "ownedBy": {"externalId": "alice"}, "ownedById": None}
    )

    assert again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("activityValue", 11),
        ("activityId", "visit"),
        ("activityAt", "2026-11-01T00:00:00Z"),
    ],
)
def test_other_content_under_the_same_identifier_names_what_differs(api, challenge, field, value):
    now = timezone.now()
    api.post_json(PATH, body(challenge, activityAt=now.isoformat()))

    answer = api.post_json(PATH, body(challenge, activityAt=now.isoformat()) | {field: value})

    assert (answer.status_code, faults(answer)) == (409, [("duplicate_conflict", field)])


def test_profile_comes_with_the_activity_and_is_never_overwritten_by_it(api, challenge):
    owner = {"externalId": "alice", "firstName": "Alice", "email": "alice@example.com"}
    api.post_json(PATH, body(challenge, ownedById=None, ownedBy=owner))

    api.post_json(
        PATH,
        body(
            challenge,
            uniqueIdentifier="order-2",
            ownedById=None,
            ownedBy={"externalId": "alice", "firstName": "Alicia", "lastName": "Moreau"},
        ),
    )

    member = api.get("/schema/member/record/alice").json()["data"]
    assert (member["firstName"], member["lastName"], member["email"]) == (
        "Alice",
        "Moreau",
        "alice@example.com",
    )


def test_batch_answers_each_record_in_order_and_a_bad_one_spoils_none(api, challenge):
    records = [
        body(challenge, activityValue=200),
        body(challenge, activityValue="ten", uniqueIdentifier="order-2"),
        body(challenge, activityValue=300, uniqueIdentifier="order-3"),
        5,
        body(challenge, activityValue=200),
    ]
    records[4]["activityAt"] = records[0]["activityAt"]

    answer = api.post_json(f"{PATH}/batch", {"records": records}).json()

    assert [each["status"] for each in answer["data"]] == [
        "created",
        "rejected",
        "created",
        "rejected",
        "replayed",
    ]
    assert answer["data"][1]["errors"][0]["attr"] == "records.1.activityValue"
    assert [len(each["rewardLogs"]) for each in answer["data"]] == [0, 0, 1, 0, 0]
    assert answer["summary"] == {"created": 2, "replayed": 1, "rejected": 2, "rewardLogs": 1}


def test_batch_again_changes_nothing(api, challenge):
    records = [body(challenge, uniqueIdentifier=f"o{n}", activityValue=60) for n in range(10)]
    first = api.post_json(f"{PATH}/batch", {"records": records}).json()

    again = api.post_json(f"{PATH}/batch", {"records": records}).json()

    assert again["summary"] == {"created": 0, "replayed": 10, "rejected": 0, "rewardLogs": 1}
    assert [(e["id"], e["rewardLogs"]) for e in again["data"]] == [
        (e["id"], e["rewardLogs"]) for e in first["data"]
    ]
    assert ChallengeProgress.objects.get().current_progress_value == 600


@pytest.mark.parametrize(
    "sent",
    [
        "[]",
        "5",
        "null",
        "{}",
        '{"records": []}',
        '{"records": {}}',
        '{"records": [1], "x": 1}',
        "{",
        '{"records":[1]',
        "",
    ],
)
def test_batch_that_is_no_such_object_is_refused(api, sent):
    answer = api.post(f"{PATH}/batch", sent, content_type="application/json")

    assert answer.status_code == 400


def test_batch_takes_5_000_records_and_refuses_one_more(api, challenge):
    records = [body(challenge, uniqueIdentifier=f"o{n}", activityValue=0) for n in range(5001)]

    assert api.post_json(f"{PATH}/batch", {"records": records}).status_code == 400
    assert api.post_json(f"{PATH}/batch", {"records": records[1:]}).json()["summary"]["created"] == 5000


def test_log_can_neither_be_changed_nor_deleted(api, challenge):
    log = api.post_json(PATH, body(challenge)).json()["data"]

    assert api.patch_json(f"{PATH}/{log['id']}", {"activityValue": 5}).status_code == 405
    assert api.delete(f"{PATH}/{log['id']}").status_code == 405
    assert api.get(f"{PATH}/{log['id']}").json()["data"]["activityValue"] == 10


def test_scope_ingest_posts_logs_and_nothing_else(api, make_api, challenge):
    ingest = make_api("ingest")

    assert ingest.post_json(PATH, body(challenge)).status_code == 201
    assert ingest.post_json(f"{PATH}/batch", {"records": [body(challenge)]}).status_code == 200
    assert ingest.get("challenge_log").status_code == 403
    assert ingest.post_json("/schema/challenge/record", {}).status_code == 403
    assert make_api("read").post_json(PATH, body(challenge)).status_code == 403


def test_a_log_is_answered_in_the_language_asked_for(api, challenge):
    sent = body(challenge)

    plain = api.post_json(PATH, sent)
    german = api.post_json(f"{PATH}?languageCode=de-AT", sent)

    shown = [answer.json()["data"]["challengeProgress"]["eudStatusLabel"] for answer in (plain, german)]
    assert shown == ["In Progress", "Läuft"]
    assert [answer.headers["Content-Language"] for answer in (plain, german)] == ["en", "de"]


def test_a_log_in_no_language_is_refused_and_not_stored(api, challenge):
    answer = api.post_json(f"{PATH}?languageCode=../../etc", body(challenge))

    assert faults(answer) == [("invalid", "languageCode")]
    assert ChallengeLog.objects.count() == 0


def test_errors_of_one_log_end_with_a_word_about_the_others(api):
    answer = api.post_json("/schema/challenge_log/record", {f"ownedBy{n}": 1 for n in range(300)})

    errors = answer.json()["errors"]
    assert len(errors) == 100
    assert errors[-1]["code"] == "more_errors"
    hints = [error for error in errors if "Did you mean" in error["detail"]]
    assert len(hints) == 40


def test_errors_of_a_batch_are_bounded_and_every_refused_record_tells_its_first(api):
    records = [{f"ownedBy{record}{n}": 1 for n in range(30)} for record in range(60)]

    data = api.post_json("/schema/challenge_log/record/batch", {"records": records}).json()["data"]

    assert [len(record["errors"]) for record in data] == [20] * 25 + [1] * 35
    assert {record["errors"][0]["code"] for record in data} == {"unknown_field"}
    assert data[0]["errors"][-1] == {
        "code": "more_errors",
        "detail": "There are more errors; correct these first.",
        "attr": "records.0",
    }
    assert data[59]["errors"] == [
        {"code": "unknown_field", "detail": "Correct the others first.", "attr": "records.59"}
    ]
