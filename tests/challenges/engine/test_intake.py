"""From entries to stored logs: the table "One activity log" of docs/rules.md, row by row, and batches."""

from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from challenges.editing import service
from challenges.engine import intake
from challenges.models import ChallengeLog, ChallengeProgress
from core.amounts import MAX_AMOUNT
from core.errors import DomainError
from members.models import Member
from rewards.models import RewardLog
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    breaches,
    delete_rewards,
    entry,
    ledger,
    log_activity,
    make_challenge,
    make_member,
    make_milestone,
    paid,
    progress_of,
    refusal,
    take_back,
    value_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return make_challenge()


def test_record_counts_an_activity(challenge):
    outcome = log_activity(challenge, "19.99")

    assert (outcome.status, outcome.log.counted, outcome.log.counted_value) == ("created", True, 19_9900)
    assert outcome.progress.value == 19_9900
    assert value_of(challenge) == Decimal("19.99")


def test_record_replays_the_same_identifier_and_content(challenge):
    first = log_activity(challenge, 150, uid="order-a")

    again = log_activity(challenge, "150.00", uid="order-a", received_at=NOW + HOUR)

    assert (again.status, again.log.id, again.log.counted) == ("replayed", first.log.id, True)
    assert value_of(challenge) == 150


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"value": 151}, ["activity_value"]),
        ({"at": NOW - HOUR}, ["activity_at"]),
        ({"activity_id": "visit"}, ["activity_id"]),
        ({"value": None, "activity_id": "visit"}, ["activity_id", "activity_value"]),
    ],
)
def test_record_refuses_the_same_identifier_with_other_content(challenge, changed, fields):
    log_activity(challenge, 150, uid="order-a")

    outcome = log_activity(challenge, uid="order-a", received_at=NOW, **{"value": 150} | changed)

    assert refusal(outcome) == [("duplicate_conflict", field) for field in fields]
    assert {error.status for error in outcome.errors} == {"conflict"}
    assert ChallengeLog.objects.count() == 1


def test_record_replays_whatever_the_profile(challenge):
    log_activity(challenge, 150, uid="order-a", profile={"first_name": "Alice"})

    again = log_activity(challenge, 150, uid="order-a", profile={"first_name": "Bob"})

    assert again.status == "replayed"
    assert Member.objects.get().first_name == "Alice"


def test_record_replays_what_would_be_refused_today(challenge):
    first = log_activity(challenge, 150, uid="order-a")

    too_old = log_activity(challenge, 150, uid="order-a", received_at=NOW + 61 * DAY)
    service.remove(challenge, at=NOW + DAY)
    archived = log_activity(challenge, 150, uid="order-a", received_at=NOW + DAY)

    assert [too_old.log.id, archived.log.id] == [first.log.id] * 2
    assert [too_old.status, archived.status] == ["replayed"] * 2


def test_record_replays_a_log_that_did_not_count_as_it_was_judged(challenge):
    pause(challenge, "paused")
    first = log_activity(challenge, 150, uid="order-a")
    pause(challenge, "live")

    again = log_activity(challenge, 150, uid="order-a")

    assert (first.log.reason_code, again.log.reason_code) == ("challenge_paused", "challenge_paused")
    assert (again.status, ChallengeProgress.objects.count()) == ("replayed", 0)


def pause(challenge, status):
    challenge.status = status
    service.save(challenge, at=NOW)


def test_record_takes_the_same_identifier_for_another_member_and_challenge(challenge):
    other = make_challenge(name="Other")

    outcomes = [
        log_activity(challenge, 10, uid="order-a"),
        log_activity(challenge, 10, uid="order-a", member="bob"),
        log_activity(other, 10, uid="order-a"),
    ]

    assert [outcome.status for outcome in outcomes] == ["created"] * 3


def test_record_refuses_and_stores_nothing(challenge):
    draft = make_challenge(status="draft")
    removed = make_challenge()
    service.remove(removed, at=NOW)

    refusals = [
        refusal(log_activity(challenge, 1, at=NOW + HOUR, received_at=NOW)),
        refusal(log_activity(challenge, 1, at=NOW - 61 * DAY, received_at=NOW)),
        refusal(log_activity(removed, 1)),
        refusal(log_activity(draft, 1)),
        refusal(log_activity(challenge)),
        refusal(log_activity(challenge, -1)),
    ]

    assert refusals == [
        [("activity_in_future", "activity_at")],
        [("activity_too_old", "activity_at")],
        [("unknown_challenge", "challenge")],
        [("challenge_not_live", "challenge")],
        [("required", "activity_value")],
        [("negative_value", "activity_value")],
    ]
    assert (ChallengeLog.objects.count(), Member.objects.count()) == (0, 0)


