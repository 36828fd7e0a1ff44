"""Keep an outage of the database from flooding the log: one line a second, which counts those left out."""

import logging
import time
from threading import Lock

from django.db import InterfaceError, InternalError, OperationalError

UNAVAILABLE = (OperationalError, InterfaceError, InternalError)
EVERY_SECONDS = 1.0


class OutageFilter(logging.Filter):
    """Let one record a second through of those that an outage causes, without its traceback.

    These are records of an error of an unavailable database, of an answer 503, and of the connection pool.
    The traceback would only show where a request happened to be.
    """

    def __init__(self) -> None:
        super().__init__()
        self._mutex = Lock()
        self._next_at = -float("inf")
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if not is_of_an_outage(record):
            return True
        with self._mutex:
            now = time.monotonic()
            if now < self._next_at:
                self._left_out += 1
                return False
            self._next_at, left_out, self._left_out = now + EVERY_SECONDS, self._left_out, 0
        _shorten(record, left_out)
        return True


def is_of_an_outage(record: logging.LogRecord) -> bool:
    if isinstance(_error_of(record), UNAVAILABLE):
        return True
    if record.name == "django.request":
        return getattr(record, "status_code", None) == 503
    return record.name.startswith("psycopg.pool") and record.levelno >= logging.WARNING


def _shorten(record: logging.LogRecord, left_out: int) -> None:
    text, error = record.getMessage(), _error_of(record)
    if error is not None:
        first_line = str(error).strip().partition("\n")[0]
        text = f"{text}: {type(error).__name__}: {first_line}"
    if left_out:
        text = f"{text} ({left_out} more lines of the outage left out before)"
    record.msg, record.args, record.exc_info, record.exc_text = text, (), None, None


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None
