from datetime import UTC, datetime

import pytest

from core.api.values import read_time


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22t10:00:00z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T10:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T10:00:00.5+02:00", datetime(2026, 11, 22, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-22T23:00:00.000001-05:30", datetime(2026, 11, 23, 4, 30, 0, 1, tzinfo=UTC)),
        # Go, Java and .NET write what their clocks have: it is cut, never rounded.
        ("2026-11-22T10:00:00.1234567Z", datetime(2026, 11, 22, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-22T10:00:00.123456789+02:00", datetime(2026, 11, 22, 8, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-22T23:59:59.999999999999Z", datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-11-22T10:00:00." + "0" * 400 + "9Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_read_time_is_utc(text, moment):
    assert read_time(text) == moment
    assert read_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-22",
        "2026-11-22T10:00:00",
        "2026-11-22 10:00:00Z",
        "2026-W47-7T10:00:00Z",
        "2026-326T10:00:00Z",
        "20261122T100000Z",
        "1795341600",
        "2026-11-22T24:00:00Z",
        "2026-11-22T23:59:60Z",
        "2026-11-22T10:00:00.Z",
        "2026-11-22T10:00:00,5Z",
        "2026-11-22T10:00:00+0200",
        "2026-11-22T10:00:00+24:00",
        "2027-02-29T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "٢٠٢٦-11-22T10:00:00Z",
        "2026-11-22T10:00:00Z\n",
        " 2026-11-22T10:00:00Z",
    ],
)
def test_read_time_refuses_what_is_no_time_with_an_offset(text):
    with pytest.raises(ValueError, match=r"\.$"):
        read_time(text)


def test_read_time_knows_a_plus_that_became_a_space():
    with pytest.raises(ValueError, match="%2B"):
        read_time("2026-11-22T10:00:00 02:00")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("2026-11-22T10:00:00.1234567", "with its offset"),
        ("2026-11-22T10:00:00+0200", "such as [+]02:00"),
        ("2026-11-22T10:00:00.5-05", "such as [+]02:00"),
        ("2026-11-22T10:00:00", "with its offset"),
    ],
)
def test_read_time_says_what_a_usual_library_must_change(text, remedy):
    with pytest.raises(ValueError, match=remedy):
        read_time(text)
