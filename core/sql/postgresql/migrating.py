"""Limit how long a migration waits for a lock, so that it can run beside a running service.

A statement that waits for the lock of a table blocks all later ones, reads included. A migration that gives
up changes nothing, because on PostgreSQL it is one transaction, and can be run again.
"""

from typing import Any

from django.db import connections

LOCK_TIMEOUT = "5s"


def wait_briefly_for_locks(using: str, **kwargs: Any) -> None:
    """Set the lock timeout; the pre_migrate receiver."""
    _execute(using, f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def wait_as_usual(using: str, **kwargs: Any) -> None:
    """Reset the lock timeout; the post_migrate receiver.

    After a failed migration it does not run, but the process ends with its connection.
    """
    _execute(using, "RESET lock_timeout")


def _execute(using: str, statement: str) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement)