def test_record_does_not_burn_the_identifier_of_a_refused_log(challenge):
    log_activity(challenge, -1, uid="order-a")

    assert log_activity(challenge, 1, uid="order-a").status == "created"


@pytest.mark.parametrize(
    ("reason", "fields", "member"),
    [
        ("challenge_paused", {"status": "paused"}, "live"),
        ("member_paused", {}, "paused"),
        ("before_start", {"starts_at": NOW + HOUR}, "live"),
        ("after_end", {"ends_at": NOW - HOUR}, "live"),
    ],
)
def test_record_stores_what_does_not_count(reason, fields, member):
    challenge = make_challenge(at=NOW - 2 * DAY, **fields)
    make_member(status=member)

    outcome = log_activity(challenge, 500)

    stored = ChallengeLog.objects.get()
    assert (outcome.status, outcome.progress, outcome.issued) == ("created", None, [])
    assert (stored.counted, stored.reason_code, stored.counted_value) == (False, reason, 0)
    assert (ChallengeProgress.objects.count(), RewardLog.objects.count()) == (0, 0)


def test_record_counts_within_the_late_grace_and_not_after(challenge):
    daily = make_challenge(aggregation_period="daily", late_grace_hours=1)
    midnight = NOW + 12 * HOUR

    within = log_activity(daily, 1, received_at=midnight + HOUR)
    after = log_activity(daily, 1, received_at=midnight + HOUR + HOUR)

    assert [within.log.reason_code, after.log.reason_code] == ["", "window_closed"]


def test_record_counts_activity_from_before_the_challenge_went_live():
    challenge = make_challenge(at=NOW)

    assert log_activity(challenge, 5, at=NOW - 20 * DAY, received_at=NOW).log.counted is True


def test_record_enrols_an_unknown_member_with_the_profile(challenge):
    log_activity(challenge, 1, member="carol", profile={"first_name": "Carol", "email": "carol@example.com"})

    carol = Member.objects.get()
    assert (carol.external_id, carol.first_name, carol.email) == ("carol", "Carol", "carol@example.com")


def test_record_keeps_an_ignored_value_with_count():
    visits = make_challenge(aggregation_method="count", completion_target_value=10)

    log_activity(visits, 70, uid="a")
    log_activity(visits, uid="b")

    logs = ChallengeLog.objects.order_by("unique_identifier")
    assert list(logs.values_list("activity_value", flat=True)) == [70, None]
    assert value_of(visits) == 2


def test_record_refuses_what_would_pass_the_limit_of_a_sum(challenge):
    log_activity(challenge, MAX_AMOUNT)

    past = log_activity(challenge, "0.0001")

    assert refusal(past) == [("sum_limit", "activity_value")]
    assert (value_of(challenge), ChallengeLog.objects.count()) == (MAX_AMOUNT, 1)


def test_record_refuses_only_what_passes_the_limit_in_a_batch(challenge):
    batch = [
        entry(challenge, MAX_AMOUNT),
        entry(challenge, 1),
        entry(challenge, 2, member="bob"),
        entry(challenge, 0),
        entry(challenge, 3, uid="twice"),
        entry(challenge, 3, uid="twice"),
    ]

    outcomes = intake.record(batch, at=NOW)

    statuses = [outcome.status for outcome in outcomes]
    assert statuses == ["created", "rejected", "created", "created", "rejected", "rejected"]
    assert [refusal(outcomes[place]) for place in (1, 4, 5)] == [[("sum_limit", "activity_value")]] * 3
    assert (value_of(challenge), value_of(challenge, "bob")) == (MAX_AMOUNT, 2)


def test_record_finds_room_under_the_limit_that_a_reversal_in_the_batch_makes(challenge):
    log_activity(challenge, MAX_AMOUNT, uid="big")

    outcomes = intake.record(
        [entry(challenge, 5), entry(challenge, reversal_of="big"), entry(challenge, 7)], at=NOW
    )

    assert [outcome.status for outcome in outcomes] == ["created", "created", "created"]
    assert value_of(challenge) == 12


def test_record_answers_a_batch_in_order_and_lets_no_record_spoil_another(challenge):
    batch = [
        entry(challenge, 100, uid="a"),
        entry(challenge, -1, uid="b"),
        entry(challenge, 100, uid="a"),
        entry(challenge, 101, uid="a"),
        entry(challenge, 7, member="bob"),
    ]

    outcomes = intake.record(batch, at=NOW)

    assert [o.status for o in outcomes] == ["created", "rejected", "replayed", "rejected", "created"]
    assert refusal(outcomes[3]) == [("duplicate_conflict", "activity_value")]
    assert (value_of(challenge), value_of(challenge, "bob")) == (100, 7)


