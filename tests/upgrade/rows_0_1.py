"""Rows as release 0.1 stored them, as statements for its tables: what the scenario of that release lacks.

A row names the columns that matter; of the others, each that may not be NULL is empty. History is written
three milliseconds after the edit that it tells of, as by a clock that runs.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from core.ids import uuid7
from core.periods import window_of_key
from tests.upgrade.releases import HERE

TARGET_UNITS = 10_000
HISTORY_LAG = timedelta(milliseconds=3)
WENT_LIVE = datetime(2026, 10, 1, 8, tzinfo=UTC)


def empty_rows():
    """By table: a value for each column that may not be NULL."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript((HERE / "0.1" / "schema.sqlite.sql").read_text())
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: _empty_row(database.execute(f'PRAGMA table_info("{table}")')) for table in tables}


def _empty_row(columns):
    empty = {"activity_ids": "[]", "aggregation_period": "weekly", "aggregation_method": "sum"}
    empty |= {"time_zone": "UTC", "reversal_policy": "keep", "late_grace_hours": 72, "version": 1}
    empty["description"] = "Of before."
    row = {}
    for _index, name, type_, not_null, default, _primary in columns:
        if not_null and default is None and name != "history_id":
            is_text = type_.startswith(("varchar", "text"))
            row[name] = empty.get(name, "" if is_text else 0)
    return row


class Rows:
    """Statements in the order of their calls, and the ids of what they make, by name.

    Amounts are whole numbers of what people count; moments are aware.
    """

    def __init__(self):
        self.empty = empty_rows()
        self.statements = []
        self.ids = {}
        self.challenges = {}

    def add(self, table, **values):
        row = self.empty[table] | values
        names = ", ".join(f'"{name}"' for name in row)
        self.statements.append(
            f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(map(quoted, row.values()))})'
        )

    def new_id(self, name, at):
        id_ = uuid7(at).hex
        if name:
            self.ids[name] = id_
        return id_

    def challenge(self, name, target, *edits, at=WENT_LIVE, history=WENT_LIVE, **values):
        """A challenge that was made at `at`; `edits`: (moment, changes), each a row of history.

        `history`: of older edits it is gone; None: of all.
        """
        first = {"status": "live", "completion_target_value": target * TARGET_UNITS, **values}
        first |= {"name": name, "id": self.new_id(name, at), "created_at": at}
        row = self._with_history("challenges", "challenge", first, edits, at, history=history)
        self.challenges[name] = row

    def milestone(self, challenge, name, target, *edits, at=WENT_LIVE, **values):
        """A milestone that was made at `at`, live unless told otherwise."""
        first = {"status": "live", "milestone_target_value": target * TARGET_UNITS, **values}
        if first["status"] == "live":
            first.setdefault("live_since", at)
        first |= {"name": name, "id": self.new_id(name, at), "created_at": at}
        first["challenge_id"] = self.ids[challenge]
        self._with_history("milestones", "milestone", first, edits, at)

    def _with_history(self, app, model, row, edits, at, *, history=WENT_LIVE):
        # What an edit has not paid yet is noted on the row alone.
        not_in_history = {name: row.pop(name) for name in ("settling_since",) if name in row}
        for moment, changes in ((at, {}), *edits):
            row = row | changes | {"updated_at": moment}
            if history is not None and moment >= history:
                kind = "+" if moment == at else "~"
                date = moment + HISTORY_LAG
                self.add(f"{app}_historical{model}", **row, history_date=date, history_type=kind)
        row |= not_in_history
        self.add(f"{app}_{model}", **row)
        return row

    def member(self, external_id, at=WENT_LIVE):
        if external_id not in self.ids:
            id_ = self.new_id(external_id, at)
            values = {"external_id": external_id, "status": "live", "created_at": at, "updated_at": at}
            self.add("members_member", id=id_, **values)
        return self.ids[external_id]

    def log(self, challenge, member, at, key, counted, **values):
        """A log that was received at `at` and counted that much in the window of `key`."""
        row = {
            "id": self.new_id(None, at),
            "unique_identifier": f"log-{len(self.statements)}",
            "activity_at": at,
            "activity_id": "purchase",
            "activity_value": counted * TARGET_UNITS,
            "period_key": key,
            "counted": 1,
            "counted_value": counted * TARGET_UNITS,
            "created_at": at,
            "challenge_id": self.ids[challenge],
            "member_id": self.member(member),
        } | values
        self.add("challenges_challengelog", **row)
        return row["id"]

    def progress(self, challenge, member, key, value, target, at, *, logs=True, **values):
        """The row of a window, with the log of `at` that made its value."""
        log = self.log(challenge, member, at, key, value) if logs else None
        period = self.challenges[challenge].get("aggregation_period", "weekly")
        window = window_of_key(period, key, "UTC")
        row = {
            "id": self.new_id(None, at),
            "period_key": key,
            "window_starts_at": window.starts_at,
            "window_ends_at": window.ends_at,
            "current_progress_value": value * TARGET_UNITS,
            "completion_target_value": target * TARGET_UNITS,
            "challenge_started_at": at,
            "challenge_completed_at": None,
            "updated_at": at,
            "challenge_id": self.ids[challenge],
            "member_id": self.member(member),
        }
        self.add("challenges_challengeprogress", **row | values)
        return log

    def reward_log(self, challenge, member, key, at, milestone=None, code=None, **values):
        """A reward that was earned at `at`; `values` tell what became of it."""
        id_ = self.new_id(None, at)
        code = f"OLD-{len(self.statements)}" if code is None else code
        row = {
            "id": id_,
            "threshold_id": self.ids[milestone or challenge],
            "milestone_id": self.ids[milestone] if milestone else None,
            "period_key": key,
            "status": "issued",
            "coupon_code": code,
            "reward_issued_at": at,
            "updated_at": at,
            "challenge_id": self.ids[challenge],
            "member_id": self.member(member),
        }
        self.add("rewards_rewardlog", **row | values)
        if code:
            kept = {"code": code, "created_at": at, "reward_log_id": id_}
            self.add("rewards_couponcode", id=self.new_id(None, at), **kept)
        return id_


def quoted(value):
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None)
    text = str(value).replace("'", "''")
    return f"'{text}'"
