from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from core.periods import end_of_local_day
from rewards.domain import issuing
from rewards.models import CouponCode, RewardLog
from tests.rewards.builders import (
    NOW,
    due,
    make_challenge,
    make_log,
    make_member,
    make_milestone,
    make_pool,
    make_reward,
    pay,
)

pytestmark = pytest.mark.django_db


def test_issue_without_a_reward_gives_a_generated_code():
    log = pay(make_member(), make_challenge())

    assert log.status == "issued"
    assert len(log.coupon_code) == 12
    assert CouponCode.objects.get(code=log.coupon_code).reward_log == log


def test_issue_twice_pays_once():
    alice, challenge, reward = make_member("alice"), make_challenge(), make_reward()
    first = pay(alice, challenge, reward)

    second = pay(alice, challenge, reward)

    assert second is None
    assert list(RewardLog.objects.all()) == [first]
    assert list(CouponCode.objects.values_list("code", flat=True)) == [first.coupon_code]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"code_source": "shared", "shared_code": "SAVE10"}, "issued", "SAVE10"),
        ({"code_source": "none"}, "issued", ""),
        ({"code_source": "external"}, "pending_code", ""),
        ({"code_source": "pool"}, "pending_code", ""),
    ],
)
def test_issue_by_source_that_makes_no_code(fields, status, code):
    log = pay(make_member(), make_challenge(), make_reward(**fields))

    assert (log.status, log.coupon_code) == (status, code)
    assert not CouponCode.objects.unique().exists()


def test_issue_generated_uses_the_prefix_and_the_length():
    log = pay(make_member(), make_challenge(), make_reward(code_prefix="XMAS-", code_length=10))

    assert log.coupon_code[:5] == "XMAS-"
    assert len(log.coupon_code) == 15


def test_issue_from_a_pool_gives_the_oldest_code():
    pool = make_pool("FIRST", "SECOND")
    challenge = make_challenge()

    logs = [pay(make_member(), challenge, pool) for _ in range(3)]

    assert [(log.status, log.coupon_code) for log in logs] == [
        ("issued", "FIRST"),
        ("issued", "SECOND"),
        ("pending_code", ""),
    ]
    assert [code.reward_log for code in CouponCode.objects.order_by("id")] == logs[:2]


def test_issue_of_a_threshold_paid_before_leaves_the_pool_alone():
    pool = make_pool("ONE", "TWO")
    alice, challenge = make_member("alice"), make_challenge()
    pay(alice, challenge, pool)

    pay(alice, challenge, pool)

    assert CouponCode.objects.get(reward_log=None).code == "TWO"


def test_issue_in_a_set_serves_whoever_came_first():
    pool = make_pool("LAST")
    challenge = make_challenge()
    first, second = make_member(), make_member()
    logs = [make_log(first, challenge), make_log(second, challenge, at=NOW + timedelta(seconds=1))]

    issued = issuing.issue(
        [due(second, challenge, pool, log_id=logs[1].id), due(first, challenge, pool, log_id=logs[0].id)], NOW
    )

    assert [(each.member_id, each.coupon_code) for each in issued] == [(first.id, "LAST"), (second.id, "")]


def test_issue_expires_at_the_end_of_the_local_day():
    berlin = make_challenge(zone="Europe/Berlin")

    log = pay(make_member(), berlin, make_reward(valid_for_days=7))

    assert log.reward_expiry_at == end_of_local_day(NOW, 7, ZoneInfo("Europe/Berlin"))


def test_issue_expires_at_the_earlier_of_both_ends():
    reward = make_reward(valid_for_days=7, valid_until=NOW + timedelta(days=1))

    log = pay(make_member(), make_challenge(), reward)

    assert log.reward_expiry_at == NOW + timedelta(days=1)


def test_issue_of_a_pending_log_starts_no_expiry():
    log = pay(make_member(), make_challenge(), make_reward("external", valid_for_days=7))

    assert log.reward_expiry_at is None


def test_issue_draws_again_when_a_generated_code_exists(monkeypatch):
    drawn = iter(["TAKEN", "FRESH"])
    CouponCode.objects.create(code="TAKEN", created_at=NOW)
    monkeypatch.setattr("rewards.domain.reward_config.generated_code", lambda *args: next(drawn))

    log = pay(make_member(), make_challenge(), make_reward())

    assert log.coupon_code == "FRESH"
    assert set(CouponCode.objects.values_list("code", "reward_log")) == {("TAKEN", None), ("FRESH", log.id)}


@pytest.mark.parametrize("sets", [1, 3])
def test_issue_asks_as_often_for_many_as_for_one(sets, django_assert_num_queries):
    challenge, pool, generated = make_challenge(), make_pool("A", "B", "C"), make_reward()
    milestone = make_milestone(challenge)
    members = [make_member() for _ in range(sets)]
    dues = [due(m, challenge, pool, milestone=milestone) for m in members]
    dues += [due(m, challenge, generated) for m in members]

    with django_assert_num_queries(5):  # terms, claim, logs, owners, generated codes
        issuing.issue(dues, NOW)

    assert set(RewardLog.objects.values_list("status", flat=True)) == {"issued"}
