"""Everything about a member as one JSON document, and nothing about anybody else."""

import json
from decimal import Decimal

import pytest

from challenges.api.member_export import ACTIVITY, LOG, MEMBER, PROGRESS, REWARD_LOG, export_member
from challenges.engine.manual_count import count_manually
from challenges.models import Activity, ChallengeLog, ChallengeProgress
from core.amounts import MAX_AMOUNT
from members.domain.erasing import erase
from members.models import Member
from rewards.models import RewardLog
from tests.builders import (
    NOW,
    log_activity,
    make_challenge,
    make_member,
    make_milestone,
    make_reward,
    take_back,
)

pytestmark = pytest.mark.django_db


def document(member):
    return json.loads(b"".join(export_member(member, NOW)), parse_float=Decimal)


def test_a_member_without_history_is_a_profile_and_empty_lists():
    alice = make_member(first_name="Alice", email="alice@example.com")

    found = document(alice)

    assert (found["version"], found["exportedAt"]) == (1, "2026-11-22T12:00:00Z")
    assert (found["member"]["externalId"], found["member"]["email"]) == ("alice", "alice@example.com")
    parts = ("challengeProgress", "challengeLogs", "rewardLogs", "activities", "staffActions")
    assert {name: found[name] for name in parts} == {name: [] for name in parts}


def test_everything_about_the_member_and_nobody_else():
    challenge = make_challenge()
    make_milestone(challenge, 200, reward=make_reward(name="5 % off"))
    log_activity(challenge, "350.5", uid="order-a")
    take_back(challenge, "order-a", "0.5")
    log_activity(challenge, 400, member="bob", uid="order-of-bob")

    found = document(Member.objects.get(external_id="alice"))

    values = sorted(log["activityValue"] for log in found["challengeLogs"])
    assert values == [Decimal("0.5"), Decimal("350.5")]
    (row,) = found["challengeProgress"]
    assert (row["challengeName"], row["currentProgressValue"]) == ("Monthly Big Spender", 350)
    (reward,) = found["rewardLogs"]
    assert (reward["milestoneName"], reward["rewardName"]) == ("Spend 200", "5 % off")
    assert reward["couponCode"] == RewardLog.objects.get(member__external_id="alice").coupon_code
    assert "bob" not in json.dumps(found, default=str)


def test_amounts_are_exact():
    log_activity(make_challenge(), MAX_AMOUNT)

    (log,) = document(Member.objects.get())["challengeLogs"]

    assert log["activityValue"] == MAX_AMOUNT


def test_what_staff_did_is_told():
    make_member(status="paused")
    log = log_activity(make_challenge(), 20).log
    count_manually([log.id], "Our mistake", None, NOW)

    found = document(Member.objects.get())

    (action,) = found["staffActions"]
    assert (action["action"], action["by"], action["reason"]) == (
        "count_anyway",
        "command line",
        "Our mistake",
    )


def test_an_erased_member_exports_without_a_name():
    alice = make_member(first_name="Alice")
    log_activity(make_challenge(), 20)

    found = document(erase(alice, at=NOW))

    assert "alice" not in json.dumps(found, default=str).lower()
    assert len(found["challengeLogs"]) == 1


# What the database keeps and a person learns nothing from: keys of ours, clocks of rows, what is derived.
LEFT_OUT = {"member", "id", "updated_at", "threshold_id", "challenge_log", "reward", "has_revoked_rewards"}


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Member, MEMBER),
        (ChallengeLog, LOG),
        (ChallengeProgress, PROGRESS),
        (RewardLog, REWARD_LOG),
        (Activity, ACTIVITY),
    ],
)
def test_no_column_is_forgotten(model, columns):
    told = {path.split(".")[0].removesuffix("_id") for path in columns.values()}
    kept = {field.name.removesuffix("_id") for field in model._meta.concrete_fields}

    assert kept - told - {name.removesuffix("_id") for name in LEFT_OUT} == set()
