"""A challenge that goes live takes the kept activities of its open window, once each."""

from datetime import timedelta

import pytest
from django.utils import timezone

from challenges.editing import service
from challenges.engine import activities, intake, kept_activities, kept_activities_impact
from challenges.engine.impact import Impact
from challenges.models import Activity, Challenge, ChallengeLog, KeptActivityRun
from members.domain import erasing
from members.models import Member
from rewards.models import RewardLog
from tests.builders import DAY, HOUR, NOW, breaches, entry, make_challenge, paid, progress_of, value_of

pytestmark = pytest.mark.django_db


class Nowhere:
    id = None


def keep(value=None, uid="order-1", member="alice", at=NOW - DAY, received_at=None, **fields):
    """Send an activity for every challenge that names it, a "purchase" unless said otherwise."""
    sent = entry(Nowhere, value, member=member, at=at, uid=uid, **fields)
    (outcome,) = activities.record([sent], at=received_at or at)
    assert not outcome.errors
    return outcome


def make_draft(**fields):
    return make_challenge(status="draft", activity_ids=["purchase"], **fields)


def go_live(challenge, at=NOW, **fields):
    challenge = Challenge.objects.get(id=challenge.id)
    challenge.status = "live"
    for name, value in fields.items():
        setattr(challenge, name, value)
    return service.save(challenge, at=at)


def reasons(challenge):
    logs = ChallengeLog.objects.filter(challenge=challenge).order_by("activity_at", "id")
    return [(log.unique_identifier, log.reason_code) for log in logs]


def test_activities_of_the_open_window_are_taken_once_and_no_others():
    keep(60, "last-month", at=NOW - 30 * DAY)
    keep(60, "in-window")
    keep(60, "other", activity_id="visit")
    challenge = go_live(make_draft())
    keep(60, "in-window", received_at=NOW)

    kept_activities.resume_all(NOW + DAY)

    assert reasons(challenge) == [("in-window", "")]
    assert value_of(challenge) == 60
    assert breaches() == []


def test_kept_activities_complete_and_pay_as_if_they_came_now():
    keep(300, "first", at=NOW - 2 * DAY)
    keep(300, "second", at=NOW - DAY)

    challenge = go_live(make_draft())

    assert progress_of(challenge).challenge_completed_at == NOW - DAY
    assert paid(challenge) == ["completion"]


def test_replay_answers_the_challenge_that_took_the_activity():
    older = make_challenge(activity_ids=["purchase"])
    keep(60)
    keep(20, "refund-1", reversal_of="order-1", at=NOW - HOUR)
    challenge = go_live(make_draft())

    again = keep(60, received_at=NOW)
    refund_again = keep(20, "refund-1", reversal_of="order-1", at=NOW - HOUR)

    for outcome in (again, refund_again):
        assert sorted(outcome.challenge_ids) == sorted([older.id, challenge.id])
        assert {one.status for one in outcome.outcomes} == {"replayed"}
    assert ChallengeLog.objects.filter(challenge=challenge).count() == 2


def test_kept_reversals_take_back_what_they_name():
    keep(60, "whole")
    keep(None, "refund-whole", reversal_of="whole", at=NOW - HOUR)
    keep(50, "part")
    keep(20, "refund-part", reversal_of="part", at=NOW - HOUR)

    challenge = go_live(make_draft())

    assert value_of(challenge) == 30
    assert {reason for _uid, reason in reasons(challenge)} == {""}
    assert breaches() == []


@pytest.mark.parametrize("target", [60, 100])
def test_what_was_refunded_before_is_due_to_nobody(target):
    draft = make_draft(completion_target_value=target)
    keep(100, "order-1", at=NOW - 2 * HOUR)
    keep(60, "order-2", at=NOW - HOUR)
    keep(None, "refund", reversal_of="order-1", at=NOW - HOUR)

    challenge = go_live(draft)

    assert (value_of(challenge), paid(challenge)) == (60, ["completion"] if target == 60 else [])
    assert breaches(NOW) == []


def test_a_refund_that_is_kept_without_its_order_acts_when_the_order_comes():
    draft = make_draft()
    keep(20, "refund-1", reversal_of="order-1", at=NOW - HOUR)
    challenge = go_live(draft)

    keep(60, received_at=NOW)

    assert (value_of(challenge), breaches(NOW)) == (40, [])


def test_a_kept_activity_without_a_value_is_stored_and_not_counted():
    draft = make_draft()
    keep(None)

    assert reasons(go_live(draft)) == [("order-1", "value_missing")]


def test_reversal_that_comes_later_takes_back_what_going_live_took():
    keep(60)
    challenge = go_live(make_draft())

    keep(None, "refund-1", reversal_of="order-1", at=NOW)

    assert value_of(challenge) == 0


def test_activities_of_erased_members_are_not_taken():
    keep(60)
    erasing.erase(Member.objects.get(external_id="alice"), at=NOW)

    challenge = go_live(make_draft())

    assert (reasons(challenge), Member.objects.count()) == ([], 1)


def test_start_and_end_are_judged_as_ever():
    keep(60, "early", at=NOW - 2 * DAY)
    keep(60, "inside", at=NOW - HOUR)

    challenge = go_live(make_draft(), starts_at=NOW - DAY)

    assert reasons(challenge) == [("early", "before_start"), ("inside", "")]


