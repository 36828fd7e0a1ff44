"""Activity that is taken back: whole, in parts, twice, of what did not count, and what becomes of rewards."""

import pytest

from challenges.editing import service
from challenges.engine import intake
from challenges.models import ChallengeLog
from rewards.models import RewardLog
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    entry,
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


def statuses(challenge):
    logs = RewardLog.objects.filter(challenge=challenge)
    return {log.milestone.name if log.milestone else "completion": log.status for log in logs}


def test_a_reversal_takes_all_of_its_original_back(challenge):
    log_activity(challenge, 150, uid="order-a")
    log_activity(challenge, 100)

    outcome = take_back(challenge, "order-a", uid="refund-a")

    assert (outcome.status, outcome.log.counted, outcome.log.counted_value) == ("created", True, -150_0000)
    assert (outcome.progress.value, value_of(challenge)) == (100_0000, 100)


def test_reversals_take_parts_until_nothing_is_left(challenge):
    log_activity(challenge, 150, uid="order-a")

    parts = [take_back(challenge, "order-a", part) for part in (50, "99.9999", None)]
    over = take_back(challenge, "order-a")

    assert [part.log.counted_value for part in parts] == [-50_0000, -99_9999, -1]
    assert refusal(over) == [("nothing_left", "reversal_of")]
    assert value_of(challenge) == 0


def test_a_reversal_of_more_than_is_left_is_refused(challenge):
    log_activity(challenge, 150, uid="order-a")
    take_back(challenge, "order-a", 100)

    outcome = take_back(challenge, "order-a", "50.0001")

    assert refusal(outcome) == [("more_than_left", "activity_value")]
    assert value_of(challenge) == 50


def test_a_reversal_is_idempotent(challenge):
    log_activity(challenge, 150, uid="order-a")
    first = take_back(challenge, "order-a", 50, uid="refund-a")

    again = take_back(challenge, "order-a", 50, uid="refund-a")
    whole = take_back(challenge, "order-a", uid="refund-b")
    whole_again = take_back(challenge, "order-a", uid="refund-b")

    assert (again.status, again.log.id) == ("replayed", first.log.id)
    assert (whole_again.status, whole_again.log.id) == ("replayed", whole.log.id)
    assert value_of(challenge) == 0


def test_a_reversal_under_a_known_identifier_is_a_conflict(challenge):
    log_activity(challenge, 150, uid="order-a")
    log_activity(challenge, 10, uid="order-b")

    outcome = take_back(challenge, "order-a", 10, uid="order-b")

    assert refusal(outcome) == [("duplicate_conflict", "reversal_of")]


def test_a_reversal_of_a_reversal_is_refused(challenge):
    log_activity(challenge, 150, uid="order-a")
    take_back(challenge, "order-a", uid="refund-a")

    assert refusal(take_back(challenge, "refund-a")) == [("reversal_of_reversal", "reversal_of")]


def test_a_reversal_of_an_unknown_log_is_refused(challenge):
    log_activity(challenge, 150, uid="order-a")
    log_activity(make_challenge(name="Other"), 150, uid="order-b")

    refusals = [
        refusal(take_back(challenge, "order-z")),
        refusal(take_back(challenge, "order-b")),
        refusal(take_back(challenge, "order-a", member="bob")),
        refusal(take_back(challenge, "order-a", member="stranger")),
    ]

    assert refusals == [[("unknown_original", "reversal_of")]] * 4


def test_a_reversal_of_a_log_that_did_not_count_is_stored_and_does_not_count(challenge):
    make_member(status="paused")
    log_activity(challenge, 150, uid="order-a")

    outcome = take_back(challenge, "order-a", 50)

    assert (outcome.status, outcome.log.counted, outcome.log.reason_code) == (
        "created",
        False,
        "original_not_counted",
    )
    assert ChallengeLog.objects.count() == 2


def test_a_reversal_takes_a_counted_visit_back_whole():
    visits = make_challenge(aggregation_method="count", completion_target_value=10)
    log_activity(visits, uid="visit-a")
    log_activity(visits)

    take_back(visits, "visit-a", "0.5")

    assert value_of(visits) == 1


def test_a_reversal_acts_on_the_originals_window_whenever_it_comes(challenge):
    log_activity(challenge, 150, uid="order-a")
    challenge.status = "paused"
    service.save(challenge, at=NOW)

    outcome = take_back(challenge, "order-a", at=NOW + 59 * DAY)

    assert (outcome.log.period_key, outcome.log.counted, value_of(challenge)) == ("2026-11", True, 0)


def test_a_refund_of_a_completing_order_keeps_completion_and_rewards_by_default(challenge):
    make_milestone(challenge, 200)
    log_activity(challenge, 500, uid="order-a")

    take_back(challenge, "order-a")

    assert statuses(challenge) == {"Spend 200": "issued", "completion": "issued"}
    assert progress_of(challenge).challenge_completed_at == NOW


def revoking(**fields):
    challenge = make_challenge(reversal_policy="revoke_unredeemed", **fields)
    for target in (100, 200):
        make_milestone(challenge, target)
    return challenge


def issued_targets(challenge):
    logs = RewardLog.objects.filter(challenge=challenge, status="issued")
    return sorted(log.milestone.milestone_target_value if log.milestone else 500 for log in logs)


def test_a_refund_revokes_what_the_value_no_longer_supports():
    challenge = revoking()
    log_activity(challenge, 500, uid="order-a")

    take_back(challenge, "order-a", 400)

    assert issued_targets(challenge) == [100]
    assert paid(challenge) == [100, 200, "completion"]


def test_a_refund_leaves_what_was_redeemed():
    challenge = revoking()
    log_activity(challenge, 150, uid="order-a")
    RewardLog.objects.update(status="redeemed", redeemed_at=NOW)

    take_back(challenge, "order-a")

    assert set(RewardLog.objects.values_list("status", flat=True)) == {"redeemed"}


def test_a_milestone_is_not_paid_twice_when_the_value_recovers():
    challenge = revoking()
    log_activity(challenge, 150, uid="order-a")
    take_back(challenge, "order-a")

    again = log_activity(challenge, 150)

    assert (again.issued, paid(challenge)) == ([], [100])
    assert RewardLog.objects.get().status == "revoked"


def test_a_batch_may_hold_an_order_and_its_refund():
    challenge = revoking()

    outcomes = intake.record(
        [entry(challenge, 150, uid="order-a"), entry(challenge, reversal_of="order-a", uid="refund-a")],
        at=NOW,
    )

    assert [outcome.status for outcome in outcomes] == ["created", "created"]
    assert (value_of(challenge), paid(challenge), issued_targets(challenge)) == (0, [100], [])


def test_a_refund_before_the_order_is_refused_and_may_come_again(challenge):
    early = take_back(challenge, "order-a", uid="refund-a")
    log_activity(challenge, 150, uid="order-a")

    later = take_back(challenge, "order-a", uid="refund-a", at=NOW + HOUR)

    assert (early.status, later.status, value_of(challenge)) == ("rejected", "created", 0)


def test_reversals_of_many_members_travel_together(challenge):
    members = [f"member-{n}" for n in range(50)]
    intake.record([entry(challenge, 10, member=member, uid="order-a") for member in members], at=NOW)

    outcomes = intake.record([entry(challenge, 4, member=m, reversal_of="order-a") for m in members], at=NOW)

    assert {outcome.status for outcome in outcomes} == {"created"}
    assert {value_of(challenge, member) for member in members} == {6}
