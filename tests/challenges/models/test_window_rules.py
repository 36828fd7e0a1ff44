"""When a window closes, and by which rule version it is judged: docs/rules.md, Rule versions. Pure."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from challenges.models.window_rules import MilestoneRule, RuleSet, Version, window_rules
from core.periods import window_of_key

NOVEMBER = window_of_key("monthly", "2026-11", "UTC")
MICROSECOND = timedelta(microseconds=1)


def day(number, hour=0):
    return datetime(2026, 11, number, hour, tzinfo=UTC)


def version(number, since, target=500, ends_at=None, milestones=()):
    return Version.of(number, since, RuleSet(False, target, None, ends_at, None, tuple(milestones)))


def judged(*versions, window=NOVEMBER):
    rules = window_rules(versions, window)
    return rules.version.number, rules.closes_at


def test_a_window_closes_with_the_calendar_and_the_newest_version_from_before_judges_it():
    december = NOVEMBER.ends_at

    assert judged(version(1, day(1))) == (1, december)
    assert judged(version(1, day(1)), version(2, december - MICROSECOND)) == (2, december)
    assert judged(version(1, day(1)), version(2, december)) == (1, december)


def test_an_end_closes_it_early():
    assert judged(version(1, day(1), ends_at=day(10))) == (1, day(10))
    assert judged(version(1, day(1)), version(2, day(5), ends_at=day(10))) == (2, day(10))


def test_edits_after_the_end_judge_nothing_in_it():
    versions = [version(1, day(1), ends_at=day(10)), version(2, day(12), target=300, ends_at=day(10))]

    assert judged(*versions) == (1, day(10))


def test_an_end_in_the_past_closes_at_the_edit_that_set_it_and_is_judged_by_what_was_before():
    lowered = version(2, day(12), target=300)
    ended = version(3, day(20), target=300, ends_at=day(10))
    afterwards = version(4, day(22), target=100, ends_at=day(10))

    assert judged(version(1, day(1)), lowered, ended) == (2, day(20))
    assert judged(version(1, day(1)), lowered, ended, afterwards) == (2, day(20))


def test_an_end_that_is_cleared_or_moved_on_reopens_the_window():
    ended = [version(1, day(1)), version(2, day(20), ends_at=day(10))]

    assert judged(*ended, version(3, day(21))) == (3, NOVEMBER.ends_at)
    assert judged(*ended, version(3, day(21), ends_at=day(25))) == (3, day(25))


def test_an_end_set_again_after_another_counts_from_its_own_edit():
    versions = [
        version(1, day(1), ends_at=day(10)),
        version(2, day(12), ends_at=day(15)),
        version(3, day(20), ends_at=day(10)),
    ]

    assert judged(*versions) == (2, day(20))


def test_an_edit_after_its_calendar_end_changes_nothing():
    versions = [version(1, day(1)), version(2, NOVEMBER.ends_at + timedelta(days=3), 100, day(10))]

    assert judged(*versions) == (1, NOVEMBER.ends_at)


def test_the_newest_is_the_highest_number_whatever_the_clock_said():
    ahead, true = version(1, day(12)), version(2, day(11), target=300)

    assert judged(ahead, true) == (2, NOVEMBER.ends_at)


def test_a_window_after_the_end_holds_what_staff_count_and_closes_with_the_calendar():
    window = window_of_key("daily", "2026-11-12", "UTC")

    assert judged(version(1, day(1), ends_at=day(10)), window=window) == (1, window.ends_at)
    assert window_rules([version(1, day(1), ends_at=day(10))], window).ends_at == day(10)


@pytest.mark.parametrize(("went_live", "exists"), [(day(2), False), (day(1, 23), True)])
def test_a_window_that_closed_before_or_as_the_challenge_went_live_does_not_exist(went_live, exists):
    window = window_of_key("daily", "2026-11-01", "UTC")

    assert window_rules([version(1, went_live)], window).exists is exists


def test_a_version_pays_live_milestones_alone_lowest_first():
    live, draft = (MilestoneRule(uuid4(), status, 100, None) for status in ("live", "draft"))

    assert version(1, day(1), milestones=[draft, live]).thresholds == (live,)
