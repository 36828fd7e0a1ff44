"""The database of `over_time_0_1.py`, opened under this code: what it held, was migrated to, and answers."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from tests.upgrade.over_time_0_1 import BLANK, INVISIBLE, NOW, OWED, OWED_WINDOWS, at, over_time
from tests.upgrade.releases import ask, execute, requests_of, run_at, tried_at
from tests.upgrade.rows_0_1 import Rows

MOMENT = NOW.isoformat()
ROWS = """
    SELECT w.id, c.name, m.external_id, w.period_key, w.current_progress_value, w.completion_target_value,
        w.window_starts_at, w.window_ends_at, w.challenge_started_at, w.challenge_completed_at, w.updated_at
    FROM challenges_challengeprogress w
    JOIN challenges_challenge c ON c.id = w.challenge_id JOIN members_member m ON m.id = w.member_id
    ORDER BY w.id
"""
VERSIONS = """
    SELECT c.name, v.number, v.in_force_from, v.ends_at, v.completion_target_value, v.milestones
    FROM challenges_ruleversion v JOIN challenges_challenge c ON c.id = v.challenge_id
    ORDER BY c.name, v.number
"""
PAID = """
    SELECT c.name, m.external_id, w.period_key, s.name, w.achieved_target_value, w.status
    FROM rewards_rewardlog w JOIN challenges_challenge c ON c.id = w.challenge_id
    JOIN members_member m ON m.id = w.member_id LEFT JOIN milestones_milestone s ON s.id = w.milestone_id
    ORDER BY w.id
"""


class Row(NamedTuple):
    id: str
    challenge: str
    member: str
    period_key: str
    value: int
    target: int
    starts_at: datetime
    ends_at: datetime
    started_at: datetime
    completed_at: datetime | None
    updated_at: datetime

    @property
    def status(self):
        if self.completed_at:
            return "completed"
        return "failed" if self.ends_at <= NOW else "in_progress"


class Shop(NamedTuple):
    """A database of 0.1 that was migrated; `before`: its rows until then, as `after` by id."""

    environment: dict
    rows: Rows
    before: dict
    after: dict
    answers: dict


def upgraded(environment):
    rows = over_time()
    execute(environment, *rows.statements)
    before = rows_of(environment)
    run_at(environment, MOMENT, "migrate")
    after = rows_of(environment)
    replay = tried_at(environment, MOMENT, "verify_ledger", "--replay").stdout
    versions, paid = execute(environment, VERSIONS), execute(environment, PAID)
    answers = json.loads(ask(environment, requests_about(rows)), parse_float=Decimal)
    answers |= {"replay": replay, "versions": versions, "paid": paid, "now": rows_of(environment)}
    return Shop(environment, rows, before, after, answers)


def requests_about(rows):
    progress = {"by": "backend", "path": "/schema/challenge_progress/record?limit=100"}
    members = [
        {"by": "backend", "path": f"/schema/member/record/{quote(member, safe='')}"}
        for member in (BLANK, INVISIBLE)
    ]
    new = [
        sent(rows, "Raised", "ben", at("22"), 5),
        sent(rows, "Raised", "dan", at("22"), 50),
        sent(rows, "Late to live", "ben", at("12"), 50),
        sent(rows, "Without history", "dan", at("22"), 20),
        sent(rows, "Ended before this week", "ben", at("23 09:00"), 20),
        sent(rows, "Half ended", "ben", at("25"), 20),
        sent(rows, "Steps", "eve", at("24 09:00"), 45),
        sent(rows, "Taken back", "anna", at("25"), 5),
    ]
    requests = requests_of("0.1")
    return {"moment": MOMENT, "key": requests["key"], "again": [], "read": [progress, *members], "new": new}


def sent(rows, challenge, member, moment, value):
    body = {
        "challengeId": str(UUID(rows.ids[challenge])),
        "ownedById": member,
        "activityAt": moment.isoformat(),
        "activityId": "purchase",
        "activityValue": value,
        "uniqueIdentifier": "sent-now",
    }
    return {"by": "backend", "path": "/schema/challenge_log/record", "post": body}


def rows_of(environment):
    rows = (Row(*map(read, row)) for row in execute(environment, ROWS))
    return {str(UUID(str(row.id))): row for row in rows}


def read(value):
    """A moment that SQLite keeps as a text is one; a moment is in UTC."""
    if isinstance(value, str) and value[:5] == "2026-" and ":" in value:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def row_of(rows, challenge, member, period_key):
    key = (challenge, member, period_key)
    return next(row for row in rows.values() if (row.challenge, row.member, row.period_key) == key)


def is_owed(row):
    return row.challenge in ("Half paid", *OWED) and row.period_key in OWED_WINDOWS
