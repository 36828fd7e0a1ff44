import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from access.api import failed_attempts
from access.models.api_key import WrongKeys

pytestmark = pytest.mark.thorough

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def statuses(ask, count, **options):
    return [ask("Api-Key wrong.key", **options).status_code for _ in range(count)]


def test_the_21st_wrong_key_of_a_minute_is_429(ask, db, clock):
    clock.shift(15)

    assert statuses(ask, 20) == [401] * 20
    refused = ask("Api-Key wrong.key")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "45"
    assert refused.json()["errors"][0]["code"] == "throttled"


def test_the_next_minute_begins_anew(ask, db, clock):
    statuses(ask, 22)
    clock.shift(60)

    assert statuses(ask, 21) == [401] * 20 + [429]


def test_another_address_is_not_punished(ask, db, clock):
    statuses(ask, 22)

    assert statuses(ask, 1, address="198.51.100.1") == [401]


def test_addresses_of_one_ipv6_network_count_together(ask, db, clock):
    answers = [ask("Api-Key wrong.key", address=f"2001:db8::{n:x}").status_code for n in range(1, 22)]

    assert answers == [401] * 20 + [429]


def test_a_right_key_is_served_also_from_there(ask, make_key, clock):
    _record, key = make_key()
    statuses(ask, 22)

    assert ask(f"Api-Key {key}").status_code == 200
    assert ask().status_code == 401  # a guest, and no wrong key


def test_all_workers_count_together(ask, db, clock):
    """What this process remembers is dropped, as if another one answered."""
    answers = []
    for _ in range(21):
        failed_attempts.clear_remembered()
        answers += statuses(ask, 1)

    assert answers == [401] * 20 + [429]


def test_an_address_over_the_limit_costs_no_more_writes(ask, db, clock, django_assert_num_queries):
    statuses(ask, 22)

    with django_assert_num_queries(1):  # looking for the key
        statuses(ask, 1)
    assert WrongKeys.objects.get().attempts == 21


def test_old_minutes_are_forgotten(ask, db, clock):
    statuses(ask, 1)
    clock.shift(timedelta(minutes=7))
    statuses(ask, 1, address="198.51.100.1")

    assert [row.address for row in WrongKeys.objects.all()] == ["198.51.100.1"]


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(failed_attempts, "_MOST_REMEMBERED", 3)
    for number in range(10):
        failed_attempts._remember(str(number), NOON)

    assert len(failed_attempts._over) <= 3


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_wrong_keys_sent_at_once_are_each_counted(ask):
    barrier, answers = threading.Barrier(8), []

    def send():
        barrier.wait(10)
        try:
            answers.extend(statuses(ask, 4))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    with time_machine.travel(NOON, tick=False):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert sorted(answers) == [401] * 20 + [429] * 12
