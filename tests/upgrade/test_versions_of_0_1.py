"""The rule versions that a database of 0.1 gets, and the targets at which its reward logs were earned."""

import json
from uuid import UUID

import pytest

from tests.upgrade.over_time_0_1 import (
    BLANK,
    CLOSED_EARLY_AT,
    HALF_PAID_AT,
    INVISIBLE,
    LAST_WEEK,
    THIS_WEEK,
    at,
)
from tests.upgrade.over_time_shop import read
from tests.upgrade.rows_0_1 import TARGET_UNITS

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("over-time")]


@pytest.mark.parametrize(
    ("challenge", "versions"),
    [
        # Going live by the history of the challenge: made live, later, or for the second time.
        ("Raised", [(1, at("10-01"), None)]),
        ("Late to live", [(1, at("20"), None)]),
        ("Live twice", [(1, at("10-20"), None)]),
        ("Archived with progress", [(1, at("10-01"), None)]),
        # By the first log, or by nothing.
        ("Without history", [(1, at("17"), None)]),
        ("History cut", [(1, at("09"), None)]),
        ("Without anything", [(1, at("10-01"), None)]),
        ("Back in draft", []),
        # A version for each milestone's live-since.
        ("Steps", [(1, at("10-05"), None), (2, at("10"), None), (3, at("24 07:00"), None)]),
        ("Opened again", [(1, at("10-01"), None), (2, at("24 11:00"), None)]),
        # Of an end that closed a window before its time, where the calendar would have it open.
        ("Closed early", [(1, at("10-01"), None)]),
        ("Ended before this week", [(1, at("10-01"), None), (2, CLOSED_EARLY_AT, at("20"))]),
        ("Half ended", [(1, at("10-01"), None), (2, HALF_PAID_AT, at("20"))]),
        ("Half lowered", [(1, at("10-01"), None)]),
    ],
)
def test_versions_begin_with_each_step(shop, challenge, versions):
    made = [tuple(map(read, row[1:4])) for row in shop.answers["versions"] if row[0] == challenge]

    assert made == versions


def test_versions_have_the_rules_of_today(shop):
    by_name = {row["name"]: row for row in shop.rows.challenges.values()}
    targets = {row[0]: row[4] for row in shop.answers["versions"] if row[0] in by_name}

    assert targets == {name: by_name[name]["completion_target_value"] for name in targets}


def test_versions_name_milestones_from_their_live_since_on(shop):
    names = {str(UUID(id_)): name for name, id_ in shop.rows.ids.items()}
    documents = [row[5] for row in shop.answers["versions"] if row[0] == "Steps"]
    documents = [json.loads(text) if isinstance(text, str) else text for text in documents]
    statuses = [{names[rule["id"]]: rule["status"] for rule in rules} for rules in documents]
    others = {"Old": "live", "Paused": "paused", "Drafted": "draft"}

    assert statuses == [
        {**others, "Lived again": "draft", "New": "draft"},
        {**others, "Lived again": "live", "New": "draft"},
        {**others, "Lived again": "live", "New": "live"},
    ]
    # The removed one is in none; the target is today's, in units.
    assert {rule["target"] for rules in documents for rule in rules if names[rule["id"]] == "Old"} == {
        150_000
    }


def test_reward_logs_know_the_target_at_which_they_were_earned(shop):
    columns = [row for row in shop.answers["paid"] if row[0] in ("Steps", "Raised", "Taken back", "Visits")]
    paid = {row[:4]: row[4] // TARGET_UNITS for row in columns}

    assert all(row[4] is not None for row in shop.answers["paid"])
    assert paid == {
        ("Steps", "anna", "2026-W41", "Old"): 10,
        ("Steps", "ben", "2026-W46", "Old"): 10,
        ("Steps", "carl", "2026-W46", "Old"): 20,
        ("Steps", "carl", "2026-W46", "Lived again"): 30,
        ("Steps", "dan", "2026-W45", "Old"): 10,
        ("Steps", "dan", "2026-W45", "Paused"): 50,
        ("Steps", "dan", "2026-W45", "Removed"): 60,
        ("Steps", "anna", THIS_WEEK, "Old"): 15,
        ("Steps", "ben", THIS_WEEK, "Old"): 15,
        ("Steps", "ben", THIS_WEEK, "Lived again"): 30,
        ("Steps", "ben", THIS_WEEK, "New"): 40,
        # The row's target, which was raised since.
        ("Raised", "anna", LAST_WEEK, None): 100,
        ("Raised", "anna", THIS_WEEK, None): 100,
        ("Taken back", "anna", THIS_WEEK, None): 100,
        ("Taken back", "anna", THIS_WEEK, "Taken back at 50"): 50,
        ("Visits", BLANK, LAST_WEEK, None): 2,
        ("Visits", INVISIBLE, LAST_WEEK, None): 2,
    }
