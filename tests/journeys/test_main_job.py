"""The main job over HTTP: spending is posted, progress moves, thresholds pay, a frontend reads."""

import pytest


@pytest.fixture
def spender(api):
    challenge = api.post_record(
        "challenge",
        name="Monthly Big Spender",
        description="Spend $500 in a month.",
        status="live",
        aggregationMethod="sum",
        aggregationPeriod="monthly",
        completionTargetValue=500,
    )
    api.post_record(
        "milestone",
        linkedSchemaRecordId=challenge["id"],
        name="First 200",
        description="5% off.",
        status="live",
        milestoneTargetValue=200,
    )
    return challenge


def test_spending_pays_the_milestone_then_the_completion_and_a_replay_pays_nothing(api, spender):
    first = api.log(spender, value=150)
    second = api.log(spender, value=200)
    third = api.log(spender, value=150, unique_identifier="order-3")
    again = api.log(spender, value=150, unique_identifier="order-3")

    assert first.status_code == 201
    assert first.json()["data"]["achievedMilestone"] is None
    assert first.json()["data"]["rewardLogs"] == []
    assert second.json()["data"]["achievedMilestone"]["name"] == "First 200"
    milestone_log = second.json()["data"]["achievedMilestoneRewardLog"]
    assert second.json()["data"]["rewardLogs"] == [milestone_log]
    assert milestone_log["status"] == "issued"
    assert len(milestone_log["couponCode"]) == 12
    (completion_log,) = third.json()["data"]["rewardLogs"]
    assert completion_log["milestoneId"] is None
    assert third.json()["data"]["achievedMilestoneRewardLog"] is None
    assert third.json()["data"]["challengeProgress"]["challengeProgressStatus"] == "completed"
    assert "Idempotent-Replayed" not in third.headers
    assert again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == third.json()


def test_the_page_s_example_reads_literally(api, spender):
    api.post_record(
        "milestone",
        linkedSchemaRecordId=spender["id"],
        name="At 500",
        description="d",
        status="live",
        milestoneTargetValue=500,
    )

    api.log(spender, value=350)

    (progress,) = api.get("challenge_progress", ownedById="alice").json()["data"]
    assert progress["currentProgressValue"] == 350
    assert progress["nextMilestone"]["name"] == "At 500"
    assert progress["nextRemainingValue"] == "150.00"
    assert progress["eudMessage"] == "Shop for $150.00 or more to complete the next milestone!"
    assert progress["percentage"] == 70


def test_a_member_reads_the_screen_in_one_request_and_nobody_else_s(api, spender, end_user):
    api.log(spender, value=350)
    api.log(spender, value=20, owned_by_id="bob")

    (screen,) = end_user("alice").get("/schema/challenge/record").json()["data"]

    assert screen["progress"]["currentProgressValue"] == 350
    assert [log["milestone"]["name"] for log in screen["progress"]["rewardLogs"]] == ["First 200"]
    assert "rewardId" not in screen["progress"]["rewardLogs"][0]
    assert screen["lastProgress"] is None
    logs = end_user("bob").get("/schema/challenge_log/record").json()["data"]
    assert [log["ownedById"] for log in logs] == ["bob"]


def test_a_guest_reads_the_live_challenge_and_no_progress(api, spender, client):
    api.log(spender, value=350)

    (screen,) = client.get("/schema/challenge/record").json()["data"]

    assert screen["name"] == "Monthly Big Spender"
    assert screen["eudMilestoneNextToBeAchievedMessage"] == (
        "Shop for $200.00 or more to complete the next milestone!"
    )
    assert "progress" not in screen
    assert "lateGraceHours" not in screen
    assert client.get("/schema/challenge_progress/record").status_code == 401
