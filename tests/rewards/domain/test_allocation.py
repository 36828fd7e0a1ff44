from datetime import timedelta

import pytest
from django.db import transaction

from core.ids import uuid7
from rewards.domain import allocation
from rewards.domain.reward_config import RewardConfig, reward_configs
from rewards.models import CouponCode
from tests.rewards.builders import (
    NOW,
    make_challenge,
    make_member,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db


def reserved(pool, n):
    return [code for _id, code in allocation.reserve(reward_configs([pool.id])[pool.id], n)]


def test_reserve_answers_the_oldest_first_and_no_more_than_there_are():
    pool = make_pool("ONE", "TWO", "THREE")

    assert reserved(pool, 2) == ["ONE", "TWO"]
    assert reserved(pool, 9) == ["ONE", "TWO", "THREE"]


def test_reserve_knows_its_own_pool_alone():
    make_pool("OTHER")

    assert reserved(make_pool(), 1) == []


def test_reserve_stands_behind_those_who_wait():
    pool = make_pool("ONE")
    make_reward_log("pending_code", reward=pool)

    assert reserved(pool, 1) == []


def test_claim_waits_behind_an_older_log_and_both_are_filled_in_turn(django_capture_on_commit_callbacks):
    pool = make_pool("ONE", "TWO")
    older = make_reward_log("pending_code", reward=pool, at=NOW - timedelta(minutes=1))

    with django_capture_on_commit_callbacks(execute=True):
        newer = pay(make_member(), make_challenge(), pool)

    older.refresh_from_db()
    assert (newer.status, newer.coupon_code) == ("pending_code", "")
    newer.refresh_from_db()
    assert (older.coupon_code, newer.coupon_code) == ("ONE", "TWO")


@pytest.mark.parametrize(("source", "code"), [("shared", "EVERYBODY"), ("none", "")])
def test_allocate_of_a_source_without_rows_gives_everybody_the_same(source, code):
    reward = make_reward(source)
    one, other = uuid7(), uuid7()

    taken = allocation.allocate(reward_configs([reward.id])[reward.id], [one, other], NOW)

    assert taken == {one: code, other: code}


def test_allocate_from_an_external_reward_gives_nothing():
    reward = make_reward("external")

    assert allocation.allocate(reward_configs([reward.id])[reward.id], [uuid7()], NOW) == {}


def test_store_generated_replaces_a_code_that_exists(monkeypatch):
    CouponCode.objects.create(code="TAKEN", created_at=NOW)
    monkeypatch.setattr("rewards.domain.reward_config.generated_code", lambda *args: "FRESH")
    log = make_reward_log()

    with transaction.atomic():
        final = allocation.store_generated({log.id: "TAKEN"}, RewardConfig(), NOW)

    assert final == {log.id: "FRESH"}
    assert CouponCode.objects.get(reward_log=log).code == "FRESH"
