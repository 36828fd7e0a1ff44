"""Rule versions on the wire: `ruleVersions`, `pendingVersion`, `from=nextWindow`."""

import pytest

from challenges.models import RuleVersion

pytestmark = pytest.mark.django_db
PATH = "/schema/challenge/record"
RULES = {
    "name": "Spender",
    "description": "Spend 500.",
    "status": "live",
    "completionTargetValue": 500,
    "aggregationPeriod": "monthly",
    "timeZone": "UTC",
}


@pytest.fixture
def challenge(api):
    return api.post_record("challenge", **RULES)


@pytest.fixture
def milestone(api, challenge):
    return api.post_record(
        "milestone",
        linkedSchemaRecordId=challenge["id"],
        name="First",
        description="d",
        status="live",
        milestoneTargetValue=200,
    )


def read(api, challenge):
    return api.get(f"{PATH}/{challenge['id']}").json()["data"]


def faults(answer):
    return [(error["code"], error["attr"]) for error in answer.json()["errors"]]


def test_versions_say_what_changed_from_when_and_by_whom(api, challenge, milestone):
    api.patch_json(f"{PATH}/{challenge['id']}", {"completionTargetValue": 400})

    newest, added, first = read(api, challenge)["ruleVersions"]

    assert (newest["number"], added["number"], first["number"]) == (3, 2, 1)
    assert newest["changes"] == [
        {"field": "completionTargetValue", "milestoneId": None, "before": 500, "after": 400}
    ]
    assert {change["field"]: change["after"] for change in added["changes"]} == {
        "status": "live",
        "milestoneTargetValue": 200,
    }
    assert {change["milestoneId"] for change in added["changes"]} == {milestone["id"]}
    assert newest["changedBy"].startswith("API key ")
    assert first["inForceFrom"] <= newest["inForceFrom"]


def test_a_list_has_no_versions_and_others_see_none(api, challenge, end_user, client):
    (listed,) = api.get(PATH).json()["data"]

    assert "ruleVersions" not in listed
    assert listed["pendingVersion"] is None
    for reader in (end_user("alice"), client):
        assert not {"ruleVersions", "pendingVersion"} & set(read(reader, challenge))


def test_a_patch_from_the_next_window_is_pending_and_changes_nothing_now(api, challenge, milestone):
    answer = api.patch_json(f"{PATH}/{challenge['id']}?from=nextWindow", {"completionTargetValue": 300})

    assert answer.status_code == 200, answer.content
    data = answer.json()["data"]
    assert data["completionTargetValue"] == 500
    assert data["pendingVersion"]["completionTargetValue"] == 300
    assert data["pendingVersion"]["inForceFrom"] == data["window"]["endsAt"]
    assert data["pendingVersion"]["changes"] == [
        {"field": "completionTargetValue", "milestoneId": None, "before": 500, "after": 300}
    ]
    assert [rule["milestoneTargetValue"] for rule in data["pendingVersion"]["milestones"]] == [200]
    assert [version["number"] for version in data["ruleVersions"]] == [2, 1]


def test_null_cancels_it_and_nothing_else_may_be_sent(api, challenge):
    path = f"{PATH}/{challenge['id']}"
    api.patch_json(f"{path}?from=nextWindow", {"completionTargetValue": 300})
    pending = read(api, challenge)["pendingVersion"]

    other = api.patch_json(path, {"pendingVersion": {**pending, "completionTargetValue": 200}})
    sent_back = api.patch_json(path, {"pendingVersion": pending})
    assert (other.status_code, faults(other)) == (400, [("only_null", "pendingVersion")])
    assert (sent_back.status_code, read(api, challenge)["pendingVersion"]) == (200, pending)

    cancelled = api.patch_json(path, {"pendingVersion": None, "completionTargetValue": 450})

    assert cancelled.json()["data"]["pendingVersion"] is None
    assert cancelled.json()["data"]["completionTargetValue"] == 450
    assert not RuleVersion.objects.filter(applied=False).exists()


def test_milestones_begin_move_and_go_with_the_next_window(api, challenge, milestone, client):
    new = api.post_json(
        "/schema/milestone/record?from=nextWindow",
        {
            "linkedSchemaRecordId": challenge["id"],
            "name": "Second",
            "description": "d",
            "status": "live",
            "milestoneTargetValue": 300,
        },
    )
    path = f"/schema/milestone/record/{milestone['id']}?from=nextWindow"
    moved = api.patch_json(path, {"milestoneTargetValue": 250})

    assert (new.status_code, new.json()["data"]["status"]) == (201, "draft")
    assert moved.json()["data"]["milestoneTargetValue"] == 200
    pending = read(api, challenge)["pendingVersion"]
    assert [(m["status"], m["milestoneTargetValue"]) for m in pending["milestones"]] == [
        ("live", 250),
        ("live", 300),
    ]
    assert [m["id"] for m in read(client, challenge)["milestones"]] == [milestone["id"]]
    assert api.delete(path).status_code == 204
    assert [m["id"] for m in read(api, challenge)["pendingVersion"]["milestones"]] == [
        new.json()["data"]["id"]
    ]


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("from=tomorrow", {"completionTargetValue": 1}, (400, [("invalid", "from")])),
        ("from=nextWindow", {"name": "x"}, (400, [("not_from_next_window", "name")])),
        ("from=nextWindow", {"lateGraceHours": 1}, (400, [("not_from_next_window", "lateGraceHours")])),
        (
            "from=nextWindow",
            {"endsAt": "2020-01-01T00:00:00Z"},
            (400, [("ends_before_next_window", "endsAt")]),
        ),
    ],
)
def test_refusals_name_the_field(api, challenge, query, body, expected):
    answer = api.patch_json(f"{PATH}/{challenge['id']}?{query}", body)

    assert (answer.status_code, faults(answer)) == expected


def test_a_draft_has_no_next_window(api):
    draft = api.post_record("challenge", **{**RULES, "status": "draft"})

    answer = api.patch_json(f"{PATH}/{draft['id']}?from=nextWindow", {"completionTargetValue": 1})

    assert (answer.status_code, faults(answer)) == (409, [("challenge_not_live", "status")])
    assert read(api, draft)["ruleVersions"] == []
