import pytest
from django.utils import timezone

from challenges.models import Activity, ChallengeLog

PATH = "/schema/activity/record"
LOGS = "/schema/challenge_log/record"


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


def test_replay_answers_what_was_reached_also_after_another_challenge_names_it(api, make_challenge_for):
    make_challenge_for("a", "purchase")
    other = make_challenge_for("b", "visit")
    first = api.post_json(PATH, body())

    name_purchase(api, other)
    again = api.post_json(PATH, body())

    assert [id_ for _i, id_, _s in reached(again)] == [id_ for _i, id_, _s in reached(first)]


def name_purchase(api, challenge):
    api.patch_json(f"/schema/challenge/record/{challenge['id']}", {"activityIds": ["purchase"]})


def test_activity_that_reached_nothing_is_kept_as_that(api, make_challenge_for):
    other = make_challenge_for("a", "visit")
    assert reached(api.post_json(PATH, body())) == []

    name_purchase(api, other)

    assert reached(api.post_json(PATH, body())) == []
    assert ChallengeLog.objects.count() == 0


def test_other_content_is_a_conflict_also_when_nothing_was_reached(api):
    api.post_json(PATH, body())

    answer = api.post_json(PATH, body(activityValue=61))

    assert answer.status_code == 409
    assert [(e["code"], e["attr"]) for e in answer.json()["errors"]] == [
        ("duplicate_conflict", "activityValue")
    ]


def test_what_one_challenge_refuses_is_refused_whole_and_burns_no_identifier(api, make_challenge_for):
    make_challenge_for("a", "purchase")
    full = make_challenge_for("b", "purchase")
    most = {**body(uniqueIdentifier="big", activityValue="99999999999999.9999"), "challengeId": full["id"]}
    assert api.post_json(LOGS, most).status_code == 201

    refused = api.post_json(PATH, body())

    assert refused.status_code == 400
    assert [error["code"] for error in refused.json()["errors"]] == ["sum_limit"]
    assert full["id"] in refused.json()["errors"][0]["detail"]
    assert (Activity.objects.count(), ChallengeLog.objects.count()) == (0, 1)
    api.post_json(LOGS, {**most, "reversalOf": "big", "uniqueIdentifier": "r"})
    assert [s for _i, _id, s in reached(api.post_json(PATH, body()))] == ["created", "created"]


def test_a_challenge_that_needs_a_value_stops_no_other(api, make_challenge_for):
    spend = make_challenge_for("a", "visit")
    visits = make_challenge_for("b", "visit", aggregationMethod="count", completionTargetValue=10)
    paused = make_challenge_for("c", "visit", aggregationMethod="count", completionTargetValue=10)
    api.patch_json(f"/schema/challenge/record/{paused['id']}", {"status": "paused"})

    answer = api.post_json(PATH, body(activityId="visit", activityValue=None)).json()["data"]

    assert {record["challengeId"]: (record["reasonCode"], record["countedValue"]) for record in answer} == {
        spend["id"]: ("value_missing", 0),
        visits["id"]: (None, 1),
        paused["id"]: ("challenge_paused", 0),
    }


@pytest.mark.parametrize("value", [-1, "-0.0001"])
def test_a_negative_value_is_refused_by_itself_whoever_names_it(api, value):
    refused = api.post_json(PATH, body(activityValue=value))

    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "activityValue")


def values_of(api):
    rows = api.get("challenge_progress").json()["data"]
    return {row["challengeId"]: row["currentProgressValue"] for row in rows}


def refund(value=None, **fields):
    return body(uniqueIdentifier="refund-1", reversalOf="order-1", activityValue=value, **fields)


def test_a_refund_takes_back_every_log_whichever_entrance_it_came_by(api, make_challenge_for):
    a, b = (make_challenge_for(name, "purchase")["id"] for name in "ab")
    other = make_challenge_for("other", "else")["id"]
    for id_ in (a, other):
        assert api.post_json(LOGS, {**body(), "challengeId": id_}).status_code == 201
    assert api.post_json(PATH, body()).status_code == 200
    api.patch_json(f"/schema/challenge/record/{b}", {"status": "paused"})
    assert api.delete(f"/schema/challenge/record/{other}").status_code == 204

    taken = api.post_json(PATH, refund(value=20))
    again = api.post_json(PATH, refund(value=20))

    assert sorted(id_ for _i, id_, _status in reached(taken)) == sorted([a, b, other])
    assert {status for _i, _id, status in reached(again)} == {"replayed"}
    assert values_of(api) == {a: 40, b: 40, other: 40}


def test_a_refund_is_kept_for_the_order_that_comes_later(api, make_challenge_for):
    a = make_challenge_for("a", "purchase")["id"]
    first = api.post_json(PATH, refund(value=20))
    order = api.post_json(PATH, body())
    again = api.post_json(PATH, refund(value=20))

    assert (first.json()["data"], reached(order)) == ([], [(0, a, "created")])
    assert reached(again) == [(0, a, "replayed")]
    assert values_of(api) == {a: 40}
    assert Activity.with_placeholders.count() == 2


@pytest.mark.parametrize("backwards", [True, False])
def test_an_order_and_its_refund_in_one_batch(api, make_challenge_for, backwards):
    a = make_challenge_for("a", "purchase")["id"]
    records = [body(), refund(value=20), body(uniqueIdentifier="order-2", activityValue=5)]

    answer = api.post_json(f"{PATH}/batch", {"records": records[::-1] if backwards else records})

    assert {status for _i, _id, status in reached(answer)} == {"created"}
    assert values_of(api) == {a: 45}


def test_a_refund_of_a_refund_is_refused(api, make_challenge_for):
    make_challenge_for("a", "purchase")
    api.post_json(PATH, body())
    api.post_json(PATH, refund())

    for original in ("refund-1", "refund-2"):
        refused = api.post_json(PATH, body(uniqueIdentifier="refund-2", reversalOf=original))
        assert [error["code"] for error in refused.json()["errors"]] == ["reversal_of_reversal"]


def test_reversal_reaches_what_its_original_reached(api, make_challenge_for):
    first = make_challenge_for("a", "purchase")
    other = make_challenge_for("b", "visit")
    api.post_json(PATH, body())
    name_purchase(api, other)

    taken = api.post_json(PATH, body(uniqueIdentifier="refund-1", reversalOf="order-1", activityValue=None))

    assert reached(taken) == [(0, first["id"], "created")]
    (progress,) = api.get("challenge_progress").json()["data"]
    assert progress["currentProgressValue"] == 0


@pytest.mark.parametrize(
    ("field", "value"), [("reversalOf", " blanks "), ("challengeId", "x"), ("activityAt", "now")]
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
