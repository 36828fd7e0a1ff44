"""The page's field table, as the API keeps it."""

import pytest
from django.utils import timezone

from challenges.caches import config
from challenges.models import Challenge

PATH = "/schema/challenge/record"
REQUIRED = {
    "name": "Monthly Big Spender",
    "description": "Spend $500 in a month.",
    "status": "draft",
    "completionTargetValue": 500,
}
TEXT_LIMITS = {
    "name": 256,
    "description": 1024,
    "eudTitle": 48,
    "eudDescription": 1024,
    "eudInProgressLabel": 32,
    "eudCompletedLabel": 32,
    "eudNotStartedLabel": 32,
    "eudFailedLabel": 32,
    "eudViewDetailsButtonText": 32,
    "eudCompletedChallengeMessage": 256,
    "eudFailedChallengeMessage": 256,
    "eudMilestoneNextToBeAchievedMessage": 256,
}
DEFAULTS = {
    "aggregationMethod": "sum",
    "aggregationPeriod": "daily",
    "timeZone": "UTC",
    "startsAt": None,
    "endsAt": None,
    "activityIds": [],
    "displayOrder": 0,
    "lateGraceHours": 72,
    "reversalPolicy": "keep",
    "completionRewardId": None,
    "completionReward": None,
    "milestones": [],
    "eudTitle": "",
    "eudDescription": "",
    "eudIcon": "http://testserver/static/challenges/default-challenge-icon.svg",
    "eudInProgressLabel": "In Progress",
    "eudCompletedLabel": "Completed",
    "eudNotStartedLabel": "Not Started",
    "eudFailedLabel": "Failed",
    "eudViewDetailsButtonText": "View Details",
    "eudCompletedChallengeMessage": (
        "Congratulations! You have completed this challenge! "
        "Shop more next {{periodText}} to start a new challenge!"
    ),
    "eudFailedChallengeMessage": (
        "Your challenge has failed. Don't worry, shop more next {{periodText}} to start a new challenge!"
    ),
    "eudMilestoneNextToBeAchievedMessage": (
        "Shop for ${{nextRemainingValue}} or more to complete the next milestone!"
    ),
}


