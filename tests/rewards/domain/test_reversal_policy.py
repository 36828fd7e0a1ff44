"""What the reversal policy revokes and gives back, and what people did by hand (docs/rules.md, Reversals)."""

from datetime import timedelta

import pytest

from rewards.domain import lifecycle, reversal_policy
from rewards.domain.lifecycle import API_ACTOR, support_actor
from rewards.domain.reversal_policy import ReviewedWindow
from rewards.models import RewardLog
from tests.rewards.builders import (
    NOW,
    make_challenge,
    make_member,
    make_milestone,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def review(member, challenge, value, *, targets=None, revokes=True, period="2026-11"):
    """Review one window whose rules have these targets; whether something is revoked afterwards."""
    targets = {challenge.id: 500_0000} if targets is None else targets
    window = ReviewedWindow(member.id, challenge.id, period, value, targets, revokes)
    (revoked,) = reversal_policy.review([window], NOW).values()
    return revoked


def statuses():
    return dict(RewardLog.objects.values_list("id", "status"))


def test_what_the_value_lost_is_revoked_and_given_back():
    challenge, alice = make_challenge(target=500), make_member("alice")
    low, high = make_milestone(challenge, 100), make_milestone(challenge, 300)
    kept = pay(alice, challenge, milestone=low)
    lost = pay(alice, challenge, milestone=high)
    completion = pay(alice, challenge)
    other_window = pay(alice, challenge, milestone=high, period="2026-10")
    before = list(RewardLog.objects.order_by("id").values("id", "status", "coupon_code", "reward_expiry_at"))
    targets = {low.id: 100_0000, high.id: 300_0000, challenge.id: 500_0000}

    assert review(alice, challenge, 200_0000, targets=targets) is True
    revoked = {lost.id: "revoked", completion.id: "revoked"}
    assert statuses() == {kept.id: "issued", other_window.id: "issued", **revoked}

    assert review(alice, challenge, 500_0000, targets=targets, revokes=False) is False
    after = list(RewardLog.objects.order_by("id").values("id", "status", "coupon_code", "reward_expiry_at"))
    assert (after, set(RewardLog.objects.values_list("revoked_from", flat=True))) == (before, {""})


@pytest.mark.parametrize(
    ("status", "after"),
    [("issued", "revoked"), ("pending_code", "revoked"), ("redeemed", "redeemed"), ("capped", "capped")],
)
def test_only_what_is_not_redeemed_is_revoked(status, after):
    log = make_reward_log(status)

    review(log.member, log.challenge, 0)
    log.refresh_from_db()
    assert log.status == after

    review(log.member, log.challenge, 500_0000)
    log.refresh_from_db()
    assert log.status == status


@pytest.mark.parametrize(
    ("achieved", "present", "supported"),
    [(200, 300, 200), (300, 200, 200), (None, 200, 200), (200, None, 200)],
)
def test_the_lower_of_the_target_paid_at_and_the_present_one_decides(achieved, present, supported):
    log = make_reward_log("issued", achieved_target_value=achieved)
    targets = {} if present is None else {log.challenge_id: present * 10_000}

    found = [
        review(log.member, log.challenge, value, targets=targets)
        for value in (supported * 10_000, supported * 10_000 - 1)
    ]

    assert found == [False, True]


def test_a_revoked_reward_is_not_paid_again():
    alice, challenge = make_member("alice"), make_challenge()
    pay(alice, challenge)
    review(alice, challenge, 0)

    assert pay(alice, challenge) is None
    assert RewardLog.objects.get().status == "revoked"


def test_what_a_person_revoked_is_never_given_back():
    alice, challenge = make_member("alice"), make_challenge()
    by_hand = pay(alice, challenge)
    by_both = pay(alice, challenge, milestone=make_milestone(challenge, 100))
    lifecycle.revoke(by_hand.id, API_ACTOR, at=NOW)
    review(alice, challenge, 0)
    lifecycle.revoke(by_both.id, support_actor(None, "Fraud"), at=NOW)

    assert review(alice, challenge, 500_0000) is False
    assert set(RewardLog.objects.values_list("status", "revoked_from")) == {("revoked", "")}


def test_a_new_code_for_what_the_policy_revoked_is_the_members_for_good():
    alice, challenge = make_member("alice"), make_challenge()
    log = pay(alice, challenge)
    review(alice, challenge, 0)

    lifecycle.reissue(log.id, support_actor(None, "They complained"), at=NOW + HOUR)

    log.refresh_from_db()
    assert (log.status, log.revoked_from) == ("issued", "")


@pytest.mark.parametrize(("by_hand", "status"), [(False, "capped"), (True, "issued")])
def test_what_the_policy_revoked_keeps_its_place_under_the_limits(by_hand, status):
    reward, challenge, alice = make_reward(max_total=1), make_challenge(), make_member("alice")
    log = pay(alice, challenge, reward)
    if by_hand:
        lifecycle.revoke(log.id, API_ACTOR, at=NOW)
    else:
        review(alice, challenge, 0)

    assert pay(make_member("bob"), challenge, reward).status == status
