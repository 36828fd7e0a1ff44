"""32 writers at once: every sum right, every threshold paid once; without our locks the same race fails."""

import random
from collections import Counter

import pytest

from challenges.editing import service
from challenges.engine import activities, intake
from challenges.engine.manual_count import count_manually
from challenges.models import ChallengeLog, ChallengeProgress
from members.models import Member
from rewards.models import RewardLog
from tests.builders import (
    NOW,
    breaches,
    entry,
    log_activity,
    make_challenge,
    make_member,
    make_milestone,
    paid,
    refusal,
    take_back,
    value_of,
)
from tests.concurrency.naive_engine import NaiveEngine
from tests.concurrency.writers import at_once, without

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

WRITERS = 32
MEMBERS = [f"member-{n}" for n in range(20)]
MILESTONES = [100, 150, 200, 300, 400]


@pytest.fixture
def challenge():
    challenge = make_challenge()
    for target in MILESTONES:
        make_milestone(challenge, target)
    return challenge


def shuffled_orders(challenge, per_member=32, value=20):
    """For every member as many orders as there are writers: each member ends far past the target."""
    orders = [entry(challenge, value, member=member) for member in MEMBERS for _ in range(per_member)]
    random.Random(1).shuffle(orders)
    return orders


def sender(orders):
    return lambda: [intake.record([order], at=NOW)[0] for order in orders]


@pytest.mark.postgres
def test_every_threshold_is_paid_once_and_every_sum_is_right(challenge):
    orders = shuffled_orders(challenge)

    outcomes = at_once([sender(orders[n::WRITERS]) for n in range(WRITERS)])

    assert Counter(outcome.status for sent in outcomes for outcome in sent) == {"created": len(orders)}
    assert {value_of(challenge, member) for member in MEMBERS} == {640}
    assert {tuple(paid(challenge, member)) for member in MEMBERS} == {(*MILESTONES, "completion")}
    codes = RewardLog.objects.values_list("coupon_code", flat=True)
    assert (len(codes), len(set(codes)), breaches()) == (120, 120, [])


@pytest.mark.postgres
def test_the_same_race_without_lock_and_constraint_fails(challenge):
    """The negative control: were it to pass, the test above would show nothing."""
    orders = shuffled_orders(challenge)
    for member in ("alone", "at-once", *MEMBERS):
        make_member(member)
    naive = NaiveEngine(challenge)

    with without(RewardLog, "reward_log_paid_once"), without(ChallengeProgress, "progress_one_per_window"):
        naive.send([entry(challenge, 20, member="alone") for _ in range(32)])
        assert breaches() == []
        at_once([lambda n=n: naive.send(orders[n::WRITERS]) for n in range(WRITERS)])
        sums = {line[:1] for line in breaches()}
        # An order that reaches everything, sent by all at the same instant: every one of them pays.
        at_once([lambda: naive.send([entry(challenge, 500, member="at-once")]) for _ in range(WRITERS)])
        payments = {line[:1] for line in breaches()}

    assert "1" in sums
    assert "3" in payments


@pytest.mark.postgres
@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.long)])
def test_one_log_sent_at_the_same_instant_counts_once(challenge, rounds):
    for number in range(rounds):
        order = entry(challenge, 1, uid=f"order-{number}")

        outcomes = at_once([sender([order]) for _ in range(WRITERS)])

        seen = [(outcome.status, outcome.log.id) for (outcome,) in outcomes]
        assert Counter(status for status, _id in seen) == {"created": 1, "replayed": WRITERS - 1}
        assert len({id_ for _status, id_ in seen}) == 1
    assert (value_of(challenge), ChallengeLog.objects.count()) == (rounds, rounds)


@pytest.mark.postgres
@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.long)])
def test_one_of_two_bodies_sent_at_the_same_instant_wins(challenge, rounds):
    for number in range(rounds):
        bodies = [entry(challenge, 1, uid=f"order-{number}")] * (WRITERS - 1)
        bodies.append(entry(challenge, 2, uid=f"order-{number}"))

        outcomes = [outcome for (outcome,) in at_once([sender([body]) for body in bodies])]

        stored = ChallengeLog.objects.get(unique_identifier=f"order-{number}").activity_value
        same = [o for o, body in zip(outcomes, bodies, strict=True) if body.activity_value == stored * 10_000]
        others = [
            o for o, body in zip(outcomes, bodies, strict=True) if body.activity_value != stored * 10_000
        ]
        assert Counter(o.status for o in same) == Counter(["created"] + ["replayed"] * (len(same) - 1))
        assert {tuple(refusal(o)) for o in others} == {(("duplicate_conflict", "activity_value"),)}
    assert breaches() == []


@pytest.mark.postgres
def test_batches_in_any_order_of_members_never_deadlock(challenge):
    batches = []
    for writer in range(16):
        batch = [entry(challenge, 1, member=member) for member in MEMBERS * 5]
        batch += [entry(challenge, 2, member=member, uid="the-same") for member in MEMBERS]
        random.Random(writer).shuffle(batch)
        batches.append(batch)

    outcomes = at_once([lambda batch=batch: intake.record(batch, at=NOW) for batch in batches])

    statuses = Counter(outcome.status for sent in outcomes for outcome in sent)
    assert statuses == {"created": 16 * 100 + 20, "replayed": 15 * 20}
    assert {value_of(challenge, member) for member in MEMBERS} == {16 * 5 + 2}
    assert breaches() == []


