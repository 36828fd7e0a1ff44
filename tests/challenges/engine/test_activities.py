import pytest
from django.utils import timezone

from challenges.models import Activity, ChallengeLog

PATH = "/schema/activity/record"


@pytest.fixture
def make_challenge_for(api):
    def make(name, *activity_ids, **fields):
        basics = {
            "description": "d",
            "status": "live",
            "completionTargetValue": 500,
            "aggregationPeriod": "monthly",
        }
        return api.post_record("challenge", name=name, activityIds=list(activity_ids), **{**basics, **fields})

    return make


def body(**fields):
    return {
        "ownedById": "alice",
        "activityAt": timezone.now().replace(second=0, microsecond=0).isoformat(),
        "activityId": "purchase",
        "uniqueIdentifier": "order-1",
        "activityValue": 60,
        **fields,
    }


def reached(answer):
    return [(each["index"], each["challengeId"], each["status"]) for each in answer.json()["data"]]


def test_one_order_reaches_every_live_challenge_that_names_it_and_posted_again_none(api, make_challenge_for):
    named = sorted(make_challenge_for(name, "purchase")["id"] for name in ("a", "b", "c"))
    make_challenge_for("other", "visit")
    make_challenge_for("draft", "purchase", status="draft")

    first = api.post_json(PATH, body())
    again = api.post_json(PATH, body())

    assert first.status_code == 200
    assert sorted(id_ for _index, id_, _status in reached(first)) == named
    assert {status for _index, _id, status in reached(first)} == {"created"}
    assert again.headers["Idempotent-Replayed"] == "true"
    assert {status for _index, _id, status in reached(again)} == {"replayed"}
    assert ChallengeLog.objects.count() == 3
    for progress in api.get("challenge_progress").json()["data"]:
        assert progress["currentProgressValue"] == 60


def test_replay_answers_what_was_reached_also_after_a_new_challenge_went_live(api, make_challenge_for):
    make_challenge_for("a", "purchase")
    first = api.post_json(PATH, body())

    make_challenge_for("b", "purchase")
    again = api.post_json(PATH, body())

    assert [id_ for _i, id_, _s in reached(again)] == [id_ for _i, id_, _s in reached(first)]


def test_activity_that_reached_nothing_is_kept_as_that(api, make_challenge_for):
    assert reached(api.post_json(PATH, body())) == []

    make_challenge_for("a", "purchase")

    assert reached(api.post_json(PATH, body())) == []
    assert ChallengeLog.objects.count() == 0


def test_other_content_is_a_conflict_also_when_nothing_was_reached(api):
    api.post_json(PATH, body())

    answer = api.post_json(PATH, body(activityValue=61))

    assert answer.status_code == 409
    assert [(e["code"], e["attr"]) for e in answer.json()["errors"]] == [
        ("duplicate_conflict", "activityValue")
    ]


def test_what_every_challenge_refuses_burns_no_identifier(api, make_challenge_for):
    make_challenge_for("a", "purchase")

    refused = api.post_json(PATH, body(activityValue=None))

    assert [status for _i, _id, status in reached(refused)] == ["rejected"]
    assert Activity.objects.count() == 0
    assert [s for _i, _id, s in reached(api.post_json(PATH, body()))] == ["created"]


def test_reversal_reaches_what_its_original_reached(api, make_challenge_for):
    first = make_challenge_for("a", "purchase")
    api.post_json(PATH, body())
    make_challenge_for("b", "purchase")

    taken = api.post_json(PATH, body(uniqueIdentifier="refund-1", reversalOf="order-1", activityValue=None))

    assert reached(taken) == [(0, first["id"], "created")]
    (progress,) = api.get("challenge_progress").json()["data"]
    assert progress["currentProgressValue"] == 0


@pytest.mark.parametrize(
    ("field", "value"), [("reversalOf", "unknown"), ("challengeId", "x"), ("activityAt", "now")]
)
def test_bad_field_is_named(api, field, value):
    answer = api.post_json(PATH, body(**{field: value}))

    assert answer.status_code == 400
    assert field in [error["attr"] for error in answer.json()["errors"]]
    assert Activity.objects.count() == 0


def test_batch_answers_each_activity_in_order_as_if_sent_alone(api, make_challenge_for):
    a, b = sorted(make_challenge_for(name, "purchase")["id"] for name in "ab")
    records = [
        body(),
        body(uniqueIdentifier="refund-1", reversalOf="order-1", activityValue=20),
        body(activityAt="never"),
        body(),
        body(activityId="unknown", uniqueIdentifier="order-2"),
        body(activityValue=61),
    ]

    answer = api.post_json(f"{PATH}/batch", {"records": records})

    assert reached(answer) == [
        (0, a, "created"),
        (0, b, "created"),
        (1, a, "created"),
        (1, b, "created"),
        (2, None, "rejected"),
        (3, a, "replayed"),
        (3, b, "replayed"),
        (5, None, "rejected"),
    ]
    assert answer.json()["summary"] == {"created": 4, "replayed": 2, "rejected": 2, "rewardLogs": 0}
    assert {p["currentProgressValue"] for p in api.get("challenge_progress").json()["data"]} == {40}
    again = api.post_json(f"{PATH}/batch", {"records": records})
    assert again.json()["summary"] == {"created": 0, "replayed": 6, "rejected": 2, "rewardLogs": 0}


def test_batch_takes_1_000_activities_and_refuses_one_more(api):
    records = [body(uniqueIdentifier=f"o{n}") for n in range(1001)]

    assert api.post_json(f"{PATH}/batch", {"records": records}).status_code == 400
    assert api.post_json(f"{PATH}/batch", {"records": records[1:]}).json()["data"] == []
