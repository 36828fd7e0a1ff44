"""PATCH status=live: what it takes and counts, and its dry run."""

import pytest
from django.utils import timezone

from access.models import StaffAction
from challenges.editing import service
from challenges.models import Challenge, ChallengeLog, ManualCountRun
from tests.builders import DAY, ledger, log_activity, make_challenge, make_milestone, value_of

pytestmark = pytest.mark.django_db

ACTIVITY = {"ownedById": "alice", "activityId": "purchase", "activityValue": 60}


def path(challenge, query=""):
    return f"/schema/challenge/record/{challenge.id}{query}"


def impact_of(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["impact"]


def test_dry_run_of_going_live_tells_what_it_would_take(api):
    draft = make_challenge(status="draft", activity_ids=["purchase"], at=timezone.now())
    sent = {**ACTIVITY, "activityAt": timezone.now().isoformat()}
    for number in range(2):
        api.post_json("/schema/activity/record", {**sent, "uniqueIdentifier": f"order-{number}"})
    changes = {"status": "live", "completionTargetValue": 100}

    told = impact_of(api.patch_json(path(draft, "?dryRun=true"), changes))

    assert told == {
        "logs": 2, "members": 1, "completedMembers": 1, "paidMembers": 1, "coupons": 1, "revoked": 0,
        "capped": 0, "faceValue": None,
    }  # fmt: skip
    assert ChallengeLog.objects.count() == 0
    api.patch_json(path(draft), changes)
    assert value_of(draft) == 120


@pytest.fixture
def paused():
    """A challenge with a milestone at 50; alice's 60 came during its pause, bob's for a window before."""
    now = timezone.now()
    challenge = make_challenge(at=now - DAY)
    make_milestone(challenge, 50, at=now - DAY)
    pause(challenge)
    log_activity(challenge, 60, at=now, received_at=now)
    log_activity(challenge, 60, at=now - 32 * DAY, member="bob", received_at=now)
    return challenge


def pause(challenge):
    challenge.status = "paused"
    service.save(challenge, at=timezone.now())


def test_resuming_counts_nothing_by_itself(api, paused):
    for body in ({"status": "live"}, {"status": "paused"}, {"status": "live", "countPaused": False}):
        assert api.patch_json(path(paused), body).status_code == 200

    assert ManualCountRun.objects.count() == 0
    assert not ChallengeLog.objects.filter(counted=True).exists()


def test_resuming_with_count_paused_counts_the_open_window_once(api, paused):
    answer = api.patch_json(path(paused), {"status": "live", "countPaused": True})

    assert answer.status_code == 200
    assert "countPaused" not in answer.json()["data"]
    assert value_of(paused) == 60
    (counting,) = ChallengeLog.objects.filter(counted=True)
    assert counting.member.external_id == "alice"
    noted = StaffAction.objects.get(action="count_anyway_all")
    assert (noted.reason, noted.detail["found"]) == ("Resumed with countPaused", 1)


def test_dry_run_of_count_paused_tells_what_it_would_count(api, paused):
    before = ledger()

    told = impact_of(api.patch_json(path(paused, "?dryRun=true"), {"status": "live", "countPaused": True}))

    assert (told["logs"], told["members"], told["completedMembers"], told["paidMembers"]) == (1, 1, 0, 1)
    assert (ledger(), Challenge.objects.get().status) == (before, "paused")


@pytest.mark.parametrize("query", ["", "?dryRun=true", "?from=nextWindow"])
@pytest.mark.parametrize("status", ["live", "draft", "paused"])
def test_count_paused_without_resuming_is_refused(api, status, query):
    challenge = make_challenge(status=status, at=timezone.now() - DAY)
    body = {"countPaused": True} if status == "paused" else {"status": "live", "countPaused": True}

    answer = api.patch_json(path(challenge, query), body)

    assert answer.status_code == 400
    assert [(error["code"], error["attr"]) for error in answer.json()["errors"]] == [
        ("not_resuming", "countPaused")
    ]