def faults(answer):
    return [(each["code"], each["attr"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize("name", REQUIRED)
def test_create_without_a_required_field_names_it(api, name):
    answer = api.post_json(PATH, {**REQUIRED, name: None})
    missing = api.post_json(PATH, {k: v for k, v in REQUIRED.items() if k != name})

    assert answer.status_code == 400
    assert [attr for _code, attr in faults(answer)] == [name]
    assert faults(missing) == [("required", name)]
    assert Challenge.objects.count() == 0


@pytest.mark.parametrize(("name", "default"), DEFAULTS.items())
def test_create_leaves_the_default(api, name, default):
    assert api.post_record("challenge", **REQUIRED)[name] == default


@pytest.mark.parametrize(("name", "limit"), TEXT_LIMITS.items())
def test_text_takes_its_limit_and_refuses_one_more(api, name, limit):
    longest = api.post_json(PATH, {**REQUIRED, name: "é" * limit})
    too_long = api.post_json(PATH, {**REQUIRED, name: "é" * (limit + 1)})

    assert longest.status_code == 201
    assert longest.json()["data"][name] == "é" * limit
    assert too_long.status_code == 400
    assert faults(too_long) == [("max_length", name)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("status", ("draft", "live", "paused")),
        ("aggregationMethod", ("sum", "count")),
        ("aggregationPeriod", ("daily", "weekly", "monthly")),
        ("reversalPolicy", ("keep", "revoke_unredeemed")),
    ],
)
def test_enum_takes_its_options_and_nothing_else(api, name, options):
    for option in options:
        assert api.post_record("challenge", **{**REQUIRED, name: option})[name] == option
    for stranger in ("Live", "", "yearly", 1, True, [], {}):
        answer = api.post_json(PATH, {**REQUIRED, name: stranger})
        assert (answer.status_code, [attr for _code, attr in faults(answer)]) == (400, [name])


@pytest.mark.parametrize("target", ["500", "0.0001", 1, 99999999999999.9999, "99999999999999.9999"])
def test_target_is_exact(api, target):
    body = '{"name":"n","description":"d","status":"draft","completionTargetValue":%s}' % (
        f'"{target}"' if isinstance(target, str) else "99999999999999.9999" if target != 1 else "1"
    )

    answer = api.post(PATH, body, content_type="application/json")

    assert answer.status_code == 201
    sent = body.rsplit(":", 1)[1].strip('"}')
    assert f'"completionTargetValue":{sent}' in answer.content.decode()


@pytest.mark.parametrize(
    "target", [0, -1, "0", "1_000", "1e2", "NaN", " 5 ", "٣", 1.00001, 10**14, True, None, [], ""]
)
def test_target_that_is_no_positive_amount_is_refused(api, target):
    answer = api.post_json(PATH, {**REQUIRED, "completionTargetValue": target})

    assert answer.status_code == 400
    assert [attr for _code, attr in faults(answer)] == ["completionTargetValue"]


def test_count_target_must_be_whole(api):
    answer = api.post_json(PATH, {**REQUIRED, "aggregationMethod": "count", "completionTargetValue": 2.5})

    assert answer.status_code == 400
    assert [attr for _code, attr in faults(answer)] == ["completionTargetValue"]


def test_every_bad_field_is_named_at_once(api):
    answer = api.post_json(
        PATH, {"name": 5, "status": "on", "timeZone": "Mars/Base", "colour": "red", "lateGraceHours": 1441}
    )

    assert answer.status_code == 400
    assert {attr for _code, attr in faults(answer)} >= {
        "name",
        "description",
        "status",
        "completionTargetValue",
        "colour",
        "lateGraceHours",
    }


def test_read_only_fields_are_ignored(api):
    sent = {**REQUIRED, "id": "x", "milestones": [{"name": "m"}], "createdAt": "never", "window": 5}

    made = api.post_record("challenge", **sent)

    assert made["milestones"] == []
    assert made["id"] != "x"


def test_patch_changes_what_was_sent_and_nothing_else(api):
    made = api.post_record("challenge", **REQUIRED, eudTitle="Big spender")

    answer = api.patch_json(f"{PATH}/{made['id']}", {"eudTitle": "Bigger spender"})

    assert answer.status_code == 200
    changed = answer.json()["data"]
    assert {k for k in made if made[k] != changed[k]} == {"eudTitle", "updatedAt"}
    assert api.get(f"{PATH}/{made['id']}").json()["data"] == changed


def test_put_is_not_allowed_and_a_strange_id_is_not_found(api):
    made = api.post_record("challenge", **REQUIRED)

    assert api.put(f"{PATH}/{made['id']}", {}, content_type="application/json").status_code == 405
    assert api.get(f"{PATH}/not-an-id").status_code == 404


def test_delete_without_history_removes_and_with_history_archives(api):
    unused = api.post_record("challenge", **REQUIRED)
    used = api.post_record("challenge", **{**REQUIRED, "status": "live"})
    api.log(used, value=5)

    assert api.delete(f"{PATH}/{unused['id']}").status_code == 204
    assert api.delete(f"{PATH}/{used['id']}").status_code == 204

    assert api.get(f"{PATH}/{used['id']}").status_code == 404
    assert list(Challenge.objects.values_list("name")) == [("Monthly Big Spender",)]
    (progress,) = api.get("challenge_progress").json()["data"]
    assert progress["challengeId"] == used["id"]


def test_dry_run_counts_and_saves_nothing(api):
    made = api.post_record("challenge", **{**REQUIRED, "status": "live"})
    api.log(made, value=300)

    answer = api.patch_json(f"{PATH}/{made['id']}?dryRun=true", {"completionTargetValue": 200})

    figures = {"members": 1, "completedMembers": 1, "paidMembers": 1, "coupons": 1}
    assert answer.json() == {"impact": figures | {"revoked": 0, "capped": 0, "faceValue": None}}
    assert api.get(f"{PATH}/{made['id']}").json()["data"]["completionTargetValue"] == 500


def test_list_reads_in_display_order_then_newest_first(api):
    for name, order in (("c", 2), ("a", 1), ("b", 1)):
        api.post_record("challenge", **{**REQUIRED, "name": name}, displayOrder=order)

    assert [each["name"] for each in api.get("challenge").json()["data"]] == ["b", "a", "c"]


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_number_of_queries(api, end_user, count, django_assert_num_queries):
    for number in range(count):
        made = api.post_record("challenge", **{**REQUIRED, "status": "live", "name": f"c{number}"})
        api.post_record(
            "milestone",
            linkedSchemaRecordId=made["id"],
            name="m",
            description="d",
            status="live",
            milestoneTargetValue=1,
        )
        api.log(made, value=5)
    client = end_user("alice")
    # Cached until the next edit.
    config.rules_of(Challenge.objects.values_list("id", flat=True))
    config.has_unapplied(timezone.now())

    with django_assert_num_queries(4):
        answer = client.get(PATH)

    assert len(answer.json()["data"]) == count
