"""Writes that are only informative, such as "last used", wait for nobody's lock."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction


@contextmanager
def nowait() -> Iterator[None]:
    """Let a write fail at once (`DatabaseError`) where it would wait for another session's lock.

    Nothing is changed inside a transaction of the caller's, which may hold its locks already.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            # A millisecond, because 0 stands for no limit.
            cursor.execute("SET LOCAL lock_timeout = 1")
            yield
    else:
        milliseconds = int(settings.DATABASES["default"]["OPTIONS"]["timeout"] * 1000)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
