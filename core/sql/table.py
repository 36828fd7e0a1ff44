"""Inserting many rows in one statement, on PostgreSQL and SQLite, with ON CONFLICT and RETURNING.

The ORM's `bulk_create` cannot add to a row that exists, and sends its values as text. On PostgreSQL the rows
travel as one binary array a column, which measured three times the rows of a multi-row VALUES
(docs/decisions). Every ON CONFLICT names its target, or a clash of another key would be swallowed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.pq import Format

# SQLite accepts at least this many parameters in one statement.
SQLITE_PARAMETERS = 30_000

PG_TYPES = {
    "uuid": "uuid",
    "text": "text",
    "bigint": "bigint",
    "integer": "integer",
    "bool": "boolean",
    "time": "timestamptz",
    "json": "jsonb",
}


@dataclass(frozen=True)
class Table:
    """A table's name and the columns that are written, each with its kind (a key of `PG_TYPES`)."""

    name: str
    columns: dict[str, str]

    def insert(
        self, rows: Sequence[Sequence[Any]], conflict: str = "", returning: Sequence[str] = ()
    ) -> list[tuple]:
        """Insert the rows, in their order, and answer the `returning` columns of each row that was written.

        `conflict` is all that follows ON CONFLICT; inside it the table is called `old`. Rows that a
        `DO NOTHING` or a false `WHERE` skipped are not answered.
        """
        if not rows:
            return []
        if connection.vendor == "postgresql":
            return self._insert_arrays(rows, conflict, returning)
        step = max(1, SQLITE_PARAMETERS // len(self.columns))
        written: list[tuple] = []
        for start in range(0, len(rows), step):
            written += self._insert_values(rows[start : start + step], conflict, returning)
        return written

    def _insert_arrays(
        self, rows: Sequence[Sequence[Any]], conflict: str, returning: Sequence[str]
    ) -> list[tuple]:
        types = [PG_TYPES[kind] for kind in self.columns.values()]
        if len(rows) == 1:  # the usual single log: half the time that arrays of one take
            source, params = f"VALUES ({', '.join(f'%b::{each}' for each in types)})", list(rows[0])
        else:
            arrays = ", ".join(f"%b::{each}[]" for each in types)
            source, params = f"SELECT * FROM unnest({arrays})", [list(c) for c in zip(*rows, strict=True)]
        with _binary_cursor() as cursor:
            cursor.execute(f"{self._head()} {source}{self._tail(conflict, returning)}", params)
            return cursor.fetchall() if returning else []

    def _insert_values(
        self, rows: Sequence[Sequence[Any]], conflict: str, returning: Sequence[str]
    ) -> list[tuple]:
        one = f"({', '.join(['%s'] * len(self.columns))})"
        sql = f"{self._head()} VALUES {', '.join([one] * len(rows))}{self._tail(conflict, returning)}"
        with connection.cursor() as cursor:
            cursor.execute(sql, [sqlite_value(value) for row in rows for value in row])
            found = cursor.fetchall() if returning else []
        kinds = [self.columns[name] for name in returning]
        return [tuple(map(python_value, row, kinds)) for row in found]

    def update(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Set all but the first of these columns in the rows that the first one names.

        Lock the rows beforehand where their order matters: the database takes them in an order of its own.
        """
        key, *others = columns
        changes = ", ".join(f"{name} = new.{name}" for name in others)
        step = len(rows) if connection.vendor == "postgresql" else SQLITE_PARAMETERS // len(columns)
        for start in range(0, len(rows), step or 1):
            given, params = self._given(columns, rows[start : start + step])
            with connection.cursor() as cursor:
                cursor.execute(
                    f"WITH new ({', '.join(columns)}) AS ({given}) "
                    f"UPDATE {self.name} AS old SET {changes} FROM new WHERE old.{key} = new.{key}",
                    params,
                )

    def _given(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
        """The rows as the body of a common table expression, and its parameters."""
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%b::{PG_TYPES[self.columns[name]]}[]" for name in columns)
            return f"SELECT * FROM unnest({arrays})", [list(column) for column in zip(*rows, strict=True)]
        one = f"({', '.join(['%s'] * len(columns))})"
        return f"VALUES {', '.join([one] * len(rows))}", adapted(value for row in rows for value in row)

    def _head(self) -> str:
        return f"INSERT INTO {self.name} AS old ({', '.join(self.columns)})"

    def _tail(self, conflict: str, returning: Sequence[str]) -> str:
        tail = f" ON CONFLICT {conflict}" if conflict else ""
        return f"{tail} RETURNING {', '.join(returning)}" if returning else tail

    def where_in(self, column: str, values: Sequence[Any], columns: Sequence[str]) -> list[tuple]:
        """These columns of the rows whose `column` is one of the values."""
        if connection.vendor == "postgresql":
            test, params = f"= ANY(%b::{PG_TYPES[self.columns[column]]}[])", [list(values)]
        else:
            test, params = f"IN ({', '.join(['%s'] * len(values))})", list(values)
        return self.fetch(
            f"SELECT {', '.join(columns)} FROM {self.name} WHERE {column} {test}", params, columns
        )

    def fetch(self, sql: str, params: Sequence[Any], columns: Sequence[str]) -> list[tuple]:
        """The rows of any statement; `columns` names its results: the table's own columns, and numbers."""
        if connection.vendor == "postgresql":
            with _binary_cursor() as cursor:
                cursor.execute(sql, list(params))
                return cursor.fetchall()
        with connection.cursor() as cursor:
            cursor.execute(sql, adapted(params))
            found = cursor.fetchall()
        kinds = [self.columns.get(name, "bigint") for name in columns]
        return [tuple(map(python_value, row, kinds)) for row in found]


@contextmanager
def _binary_cursor() -> Iterator[Any]:
    """PostgreSQL's, which answers in binary: times as text were half the cost of a batch's progress rows."""
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY
        yield cursor


def adapted(params: Iterable[Any]) -> list[Any]:
    """Parameters as the connected database takes them."""
    if connection.vendor == "postgresql":
        return list(params)
    return [sqlite_value(value) for value in params]


def sqlite_value(value: Any) -> Any:
    """As Django's own fields store it on SQLite: UUIDs as 32 hex digits, times as text in UTC."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return value


def python_value(value: Any, kind: str) -> Any:
    """What `sqlite_value` stored, back again."""
    if value is None:
        return None
    if kind == "uuid":
        return UUID(value)
    if kind == "time":
        # Django's connection already made a naive datetime of it where the column's type is known.
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC)
    return bool(value) if kind == "bool" else value


def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for each row, sent in one go."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, [adapted(row) for row in rows])
