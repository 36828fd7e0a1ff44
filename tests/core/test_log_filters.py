import logging

import pytest
from django.db import OperationalError

from core import log_filters
from core.log_filters import OutageFilter


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(log_filters.time, "monotonic", lambda: now[0])
    return now


def record(name="core.api", message="database unavailable", error=None, **fields):
    made = logging.LogRecord(name, logging.WARNING, "", 1, message, (), None)
    if error:
        made.exc_info = (type(error), error, None)
    for name_, value in fields.items():
        setattr(made, name_, value)
    return made


def gone():
    return record(error=OperationalError("server closed the connection\nunexpectedly"))


def test_an_outage_is_one_line_without_a_traceback(clock):
    line = gone()

    assert OutageFilter().filter(line)
    assert line.getMessage() == "database unavailable: OperationalError: server closed the connection"
    assert line.exc_info is None


def test_lines_within_a_second_are_counted_by_the_next(clock):
    outage = OutageFilter()
    kept = [outage.filter(gone()) for _ in range(5)]
    clock[0] += 1.01
    later = gone()

    assert (kept, outage.filter(later)) == ([True] + [False] * 4, True)
    assert "(4 more lines of the outage left out before)" in later.getMessage()


@pytest.mark.parametrize(
    "other",
    [
        record("django.request", "Service Unavailable: /admin/", status_code=503),
        record("psycopg.pool", "error connecting in 'pool-1'"),
        record("django.request", "Internal Server Error: /admin/", OperationalError("x"), status_code=500),
    ],
    ids=["503", "pool", "middleware"],
)
def test_other_lines_of_the_outage_count_too(clock, other):
    outage = OutageFilter()
    outage.filter(gone())

    assert outage.filter(other) is False


@pytest.mark.parametrize(
    "other",
    [
        record("django.request", "Not Found: /x", status_code=404),
        record("core.api", "unforeseen error", ArithmeticError("x")),
        record("django.request", "Internal Server Error: /x", ArithmeticError("x"), status_code=500),
    ],
    ids=["404", "unforeseen", "500"],
)
def test_all_else_is_logged_as_ever(clock, other):
    outage = OutageFilter()
    outage.filter(gone())
    before = (other.getMessage(), other.exc_info)

    assert outage.filter(other)
    assert (other.getMessage(), other.exc_info) == before
