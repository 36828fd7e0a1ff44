"""Single logs at the same moment: one transaction for all that wait, and each its own answer."""

import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from challenges.engine import group_commit, locks
from challenges.models import ChallengeLog
from challenges.signals import challenge_logs_saved
from core.errors import DomainError
from core.sql.postgresql import base
from tests.builders import (
    breaches,
    entry,
    make_challenge,
    make_milestone,
    paid,
    value_of,
)
from tests.concurrency.writers import at_once

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def challenge():
    challenge = make_challenge()
    make_milestone(challenge, 200)
    return challenge


def sent(challenge, value, **fields):
    """As it comes over HTTP: its eligibility is by the process's clock."""
    return entry(challenge, value, at=timezone.now().replace(microsecond=0), **fields)


class Watch:
    """Is called with every set that is stored; the first one is held until it is released."""

    def __init__(self):
        self.sets, self.errors = [], []
        self.held, self.free = threading.Event(), threading.Event()

    def __call__(self, logs, **kwargs):
        self.sets.append(sorted(log.unique_identifier for log in logs))
        if len(self.sets) == 1:
            self.held.set()
            self.free.wait(30)
        if any(log.unique_identifier == "bad" for log in logs):
            raise ArithmeticError("this one cannot be stored")


@contextmanager
def one_under_way(challenge, first):
    """While `first` is being recorded, start others with `send`; they are in line when it returns."""
    watch, threads, answers = Watch(), [], {}

    def run(log_entry):
        try:
            answers[log_entry.unique_identifier] = group_commit.record(log_entry)
        except Exception as error:
            answers[log_entry.unique_identifier] = error
        finally:
            connections.close_all()

    def send(*entries):
        for log_entry in entries:
            threads.append(threading.Thread(target=run, args=(log_entry,), daemon=True))
            threads[-1].start()

    watch.send, watch.answers = send, answers
    challenge_logs_saved.connect(watch)
    try:
        send(first)
        assert watch.held.wait(30)
        yield watch
        until = time.monotonic() + 30
        while len(group_commit._queues[challenge.id]) < len(threads) - 1 and time.monotonic() < until:
            time.sleep(0.01)
        watch.free.set()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
    finally:
        watch.free.set()
        challenge_logs_saved.disconnect(watch)


def test_logs_that_arrive_meanwhile_share_the_next_transaction(challenge):
    with one_under_way(challenge, sent(challenge, 10, uid="first")) as watch:
        watch.send(*(sent(challenge, 10, uid=f"later-{n}", member=f"member-{n}") for n in range(4)))

    assert watch.sets == [["first"], [f"later-{n}" for n in range(4)]]
    assert {
        uid: (outcome.status, outcome.stored.unique_identifier) for uid, outcome in watch.answers.items()
    } == {uid: ("created", uid) for uid in ("first", *watch.sets[1])}
    assert group_commit._queues == {}


def test_an_error_of_one_spoils_none_of_those_beside_it(challenge):
    with one_under_way(challenge, sent(challenge, 10, uid="first")) as watch:
        watch.send(*(sent(challenge, 10, uid=uid, member=uid) for uid in ("good", "bad", "fine")))

    statuses = {uid: getattr(outcome, "status", type(outcome)) for uid, outcome in watch.answers.items()}
    assert statuses == {"first": "created", "good": "created", "fine": "created", "bad": ArithmeticError}
    assert ChallengeLog.objects.count() == 3
    assert (group_commit._queues, breaches()) == ({}, [])


def test_an_error_of_whoever_is_first_lets_the_next_ones_go_on(challenge):
    with one_under_way(challenge, sent(challenge, 10, uid="bad")) as watch:
        watch.send(sent(challenge, 10, uid="good"))

    assert isinstance(watch.answers["bad"], ArithmeticError)
    assert watch.answers["good"].status == "created"
    assert group_commit._queues == {}


def test_another_challenge_does_not_wait(challenge):
    other = make_challenge(name="Other")

    with one_under_way(challenge, sent(challenge, 10, uid="first")) as watch:
        if connections["default"].vendor == "postgresql":  # SQLite lets one writer in at a time
            assert group_commit.record(sent(other, 10, uid="other", member="bob")).status == "created"

    assert watch.answers["first"].status == "created"


def test_a_log_inside_a_transaction_goes_with_it(challenge):
    with transaction.atomic():
        assert group_commit.record(sent(challenge, 10)).status == "created"
        transaction.set_rollback(True)

    assert ChallengeLog.objects.count() == 0


@pytest.mark.postgres
def test_every_sum_is_right_and_every_threshold_paid_once(challenge):
    members = [f"member-{n}" for n in range(5)]
    orders = [sent(challenge, 20, member=member) for _ in range(32) for member in members]

    outcomes = at_once(
        [lambda n=n: [group_commit.record(order) for order in orders[n::16]] for n in range(16)]
    )

    assert Counter(outcome.status for batch in outcomes for outcome in batch) == {"created": 160}
    assert {value_of(challenge, member) for member in members} == {640}
    assert {tuple(paid(challenge, member)) for member in members} == {(200, "completion")}
    assert breaches() == []


