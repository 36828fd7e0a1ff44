from datetime import timedelta

import pytest

from core.write_guard import bypassing_services
from rewards import maintenance
from rewards.domain import reward_service
from rewards.models import CouponCode, Reward, RewardLog
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

    assert lines() == [
        f"5: reward log {log.id} carries code GIVEN, which is not its own and never shared by its reward: "
        "re-issue it"
    ]


def test_shared_code_on_a_log_whose_reward_never_shared_it_is_a_breach(log):
    make_reward("shared", shared_code="SUMMER")
    RewardLog.objects.update(coupon_code="SUMMER")

    assert lines() == [
        f"5: reward log {log.id} carries code SUMMER, which is not its own and never shared by its reward: "
        "re-issue it"
    ]


def test_code_that_is_shared_past_the_service_is_a_breach_until_it_is_saved():
    with bypassing_services("a reward for the audit to find"):
        reward = Reward.objects.create(
            name="Past", code_source="shared", shared_code="SUMMER", created_at=NOW, updated_at=NOW
        )

    assert lines() == [
        f"5: reward {reward.id} shares the code SUMMER, which may become somebody's own: save the reward "
        "again"
    ]

    reward_service.save(Reward.objects.get(), at=NOW)
    assert lines() == []


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
