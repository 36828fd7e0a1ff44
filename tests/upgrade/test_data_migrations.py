"""The migrations of a database of 0.1 when they are interrupted, repeated, taken back; and how they lock."""

import json
from datetime import timedelta

import pytest
from django.db import connections

from tests.upgrade.over_time_0_1 import NOW, THIS_WEEK, at, over_time
from tests.upgrade.over_time_shop import MOMENT, PAID, VERSIONS, read, rows_of
from tests.upgrade.releases import database_of, execute, run_at, tried_at
from tests.upgrade.rows_0_1 import TARGET_UNITS, Rows

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("over-time")]

UNKNOWN_TARGET = "SELECT id FROM rewards_rewardlog WHERE achieved_target_value IS NULL"
UNDONE = {
    "challenges": "SELECT id FROM challenges_challenge WHERE historical_until IS NULL AND status <> 'draft'",
    "completions": f"{UNKNOWN_TARGET} AND milestone_id IS NULL",
    "milestones": f"{UNKNOWN_TARGET} AND milestone_id IS NOT NULL",
}
HISTORICAL = "SELECT name, historical_until FROM challenges_challenge ORDER BY name"
LIVE_SINCE = """
    SELECT m.name, m.live_since FROM milestones_milestone m
    JOIN challenges_challenge c ON c.id = m.challenge_id
    WHERE c.name IN ('Steps', 'Back in draft', 'Opened again')
"""
# In all directions, of challenges that are open, ended, archived, and a draft.
EDITS = """
from datetime import UTC, datetime
from django.utils import timezone
from challenges.editing import service
from challenges.models import Challenge
from milestones.models import Milestone

def edit(model, save, name, **changes):
    record = model.objects.get(name=name)
    for field, value in changes.items():
        setattr(record, field, value)
    save(record, at=timezone.now())

for name, changes in {
    "Ended before this week": {"ends_at": None},
    "Half ended": {"ends_at": datetime(2026, 12, 25, tzinfo=UTC)},
    "Raised": {"completion_target_value": 80},
    "Late to live": {"completion_target_value": 5},
    "Closed early": {"completion_target_value": 30},
    "Back in draft": {"status": "live"},
}.items():
    edit(Challenge, service.save, name, **changes)
edit(Milestone, service.save_milestone, "Old", milestone_target_value=5)
edit(Milestone, service.save_milestone, "New", milestone_target_value=90)
edit(Milestone, service.save_milestone, "Paused", status="live")
edit(Challenge, service.restore, "Archived with progress")
"""
MANY = 1_050


@pytest.fixture
def environment(tmp_path):
    with database_of("0.1", connections["default"].vendor, tmp_path) as environment:
        yield environment


@pytest.fixture
def rows(environment):
    rows = over_time()
    execute(environment, *rows.statements)
    return rows


def state(versions, paid, rows):
    """What the migrations make of a database, whatever ids its rows have."""
    rules = [
        (*map(read, row[:5]), sorted((rule["status"], rule["target"]) for rule in document(row[5])))
        for row in versions
    ]
    return rules, sorted(map(str, map(tuple, paid))), sorted(str(row[1:]) for row in rows.values())


def document(stored):
    return json.loads(stored) if isinstance(stored, str) else stored


def state_of(environment):
    return state(execute(environment, VERSIONS), execute(environment, PAID), rows_of(environment))


@pytest.fixture(scope="session")
def expected(shop):
    return state(shop.answers["versions"], shop.answers["paid"], shop.after)


@pytest.mark.parametrize("piece", UNDONE)
@pytest.mark.usefixtures("rows")
def test_interrupted_migration_goes_on_where_it_stopped(environment, expected, piece):
    # A challenge has fewer versions than six, so that one is done at least.
    break_after = f"{piece} {6 if piece == 'challenges' else 2}"
    killed = tried_at({**environment, "BREAK_AFTER": break_after}, MOMENT, "migrate")
    assert "KilledError" in killed.stderr
    undone = len(execute(environment, UNDONE[piece]))
    killed = tried_at({**environment, "BREAK_AFTER": break_after}, MOMENT, "migrate")
    assert "KilledError" in killed.stderr
    assert 0 < len(execute(environment, UNDONE[piece])) < undone

    printed = run_at(environment, MOMENT, "migrate")

    assert printed.endswith("Finished what edits of before still owed in 5 challenges.\n")
    assert execute(environment, UNDONE[piece]) == []
    assert state_of(environment) == expected


