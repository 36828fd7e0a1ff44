from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from core.periods import end_of_local_day
from rewards.domain import issuing, pending_codes, reward_service
from rewards.models import CouponCode, RewardLog
from tests.rewards.builders import (
    NOW,
    add_codes,
    due,
    make_challenge,
    make_member,
    make_pool,
    make_reward,
    make_reward_log,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)


def later():
    return LATER


def waiting_logs(pool, n, **fields):
    challenge = make_challenge(**fields)
    return [
        make_reward_log("pending_code", reward=pool, challenge=challenge, at=NOW + timedelta(minutes=minute))
        for minute in range(n)
    ]


def test_fill_gives_the_oldest_code_to_whoever_waited_longest():
    pool = make_pool()
    logs = waiting_logs(pool, 3)
    add_codes(pool, "ONE", "TWO")

    filled = pending_codes.fill(pool.id, later)

    assert filled == 2
    assert [log.coupon_code for log in RewardLog.objects.order_by("id")] == ["ONE", "TWO", ""]
    assert [code.reward_log for code in CouponCode.objects.order_by("id")] == logs[:2]


def test_fill_makes_the_code_begin_to_live_when_it_is_given():
    pool = make_pool(valid_for_days=7)
    waiting_logs(pool, 1, zone="Asia/Tokyo")
    add_codes(pool, "ONE")

    pending_codes.fill(pool.id, later)

    log = RewardLog.objects.get()
    assert (log.status, log.reward_issued_at, log.updated_at) == ("issued", LATER, LATER)
    assert log.reward_expiry_at == end_of_local_day(LATER, 7, ZoneInfo("Asia/Tokyo"))


def test_fill_keeps_an_expiry_that_was_set_by_hand():
    pool = make_pool(valid_for_days=7)
    waiting_logs(pool, 1)
    RewardLog.objects.update(reward_expiry_at=LATER + timedelta(days=1))
    add_codes(pool, "ONE")

    pending_codes.fill(pool.id, later)

    assert RewardLog.objects.get().reward_expiry_at == LATER + timedelta(days=1)


def test_fill_goes_on_past_what_one_transaction_takes(monkeypatch):
    monkeypatch.setattr(pending_codes, "CHUNK_SIZE", 2)
    pool = make_pool()
    waiting_logs(pool, 5)
    add_codes(pool, *"ABCDEFG")

    assert pending_codes.fill(pool.id, later) == 5
    assert CouponCode.objects.filter(reward_log=None).count() == 2


def test_fill_without_codes_or_without_anybody_waiting_does_nothing():
    empty, idle = make_pool(), make_pool("FREE")
    waiting_logs(empty, 1)

    assert (pending_codes.fill(empty.id), pending_codes.fill(idle.id)) == (0, 0)


@pytest.mark.parametrize(("source", "code"), [("shared", "EVERYBODY"), ("none", "")])
def test_fill_of_a_pool_that_became_another_source_gives_from_that(source, code):
    pool = make_pool()
    waiting_logs(pool, 2)
    pool.code_source, pool.shared_code = source, "EVERYBODY"
    reward_service.save(pool, at=NOW)

    pending_codes.fill(pool.id)

    assert set(RewardLog.objects.values_list("status", "coupon_code")) == {("issued", code)}


def test_fill_of_a_pool_that_became_generated_registers_its_codes():
    pool = make_pool()
    waiting_logs(pool, 2)
    pool.code_source = "generated"
    reward_service.save(pool, at=NOW)

    pending_codes.fill(pool.id)

    given = set(RewardLog.objects.values_list("id", "coupon_code"))
    assert set(CouponCode.objects.values_list("reward_log", "code")) == given
    assert len({code for _log, code in given}) == 2


def test_fill_leaves_external_logs_to_the_shop():
    reward = make_reward("external")
    waiting_logs(reward, 1)

    assert pending_codes.fill(reward.id) == 0


def test_fill_all_finds_every_reward_that_somebody_waits_for():
    one, other = make_pool(), make_pool()
    for pool, code in ((one, "ONE"), (other, "OTHER")):
        waiting_logs(pool, 1)
        add_codes(pool, code)

    assert pending_codes.fill_all() == 2


def test_request_left_waiting_is_answered_with_the_code_it_got_after(django_capture_on_commit_callbacks):
    pool = make_pool()
    with django_capture_on_commit_callbacks(execute=True):
        [issued] = issuing.issue([due(make_member(), make_challenge(), pool)], NOW)
        before = issued.status
        add_codes(pool, "FREED")  # as by a transaction that held it and rolled back

    assert before == "pending_code"
    assert (issued.status, issued.coupon_code) == ("issued", "FREED")
    assert RewardLog.objects.get().coupon_code == "FREED"
