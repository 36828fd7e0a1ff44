"""Whether an activity counts: docs/rules.md's table, as pure functions, without a database."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from challenges.caches.config import snapshot
from challenges.engine.eligibility import Entry, judge_activity
from challenges.engine.reversal_rules import Original, judge_reversal
from challenges.models import Challenge
from core.errors import DomainError
from tests.builders import DAY, HOUR, NOW

SECOND = timedelta(seconds=1)


def rules(**fields):
    usual = {
        "status": "live",
        "completion_target_value": Decimal(500),
        "aggregation_period": "daily",
        "time_zone": "UTC",
    }
    return snapshot(Challenge(**usual | fields), ())


def activity(value=10_000, at=NOW, **fields):
    return Entry(uuid4(), "alice", at, "purchase", "order-1", value, **fields)


def refused(entry, the_rules, at=NOW, paused=False):
    with pytest.raises(DomainError) as refusal:
        judge_activity(entry, the_rules, paused, at)
    return refusal.value.code, refusal.value.field, refusal.value.status


def test_judge_counts_the_value_of_a_sum():
    judgement = judge_activity(activity(150_0000), rules(), False, NOW)

    assert (judgement.counted, judgement.counted_value, judgement.period_key) == (
        True,
        150_0000,
        "2026-11-22",
    )


def test_judge_counts_one_whatever_the_value_with_count():
    counting = rules(aggregation_method="count")

    values = [
        judge_activity(activity(value), counting, False, NOW).counted_value for value in (None, 0, 70_000)
    ]

    assert values == [10_000] * 3
    assert refused(activity(-5), counting) == ("negative_value", "activity_value", "invalid")


def test_judge_accepts_five_minutes_ahead():
    assert judge_activity(activity(at=NOW + timedelta(minutes=5)), rules(), False, NOW).counted is True


def test_judge_refuses_more_than_five_minutes_ahead():
    ahead = activity(at=NOW + timedelta(minutes=5, microseconds=1))

    assert refused(ahead, rules()) == ("activity_in_future", "activity_at", "invalid")


def test_judge_refuses_more_than_sixty_days_back():
    monthly = rules(late_grace_hours=1440)

    assert judge_activity(activity(at=NOW - 60 * DAY), monthly, False, NOW).reason_code == ""
    assert refused(activity(at=NOW - 60 * DAY - SECOND), monthly) == (
        "activity_too_old",
        "activity_at",
        "invalid",
    )


def test_judge_refuses_an_unknown_challenge():
    assert refused(activity(), None) == ("unknown_challenge", "challenge", "invalid")


def test_judge_refuses_a_draft():
    assert refused(activity(), rules(status="draft")) == ("challenge_not_live", "challenge", "conflict")


def test_judge_refuses_a_sum_without_a_value():
    assert refused(activity(None), rules()) == ("required", "activity_value", "invalid")


def test_judge_refuses_a_negative_value():
    assert refused(activity(-1), rules()) == ("negative_value", "activity_value", "invalid")


def test_judge_refuses_a_bad_value_of_a_paused_challenge_too():
    assert refused(activity(-1), rules(status="paused"))[0] == "negative_value"


@pytest.mark.parametrize(
    ("fields", "paused", "at", "received", "reason"),
    [
        ({"status": "paused"}, False, NOW, NOW, "challenge_paused"),
        ({"status": "paused", "ends_at": NOW}, True, NOW, NOW, "challenge_paused"),
        ({}, True, NOW, NOW, "member_paused"),
        ({"starts_at": NOW}, False, NOW - SECOND, NOW, "before_start"),
        ({"starts_at": NOW}, False, NOW, NOW, ""),
        ({"ends_at": NOW}, False, NOW - SECOND, NOW, ""),
        ({"ends_at": NOW}, False, NOW, NOW, "after_end"),
        # The day of the 22nd closes at midnight; the grace is 72 hours.
        ({}, False, NOW, NOW + 12 * HOUR + 72 * HOUR, ""),
        ({}, False, NOW, NOW + 12 * HOUR + 72 * HOUR + SECOND, "window_closed"),
        ({"late_grace_hours": 0}, False, NOW, NOW + 12 * HOUR, ""),
        ({"late_grace_hours": 0}, False, NOW, NOW + 12 * HOUR + SECOND, "window_closed"),
        # The challenge's end closes the window, not the calendar.
        ({"late_grace_hours": 1, "ends_at": NOW + HOUR}, False, NOW, NOW + 2 * HOUR, ""),
        (
            {"late_grace_hours": 1, "ends_at": NOW + HOUR},
            False,
            NOW,
            NOW + 2 * HOUR + SECOND,
            "window_closed",
        ),
    ],
)
def test_judge_names_the_first_reason_that_applies(fields, paused, at, received, reason):
    judgement = judge_activity(activity(at=at), rules(**fields), paused, received)

    assert (judgement.reason_code, judgement.counted) == (reason, reason == "")


def test_judge_gives_no_value_to_what_does_not_count():
    assert judge_activity(activity(150_0000), rules(status="paused"), False, NOW).counted_value == 0


@pytest.mark.parametrize(
    ("moment", "zone", "key"),
    [
        # Berlin leaves summer time on 25 October 2026: that day has 25 hours.
        ("2026-10-24T21:59:59+00:00", "Europe/Berlin", "2026-10-24"),
        ("2026-10-24T22:00:00+00:00", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T22:59:59+00:00", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T23:00:00+00:00", "Europe/Berlin", "2026-10-26"),
        # Santiago skips from midnight to one o'clock on 6 September 2026.
        ("2026-09-06T03:59:59+00:00", "America/Santiago", "2026-09-05"),
        ("2026-09-06T04:00:00+00:00", "America/Santiago", "2026-09-06"),
    ],
)
def test_judge_takes_the_local_day_also_when_the_clocks_change(moment, zone, key):
    at = type(NOW).fromisoformat(moment)

    assert judge_activity(activity(at=at), rules(time_zone=zone), False, at).period_key == key


def test_judge_takes_the_iso_week_and_the_month():
    new_year = type(NOW).fromisoformat("2027-01-01T12:00:00+00:00")

    keys = [
        judge_activity(activity(at=new_year), rules(aggregation_period=period), False, new_year).period_key
        for period in ("weekly", "monthly")
    ]

    assert keys == ["2026-W53", "2027-01"]


def reversal(value=None, **fields):
    return activity(value, reversal_of="order-0", **fields)


def original(left=100_0000, **fields):
    usual = {"period_key": "2026-11-20", "counted": True, "is_reversal": False, "value_left": 100_0000}
    return Original(left=left, **usual | fields)


def test_judge_reversal_takes_back_all_that_is_left_in_the_originals_window():
    judgement = judge_reversal(reversal(), original(70_0000), rules(), NOW)

    assert (judgement.counted_value, judgement.period_key, judgement.counted) == (
        -70_0000,
        "2026-11-20",
        True,
    )


def test_judge_reversal_takes_back_a_part():
    assert judge_reversal(reversal(30_0000), original(), rules(), NOW).counted_value == -30_0000


@pytest.mark.parametrize(
    ("value_left", "parts", "taken"),
    [
        (100_0000, [30_0000, 69_9999, 1, None], [0, 0, -1, "nothing_left"]),
        (100_0000, [100_0000, 1], [-1, "nothing_left"]),
        (100_0000, [30_0000, None], [0, -1]),
        (100_0000, [0, 120_0000], [0, -1]),
        (None, [30_0000, None], [-1, "nothing_left"]),
        (0, [5_0000, None], [-1, "nothing_left"]),
    ],
)
def test_parts_leave_a_visit_until_nothing_of_its_value_is_left(value_left, parts, taken):
    visit = original(10_000, value_left=value_left)
    counting = rules(aggregation_method="count")

    verdicts = [judge_reversal(reversal(part), visit, counting, NOW) for part in parts]

    assert [verdict.reason_code or verdict.counted_value // 10_000 for verdict in verdicts] == taken


@pytest.mark.parametrize(
    ("left", "parts", "taken"),
    [
        (100_0000, [30_0000, 80_0000, 1], [-30_0000, -70_0000, "nothing_left"]),
        (100_0000, [100_0001], [-100_0000]),
        (100_0000, [0, None, None], [0, -100_0000, "nothing_left"]),
        (0, [None, None], [0, "nothing_left"]),
        (0, [5_0000, 5_0000], [0, "nothing_left"]),
    ],
)
def test_judge_reversal_takes_back_at_most_what_is_left(left, parts, taken):
    order = original(left, value_left=left)

    verdicts = [judge_reversal(reversal(part), order, rules(), NOW) for part in parts]

    assert [verdict.reason_code or verdict.counted_value for verdict in verdicts] == taken


def test_judge_reversal_takes_what_comes_before_its_original_and_what_comes_after_60_days():
    early = judge_reversal(reversal(), None, rules(), NOW)
    late = judge_reversal(reversal(at=NOW - 400 * DAY), original(), rules(), NOW)

    assert (early.reason_code, early.period_key, early.counted_value) == ("original_unknown", "", 0)
    assert late.counted_value == -100_0000


def test_judge_reversal_counts_when_paused_ended_or_late():
    closed = rules(status="paused", ends_at=NOW - 40 * DAY, late_grace_hours=0)

    assert judge_reversal(reversal(), original(), closed, NOW).counted is True


def test_judge_reversal_of_what_did_not_count_does_not_count():
    judgement = judge_reversal(reversal(), original(0, counted=False), rules(), NOW)

    assert (judgement.reason_code, judgement.counted_value) == ("original_not_counted", 0)


@pytest.mark.parametrize(
    ("value", "named", "code", "field"),
    [
        (None, original(is_reversal=True), "reversal_of_reversal", "reversal_of"),
        (-1, original(), "negative_value", "activity_value"),
    ],
)
def test_judge_reversal_refuses(value, named, code, field):
    with pytest.raises(DomainError) as refusal:
        judge_reversal(reversal(value), named, rules(), NOW)

    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_judge_reversal_refuses_times_and_drafts_as_any_log():
    with pytest.raises(DomainError) as ahead:
        judge_reversal(reversal(at=NOW + HOUR), original(), rules(), NOW)
    with pytest.raises(DomainError) as draft:
        judge_reversal(reversal(), original(), rules(status="draft"), NOW)

    assert (ahead.value.code, draft.value.code) == ("activity_in_future", "challenge_not_live")