@pytest.mark.long
@pytest.mark.usefixtures("rows")
def test_migrations_go_back_and_forth(environment, expected):
    run_at(environment, MOMENT, "migrate")
    assert state_of(environment) == expected

    again = run_at(environment, MOMENT, "migrate")

    assert "Finished" not in again
    assert state_of(environment) == expected

    back = run_at(environment, MOMENT, "migrate", "milestones", "0003")

    assert "Finished" not in back
    live_since = {name: read(moment) for name, moment in execute(environment, LIVE_SINCE)}
    assert live_since == {
        "Added while it was closed": at("24 11:00"),
        "Lived again": at("10"),
        "New": at("24 07:00"),
        # It was live before its challenge was: since then it pays.
        "Old": at("10-05"),
        # No version names them as live.
        "Live in a draft": at("10-01"),
        "Removed": at("10-01"),
        "Drafted": None,
        "Paused": None,
    }

    run_at(environment, MOMENT, "migrate", "challenges", "0007")
    run_at(environment, MOMENT, "migrate", "rewards", "0007")
    run_at(environment, MOMENT, "migrate")

    assert state_of(environment) == expected
    assert {read(moment) for _name, moment in execute(environment, HISTORICAL)} == {NOW, None}
    assert run_at(environment, MOMENT, "verify_ledger", "--replay") == ""


@pytest.mark.long
@pytest.mark.usefixtures("rows")
def test_later_edits_leave_closed_windows_as_they_are(environment):
    run_at(environment, MOMENT, "migrate")
    before = rows_of(environment)

    run_at(environment, MOMENT, "rebuild_progress")
    assert rows_of(environment) == before
    run_at(environment, MOMENT, "shell", "-v0", "-c", EDITS)

    after = rows_of(environment)
    changed = {row[1:4] for id_, row in after.items() if row != before[id_]}
    assert changed == {
        ("Ended before this week", "anna", THIS_WEEK),
        ("Half ended", "anna", THIS_WEEK),
        ("Half ended", "ben", THIS_WEEK),
        ("Late to live", "ben", THIS_WEEK),
        ("Raised", "anna", THIS_WEEK),
        ("Raised", "ben", THIS_WEEK),
    }
    # Also when the windows that were open at the upgrade have closed.
    for moment in (MOMENT, "2027-01-20T00:00:00+00:00"):
        assert run_at(environment, moment, "verify_ledger", "--replay") == ""


def test_reward_logs_are_filled_in_by_the_chunk(environment):
    rows = Rows()
    rows.challenge("Many", 100)
    rows.milestone("Many", "Many at 10", 10)
    for number in range(MANY):
        moment = at("01") + timedelta(seconds=number)
        for milestone in (None, "Many at 10"):
            rows.reward_log("Many", "anna", f"k{number}", moment, milestone, code="", status="capped")
    execute(environment, *rows.statements)

    migrated = tried_at({**environment, "MEASURE": "1"}, MOMENT, "migrate")

    assert migrated.returncode == 0, migrated.stderr
    pieces = [line.split() for line in migrated.stderr.splitlines()]
    for piece in ("completions", "milestones"):
        measured = [words for words in pieces if words[0] == piece]
        assert len(measured) > MANY / 100
        # A chunk's ids and a value; and no lock of one chunk is held while the next one waits for its own.
        assert {(int(words[2]) <= 102, words[3]) for words in measured} == {(True, "False")}
    targets = execute(
        environment,
        "SELECT DISTINCT w.achieved_target_value FROM rewards_rewardlog w "
        "JOIN challenges_challenge c ON c.id = w.challenge_id WHERE c.name = 'Many'",
    )
    assert sorted(row[0] for row in targets) == [10 * TARGET_UNITS, 100 * TARGET_UNITS]


@pytest.mark.postgres
def test_new_columns_rewrite_no_table(environment):
    tables = (
        *("challenges_challenge", "challenges_challengelog", "challenges_historicalchallenge"),
        *("milestones_milestone", "milestones_historicalmilestone", "rewards_rewardlog"),
    )
    files = "SELECT " + ", ".join(f"pg_relation_filenode('{table}')" for table in tables)
    before = execute(environment, files)

    run_at(environment, MOMENT, "migrate")

    assert execute(environment, files) == before
