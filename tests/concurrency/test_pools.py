"""200 members cross at once for 195 codes, one of which somebody holds: none is lost, none is given twice."""

import random
from functools import partial

import pytest
from django.utils import timezone

from challenges.engine import intake
from challenges.engine.eligibility import Entry
from core.amounts import SCALE
from rewards.domain import allocation, issuing
from rewards.domain.code_files import listed_codes
from rewards.domain.code_withdrawal import withdraw
from rewards.domain.pool_import import import_codes
from rewards.models import CouponCode, RewardLog
from tests.concurrency.racing import held_by_another, many_connections, race
from tests.rewards.builders import make_challenge, make_reward

pytestmark = [pytest.mark.postgres, pytest.mark.concurrency, pytest.mark.usefixtures("many_connections")]
__all__ = ["many_connections"]

MEMBERS, CODES, LATE = 200, 195, 5
HELD_SECONDS = 3


@pytest.fixture
def pool(transactional_db):
    pool = make_reward("pool")
    import_codes(pool.id, listed_codes([f"CODE-{number:03}" for number in range(CODES)]))
    return pool


def crossings(pool, members=MEMBERS):
    """One activity for each member, each of which completes the challenge and is due a code."""
    challenge = make_challenge(target=1, completion_reward=pool)
    now = timezone.now()
    entries = [
        Entry(challenge.id, f"member-{number}", now, "purchase", f"order-{number}", SCALE)
        for number in range(members)
    ]
    random.shuffle(entries)
    return [partial(intake.record, [entry]) for entry in entries]


def oldest_free(pool):
    return CouponCode.objects.filter(id__in=CouponCode.objects.free_in(pool.id).values("id")[:1])


def cross_while_one_code_is_held(pool):
    jobs = crossings(pool)
    with held_by_another(lambda: oldest_free(pool), HELD_SECONDS):
        answers = race(jobs)
    return [error for error in answers if isinstance(error, Exception)]


def given():
    """(status, code) of each reward log, the oldest first."""
    return list(RewardLog.objects.order_by("id").values_list("status", "coupon_code"))


def check_codes_and_logs_agree():
    by_log = dict(CouponCode.objects.exclude(reward_log=None).values_list("reward_log", "code"))
    assert by_log == dict(RewardLog.objects.filter(status="issued").values_list("id", "coupon_code"))


def show_that_nothing_is_lost_nor_double(pool):
    errors = cross_while_one_code_is_held(pool)

    crossed = given()
    assert errors == []
    assert len({code for status, code in crossed if status == "issued"}) == CODES
    assert [status for status, _code in crossed].count("pending_code") == MEMBERS - CODES
    assert not CouponCode.objects.filter(reward_log=None).exists()
    check_codes_and_logs_agree()

    waiting = list(RewardLog.objects.waiting().order_by("id").values_list("id", flat=True))
    late = [f"LATE-{number}" for number in range(LATE)]
    report = import_codes(pool.id, listed_codes(late))

    assert (report.new, report.filled) == (LATE, LATE)
    assert [RewardLog.objects.get(id=id_).coupon_code for id_ in waiting] == late
    assert len({code for _status, code in given()}) == MEMBERS
    check_codes_and_logs_agree()


def test_pool_loses_no_code_and_gives_none_twice(pool):
    show_that_nothing_is_lost_nor_double(pool)


@pytest.mark.long
@pytest.mark.parametrize("run", range(20))
def test_pool_loses_no_code_and_gives_none_twice_in_twenty_of_twenty_runs(run, pool):
    show_that_nothing_is_lost_nor_double(pool)


def test_without_the_lock_codes_are_given_twice(pool, monkeypatch):
    """The negative control: the race above is a race."""

    def unlocked(sql, params, columns, *, skip_locked):
        return allocation.COUPON_CODES.fetch(sql, params, columns)

    monkeypatch.setattr(allocation, "_locked", unlocked)

    race(crossings(pool))

    codes = [code for status, code in given() if status == "issued"]
    assert len(set(codes)) < len(codes)


def test_without_a_second_look_a_held_code_is_lost(pool, monkeypatch):
    """The negative control of the trap: SKIP LOCKED takes a busy code for none."""
    monkeypatch.setattr(issuing.pending_codes, "fill_after_commit", list)

    cross_while_one_code_is_held(pool)

    assert [status for status, _code in given()].count("pending_code") == MEMBERS - CODES + 1
    assert CouponCode.objects.filter(reward_log=None).count() == 1


def test_two_imports_of_one_file_at_once_add_it_once(transactional_db):
    pool = make_reward("pool")
    codes = [f"CODE-{number}" for number in range(5000)]

    reports = race([lambda: import_codes(pool.id, listed_codes(codes)) for _ in range(4)])

    assert sum(report.new for report in reports) == 5000
    assert CouponCode.objects.count() == 5000


def test_import_while_members_cross_leaves_nobody_waiting(transactional_db):
    pool = make_reward("pool")
    jobs = crossings(pool, 40)
    codes = [f"CODE-{number}" for number in range(40)]

    answers = race([*jobs, lambda: import_codes(pool.id, listed_codes(codes))])

    assert [error for error in answers if isinstance(error, Exception)] == []
    assert {status for status, _code in given()} == {"issued"}
    check_codes_and_logs_agree()


def test_withdrawal_leaves_the_code_that_somebody_is_being_given(pool):
    with held_by_another(lambda: oldest_free(pool), HELD_SECONDS):
        gone = withdraw(pool.id, None, "the wrong file", at=timezone.now())

    assert (gone, CouponCode.objects.get().code) == (CODES - 1, "CODE-000")
