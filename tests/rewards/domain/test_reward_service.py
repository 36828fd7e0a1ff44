from datetime import timedelta

import pytest

from challenges.models import Challenge
from core.errors import DomainError, DomainErrors
from core.write_guard import bypassing_services
from rewards.domain import reward_service
from rewards.models import CouponCode, Reward, RewardLog
from tests.rewards.builders import (
    NOW,
    make_challenge,
    make_member,
    make_milestone,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def refused(reward):
    with pytest.raises(DomainErrors) as refusal:
        reward_service.save(reward, at=NOW)
    return [(error.code, error.field) for error in refusal.value.errors]


def test_save_stores_a_new_reward_with_its_times():
    reward = reward_service.save(Reward(name="Free shipping"), at=NOW)

    reward.refresh_from_db()
    assert (reward.created_at, reward.updated_at) == (NOW, NOW)
    reward_service.save(reward, at=LATER)
    assert (reward.created_at, reward.updated_at) == (NOW, LATER)


def test_save_names_every_field_that_does_not_fit():
    reward = Reward(name="Free shipping", code_source="shared", code_prefix="SALE %")

    assert refused(reward) == [("invalid", "code_prefix"), ("required", "shared_code")]


@pytest.mark.parametrize(
    ("code", "error"), [("A\u200bB", "invalid_code"), ("GIVEN", "code_taken"), (" ", "required")]
)
def test_save_refuses_a_shared_code_that_can_be_none(code, error):
    make_pool("GIVEN")

    assert refused(Reward(name="Shared", code_source="shared", shared_code=code)) == [(error, "shared_code")]


def test_edited_source_gives_codes_to_those_who_wait(django_capture_on_commit_callbacks):
    pool = make_pool()
    log = pay(make_member(), make_challenge(), pool)
    pool.code_source, pool.shared_code = "shared", "SORRY"

    with django_capture_on_commit_callbacks(execute=True):
        reward_service.save(pool, at=LATER)

    log.refresh_from_db()
    assert (log.status, log.coupon_code) == ("issued", "SORRY")


def test_edit_leaves_what_was_given_as_it_is(django_capture_on_commit_callbacks):
    reward = make_reward("shared", shared_code="OLD", valid_for_days=1)
    log = pay(make_member(), make_challenge(), reward)
    reward.shared_code, reward.valid_for_days = "NEW", 30

    with django_capture_on_commit_callbacks(execute=True):
        reward_service.save(reward, at=LATER)

    assert RewardLog.objects.get() == log
    assert RewardLog.objects.get().coupon_code == "OLD"


def test_raised_mark_makes_a_pool_low_and_a_lowered_one_forgets_it(django_capture_on_commit_callbacks):
    pool = make_pool("A", "B")
    seen = []

    for mark in (5, 2):
        pool.low_water_mark = mark
        with django_capture_on_commit_callbacks(execute=True):
            reward_service.save(pool, at=LATER)
        pool.refresh_from_db()
        seen.append(pool.low_since is not None)

    assert seen == [True, False]


def test_remove_deletes_a_reward_that_never_paid_with_its_codes():
    reward_service.remove(make_pool("A", "B"), at=NOW)

    assert (Reward.objects.count(), CouponCode.objects.count()) == (0, 0)


def test_remove_archives_a_reward_with_history():
    pool = make_pool("A", "B")
    pay(make_member(), make_challenge(), pool)

    reward_service.remove(pool, at=LATER)

    assert Reward.objects.get().archived_at == LATER
    assert CouponCode.objects.count() == 2


@pytest.mark.parametrize("used", ["challenge", "milestone"])
def test_remove_of_a_reward_in_use_is_refused(used):
    reward = make_reward()
    if used == "challenge":
        make_challenge(completion_reward=reward)
    else:
        make_milestone(make_challenge(), reward=reward)

    with pytest.raises(DomainError) as refusal:
        reward_service.remove(reward, at=NOW)

    assert (refusal.value.code, refusal.value.status) == ("in_use", "conflict")
    assert ("Monthly Big Spender" if used == "challenge" else "Spend 200") in refusal.value.message


def test_remove_of_a_reward_of_an_archived_challenge_archives_it():
    reward = make_reward()
    make_milestone(make_challenge(completion_reward=reward), reward=reward)
    with bypassing_services("what a test needs"):
        Challenge.objects.update(archived_at=NOW)

    reward_service.remove(reward, at=LATER)

    assert Reward.objects.get().archived_at == LATER


def test_restore_brings_an_archived_reward_back():
    reward = make_reward()
    make_reward_log(reward=reward)
    reward_service.remove(reward, at=NOW)
    reward.refresh_from_db()

    reward_service.restore(reward, at=LATER)

    assert Reward.objects.unarchived().get().updated_at == LATER
