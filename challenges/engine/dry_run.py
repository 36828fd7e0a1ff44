"""Try something out: let the engine do it and take it back."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

T = TypeVar("T")


def rolled_back(attempt: Callable[[], T]) -> T:
    """Call a function in a transaction that is rolled back; return its result.

    It judges, writes and locks as ever, so that its result is that of doing it. Nothing of it is stored, and
    nothing that it schedules for after the commit runs. What it repeats after a deadlock
    (`engine.locks.retry`), it repeats from a savepoint of this transaction.
    """
    with transaction.atomic():
        result = attempt()
        transaction.set_rollback(True)
    return result