def test_record_keeps_a_refusal_that_came_before_the_good_entry(challenge):
    outcomes = intake.record([entry(challenge, -1, uid="a"), entry(challenge, 1, uid="a")], at=NOW)

    assert refusal(outcomes[0]) == [("negative_value", "activity_value")]
    assert outcomes[1].status == "created"


def test_record_changes_nothing_when_a_batch_comes_again(challenge):
    make_milestone(challenge, 200)
    batch = [entry(challenge, 90, uid=f"order-{n}") for n in range(5)]
    intake.record(batch, at=NOW)
    before = ledger()

    again = intake.record(batch, at=NOW + HOUR)

    assert [outcome.status for outcome in again] == ["replayed"] * 5
    assert ledger() == before


def test_record_names_the_log_that_caused_each_reward_in_a_batch(challenge):
    make_milestone(challenge, 200)
    batch = [entry(challenge, 150, uid="a"), entry(challenge, 100, uid="b"), entry(challenge, 250, uid="c")]

    outcomes = intake.record(batch, at=NOW)

    assert [len(outcome.issued) for outcome in outcomes] == [0, 1, 1]
    causes = RewardLog.objects.order_by("id").values_list("challenge_log__unique_identifier", flat=True)
    assert list(causes) == ["b", "c"]


def test_record_needs_as_many_statements_for_a_thousand_as_for_one(challenge, django_assert_num_queries):
    log_activity(challenge, 1)  # the rules are read once, the member is known
    intake.record([entry(challenge, 1, member=f"m{n}") for n in range(1000)], at=NOW)

    # The transaction's two ends, the stamp of the rules, members, logs, progress; on PostgreSQL the lock too.
    statements = 7 if connection.vendor == "postgresql" else 6
    with django_assert_num_queries(statements):
        log_activity(challenge, 1)
    with django_assert_num_queries(statements):
        intake.record([entry(challenge, 1, member=f"m{n}") for n in range(1000)], at=NOW)


def test_all_doors_store_the_same_rows():
    ledgers = []
    for number, channel in enumerate((by_single, by_batch, by_orm)):
        challenge = make_challenge(name="Same")
        make_milestone(challenge, 200)
        make_milestone(challenge, 300)
        channel(challenge, f"member-{number}")
        ledgers.append(clean(ledger(), f"member-{number}"))

    assert ledgers[0] == ledgers[1] == ledgers[2]


ACTIVITIES = [("a", 150, ""), ("b", "60.5", ""), ("c", 400, ""), ("r", 100, "c")]


def by_single(challenge, member):
    for uid, value, reversal_of in ACTIVITIES:
        log_activity(challenge, value, member=member, uid=uid, reversal_of=reversal_of)


def by_batch(challenge, member):
    entries = [entry(challenge, v, member=member, uid=uid, reversal_of=r) for uid, v, r in ACTIVITIES]
    intake.record(entries, at=NOW)


def by_orm(challenge, member):
    owner = make_member(member)
    for uid, value, reversal_of in ACTIVITIES:
        ChallengeLog(
            member=owner,
            challenge=challenge,
            unique_identifier=uid,
            activity_at=NOW,
            activity_id="purchase",
            activity_value=value,
            reversal_of=reversal_of,
        ).save()


def clean(ledgers, member):
    return [sorted(row.replace(member, "M") for row in rows if member in row) for rows in ledgers]


def test_saving_by_the_orm_refuses_what_the_api_refuses(challenge):
    log = ChallengeLog(
        member=make_member(),
        challenge=challenge,
        unique_identifier="a",
        activity_at=NOW,
        activity_id="purchase",
    )

    with pytest.raises(DomainError) as refused:
        log.save()

    assert (refused.value.code, ChallengeLog.objects.count()) == ("required", 0)


def test_saving_a_stored_log_again_is_an_error(challenge):
    log_activity(challenge, 1)

    with pytest.raises(TypeError):
        ChallengeLog.objects.get().save()


# --- A batch ends as its entries one by one ---------------------------------------------------------------

NAMES = ["a", "b", "c", "d"]
VALUES = st.sampled_from([0, 1, 30, 70, 100, 250])
ACTIVITY = st.tuples(st.sampled_from(NAMES), VALUES, st.just(""))
REVERSAL = st.tuples(
    st.sampled_from(["r", "s", "t", *NAMES]),
    st.one_of(st.none(), VALUES),
    st.sampled_from(NAMES),
)
MEMBERS = st.sampled_from(["alice", "bob"])
BATCHES = st.lists(st.tuples(MEMBERS, st.one_of(ACTIVITY, REVERSAL)), max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=BATCHES, policy=st.sampled_from(["keep", "revoke_unredeemed"]))
def test_a_batch_ends_as_its_entries_one_by_one(db, batch, policy):
    # What reverses a reversal of its batch is refused wherever it stands.
    reversals = {(member, uid) for member, (uid, _value, reversal_of) in batch if reversal_of}
    assume(not any((member, reversal_of) in reversals for member, (_uid, _value, reversal_of) in batch))
    together = make_challenge(name="Same", reversal_policy=policy, completion_target_value=250)
    apart = make_challenge(name="Same", reversal_policy=policy, completion_target_value=250)
    for each in (together, apart):
        make_milestone(each, 100)

    at_once = intake.record([_entry(together, *each, "1") for each in batch], at=NOW)
    one_by_one = {
        index: intake.record([_entry(apart, *batch[index], "2")], at=NOW)[0]
        for index in _originals_first(batch)
    }

    assert [_seen(outcome) for outcome in at_once] == [_seen(one_by_one[n]) for n in range(len(batch))]
    assert _ledger_of("1") == _ledger_of("2")
    delete_rewards()
    ChallengeProgress.objects.all().delete()
    ChallengeLog.with_placeholders.all().delete()


