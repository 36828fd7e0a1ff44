import logging
from datetime import timedelta

import pytest

from rewards.domain import pool_levels
from rewards.domain.pool_levels import Outlook, codes_left, outlooks, pool_states, warn_if_low
from rewards.models import Reward
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


@pytest.fixture
def claim(django_capture_on_commit_callbacks):
    challenge = make_challenge()

    def claim(pool):
        with django_capture_on_commit_callbacks(execute=True):
            return pay(make_member(), challenge, pool)

    return claim


def warnings(caplog):
    return [record.codes_left for record in caplog.records if record.name == "rewards.domain.pool_levels"]


def test_low_water_is_told_once_per_crossing(claim, caplog):
    pool = make_pool("A", "B", "C", "D", low_water_mark=3)

    for _ in range(4):
        claim(pool)

    assert warnings(caplog) == [2]
    assert caplog.records[0].levelno == logging.WARNING
    assert Reward.objects.get().low_since is not None


def test_low_water_is_told_again_after_a_refill(claim, caplog):
    pool = make_pool("A", "B", low_water_mark=2)
    claim(pool)
    add_codes(pool, "C", "D")
    pool_levels.clear_low_if_refilled(pool.id)

    for _ in range(2):
        claim(pool)

    assert warnings(caplog) == [1, 1]


def test_pool_without_a_mark_is_low_when_empty(claim, caplog):
    pool = make_pool("A", "B")

    claim(pool)
    before = warnings(caplog)
    claim(pool)

    assert (before, warnings(caplog)) == ([], [0])


def test_full_pool_asks_nothing_after_a_claim(claim, django_assert_num_queries):
    pool = make_pool(*(f"CODE-{number}" for number in range(pool_levels.SLACK + 10)), low_water_mark=2)
    challenge, member = make_challenge(), make_member()

    with django_assert_num_queries(5):  # terms, claim, log, owner; and the test's own look at the log
        pay(member, challenge, pool)


def test_note_low_of_a_full_pool_tells_nothing():
    assert warn_if_low(make_pool("A", "B", low_water_mark=2).id) is False


def test_codes_left_counts_free_ones_alone(claim):
    pool, empty = make_pool("A", "B", "C"), make_pool()
    claim(pool)

    assert codes_left([pool.id, empty.id]) == {pool.id: 2, empty.id: 0}


@pytest.mark.parametrize("n", [1, 3])
def test_pool_states_names_every_pool_in_three_queries(n, django_assert_num_queries):
    pools = [make_pool("A" * (number + 1), name=f"Pool {number}", low_water_mark=2) for number in range(n)]
    make_reward_log("pending_code", reward=pools[0])
    make_reward()

    with django_assert_num_queries(3):
        states = pool_states()

    assert [(state.name, state.codes_left, state.low) for state in states] == [
        (pool.name, 1, True) for pool in pools
    ]
    assert states[0].waiting == 1


def outlook(pool):
    return outlooks([pool], NOW)[pool.id]


def test_outlook_divides_what_is_left_by_the_pace_of_two_weeks():
    pool = make_pool(*(f"CODE-{number}" for number in range(10)), at=NOW - timedelta(days=60))
    challenge = make_challenge()
    for days in range(28):  # one a day, half of them longer ago
        make_reward_log(reward=pool, challenge=challenge, at=NOW - timedelta(days=days, hours=1))

    assert outlook(pool) == Outlook(10, 0, 1.0, NOW + timedelta(days=10))


def test_outlook_of_a_young_pool_divides_by_its_age():
    pool = make_pool("A", "B", "C", "D", at=NOW - timedelta(days=2))
    for _ in range(4):
        make_reward_log(reward=pool, at=NOW - timedelta(days=1))

    assert outlook(pool) == Outlook(4, 0, 2.0, NOW + timedelta(days=2))


def test_outlook_counts_those_who_wait_and_not_those_capped():
    pool = make_pool(at=NOW - timedelta(days=30))
    make_reward_log("pending_code", reward=pool, at=NOW - timedelta(days=1))
    make_reward_log("capped", reward=pool, at=NOW - timedelta(days=1))

    assert outlook(pool) == Outlook(0, 1, 1 / 14, NOW)


def test_outlook_without_demand_knows_no_end():
    assert outlook(make_pool("A")) == Outlook(1, 0, 0.0, None)


def test_outlook_far_away_is_no_date():
    pool = make_pool(*(f"CODE-{number}" for number in range(300)), at=NOW - timedelta(days=30))
    make_reward_log(reward=pool, at=NOW - timedelta(days=1))

    assert outlook(pool).runs_out_at is None


@pytest.mark.parametrize("n", [1, 3])
def test_outlooks_of_many_pools_take_three_queries(n, django_assert_num_queries):
    pools = [make_pool("A" * (number + 1), at=NOW - timedelta(days=14)) for number in range(n)]
    for pool in pools:
        make_reward_log(reward=pool, at=NOW - timedelta(days=1))

    with django_assert_num_queries(3):
        found = outlooks(pools, NOW)

    assert found == {pool.id: Outlook(1, 0, 1 / 14, NOW + timedelta(days=14)) for pool in pools}