def test_challenge_whose_end_is_past_takes_none():
    keep(60)

    challenge = go_live(make_draft(), ends_at=NOW - HOUR)

    assert (reasons(challenge), KeptActivityRun.objects.count()) == ([], 0)


def test_naming_an_activity_later_and_resuming_take_none_of_the_past():
    keep(60)
    challenge = make_challenge(activity_ids=["visit"], at=NOW - HOUR)
    challenge.activity_ids, challenge.status = ["visit", "purchase"], "paused"
    service.save(challenge, at=NOW)

    go_live(challenge)

    assert reasons(challenge) == []


def test_what_would_pass_the_limit_of_a_sum_is_left_out_and_the_rest_taken(caplog):
    keep(99_999_999_999_999, "huge", at=NOW - 3 * HOUR)
    keep(99_999_999_999_999, "too-much", at=NOW - 2 * HOUR)
    keep(60, "usual", member="bob", at=NOW - HOUR)

    challenge = go_live(make_draft())

    assert reasons(challenge) == [("huge", ""), ("usual", "")]
    assert "sum_limit" in caplog.text
    run = KeptActivityRun.objects.get()
    assert (run.taken, run.refused, run.finished_at is None) == (2, 1, False)


@pytest.fixture
def interrupted(monkeypatch):
    """Going live took the first of five activities, and what should follow the commit did not."""
    monkeypatch.setattr(kept_activities, "ACTIVITIES_AT_ONCE", 1)
    for number in range(5):
        keep(10, f"order-{number}", at=NOW - (5 - number) * HOUR)
    challenge = go_live(make_draft())
    assert value_of(challenge) == 10
    return challenge


def test_interrupted_taking_is_resumed_where_it_stopped(interrupted):
    assert kept_activities.resume_all(NOW) is False
    assert value_of(interrupted) == 10

    kept_activities.resume_all(NOW + timedelta(seconds=1))

    assert value_of(interrupted) == 50
    assert KeptActivityRun.objects.get().taken == 5
    assert not KeptActivityRun.objects.filter(finished_at=None).exists()


def test_rest_is_taken_after_the_commit(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(kept_activities, "ACTIVITIES_AT_ONCE", 1)
    for number in range(3):
        keep(10, f"order-{number}")
    draft = make_draft()

    with django_capture_on_commit_callbacks(execute=True):
        challenge = go_live(draft)

    assert value_of(challenge) == 30


def test_log_of_the_same_identifier_in_the_meantime_is_kept_as_it_is(interrupted):
    """The same content is answered by a replay from then on, other content is left alone."""
    keep_log(interrupted, 10, "order-2", NOW - 3 * HOUR)
    keep_log(interrupted, 7, "order-3", NOW - 2 * HOUR)

    kept_activities.resume_all(NOW + DAY)

    assert value_of(interrupted) == 47
    taken = Activity.objects.filter(challenge_ids=[str(interrupted.id)]).order_by("unique_identifier")
    assert [row.unique_identifier for row in taken] == ["order-0", "order-1", "order-2", "order-4"]


def keep_log(challenge, value, uid, at):
    (outcome,) = intake.record([entry(challenge, value, uid=uid, at=at)], at=NOW)
    assert outcome.status == "created"


def test_activity_received_after_its_name_was_taken_out_is_not_taken(interrupted):
    edited = Challenge.objects.get(id=interrupted.id)
    edited.activity_ids = []
    service.save(edited, at=NOW)
    received_at = max(NOW, timezone.now()) + HOUR
    keep(99, "late", at=received_at)

    kept_activities.resume_all(received_at)

    assert value_of(interrupted) == 50


def test_archived_challenge_takes_the_rest_when_it_is_restored(interrupted):
    service.remove(interrupted, at=NOW)
    kept_activities.resume_all(NOW + DAY)
    kept_activities.advance(KeptActivityRun.objects.get().id)
    assert value_of(interrupted) == 10

    service.restore(Challenge.objects.get(id=interrupted.id), at=NOW)
    kept_activities.resume_all(NOW + DAY)

    assert value_of(interrupted) == 50


def impact(challenge, at=NOW, **fields):
    edited = Challenge.objects.get(id=challenge.id)
    edited.status = "live"
    for name, value in fields.items():
        setattr(edited, name, value)
    return service.impact(edited, at=at)


def test_impact_says_what_going_live_would_take_and_stores_nothing():
    keep(300, "first")
    keep(300, "second", at=NOW - HOUR)
    keep(60, "other", member="bob")
    keep(None, "refund", member="bob", reversal_of="other")
    draft = make_draft()

    told = impact(draft)

    assert told == Impact(2, 1, 1, 1, 0, 0, logs=3, rewards={None: 1})
    assert (ChallengeLog.objects.count(), RewardLog.objects.count()) == (0, 0)
    assert Challenge.objects.get().status == "draft"
    challenge = go_live(draft)
    assert (paid(challenge), paid(challenge, "bob")) == (["completion"], [])


def test_impact_above_what_is_tried_counts_activities_and_members_alone(monkeypatch):
    monkeypatch.setattr(kept_activities_impact, "ACTIVITIES_TRIED", 1)
    keep(300, "before-start", at=NOW - 2 * DAY)
    keep(300, "first")
    keep(60, "second")

    told = impact(make_draft(), starts_at=NOW - DAY - HOUR)

    assert told == Impact(1, None, None, None, 0, None, logs=2)
