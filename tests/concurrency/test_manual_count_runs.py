"""Runs of counting anyway at once, beside clicks, reversals and the shop's logs: each log counts once."""

import random
from collections import Counter
from itertools import chain

import pytest

from challenges.engine import intake, manual_count_runs
from challenges.engine.manual_count import count_manually
from challenges.engine.manual_count_runs import LogFilter, advance, start
from challenges.models import ChallengeLog, ManualCountRun
from rewards.models import RewardLog
from tests.builders import (
    HOUR,
    NOW,
    breaches,
    entry,
    log_activity,
    make_challenge,
    make_milestone,
    paid,
    take_back,
    value_of,
)
from tests.concurrency.writers import at_once

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

MEMBERS = [f"member-{n}" for n in range(10)]
LOGS_OF_EACH = 12


@pytest.fixture
def challenge():
    """Each member has logs of 100 each that came before the start, in another order than their keys."""
    challenge = make_challenge(starts_at=NOW - HOUR)
    for target in (200, 400):
        make_milestone(challenge, target)
    keys = [(member, number) for member in MEMBERS for number in range(LOGS_OF_EACH)]
    random.Random(4).shuffle(keys)
    entries = [
        entry(challenge, 100, member=member, at=NOW - 2 * HOUR - place * HOUR / 60, uid=f"order-{number}")
        for place, (member, number) in enumerate(keys)
    ]
    intake.record(entries, at=NOW)
    return challenge


@pytest.fixture(autouse=True)
def in_pieces(monkeypatch):
    monkeypatch.setattr(manual_count_runs, "LOGS_AT_ONCE", 7)


def runner(challenge):
    return lambda: start(challenge.id, LogFilter(), "At once", None, NOW)


def clicker(logs):
    return lambda: list(chain.from_iterable(count_manually([log.id], "At once", None, NOW) for log in logs))


def all_logs():
    logs = list(ChallengeLog.objects.filter(counted=False, reversal_of=""))
    random.Random(5).shuffle(logs)
    return logs


def test_runs_and_clicks_at_once_count_each_log_once(challenge):
    logs = all_logs()

    answers = at_once([*[runner(challenge) for _ in range(3)], clicker(logs[:40]), clicker(logs[20:60])])

    counted = sum(run.counted for run in answers[:3])
    counted += sum(answer.error is None for clicks in answers[3:] for answer in clicks)
    assert counted == len(logs) == ChallengeLog.objects.exclude(counts_anyway="").count()
    assert all(run.found == run.counted + run.refused == len(logs) for run in answers[:3])
    assert {value_of(challenge, member) for member in MEMBERS} == {100 * LOGS_OF_EACH}
    assert {tuple(paid(challenge, member)) for member in MEMBERS} == {(200, 400, "completion")}
    assert (RewardLog.objects.count(), breaches()) == (30, [])


def test_run_beside_reversals_and_new_logs_ends_as_one_after_the_other(challenge):
    def take_all_back(members):
        return lambda: [
            take_back(challenge, f"order-{number}", member=member)
            for member in members
            for number in range(LOGS_OF_EACH)
        ]

    def send(members):
        return lambda: [log_activity(challenge, 1, member=member) for member in members for _ in range(5)]

    run, *others = at_once(
        [runner(challenge), take_all_back(MEMBERS[:5]), take_all_back(MEMBERS[5:8]), send(MEMBERS)]
    )

    reversals = [outcome for outcomes in others[:2] for outcome in outcomes]
    taken_back = Counter(outcome.log.counted for outcome in reversals)
    # A reversal either found the log counted and took it back, or came first: then the log was refused.
    assert (run.counted, run.refused) == (len(MEMBERS) * LOGS_OF_EACH - taken_back[False], taken_back[False])
    assert {value_of(challenge, member) for member in MEMBERS[:8]} == {5}
    assert {value_of(challenge, member) for member in MEMBERS[8:]} == {100 * LOGS_OF_EACH + 5}
    assert breaches() == []


def test_one_run_that_many_go_on_with_has_totals_that_add_up(challenge, monkeypatch):
    monkeypatch.setattr(manual_count_runs, "LOGS_IN_REQUEST", 7)
    run = runner(challenge)()

    at_once([lambda: advance(run.id) for _ in range(4)])
    while advance(run.id):
        pass

    run = ManualCountRun.objects.get()
    assert (run.found, run.processed, run.counted, run.refused) == (120, 120, 120, 0)
    assert breaches() == []
