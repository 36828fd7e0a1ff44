"""Batches of orders and refunds, in whatever order, make the database report no deadlock (docs/locking.md).

The bar is PostgreSQL's own count of deadlocks, which a repeated transaction cannot hide.
"""

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from challenges.editing import service
from challenges.engine import activities, backfill, intake, locks
from challenges.models import ChallengeLog
from milestones.models import Milestone
from tests.builders import NOW, breaches, entry, make_challenge, make_milestone, make_reward, value_of
from tests.concurrency.writers import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

MEMBERS = [f"member-{n}" for n in range(40)]
SENDERS, BATCH, STRIDE = 6, 20, 15
ENTRANCES = {"log": "challenge_log", "activity": "activity"}


@pytest.fixture
def deadlocks(monkeypatch):
    """A function that answers the deadlocks since the test began: PostgreSQL's count, and those retried."""
    retried, retry, before = [], locks.retry, database_deadlocks()

    def noting(attempt):
        def once():
            try:
                return attempt()
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) == "40P01":
                    retried.append(str(error))
                raise

        return retry(once)

    monkeypatch.setattr(locks, "retry", noting)
    return lambda: (database_deadlocks() - before, retried)


def database_deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def reported(job):
    """The job, whose connection reports its statistics at the end instead of within seconds."""

    def run():
        try:
            return job()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_force_next_flush()")

    return run


def sent_at_once(*jobs, seconds=120):
    return at_once([reported(job) for job in jobs], seconds=seconds)


def test_order_and_refund_of_two_members_against_each_other(deadlocks):
    challenge, rounds = make_challenge(), 50
    refunded = [entry(challenge, 10, member=m, uid=f"early-{n}") for m in MEMBERS[:2] for n in range(rounds)]
    intake.record(refunded, at=NOW)
    statuses = Counter()

    for number in range(rounds):
        batches = [
            [
                entry(challenge, 20, member=buyer, uid=f"order-{number}"),
                entry(challenge, member=returner, uid=f"refund-{number}", reversal_of=f"early-{number}"),
            ]
            for buyer, returner in (MEMBERS[:2], MEMBERS[1::-1])
        ]
        answers = sent_at_once(*(lambda batch=batch: intake.record(batch, at=NOW) for batch in batches))
        statuses.update(outcome.status for outcomes in answers for outcome in outcomes)

    assert deadlocks() == (0, [])
    assert statuses == {"created": 4 * rounds}
    assert [value_of(challenge, member) for member in MEMBERS[:2]] == [20 * rounds] * 2
    assert breaches() == []


def test_new_members_and_refunds_by_both_entrances_against_each_other(deadlocks):
    """An activity that reaches nothing enrols its member after the originals are locked, as logs do."""
    challenge, rounds = make_challenge(activity_ids=["purchase"]), 50
    intake.record([entry(challenge, 10, member="old", uid=f"order-{n}") for n in range(rounds)], at=NOW)

    for number in range(rounds):
        refund = {"member": "old", "reversal_of": f"order-{number}"}
        new = {"member": f"new-{number}", "uid": "order"}
        sent_at_once(
            lambda: activities.record(
                [
                    entry(challenge, 1, uid=f"a-{number}", **refund),  # noqa: B023
                    entry(challenge, 1, activity_id="unnamed", **new),  # noqa: B023
                ],
                at=NOW,
            ),
            lambda: intake.record(
                [entry(challenge, 1, uid=f"b-{number}", **refund), entry(challenge, 1, **new)],  # noqa: B023
                at=NOW,
            ),
        )

    assert deadlocks() == (0, [])
    assert value_of(challenge, "old") == rounds * 8


class Night:
    """One night's records of 40 members: 4 orders and 2 refunds each, sent six times in six orders.

    By the log entrance two orders and a refund go to each challenge, by the activity entrance all to both.
    """

    def __init__(self, entrance):
        self.entrance, self.at = entrance, timezone.now() - timedelta(minutes=5)
        policies = ("keep", "revoke_unredeemed")
        self.challenges = [
            make_challenge(
                at=self.at - timedelta(days=40),
                completion_target_value=Decimal(350),
                reversal_policy=policy,
                activity_ids=["purchase"],
            )
            for policy in policies
        ]
        reward = make_reward(max_total=10_000)
        self.milestones = [make_milestone(challenge, 150, reward=reward) for challenge in self.challenges]
        self.records = [record for member in MEMBERS for record in self.records_of(member)]

    def records_of(self, member):
        orders = [self.record(member, f"order-{n}", n // 2, activityValue=100) for n in range(4)]
        whole = self.record(member, "refund-of-0", 0, reversalOf="order-0")
        part = self.record(member, "refund-of-2", 1, reversalOf="order-2", activityValue=30)
        return [*orders, whole, part]

    def record(self, member, uid, number, **fields):
        common = {
            "ownedById": member,
            "activityAt": self.at.isoformat(),
            "activityId": "purchase",
            "uniqueIdentifier": uid,
        }
        if self.entrance == "log":
            common["challengeId"] = str(self.challenges[number].id)
        return common | fields

    @property
    def values(self):
        """What every member ends with in each of the challenges."""
        return [100, 170] if self.entrance == "log" else [270, 270]

    def senders(self, make_api):
        return [self.sender(make_api("ingest"), number) for number in range(SENDERS)]

    def sender(self, api, number):
        """One that sends everything in an order of its own, in batches that overlap."""
        api.raise_request_exception = False
        records = random.Random(number).sample(self.records, len(self.records))
        batches = [records[start : start + BATCH] for start in range(0, len(records), STRIDE)]
        path = f"/schema/{ENTRANCES[self.entrance]}/record/batch"

        def send():
            answers = [api.post_json(path, {"records": batch}) for batch in batches]
            return Counter(answer.status_code for answer in answers), [
                outcome for answer in answers for outcome in answer.json().get("data", ())
            ]

        return send


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_one_night_by_six_senders(deadlocks, make_api, entrance):
    night = Night(entrance)

    answers = sent_at_once(*night.senders(make_api))

    assert deadlocks() == (0, [])
    check_night(night, answers)


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_one_night_beside_edits_that_pay(deadlocks, make_api, monkeypatch, entrance):
    """The milestones are lowered and raised meanwhile; each edit pays in many small transactions."""
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 7)
    night = Night(entrance)

    def edit():
        for aim in (90, 150, 60, 40, 150):
            for known in night.milestones:
                milestone = Milestone.objects.get(id=known.id)
                milestone.milestone_target_value = Decimal(aim)
                service.save_milestone(milestone, at=timezone.now())

    answers = sent_at_once(edit, *night.senders(make_api))

    assert deadlocks() == (0, [])
    check_night(night, answers[1:])


def check_night(night, answers):
    assert {status for statuses, _outcomes in answers for status in statuses} == {200}
    outcomes = [outcome for _statuses, outcomes in answers for outcome in outcomes]
    assert "rejected" not in {outcome["status"] for outcome in outcomes}
    reached = len(night.records) * (1 if night.entrance == "log" else len(night.challenges))
    assert ChallengeLog.objects.filter(counts_anyway="").count() == reached
    held = [{value_of(challenge, member) for member in MEMBERS} for challenge in night.challenges]
    assert held == [{value} for value in night.values]
    assert breaches(timezone.now()) == []
