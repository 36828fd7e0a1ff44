"""What logs do to progress: sums, windows, completion, and what becomes due, each once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from challenges.editing import service
from challenges.engine import intake
from challenges.models import ChallengeProgress
from challenges.queries.progress_summary import progress_status
from core.amounts import MAX_AMOUNT
from core.choices import ProgressStatus
from core.write_guard import bypassing_services
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
    take_back,
    value_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return make_challenge()


def test_a_first_log_starts_the_row_of_its_window(challenge):
    log_activity(challenge, 150)

    row = ChallengeProgress.objects.get()
    assert (row.period_key, row.current_progress_value, row.completion_target_value) == ("2026-11", 150, 500)
    assert (row.window_starts_at, row.window_ends_at) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert (row.challenge_started_at, row.challenge_completed_at) == (NOW, None)


def test_the_challenges_end_closes_the_window_before_the_calendar_does():
    challenge = make_challenge(ends_at=NOW + DAY)

    log_activity(challenge, 1)

    assert progress_of(challenge).window_ends_at == NOW + DAY


def test_a_row_starts_with_the_earliest_counted_activity(challenge):
    log_activity(challenge, 1)
    log_activity(challenge, 1, at=NOW - 3 * DAY)
    log_activity(challenge, 1, at=NOW - DAY)

    assert progress_of(challenge).challenge_started_at == NOW - 3 * DAY


def test_amounts_add_up_exactly(challenge):
    intake.record([entry(challenge, "0.1") for _ in range(1000)], at=NOW)
    log_activity(challenge, "99999999.9999")

    assert value_of(challenge) == Decimal("100000099.9999")


def test_the_largest_value_is_exact(challenge):
    log_activity(challenge, MAX_AMOUNT - 1)
    log_activity(challenge, "0.9999")

    assert value_of(challenge) == MAX_AMOUNT - 1 + Decimal("0.9999")


def test_each_window_has_a_row_of_its_own():
    daily = make_challenge(aggregation_period="daily", completion_target_value=100)

    log_activity(daily, 60, at=NOW)
    log_activity(daily, 60, at=NOW + DAY)
    log_activity(daily, 60, at=NOW + DAY + HOUR)

    rows = ChallengeProgress.objects.order_by("period_key")
    assert [(r.period_key, r.current_progress_value) for r in rows] == [
        ("2026-11-22", 60),
        ("2026-11-23", 120),
    ]
    assert paid(daily) == ["completion"]


@pytest.mark.parametrize(
    ("zone", "at", "key", "starts", "ends"),
    [
        # 25 hours: the night summer time ends.
        ("Europe/Berlin", "2026-10-25T12:00Z", "2026-10-25", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        # Midnight does not exist: the day begins at one.
        ("America/Santiago", "2026-09-06T12:00Z", "2026-09-06", "2026-09-06T04:00Z", "2026-09-07T03:00Z"),
        # Lord Howe moves its clocks by half an hour.
        ("Australia/Lord_Howe", "2026-04-05T03:00Z", "2026-04-05", "2026-04-04T13:00Z", "2026-04-05T13:30Z"),
    ],
)
def test_windows_follow_the_local_clock(zone, at, key, starts, ends):
    moment = datetime.fromisoformat(at)
    challenge = make_challenge(at=moment, aggregation_period="daily", time_zone=zone)

    log_activity(challenge, 1, at=moment)

    row = progress_of(challenge)
    assert row.period_key == key
    assert (row.window_starts_at, row.window_ends_at) == (
        datetime.fromisoformat(starts),
        datetime.fromisoformat(ends),
    )


# --- Thresholds -------------------------------------------------------------------------------------------


def test_a_milestone_pays_when_it_is_reached_and_not_before(challenge):
    make_milestone(challenge, 200)

    below = log_activity(challenge, "199.9999")
    at_it = log_activity(challenge, "0.0001")
    beyond = log_activity(challenge, 100)

    assert [len(outcome.issued) for outcome in (below, at_it, beyond)] == [0, 1, 0]
    assert at_it.issued[0].coupon_code == RewardLog.objects.get().coupon_code != ""
    assert RewardLog.objects.get().challenge_log_id == at_it.log.id


def test_one_log_pays_several_thresholds_lowest_first_completion_last(challenge):
    milestones = [make_milestone(challenge, target) for target in (400, 100, 200)]

    outcome = log_activity(challenge, 540)

    by_target = [milestones[place].id for place in (1, 2, 0)]
    assert [each.milestone_id for each in outcome.issued] == [*by_target, None]
    stored = RewardLog.objects.order_by("id").values_list("milestone", flat=True)
    assert list(stored) == [*by_target, None]


def test_a_milestone_equal_to_the_target_pays_beside_the_completion(challenge):
    make_milestone(challenge, 500)

    log_activity(challenge, 500)

    assert paid(challenge) == [500, "completion"]


def test_a_draft_or_paused_milestone_pays_nothing(challenge):
    make_milestone(challenge, 100, status="draft")
    make_milestone(challenge, 100, status="paused")

    assert log_activity(challenge, 150).issued == []


def test_a_milestone_pays_again_in_the_next_window(challenge):
    make_milestone(challenge, 200)

    log_activity(challenge, 200)
    log_activity(challenge, 200, at=NOW + 30 * DAY)

    assert paid(challenge) == [200, 200]


def test_a_milestone_that_went_live_after_the_window_closed_does_not_act_on_it(challenge):
    log_activity(challenge, 100)
    december = NOW + 9 * DAY
    make_milestone(challenge, 150, at=december)

    late = log_activity(challenge, 100, received_at=december + HOUR)

    assert (late.log.counted, late.issued) == (True, [])


def test_a_log_past_the_target_completes_and_the_value_stays_true(challenge):
    log_activity(challenge, 540)

    row = progress_of(challenge)
    assert (row.current_progress_value, row.challenge_completed_at) == (540, NOW)


def test_completion_is_the_time_of_the_newest_activity_counted_not_of_its_arrival(challenge):
    log_activity(challenge, 90, at=NOW - HOUR)

    crossing = log_activity(challenge, 410, at=NOW - 20 * HOUR, received_at=NOW + HOUR)

    assert progress_of(challenge).challenge_completed_at == NOW - HOUR
    assert crossing.progress.completed_at == NOW - HOUR


def test_what_was_taken_back_before_is_among_the_activity_of_a_completion(challenge):
    log_activity(challenge, 90, at=NOW - HOUR, uid="back")
    take_back(challenge, "back", at=NOW)

    log_activity(challenge, 500, at=NOW - 20 * HOUR, received_at=NOW + HOUR)

    assert progress_of(challenge).challenge_completed_at == NOW - HOUR


def test_a_completed_window_stays_completed_and_pays_once(challenge):
    log_activity(challenge, 500)

    more = log_activity(challenge, 500)

    assert (more.issued, paid(challenge)) == ([], ["completion"])
    assert progress_of(challenge).challenge_completed_at == NOW


def test_a_batch_finds_the_log_that_crossed_in_record_order(challenge):
    make_milestone(challenge, 100)
    moments = [NOW - HOUR, NOW - 3 * HOUR, NOW - 2 * HOUR]

    intake.record(
        [entry(challenge, 300, at=moments[0])] + [entry(challenge, 150, at=at) for at in moments[1:]], at=NOW
    )

    assert progress_of(challenge).challenge_completed_at == moments[0]


def test_a_batch_leaves_out_what_comes_after_the_log_that_crossed(challenge):
    sent = [entry(challenge, 500, at=NOW - 2 * HOUR), entry(challenge, 1, at=NOW - HOUR)]

    intake.record(sent, at=NOW)

    assert progress_of(challenge).challenge_completed_at == NOW - 2 * HOUR


def test_members_do_not_share_progress(challenge):
    log_activity(challenge, 300, member="alice")
    log_activity(challenge, 300, member="bob")

    assert (value_of(challenge, "alice"), value_of(challenge, "bob")) == (300, 300)
    assert RewardLog.objects.count() == 0


def test_a_paused_challenge_keeps_its_progress_and_goes_on_later(challenge):
    log_activity(challenge, 300)
    challenge.status = "paused"
    service.save(challenge, at=NOW)
    log_activity(challenge, 300)
    challenge.status = "live"
    service.save(challenge, at=NOW)

    log_activity(challenge, 200)

    assert (value_of(challenge), paid(challenge)) == (500, ["completion"])


def test_a_paused_member_keeps_progress(challenge):
    alice = make_member()
    log_activity(challenge, 300)
    alice.status = "paused"
    with bypassing_services("what a test needs"):
        alice.save()

    log_activity(challenge, 300)

    assert value_of(challenge) == 300


# --- Status: a fact of the row and the clock --------------------------------------------------------------
def status_of(row, at):
    return progress_status(row.challenge_completed_at, row.window_ends_at, at)


def test_status_walks_through_its_boundaries(challenge):
    log_activity(challenge, 300)
    row = progress_of(challenge)
    close = row.window_ends_at

    assert status_of(row, close - datetime.resolution) == ProgressStatus.IN_PROGRESS
    assert status_of(row, close) == ProgressStatus.FAILED
    log_activity(challenge, 200)
    assert status_of(progress_of(challenge), close + DAY) == ProgressStatus.COMPLETED


def test_a_late_log_inside_the_grace_turns_failed_into_completed(challenge):
    log_activity(challenge, 300)
    december = progress_of(challenge).window_ends_at + HOUR
    assert status_of(progress_of(challenge), december) == ProgressStatus.FAILED

    late = log_activity(challenge, 200, received_at=december)

    row = progress_of(challenge)
    assert status_of(row, december) == ProgressStatus.COMPLETED
    assert (row.challenge_completed_at, len(late.issued)) == (NOW, 1)


def test_a_completed_window_survives_its_reversal(challenge):
    log_activity(challenge, 500, uid="order-a")

    take_back(challenge, "order-a")

    row = progress_of(challenge)
    assert (row.current_progress_value, row.challenge_completed_at) == (0, NOW)
