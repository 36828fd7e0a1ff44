from datetime import timedelta
from uuid import uuid4

import pytest

from challenges.caches.config import snapshot
from challenges.models import Challenge
from challenges.models.rows import ProgressRow
from challenges.queries.progress_summary import as_judged, percentage, summarize_progress
from core.amounts import units
from milestones.models import Milestone
from tests.builders import NOW

CHALLENGE = Challenge(completion_target_value=500, time_zone="UTC")
LOW = Milestone(id=uuid4(), milestone_target_value=100, status="live")
HIGH = Milestone(id=uuid4(), milestone_target_value=300, status="live")
DRAFT = Milestone(id=uuid4(), milestone_target_value=200)
RULES = snapshot(CHALLENGE, (), [LOW, DRAFT, HIGH])
JUDGED = RULES.of_window(CHALLENGE.window_at(NOW))


def row(value, target=500, completed_at=None):
    key = (uuid4(), uuid4(), uuid4(), "2026-11")
    times = (NOW, NOW + timedelta(days=1))
    return ProgressRow(*key, *times, units(value), units(target), NOW, completed_at, NOW)


def summary(row, achieved=(), milestones=(LOW, HIGH), at=NOW):
    return summarize_progress(row, JUDGED, milestones, achieved, at)


@pytest.mark.parametrize(
    ("value", "upcoming", "remaining"),
    [(0, LOW, 100), (99, LOW, 1), (100, HIGH, 200), (300, None, 200), (500, None, 0), (700, None, 0)],
)
def test_the_next_milestone_is_the_lowest_above_the_value(value, upcoming, remaining):
    found = summary(row(value))

    assert (found.next_milestone, found.remaining) == (upcoming, units(remaining))


def test_what_was_paid_counts_as_reached_below_its_target():
    assert summary(row(50), achieved={LOW.id}).next_milestone == HIGH


def test_a_row_keeps_the_target_that_it_was_judged_by():
    found = summary(row(200, target=400), milestones=())

    assert (found.percentage, found.remaining) == (50, units(200))


def test_without_a_row_nothing_is_started():
    found = summary(None)

    assert (found.status, found.percentage, found.remaining) == ("not_started", 0, units(100))


def test_the_next_milestone_is_one_of_the_windows_rules_and_at_their_target():
    LOW.milestone_target_value = 150  # as an edit since the window closed has it

    found = summary(row(0), milestones=(LOW, DRAFT, HIGH))

    assert (found.next_milestone, found.remaining) == (LOW, units(100))
    assert summary(row(100), milestones=(LOW, DRAFT, HIGH)).next_milestone == HIGH


def test_a_row_that_an_edit_has_not_reached_reads_as_its_window_is_judged():
    old = row(200, target=400)
    completed = row(200, target=200, completed_at=NOW)

    assert as_judged(old, RULES, JUDGED).target == units(500)
    assert as_judged(old, RULES, JUDGED).window_ends_at == JUDGED.closes_at
    assert as_judged(completed, RULES, JUDGED).target == units(200)


@pytest.mark.parametrize(
    ("value", "target", "expected"),
    [
        (0, 5_000_000, 0),
        (3_500_000, 5_000_000, 70),
        (4_999_999, 5_000_000, 99),
        (5_000_000, 5_000_000, 100),
        (5_400_000, 5_000_000, 100),
        (-1, 5_000_000, 0),
        (49_999, 5_000_000, 0),
        (50_000, 5_000_000, 1),
        (999_999_999_999_999_998, 999_999_999_999_999_999, 99),
    ],
)
def test_percentage_is_rounded_down_and_clamped(value, target, expected):
    assert percentage(value, target) == expected