def _originals_first(batch):
    """The indexes in the order in which entries act: a reversal that is too early follows its original."""
    first = {}
    for index, (member, (uid, _value, reversal_of)) in enumerate(batch):
        if not reversal_of:
            first.setdefault((member, uid), index)
    place = {
        index: max(index, first.get((member, reversal_of), index)) if reversal_of else index
        for index, (member, (_uid, _value, reversal_of)) in enumerate(batch)
    }
    return sorted(place, key=lambda index: (place[index], bool(batch[index][1][2]) and place[index] > index))


def _entry(challenge, member, sent, suffix):
    uid, value, reversal_of = sent
    return entry(challenge, value, member=member + suffix, uid=uid, reversal_of=reversal_of)


def _seen(outcome):
    return outcome.status, refusal(outcome), outcome.log and outcome.log.counted_value


def _ledger_of(suffix):
    names = [name + suffix for name in ("alice", "bob")]
    return [
        sorted(row.replace(name, name[:-1]) for name in names for row in rows if f"'{name}'" in row)
        for rows in ledger()
    ]


# --- The order of activities does not matter --------------------------------------------------------------


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.permutations([10, 20, 45, 60, 65, 100, 200]), cut=st.integers(0, 7))
def test_any_permutation_ends_in_the_same_value_and_rewards(db, values, cut):
    challenge = make_challenge()
    for target in (50, 100, 300):
        make_milestone(challenge, target)

    intake.record([entry(challenge, value, uid=f"v{value}") for value in values[:cut]], at=NOW)
    for value in values[cut:]:
        log_activity(challenge, value, uid=f"v{value}")

    assert (value_of(challenge), paid(challenge)) == (500, [50, 100, 300, "completion"])
    assert progress_of(challenge).challenge_completed_at == NOW
    delete_rewards()


def test_reversals_of_a_batch_find_their_original_wherever_it_stands(challenge):
    outcomes = intake.record(
        [
            entry(challenge, 20, reversal_of="a", uid="early"),
            entry(challenge, 100, uid="a"),
            entry(challenge, 30, reversal_of="a", uid="part"),
            entry(challenge, 30, reversal_of="a", uid="part"),
            entry(challenge, 70, reversal_of="a", uid="rest"),
            entry(challenge, 50, uid="b"),
        ],
        at=NOW,
    )

    statuses = [outcome.status for outcome in outcomes]
    assert statuses == ["created", "created", "created", "replayed", "created", "created"]
    assert [outcome.log.counted_value for outcome in outcomes if outcome.log.reversal_of] == [
        -20_0000, -30_0000, -30_0000, -50_0000,
    ]  # fmt: skip
    assert value_of(challenge) == 50
    assert take_back(challenge, "a").log.reason_code == "nothing_left"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(9)), cut=st.integers(0, 9), counting=st.booleans())
def test_any_permutation_of_orders_and_refunds_ends_in_the_same_value(db, order, cut, counting):
    method = "count" if counting else "sum"
    challenge = make_challenge(aggregation_method=method, completion_target_value=2 if counting else 100)
    make_milestone(challenge, 1 if counting else 50)
    logs = [entry(challenge, value, uid=f"v{value}") for value in (10, 20, 45, 60)]
    refunds = [("v10", None), ("v20", 5), ("v20", 30), ("v45", 40), ("v45", 4)]
    logs += [entry(challenge, value, uid=f"r{n}", reversal_of=of) for n, (of, value) in enumerate(refunds)]

    intake.record([logs[index] for index in order[:cut]], at=NOW)
    for index in order[cut:]:
        intake.record([logs[index]], at=NOW)

    # Of 10 and of 20 nothing is left, of 45 is 1, of 60 all.
    assert (value_of(challenge), breaches()) == (2 if counting else 61, [])
    delete_rewards()
    ChallengeProgress.objects.all().delete()
    ChallengeLog.with_placeholders.all().delete()
