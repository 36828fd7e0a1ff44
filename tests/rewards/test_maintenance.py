from datetime import timedelta

import pytest

from rewards import maintenance
from rewards.domain import reward_service
from rewards.models import CouponCode, RewardLog
from tests.rewards.builders import (
    NOW,
    add_codes,
    make_challenge,
    make_member,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db


def lines(at=NOW):
    return list(maintenance.breaches(at))


@pytest.fixture
def log():
    return pay(make_member(), make_challenge(), make_pool("GIVEN", "FREE"))


def test_sound_ledger_of_every_source_has_no_breaches(log):
    for source in ("generated", "shared", "external", "none"):
        pay(make_member(), make_challenge(), make_reward(source))
    pay(make_member(), make_challenge())

    assert lines(NOW + timedelta(days=1)) == []


def test_code_without_a_row_is_a_breach(log):
    CouponCode.objects.filter(code="GIVEN").delete()

    assert lines() == [f"5: reward log {log.id} carries coupon code GIVEN, which has no row of its own"]


def test_shared_code_that_was_edited_since_is_none():
    reward = make_reward("shared", shared_code="OLD")
    pay(make_member(), make_challenge(), reward)
    reward.shared_code = "NEW"
    reward_service.save(reward, at=NOW)
    reward.code_source = "generated"
    reward_service.save(reward, at=NOW)

    assert lines() == []


def test_issued_without_a_code_is_a_breach(log):
    RewardLog.objects.update(coupon_code="")

    assert f"5: reward log {log.id} was issued without a code" in lines()


def test_badge_whose_reward_gives_codes_since_is_none():
    reward = make_reward("none")
    pay(make_member(), make_challenge(), reward)
    reward.code_source = "generated"
    reward_service.save(reward, at=NOW)

    assert lines() == []


def test_code_of_another_reward_is_a_breach(log):
    other = make_pool()
    CouponCode.objects.filter(code="GIVEN").update(reward=other)

    assert lines() == [f"5: coupon code GIVEN of reward {other.id} was given for reward {log.reward_id}"]


def test_waiting_log_that_owns_a_code_is_a_breach(log):
    RewardLog.objects.update(coupon_code="", status="pending_code")

    assert lines() == [f"5: reward log {log.id} has had no code, and yet GIVEN is its own"]


def test_log_that_waits_in_vain_is_a_breach_after_a_while():
    pool = make_pool()
    make_reward_log("pending_code", reward=pool)
    add_codes(pool, "FREE")

    assert lines(NOW + timedelta(minutes=5)) == []
    assert lines(NOW + timedelta(minutes=6)) == [
        f"5: reward {pool.id}: 1 logs wait though it has free codes; run fill_codes"
    ]