def test_one_log_sent_by_many_at_the_same_instant_counts_once(challenge):
    same = sent(challenge, 20, uid="same")

    outcomes = at_once([lambda: group_commit.record(same)] * 16)

    assert Counter(outcome.status for outcome in outcomes) == {"created": 1, "replayed": 15}
    assert len({outcome.stored.id for outcome in outcomes}) == 1
    assert value_of(challenge) == 20


def test_two_contents_under_one_identifier_leave_one_log(challenge):
    outcomes = at_once(
        [lambda value=value: group_commit.record(sent(challenge, value, uid="x")) for value in (20, 30)]
    )

    assert Counter(outcome.status for outcome in outcomes) == {"created": 1, "rejected": 1}
    assert value_of(challenge) in (20, 30)


def refusals(answers):
    return {uid for uid, answer in answers.items() if getattr(answer, "status", "") == "busy"}


def test_a_queue_that_is_full_refuses_at_once(challenge, monkeypatch):
    monkeypatch.setattr(group_commit, "MOST_WAITING", 1)

    with one_under_way(challenge, sent(challenge, 10, uid="first")) as watch:
        watch.send(sent(challenge, 10, uid="second"))
        wait_for(lambda: len(group_commit._queues[challenge.id]) == 1)
        with pytest.raises(DomainError) as refusal:
            group_commit.record(sent(challenge, 10, uid="third"))

    assert (refusal.value.code, refusal.value.status) == ("unavailable", "busy")
    assert {uid: outcome.status for uid, outcome in watch.answers.items()} == {
        "first": "created",
        "second": "created",
    }


def wait_for(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_log_waits_so_long_and_no_longer_and_leaves_nothing_behind(challenge, monkeypatch):
    monkeypatch.setattr(group_commit, "LONGEST_WAIT_SECONDS", 0.2)

    with one_under_way(challenge, sent(challenge, 10, uid="first")) as watch:
        with pytest.raises(DomainError) as refusal:
            group_commit.record(sent(challenge, 10, uid="late"))
        assert group_commit._queues[challenge.id] == []

    assert refusal.value.status == "busy"
    assert watch.answers["first"].status == "created"
    assert group_commit.record(sent(challenge, 10, uid="late")).status == "created"
    assert (group_commit._queues, value_of(challenge)) == ({}, 20)


@pytest.fixture
def short_lock_timeout(monkeypatch):
    """Connections as a server's are, but quicker."""
    monkeypatch.setitem(base._limits, "lock_timeout", 300)
    connections["default"].close_pool()
    connections["default"].close()
    yield
    connections["default"].close()
    connections["default"].close_pool()


@pytest.mark.postgres
def test_when_a_lock_is_stuck_all_who_wait_are_refused_after_one_timeout(challenge, short_lock_timeout):
    held, let_go, answers = threading.Event(), threading.Event(), {}

    def hold():
        with transaction.atomic():
            locks.lock_exclusive([challenge.id])
            held.set()
            let_go.wait(30)
        connections.close_all()

    def log(number):
        try:
            answers[number] = group_commit.record(sent(challenge, 10, uid=str(number), member=str(number)))
        except Exception as error:
            answers[number] = error
        connections.close_all()

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    assert held.wait(30)
    began = time.monotonic()
    senders = [threading.Thread(target=log, args=(number,), daemon=True) for number in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    took = time.monotonic() - began
    let_go.set()
    holder.join(30)

    assert refusals(answers) == set(range(8))
    assert took < 8 * 0.3  # as long as if each had waited after the other, at the most
    assert (group_commit._queues, ChallengeLog.objects.count()) == ({}, 0)
    assert group_commit.record(sent(challenge, 10)).status == "created"


@pytest.mark.postgres
def test_a_server_lets_few_wait_for_a_lock_that_is_stuck(challenge, monkeypatch):
    monkeypatch.setattr(locks.admission, "_installed", object())
    monkeypatch.setattr(locks, "_waits", {locks._key(challenge.id): [time.monotonic() - 1] * 2})
    other = make_challenge(name="Other")

    with pytest.raises(DomainError) as refusal:
        intake_of(challenge)

    assert refusal.value.status == "busy"
    assert intake_of(other).status == "created"


@pytest.mark.postgres
def test_after_a_wait_in_vain_one_at_a_time_tries_again(challenge, short_lock_timeout, monkeypatch):
    monkeypatch.setattr(locks.admission, "is_installed", lambda: True)
    key, held, let_go = locks._key(challenge.id), threading.Event(), threading.Event()

    def hold():
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
            held.set()
            let_go.wait(30)
        connections.close_all()

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    assert held.wait(30)
    with pytest.raises(OperationalError):
        intake_of(challenge)
    with monkeypatch.context() as another_waits:
        another_waits.setattr(locks, "_waits", {key: [time.monotonic()]})
        with pytest.raises(DomainError):
            intake_of(challenge)
    let_go.set()
    holder.join(30)

    assert intake_of(challenge).status == "created"
    assert (locks._in_vain, locks._waits) == (set(), {})


def intake_of(challenge):
    return group_commit.intake.record([sent(challenge, 10)])[0]
