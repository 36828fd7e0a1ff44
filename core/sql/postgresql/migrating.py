"""Migrations beside a running service: a lock that is not to be had soon is given up.

Whoever waits for the lock of a table keeps everybody waiting who comes later, readers too. A migration that
gives up changes nothing (PostgreSQL's are one transaction each) and is run again.
"""

from typing import Any

from django.db import connections

LOCK_TIMEOUT = "5s"


def wait_briefly_for_locks(using: str, **kwargs: Any) -> None:
    """The pre_migrate receiver."""
    _execute(using, f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def wait_as_usual(using: str, **kwargs: Any) -> None:
    """The post_migrate receiver; after a failed migration the process ends with its connection."""
    _execute(using, "RESET lock_timeout")


def _execute(using: str, statement: str) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement)
