"""The lock that orders an edit of a challenge against the logs that it judges.

The one order of all locks: challenges, members, logs, progress, reward logs, caps, codes; in each, by key.
Logs share a challenge, an edit has it alone; both hold on until their transaction ends. On PostgreSQL these
are advisory locks (measured: an edit waits 4-8 ms against 16 writers, a row lock 0.3-6.7 s). SQLite's
IMMEDIATE transactions let one writer in at a time, which is enough.
Read the configuration in a later statement than the lock: a statement sees what was committed when it began.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

BACKFILL = 1


def lock_shared(challenge_ids: Iterable[UUID]) -> None:
    """Take these challenges together with other logs; waits while one of them is being edited."""
    _take("pg_advisory_xact_lock_shared", challenge_ids)


def lock_exclusive(challenge_ids: Iterable[UUID]) -> None:
    """Have these challenges alone: waits for the logs under way and keeps the next ones waiting."""
    _take("pg_advisory_xact_lock", challenge_ids)


def lock_backfill(challenge_id: UUID, *, wait: bool) -> bool:
    """Be the one who settles a challenge's edit (settling.py), after sharing it; False: somebody else is."""
    if connection.vendor != "postgresql":
        return True
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        # Two numbers are another space of keys than one.
        cursor.execute(f"SELECT {function}(%s, %s)", [BACKFILL, _key(challenge_id) >> 32])
        return cursor.fetchone()[0] is not False


def _take(function: str, challenge_ids: Iterable[UUID]) -> None:
    if connection.vendor != "postgresql":
        return
    keys = sorted({_key(id_) for id_ in challenge_ids})
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(key) FROM unnest(%s::bigint[]) AS key", [keys])


def _key(challenge_id: UUID) -> int:
    """64 bits of the id: its random half, as PostgreSQL's signed number."""
    return int.from_bytes(challenge_id.bytes[8:], signed=True)
