import pytest

from core.ids import uuid7_batch
from rewards.domain import issuing, limits, reward_service
from rewards.models import CouponCode, RewardLog
from tests.rewards.builders import (
    NOW,
    add_codes,
    due,
    make_challenge,
    make_member,
    make_milestone,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db


def statuses(*logs):
    return [RewardLog.objects.get(id=log.id).status for log in logs]


def test_cap_in_total_counts_all_challenges_and_windows():
    reward = make_reward(max_total=3)
    one, other = make_challenge(), make_challenge()
    alice, bob = make_member("alice"), make_member("bob")

    logs = [
        pay(alice, one, reward),
        pay(alice, other, reward),
        pay(bob, one, reward, period="2026-10"),
        pay(bob, other, reward),
    ]

    assert statuses(*logs) == ["issued", "issued", "issued", "capped"]
    assert logs[3].coupon_code == ""
    assert CouponCode.objects.count() == 3


def test_cap_per_member_leaves_others_their_share():
    reward = make_reward(max_per_member=1)
    challenge, alice, bob = make_challenge(), make_member("alice"), make_member("bob")
    milestone = make_milestone(challenge)

    logs = [
        pay(alice, challenge, reward, milestone=milestone),
        pay(alice, challenge, reward),
        pay(bob, challenge, reward),
    ]

    assert statuses(*logs) == ["issued", "capped", "issued"]


@pytest.mark.parametrize(
    ("status", "paid"),
    [
        ("issued", "capped"),
        ("redeemed", "capped"),
        ("pending_code", "capped"),
        ("revoked", "issued"),
        ("capped", "issued"),
    ],
)
def test_cap_counts_without_capped_and_revoked(status, paid):
    reward = make_reward(max_total=1)
    make_reward_log(status, reward=reward)

    assert pay(make_member(), make_challenge(), reward).status == paid


def test_cap_within_one_set_admits_whoever_came_first():
    reward = make_reward(max_total=2, max_per_member=1)
    challenge, alice, bob = make_challenge(), make_member("alice"), make_member("bob")
    milestone = make_milestone(challenge)
    dues = [
        due(alice, challenge, reward, milestone=milestone),
        due(alice, challenge, reward),
        due(bob, challenge, reward, milestone=milestone),
        due(bob, challenge, reward),
        due(make_member(), challenge, reward),
    ]

    issued = issuing.issue(dues, NOW)

    assert [each.status for each in issued] == ["issued", "capped", "issued", "capped", "capped"]


def test_cap_does_not_count_what_was_paid_before_twice():
    reward = make_reward(max_total=2)
    challenge, alice, bob = make_challenge(), make_member("alice"), make_member("bob")
    pay(alice, challenge, reward)

    issued = issuing.issue([due(alice, challenge, reward), due(bob, challenge, reward)], NOW)

    assert [(each.member_id, each.status) for each in issued] == [(bob.id, "issued")]


def test_cap_of_a_pool_leaves_the_rest_of_its_codes_free():
    pool = make_pool("ONE", "TWO", max_total=1)
    challenge = make_challenge()

    logs = [pay(make_member(), challenge, pool) for _ in range(2)]

    assert [(log.status, log.coupon_code) for log in logs] == [("issued", "ONE"), ("capped", "")]
    assert CouponCode.objects.get(reward_log=None).code == "TWO"


def test_cap_counts_those_who_wait_for_a_code():
    pool = make_pool(max_total=1)
    challenge = make_challenge()
    waiting = pay(make_member(), challenge, pool)
    add_codes(pool, "LATE")

    capped = pay(make_member(), challenge, pool)

    assert statuses(waiting, capped) == ["pending_code", "capped"]


def test_cap_that_was_lowered_below_what_was_paid_admits_nobody():
    reward = make_reward(max_total=5)
    challenge = make_challenge()
    for _ in range(3):
        pay(make_member(), challenge, reward)
    reward.max_total = 2
    reward_service.save(reward, at=NOW)

    assert pay(make_member(), challenge, reward).status == "capped"


def test_capped_log_starts_no_expiry_and_admitted_one_does():
    reward = make_reward(max_total=1, valid_for_days=1)
    challenge = make_challenge()

    admitted, capped = (pay(make_member(), challenge, reward) for _ in range(2))

    assert admitted.reward_expiry_at is not None
    assert capped.reward_expiry_at is None


@pytest.mark.parametrize("n", [1, 3])
def test_caps_ask_as_often_for_many_as_for_one(n, django_assert_num_queries):
    challenge, reward = make_challenge(), make_reward(max_total=2, max_per_member=1)
    dues = [due(make_member(), challenge, reward) for _ in uuid7_batch(NOW, n)]

    # terms, logs, the lock, the count, the members' counts, admitted logs, codes
    with django_assert_num_queries(7):
        issuing.issue(dues, NOW)


@pytest.mark.parametrize(
    ("caps", "logs_by_member", "admitted"),
    [
        ({}, (3, 2), 5),
        ({"max_total": 4}, (3, 2), 3),
        ({"max_total": 4}, (1, 0), 1),
        ({"max_total": 1}, (3, 2), 0),
        ({"max_per_member": 2}, (3, 2), 3),
        ({"max_per_member": 1}, (3, 2), 1),
        ({"max_per_member": 2, "max_total": 3}, (3, 2), 2),
    ],
)
def test_logs_that_are_not_stored_are_counted_against_the_limits(caps, logs_by_member, admitted):
    """Alice has one of the reward already."""
    reward, alice, bob = make_reward(**caps), make_member("alice"), make_member("bob")
    pay(alice, make_challenge(), reward)

    counts = zip((alice.id, bob.id), logs_by_member, strict=True)

    assert limits.count_admitted(reward, sum(logs_by_member), counts) == admitted


def test_members_are_counted_against_their_limit_in_pieces(monkeypatch):
    monkeypatch.setattr(limits, "MEMBERS_AT_ONCE", 2)
    reward, members = make_reward(max_per_member=1), [make_member(f"m{n}") for n in range(3)]
    pay(members[2], make_challenge(), reward)

    assert limits.count_admitted(reward, 6, ((member.id, 2) for member in members)) == 2
