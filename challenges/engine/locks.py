"""Order an edit of a challenge against the logs that are recorded in it, and repeat what deadlocked.

Likewise going live against the activities that are recorded meanwhile, whose `activityId` is locked.

The order of all locks, and what each prevents, is in docs/locking.md. Logs share a challenge, an edit has it
exclusively; both hold on until their transaction ends. On PostgreSQL these are advisory locks (measured: an
edit waits 4-8 ms against 16 writers, with a row lock 0.3-6.7 s). SQLite's IMMEDIATE transactions let one
writer in at a time, which is enough. Read the configuration in a later statement than the lock: a statement
sees what was committed when it began.
"""

import hashlib
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TypeVar
from uuid import UUID

from django.db import OperationalError, connection

from challenges.engine.batching import NO_HINTS, BeginAgain, Hints
from core import admission
from core.errors import DomainError

logger = logging.getLogger(__name__)

TRIES = 5
# Another transaction stored first each time: it went on, so that these end when it has nothing more to store.
TRIES_AFTER_OTHERS = 50
LONGEST_PAUSE_SECONDS = 0.1
RETRIED_SQLSTATES = ("40P01", "40001")  # a deadlock, a serialization failure
GAVE_UP_SQLSTATES = ("55P03", "57014")  # lock_timeout, statement_timeout
BACKFILL, ACTIVITY = 1, 2  # spaces of keys with two numbers
# In a server: so many threads of a process may wait for one challenge's lock, once one has waited so long;
# after one has waited in vain, a single one at a time until it gets the lock.
MOST_WAITING = 2
STUCK_AFTER_SECONDS = 0.3

_mutex = Lock()
# When the threads of this process began to wait for a lock, by its key.
_waits: dict["Key", list[float]] = {}
# The locks that were last waited for in vain.
_in_vain: set["Key"] = set()

T = TypeVar("T")
Key = int | tuple[int, int]  # of a challenge; a space of keys, and the key in it


class RetryTransaction(Exception):  # noqa: N818 - control flow
    """Raised inside an attempt that must be repeated from its beginning: another transaction stored first."""


def retry(attempt: Callable[[], T]) -> T:
    """Call a function that opens a transaction; repeat it after a deadlock or `RetryTransaction`.

    Raises `DomainError` `unavailable` when others stored first again and again.
    """
    deadlocks = others = 0
    while True:
        try:
            return attempt()
        except RetryTransaction:
            others += 1
            if others == TRIES_AFTER_OTHERS:
                raise busy() from None
        except OperationalError as error:
            deadlocks += 1
            if deadlocks == TRIES or getattr(error.__cause__, "sqlstate", None) not in RETRIED_SQLSTATES:
                raise
        logger.info("Two sets of logs met, try %s: trying again", deadlocks + others)
        pause = min(0.02 * (deadlocks + others), LONGEST_PAUSE_SECONDS)
        time.sleep(random.uniform(0, pause))  # noqa: S311 - no secret


def retried(attempt: Callable[[Hints], T]) -> T:
    """Repeat a transaction as `retry` does, and after `BeginAgain`, with the hints that it brings."""
    hints = NO_HINTS
    while True:
        try:
            return retry(partial(attempt, hints))
        except BeginAgain as found:
            hints |= found.hints


def lock_activities_shared(activity_ids: Iterable[str]) -> None:
    """Lock what activities are called together with others, before `lock_shared`: wait for a going live."""
    _take("pg_advisory_xact_lock_shared", map(_activity_key, activity_ids), ACTIVITY)


def lock_activities_exclusive(activity_ids: Iterable[str]) -> None:
    """Lock what activities are called, before `lock_exclusive`: wait for those under way, keep others out."""
    _take("pg_advisory_xact_lock", map(_activity_key, activity_ids), ACTIVITY)


def lock_shared(challenge_ids: Iterable[UUID]) -> None:
    """Lock these challenges together with other logs; wait while one of them is being edited."""
    _take("pg_advisory_xact_lock_shared", map(_key, challenge_ids))


def lock_exclusive(challenge_ids: Iterable[UUID]) -> None:
    """Lock these challenges for an edit: wait for the logs under way, and keep the next ones waiting."""
    _take("pg_advisory_xact_lock", map(_key, challenge_ids))


def lock_backfill(challenge_id: UUID, *, wait: bool) -> bool:
    """Lock the backfill of a challenge, after `lock_shared`. Without `wait`, False: somebody else has it."""
    if connection.vendor != "postgresql":
        return True
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        # Two numbers are another space of keys than one.
        cursor.execute(f"SELECT {function}(%s, %s)", [BACKFILL, _key(challenge_id) >> 32])
        return cursor.fetchone()[0] is not False


def gave_up_waiting(error: BaseException) -> bool:
    """Whether a database ended a statement that waited too long: others of its kind would wait as well."""
    cause = error.__cause__
    return (
        getattr(cause, "sqlstate", None) in GAVE_UP_SQLSTATES
        or getattr(cause, "sqlite_errorname", None) == "SQLITE_BUSY"
    )


def busy() -> DomainError:
    return DomainError("unavailable", "The challenge is busy; try again.", None, "busy")


def _take(function: str, keys: Iterable[int], space: int = 0) -> None:
    """Take these locks in the order of their keys."""
    ordered = sorted(set(keys))
    if connection.vendor != "postgresql" or not ordered:
        return
    arguments, kind = (f"{space}, key", "integer") if space else ("key", "bigint")
    noted: list[Key] = [(space, key) if space else key for key in ordered]
    with _noted(noted), connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({arguments}) FROM unnest(%s::{kind}[]) AS key", [ordered])


@contextmanager
def _noted(keys: Collection[Key]) -> Iterator[None]:
    """Note that this thread waits for these locks.

    Raises `DomainError` in a server in which enough wait already: a lock that is stuck would otherwise take
    one connection after the other from the other challenges.
    """
    now = time.monotonic()
    with _mutex:
        if admission.is_installed() and any(_is_stuck(key, now) for key in keys):
            raise busy()
        for key in keys:
            _waits.setdefault(key, []).append(now)
    try:
        yield
        _in_vain.difference_update(keys)
    except OperationalError as error:
        if gave_up_waiting(error):
            _in_vain.update(keys)
        raise
    finally:
        with _mutex:
            for key in keys:
                _waits[key].remove(now)
                if not _waits[key]:
                    del _waits[key]


def _is_stuck(key: Key, now: float) -> bool:
    begun = _waits.get(key)
    if not begun:
        return False
    return key in _in_vain or (len(begun) >= MOST_WAITING and now - min(begun) > STUCK_AFTER_SECONDS)


def _key(challenge_id: UUID) -> int:
    """64 bits of the id: its random half, as PostgreSQL's signed number."""
    return int.from_bytes(challenge_id.bytes[8:], signed=True)


def _activity_key(activity_id: str) -> int:
    """32 bits of a hash, as PostgreSQL's signed number: two that share them wait for each other, no more."""
    text = activity_id.encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), signed=True)
