"""Insert, update and read many rows in one statement, on PostgreSQL and SQLite.

The ORM's `bulk_create` cannot add to an existing row, and sends its values as text. On PostgreSQL the rows
are sent as one binary array for each column, three times as fast as a multi-row VALUES
(docs/decisions/0012-the-bars-of-speed.md). Every ON CONFLICT names its target; otherwise it would also hide a
conflict of another key.
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
    """A table's name and its written columns, each with its type (a key of `PG_TYPES`)."""

    name: str
    columns: dict[str, str]

    def insert(
        self, rows: Sequence[Sequence[Any]], conflict: str = "", returning: Sequence[str] = ()
    ) -> list[tuple]:
        """Insert the rows in their order; return the `returning` columns of each row that was written.

        `conflict` is the SQL after ON CONFLICT, in which the table is called `old`. Rows that a `DO NOTHING`
        or a false `WHERE` skipped are not returned.
        """
        if not rows:
            return []
        if connection.vendor == "postgresql":
            return self._insert_arrays(rows, conflict, returning)
        chunk_size = max(1, SQLITE_PARAMETERS // len(self.columns))
        written: list[tuple] = []
        for start in range(0, len(rows), chunk_size):
            written += self._insert_values(rows[start : start + chunk_size], conflict, returning)
        return written

    def _insert_arrays(
        self, rows: Sequence[Sequence[Any]], conflict: str, returning: Sequence[str]
    ) -> list[tuple]:
        types = [PG_TYPES[kind] for kind in self.columns.values()]
        if len(rows) == 1:  # the usual single log, twice as fast as arrays with one element
            source, params = f"VALUES ({', '.join(f'%b::{name}' for name in types)})", list(rows[0])
        else:
            arrays = ", ".join(f"%b::{name}[]" for name in types)
            source, params = f"SELECT * FROM unnest({arrays})", [list(c) for c in zip(*rows, strict=True)]
        with _binary_cursor() as cursor:
            cursor.execute(f"{self._head()} {source}{self._tail(conflict, returning)}", params)
            return cursor.fetchall() if returning else []

    def _insert_values(
        self, rows: Sequence[Sequence[Any]], conflict: str, returning: Sequence[str]
    ) -> list[tuple]:
        row = f"({', '.join(['%s'] * len(self.columns))})"
        sql = f"{self._head()} VALUES {', '.join([row] * len(rows))}{self._tail(conflict, returning)}"
        with connection.cursor() as cursor:
            cursor.execute(sql, [sqlite_value(value) for values in rows for value in values])
            written = cursor.fetchall() if returning else []
        kinds = [self.columns[name] for name in returning]
        return [tuple(map(python_value, values, kinds)) for values in written]

    def update(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Update the rows by their first value, the key; `columns` begins with the key's name.

        Lock the rows beforehand where their order matters: the database updates them in any order.
        """
        key, *others = columns
        changes = ", ".join(f"{name} = new.{name}" for name in others)
        chunk_size = len(rows) if connection.vendor == "postgresql" else SQLITE_PARAMETERS // len(columns)
        for start in range(0, len(rows), chunk_size or 1):
            source, params = self.source(columns, rows[start : start + chunk_size])
            with connection.cursor() as cursor:
                cursor.execute(
                    f"WITH new ({', '.join(columns)}) AS ({source}) "
                    f"UPDATE {self.name} AS old SET {changes} FROM new WHERE old.{key} = new.{key}",
                    params,
                )

    def source(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
        """The rows as the body of a common table expression, and its parameters for `fetch`."""
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%b::{PG_TYPES[self.columns[name]]}[]" for name in columns)
            return f"SELECT * FROM unnest({arrays})", [list(column) for column in zip(*rows, strict=True)]
        row = f"({', '.join(['%s'] * len(columns))})"
        params = adapted(value for values in rows for value in values)
        return f"VALUES {', '.join([row] * len(rows))}", params

    def _head(self) -> str:
        return f"INSERT INTO {self.name} AS old ({', '.join(self.columns)})"

    def _tail(self, conflict: str, returning: Sequence[str]) -> str:
        tail = f" ON CONFLICT {conflict}" if conflict else ""
        return f"{tail} RETURNING {', '.join(returning)}" if returning else tail

    def where_in(self, column: str, values: Sequence[Any], columns: Sequence[str]) -> list[tuple]:
        """The `columns` of the rows whose `column` is one of the values."""
        if connection.vendor == "postgresql":
            test, params = f"= ANY(%b::{PG_TYPES[self.columns[column]]}[])", [list(values)]
        else:
            test, params = f"IN ({', '.join(['%s'] * len(values))})", list(values)
        return self.fetch(
            f"SELECT {', '.join(columns)} FROM {self.name} WHERE {column} {test}", params, columns
        )

    def fetch(self, sql: str, params: Sequence[Any], columns: Sequence[str]) -> list[tuple]:
        """The rows of any statement; `columns` names its results: columns of the table, and integers."""
        if connection.vendor == "postgresql":
            with _binary_cursor() as cursor:
                cursor.execute(sql, list(params))
                return cursor.fetchall()
        with connection.cursor() as cursor:
            cursor.execute(sql, adapted(params))
            rows = cursor.fetchall()
        kinds = [self.columns.get(name, "bigint") for name in columns]
        return [tuple(map(python_value, row, kinds)) for row in rows]


@contextmanager
def _binary_cursor() -> Iterator[Any]:
    """A PostgreSQL cursor with binary results.

    Parsing times from text took half the time that the progress rows of a batch cost.
    """
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY
        yield cursor


def adapted(params: Iterable[Any]) -> list[Any]:
    """The parameters as the connected database takes them."""
    if connection.vendor == "postgresql":
        return list(params)
    return [sqlite_value(value) for value in params]


def sqlite_value(value: Any) -> Any:
    """The value as Django's fields store it on SQLite: UUIDs as 32 hex digits, times as text in UTC."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return value


def python_value(value: Any, kind: str) -> Any:
    """The Python value of what `sqlite_value` stored; `kind` is a key of `PG_TYPES`."""
    if value is None:
        return None
    if kind == "uuid":
        return UUID(value)
    if kind == "time":
        # Where the column's type is known, Django's connection has made a naive datetime of it already.
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC)
    return bool(value) if kind == "bool" else value


def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Execute the statement once for each row of parameters."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, [adapted(row) for row in rows])


def scalar_functions() -> tuple[str, str]:
    """Return the names of the functions that give the least and the greatest of their arguments."""
    return ("LEAST", "GREATEST") if connection.vendor == "postgresql" else ("MIN", "MAX")