@pytest.mark.postgres
def test_batches_that_enrol_the_same_people_make_each_once(challenge):
    people = [f"new-{n}" for n in range(50)]
    batches = [random.Random(n).sample(people, 50) for n in range(16)]

    at_once([
        lambda batch=batch: intake.record([entry(challenge, 1, member=m) for m in batch], at=NOW)
        for batch in batches
    ])  # fmt: skip

    assert Member.objects.count() == 50
    assert {value_of(challenge, member) for member in people} == {16}


@pytest.mark.postgres
def test_one_member_is_no_bottleneck_that_loses(challenge):
    outcomes = at_once(
        [sender([entry(challenge, "0.1") for _ in range(20)]) for _ in range(WRITERS)], seconds=90
    )

    assert (len(outcomes), value_of(challenge)) == (WRITERS, 64)


@pytest.mark.postgres
def test_reversals_at_the_same_instant_never_take_more_than_there_was(challenge):
    log_activity(challenge, 100, uid="order-a")

    outcomes = at_once([lambda: take_back(challenge, "order-a", 9) for _ in range(WRITERS)])

    taken = Counter(outcome.log.counted_value // 10_000 for outcome in outcomes)
    assert taken == {-9: 11, -1: 1, 0: WRITERS - 12}
    assert (value_of(challenge), breaches()) == (0, [])


@pytest.mark.postgres
@pytest.mark.parametrize("record", [intake.record, activities.record], ids=["logs", "activities"])
def test_an_order_and_its_refunds_at_the_same_instant_never_miss_each_other(challenge, record):
    challenge.activity_ids = ["purchase"]
    service.save(challenge, at=NOW)
    rounds = 100
    sent = [
        [
            entry(challenge, 10, member=f"m{n}", uid="order"),
            entry(challenge, 3, member=f"m{n}", uid="refund", reversal_of="order"),
            entry(challenge, 4, member=f"m{n}", uid="refund-2", reversal_of="order"),
        ]
        for n in range(rounds)
    ]

    for pair in sent:
        at_once([lambda one=one: record([one], at=NOW) for one in pair])

    assert {value_of(challenge, f"m{n}") for n in range(rounds)} == {3}
    assert breaches() == []


@pytest.mark.postgres
def test_batches_of_orders_and_refunds_against_each_other(challenge):
    for member in MEMBERS:
        log_activity(challenge, 100, member=member, uid="first")
    batches = []
    for writer in range(8):
        names = random.Random(writer).sample(MEMBERS, len(MEMBERS))
        batch = [entry(challenge, 1, member=member, reversal_of="first") for member in names]
        batches.append(batch + [entry(challenge, 5, member=member) for member in reversed(names)])

    outcomes = at_once([lambda batch=batch: intake.record(batch, at=NOW) for batch in batches])

    assert {outcome.status for sent in outcomes for outcome in sent} == {"created"}
    assert {value_of(challenge, member) for member in MEMBERS} == {100 + 8 * 4}
    assert breaches() == []


@pytest.mark.sqlite_only
def test_sqlite_as_shipped_holds_thirty_two_writers(challenge):
    orders = shuffled_orders(challenge, per_member=16, value=40)
    orders += orders[:64]

    outcomes = at_once([sender(orders[n::WRITERS]) for n in range(WRITERS)], seconds=100)

    statuses = Counter(outcome.status for sent in outcomes for outcome in sent)
    assert statuses == {"created": len(MEMBERS) * 16, "replayed": 64}
    assert {value_of(challenge, member) for member in MEMBERS} == {640}
    assert {tuple(paid(challenge, member)) for member in MEMBERS} == {(*MILESTONES, "completion")}
    assert breaches() == []


@pytest.mark.postgres
@pytest.mark.long
def test_the_storm(challenge):
    """docs/locking.md: 20,000 logs and 2,000 duplicates of 80 members: exactly 480 rewards and codes."""
    people = [f"storm-{n}" for n in range(80)]
    orders = [entry(challenge, "2.2", member=member) for member in people for _ in range(250)]
    orders += random.Random(2).sample(orders, 2000)
    random.Random(3).shuffle(orders)

    outcomes = at_once([sender(orders[n::WRITERS]) for n in range(WRITERS)], seconds=500)

    assert Counter(outcome.status for sent in outcomes for outcome in sent) == {
        "created": 20_000,
        "replayed": 2000,
    }
    assert {value_of(challenge, member) for member in people} == {550}
    assert RewardLog.objects.count() == len(set(RewardLog.objects.values_list("coupon_code"))) == 480
    assert breaches() == []


@pytest.mark.postgres
def test_two_clicks_at_the_same_instant_count_a_log_anyway_once(challenge):
    make_member(status="paused")
    log = log_activity(challenge, 100).log

    answers = at_once([lambda: count_manually([log.id], "Twice", None, NOW)[0] for _ in range(8)])

    assert Counter(answer.error and answer.error.code for answer in answers) == {
        None: 1,
        "counted_already": 7,
    }
    assert (value_of(challenge), breaches()) == (100, [])


@pytest.mark.postgres
def test_counting_anyway_beside_a_reversal_ends_as_one_after_the_other(challenge):
    make_member(status="paused")
    for number in range(10):
        log = log_activity(challenge, 10, uid=f"order-{number}").log

        counting, reversal = at_once([
            lambda log=log: count_manually([log.id], "Race", None, NOW)[0],
            lambda number=number: take_back(challenge, f"order-{number}"),
        ])  # fmt: skip

        first = counting.error is None
        assert reversal.log.counted is first
        assert first or counting.error.code == "reversed"
    assert breaches() == []
