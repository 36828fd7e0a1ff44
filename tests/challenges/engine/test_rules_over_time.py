"""Rules that change while members are under way: every window is judged by its own rule version."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from challenges.editing import service
from challenges.engine import backfill
from challenges.maintenance import repair
from challenges.models import Challenge, ChallengeLog, ChallengeProgress, RuleVersion
from core.errors import DomainError
from core.ids import uuid7
from milestones.models import Milestone
from rewards.models import RewardLog
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    breaches,
    log_activity,
    make_challenge,
    make_milestone,
    paid,
    progress_of,
    take_back,
)

pytestmark = pytest.mark.django_db
YESTERDAY = NOW - DAY


def edit(challenge, at=NOW, **fields):
    challenge = Challenge.objects.get(id=challenge.id)
    for name, value in fields.items():
        setattr(challenge, name, value)
    return service.save(challenge, at=at)


def edit_milestone(milestone, at=NOW, **fields):
    milestone = Milestone.objects.get(id=milestone.id)
    for name, value in fields.items():
        setattr(milestone, name, value)
    return service.save_milestone(milestone, at=at)


def state(challenge, member, at=NOW):
    """What invariant 10 compares: value, target, completed, and what was paid."""
    row = progress_of(challenge, member)
    completed = row.challenge_completed_at is not None
    return (
        row.current_progress_value,
        row.completion_target_value,
        row.window_ends_at,
        completed,
        paid(challenge, member),
    )


def assert_sound(at=NOW):
    assert breaches(at) == []


@pytest.fixture
def daily():
    return make_challenge(at=NOW - 9 * DAY, aggregation_period="daily", completion_target_value=Decimal(100))


def test_a_closed_window_keeps_its_target_and_locks_the_zone(daily):
    log_activity(daily, 80, at=YESTERDAY)
    edit(daily, completion_target_value=Decimal(50))

    with pytest.raises(DomainError) as refused:
        edit(daily, time_zone="Asia/Tokyo")

    assert [(e.code, e.field) for e in refused.value.errors] == [("rule_locked", "time_zone")]
    log_activity(daily, 0, at=YESTERDAY, received_at=NOW)
    assert state(daily, "alice")[:2] == (80, 100)
    assert paid(daily) == []
    assert_sound()


@pytest.mark.parametrize(
    "edited", ["target lowered", "target raised", "milestone lowered", "milestone added"]
)
def test_who_had_a_row_and_who_had_none_are_judged_alike(daily, edited):
    milestone = make_milestone(daily, 60, at=NOW - 9 * DAY)
    log_activity(daily, 30, at=YESTERDAY, member="with-row")
    match edited:
        case "target lowered":
            edit(daily, completion_target_value=Decimal(70))
        case "target raised":
            edit(daily, completion_target_value=Decimal(200))
        case "milestone lowered":
            edit_milestone(milestone, milestone_target_value=Decimal(20))
        case "milestone added":
            make_milestone(daily, 20, at=NOW)

    for member, values in (("with-row", [45]), ("without-row", [30, 45])):
        for value in values:
            log_activity(daily, value, at=YESTERDAY, received_at=NOW + HOUR, member=member)

    assert state(daily, "with-row") == state(daily, "without-row")
    assert state(daily, "with-row")[:2] == (75, 100)
    assert paid(daily, "with-row") == [60 if edited != "milestone lowered" else 20]
    assert RewardLog.objects.first().achieved_target_value == 60
    assert_sound(NOW + HOUR)


NOVEMBER_12 = datetime(2026, 11, 12, 12, tzinfo=UTC)
NOVEMBER_20 = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def lowered_then_ended():
    """Lowered to 300 on the 12th, which pays alice; ended on the 20th as of the 10th. Bob stands at 250."""
    challenge = make_challenge(at=datetime(2026, 11, 1, tzinfo=UTC))
    log_activity(challenge, 350, at=NOVEMBER_12 - DAY, member="alice")
    log_activity(challenge, 250, at=NOVEMBER_12 - DAY, member="bob")
    edit(challenge, at=NOVEMBER_12, completion_target_value=Decimal(300))
    edit(challenge, at=NOVEMBER_20, ends_at=datetime(2026, 11, 10, tzinfo=UTC))
    return challenge


def test_an_end_in_the_past_takes_nothing_back(lowered_then_ended):
    challenge = lowered_then_ended

    assert state(challenge, "alice") == (350, 300, NOVEMBER_20, True, ["completion"])
    assert state(challenge, "bob") == (250, 300, NOVEMBER_20, False, [])
    assert_sound(NOVEMBER_20 + HOUR)


def test_the_same_comes_of_logs_of_a_recount_and_of_a_replay(lowered_then_ended):
    challenge = lowered_then_ended
    before = [state(challenge, member) for member in ("alice", "bob")]
    ChallengeProgress.objects.update(current_progress_value=1)

    repair.repair_challenge(challenge, NOVEMBER_20 + HOUR)

    assert [state(challenge, member) for member in ("alice", "bob")] == before
    assert_sound(NOVEMBER_20 + HOUR)


def test_clearing_the_end_reopens_for_everybody_at_once(lowered_then_ended):
    challenge = lowered_then_ended
    december = datetime(2026, 12, 1, tzinfo=UTC)

    edit(challenge, at=NOVEMBER_20 + HOUR, ends_at=None)

    assert state(challenge, "alice") == (350, 300, december, True, ["completion"])
    assert state(challenge, "bob") == (250, 300, december, False, [])
    log_activity(challenge, 50, at=NOVEMBER_20 + 2 * HOUR, member="bob")
    assert state(challenge, "bob")[3:] == (True, ["completion"])
    assert_sound(NOVEMBER_20 + 3 * HOUR)


def test_reopening_pays_what_was_edited_while_it_was_closed(lowered_then_ended):
    challenge = lowered_then_ended
    make_milestone(challenge, 200, at=NOVEMBER_20 + HOUR)
    assert paid(challenge, "bob") == []

    edit(challenge, at=NOVEMBER_20 + DAY, ends_at=NOVEMBER_20 + 3 * DAY)

    assert (paid(challenge, "alice"), paid(challenge, "bob")) == ([200, "completion"], [200])
    assert progress_of(challenge, "bob").window_ends_at == NOVEMBER_20 + 3 * DAY
    assert_sound(NOVEMBER_20 + DAY)


def test_status_goes_by_the_version_until_every_row_is_reached(lowered_then_ended, api, monkeypatch):
    challenge = lowered_then_ended
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 1)
    monkeypatch.setattr(backfill, "finish_backfill", lambda *args, **options: None)
    edit(challenge, at=NOVEMBER_20 + HOUR, ends_at=None)
    late = ChallengeProgress.objects.get(window_ends_at=NOVEMBER_20)

    record = api.get(f"/schema/challenge_progress/record/{late.id}").json()["data"]

    assert record["windowEndsAt"] == "2026-12-01T00:00:00Z"


@pytest.mark.parametrize("status", ["failed", "in_progress"])
def test_filters_go_by_the_version_until_every_row_is_reached(api, monkeypatch, status):
    now = timezone.now()
    challenge = make_challenge(at=now - DAY, aggregation_period="monthly", time_zone="UTC")
    for member in ("alice", "bob"):
        log_activity(challenge, 1, at=now, member=member)
    if status == "in_progress":
        edit(challenge, at=now, ends_at=now - HOUR)
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 1)
    monkeypatch.setattr(backfill, "finish_backfill", lambda *args, **options: None)

    edit(challenge, at=now + timedelta(seconds=1), ends_at=now - HOUR if status == "failed" else None)

    assert ChallengeProgress.objects.values("window_ends_at").distinct().count() == 2
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(seconds=2))
    listed = api.get(f"/schema/challenge_progress/record?challengeProgressStatus={status}").json()["data"]
    assert sorted(record["ownedById"] for record in listed) == ["alice", "bob"]
    assert {record["challengeProgressStatus"] for record in listed} == {status}


def test_activity_of_windows_from_before_going_live_is_stored_and_counts_nowhere(api):
    live_at = datetime(2026, 11, 21, 23, 27, tzinfo=UTC)
    challenge = make_challenge(at=live_at, aggregation_period="daily")

    earlier = log_activity(challenge, 10, at=live_at - DAY, received_at=live_at + HOUR)
    same_day = log_activity(challenge, 10, at=live_at - 5 * HOUR, received_at=live_at + HOUR)

    assert (earlier.log.counted, earlier.log.reason_code) == (False, "before_live")
    assert (same_day.log.counted, same_day.log.reason_code) == (True, "")
    assert list(ChallengeProgress.objects.values_list("period_key", flat=True)) == ["2026-11-21"]
    assert_sound(live_at + HOUR)


def test_going_back_to_draft_and_live_again_begins_anew():
    challenge = make_challenge(at=NOW - 9 * DAY, aggregation_period="daily")
    edit(challenge, at=NOW - 2 * HOUR, status="draft")
    assert not RuleVersion.objects.exists()

    edit(challenge, at=NOW - HOUR, status="live")

    assert list(RuleVersion.objects.values_list("number", "in_force_from")) == [(1, NOW - HOUR)]
    assert log_activity(challenge, 1, at=YESTERDAY, received_at=NOW).log.reason_code == "before_live"


def test_every_edit_of_what_is_judged_makes_a_version_and_no_other():
    challenge = make_challenge(at=YESTERDAY)
    milestone = make_milestone(challenge, 200, at=YESTERDAY)
    edit(challenge, name="New", late_grace_hours=1, display_order=3, reversal_policy="revoke_unredeemed")
    assert RuleVersion.objects.count() == 2

    edit(challenge, completion_target_value=Decimal(400), starts_at=YESTERDAY)
    edit(challenge, ends_at=NOW + DAY)
    edit_milestone(milestone, milestone_target_value=Decimal(100))
    edit_milestone(milestone, name="New")
    service.remove_milestone(milestone, at=NOW)

    assert list(RuleVersion.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert set(RuleVersion.objects.values_list("changed_by", flat=True)) == {"command line"}


def test_a_log_carries_the_number_of_the_version_in_force(daily):
    first = log_activity(daily, 1)
    edit(daily, completion_target_value=Decimal(200))
    second = log_activity(daily, 1)
    late = log_activity(daily, 1, at=YESTERDAY, received_at=NOW)

    numbers = [ChallengeLog.objects.get(id=sent.log.id).rule_version for sent in (first, second, late)]
    assert numbers == [1, 2, 2]


def test_a_milestone_that_a_version_names_is_archived_and_still_pays_there(daily):
    milestone = make_milestone(daily, 60, at=NOW - 9 * DAY)
    log_activity(daily, 10, at=YESTERDAY)

    assert service.remove_milestone(milestone, at=NOW) == "archived"
    log_activity(daily, 50, at=YESTERDAY, received_at=NOW + HOUR)

    assert paid(daily) == [60]
    assert_sound(NOW + HOUR)


def test_a_completed_row_keeps_a_target_that_is_raised_and_takes_a_lower_one(daily):
    log_activity(daily, 100)

    edit(daily, completion_target_value=Decimal(300))
    assert state(daily, "alice")[1] == 100
    log_activity(daily, 1)
    assert state(daily, "alice")[1] == 100
    edit(daily, completion_target_value=Decimal(80))

    assert state(daily, "alice")[1] == 80
    assert_sound()


def test_a_reversal_in_a_closed_window_is_judged_by_its_version():
    challenge = make_challenge(
        at=NOW - 9 * DAY, aggregation_period="daily", reversal_policy="keep", completion_target_value=100
    )
    log_activity(challenge, 100, at=YESTERDAY, uid="order-a")
    edit(challenge, completion_target_value=Decimal(500))

    take_back(challenge, "order-a", 50, at=NOW)

    assert state(challenge, "alice")[:2] == (50, 100)
    assert_sound()


def test_verify_ledger_replays(daily, capsys):
    log_activity(daily, 100)
    call_command("verify_ledger", replay=True)
    draft = make_milestone(daily, 90, status="draft")
    stray = RewardLog.objects.get()
    stray.id, stray.milestone, stray.threshold_id = uuid7(), draft, draft.id
    stray.coupon_code, stray.status = "", "capped"
    stray._state.adding = True
    stray.save()

    with pytest.raises(SystemExit):
        call_command("verify_ledger", replay=True)

    assert f"replayed it never reached the threshold {draft.id}" in capsys.readouterr().out


def test_a_clock_that_went_back_makes_the_newest_edit_count(daily):
    edit(daily, at=NOW + 3 * HOUR, completion_target_value=Decimal(300))
    edit(daily, at=NOW, completion_target_value=Decimal(50))

    log_activity(daily, 60, at=NOW + timedelta(minutes=1))

    assert state(daily, "alice")[1:4:2] == (50, True)
    assert_sound()
