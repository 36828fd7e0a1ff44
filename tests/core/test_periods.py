"""Calendar windows, compared with an oracle that walks UTC in steps and reads the local date.

The oracle uses none of the tested code. Where the clocks go back and a local date comes again, an instant
belongs to the latest date that was reached, so the oracle takes the latest local date up to the instant.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.choices import AggregationPeriod
from core.errors import DomainError
from core.periods import (
    Window,
    checked_zone,
    end_of_local_day,
    is_possible_key,
    window_after,
    window_before,
    window_containing,
    window_of_key,
)

PERIODS = ["daily", "weekly", "monthly"]
KEY_FORMATS = {"daily": "%Y-%m-%d", "weekly": "%G-W%V", "monthly": "%Y-%m"}
MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)

# Zones whose clocks change at or near midnight in this century, and some whose clocks never change.
ODD_ZONES = [
    "Africa/Cairo",
    "America/Asuncion",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Casey",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Fakaofo",
    "Pacific/Kiritimati",
    "UTC",
]
zones = st.sampled_from(ODD_ZONES) | st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"}))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def walk(start, end, step=MINUTE):
    return [start + step * count for count in range((end - start) // step + 1)]


def oracle_key(period, moment, zone):
    """The latest local date of the 50 hours up to the moment, as a key: no clock was ever set back more."""
    latest = max(
        instant.astimezone(zone).date() for instant in walk(moment, moment - 50 * 60 * MINUTE, -MINUTE)
    )
    return latest.strftime(KEY_FORMATS[period])


def oracle_start(day, zone, step=MINUTE):
    """The first instant whose local date is `day` or later, found by walking through four days."""
    noon = utc(day.year, day.month, day.day, 12)
    return next(
        instant
        for instant in walk(noon - timedelta(days=2), noon + timedelta(days=2), step)
        if instant.astimezone(zone).date() >= day
    )


def near_midnights():
    """Moments of 2000 to 2100 at or beside a quarter of an hour: zones have their midnights there."""
    days = st.integers(0, 36_524).map(lambda count: utc(2000, 1, 1) + timedelta(days=count))
    quarters = st.integers(0, 95).map(lambda count: 15 * count * MINUTE)
    beside = st.sampled_from([timedelta(0), -MICROSECOND, MICROSECOND, 61 * MINUTE])
    return st.builds(lambda *parts: sum(parts[1:], parts[0]), days, quarters, beside)


@pytest.mark.parametrize(
    ("period", "moment", "zone", "window"),
    [
        ("daily", utc(2026, 11, 22, 12), "UTC", Window("2026-11-22", utc(2026, 11, 22), utc(2026, 11, 23))),
        ("weekly", utc(2026, 11, 22, 12), "UTC", Window("2026-W47", utc(2026, 11, 16), utc(2026, 11, 23))),
        ("monthly", utc(2026, 11, 22, 12), "UTC", Window("2026-11", utc(2026, 11, 1), utc(2026, 12, 1))),
        # A year of 53 weeks, and days that belong to the week of the other year.
        ("weekly", utc(2027, 1, 3, 12), "UTC", Window("2026-W53", utc(2026, 12, 28), utc(2027, 1, 4))),
        ("weekly", utc(2024, 12, 30), "UTC", Window("2025-W01", utc(2024, 12, 30), utc(2025, 1, 6))),
        ("monthly", utc(2024, 2, 29), "UTC", Window("2024-02", utc(2024, 2, 1), utc(2024, 3, 1))),
        # The clocks change in the middle of the window: an hour more, an hour less.
        (
            "daily",
            utc(2026, 10, 25, 12),
            "Europe/Berlin",
            Window("2026-10-25", utc(2026, 10, 24, 22), utc(2026, 10, 25, 23)),
        ),
        (
            "weekly",
            utc(2026, 3, 28),
            "Europe/Berlin",
            Window("2026-W13", utc(2026, 3, 22, 23), utc(2026, 3, 29, 22)),
        ),
        (
            "monthly",
            utc(2026, 3, 8),
            "America/New_York",
            Window("2026-03", utc(2026, 3, 1, 5), utc(2026, 4, 1, 4)),
        ),
        # Midnight does not exist: the day begins at 01:00.
        (
            "daily",
            utc(2026, 9, 6, 12),
            "America/Santiago",
            Window("2026-09-06", utc(2026, 9, 6, 4), utc(2026, 9, 7, 3)),
        ),
        (
            "daily",
            utc(2026, 4, 24, 12),
            "Africa/Cairo",
            Window("2026-04-24", utc(2026, 4, 23, 22), utc(2026, 4, 24, 21)),
        ),
        (
            "daily",
            utc(2026, 3, 29, 12),
            "Asia/Beirut",
            Window("2026-03-29", utc(2026, 3, 28, 22), utc(2026, 3, 29, 21)),
        ),
        # The jump of 1919 led over midnight, from 23:30 to 00:30: the day begins at the jump, at half past.
        (
            "daily",
            utc(1919, 3, 31, 12),
            "America/Toronto",
            Window("1919-03-31", utc(1919, 3, 31, 4, 30), utc(1919, 4, 1, 4)),
        ),
        # Midnight comes twice: the first one counts, and the hour that comes again belongs to the new day.
        (
            "daily",
            utc(2026, 11, 1, 4, 30),
            "America/Havana",
            Window("2026-11-01", utc(2026, 11, 1, 4), utc(2026, 11, 2, 5)),
        ),
        (
            "daily",
            utc(2008, 11, 2, 2, 45),
            "America/St_Johns",
            Window("2008-11-02", utc(2008, 11, 2, 2, 30), utc(2008, 11, 3, 3, 30)),
        ),
        # Half an hour of daylight saving.
        (
            "daily",
            utc(2026, 4, 5),
            "Australia/Lord_Howe",
            Window("2026-04-05", utc(2026, 4, 4, 13), utc(2026, 4, 5, 13, 30)),
        ),
        # A day that the zone skipped: the week and the month are a day shorter.
        (
            "daily",
            utc(2011, 12, 30, 9, 59),
            "Pacific/Apia",
            Window("2011-12-29", utc(2011, 12, 29, 10), utc(2011, 12, 30, 10)),
        ),
        (
            "daily",
            utc(2011, 12, 30, 10),
            "Pacific/Apia",
            Window("2011-12-31", utc(2011, 12, 30, 10), utc(2011, 12, 31, 10)),
        ),
        (
            "weekly",
            utc(2011, 12, 30, 10),
            "Pacific/Apia",
            Window("2011-W52", utc(2011, 12, 26, 10), utc(2012, 1, 1, 10)),
        ),
        # Local mean time had seconds.
        (
            "daily",
            utc(1890, 6, 1, 12),
            "Europe/Paris",
            Window("1890-06-01", utc(1890, 5, 31, 23, 50, 39), utc(1890, 6, 1, 23, 50, 39)),
        ),
    ],
)
def test_window_of_a_named_case(period, moment, zone, window):
    assert window_containing(period, moment, zone) == window
    assert window_containing(period, window.starts_at, ZoneInfo(zone)) == window
    assert window_containing(period, window.ends_at - MICROSECOND, zone) == window
    assert window_of_key(period, window.period_key, zone) == window


@given(st.sampled_from(PERIODS), near_midnights(), zones)
@example("daily", utc(2008, 11, 2, 2, 45), "America/St_Johns")
@example("monthly", utc(2006, 10, 29, 2, 45), "America/St_Johns")
@example("daily", utc(2026, 11, 1, 4, 30), "America/Havana")
@example("weekly", utc(2011, 12, 30, 10), "Pacific/Apia")
@example("daily", utc(2018, 8, 12, 2, 59), "America/Santiago")
@example("daily", utc(2010, 3, 4, 15), "Antarctica/Casey")
def test_key_is_the_oracles(period, moment, zone):
    assert window_containing(period, moment, zone).period_key == oracle_key(period, moment, ZoneInfo(zone))


@given(near_midnights(), zones)
@example(utc(2018, 8, 12, 12), "America/Santiago")
@example(utc(2024, 3, 31, 12), "America/Scoresbysund")
@example(utc(2015, 8, 14, 16), "Asia/Pyongyang")
def test_start_is_the_oracles(moment, zone):
    window = window_containing("daily", moment, zone)

    assert window.starts_at == oracle_start(date.fromisoformat(window.period_key), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        (date(1919, 3, 31), "America/Toronto"),
        (date(1937, 7, 1), "Europe/Amsterdam"),
        (date(1890, 4, 1), "Europe/Paris"),
        (date(1844, 12, 31), "Asia/Manila"),
        (date(1867, 10, 18), "America/Sitka"),
        (date(1993, 8, 21), "Pacific/Kwajalein"),
    ],
)
def test_start_of_a_historic_day_is_the_oracles_to_the_second(day, zone):
    start = oracle_start(day, ZoneInfo(zone), timedelta(seconds=1))

    assert window_containing("daily", start, zone).starts_at == start


@given(st.sampled_from(PERIODS), near_midnights(), zones)
@example("daily", utc(2011, 12, 29, 12), "Pacific/Apia")
@example("daily", utc(2008, 11, 2, 2, 45), "America/St_Johns")
def test_neighbouring_windows_touch(period, moment, zone):
    window = window_containing(period, moment, zone)
    after = window_after(period, window, zone)
    before = window_before(period, window, zone)

    assert window.starts_at <= moment < window.ends_at
    assert (before.ends_at, after.starts_at) == (window.starts_at, window.ends_at)
    assert window_before(period, after, zone) == window_after(period, before, zone) == window
    assert before.period_key < window.period_key < after.period_key


@given(st.sampled_from(PERIODS), near_midnights(), zones)
def test_window_is_found_again_by_its_key(period, moment, zone):
    window = window_containing(period, moment, zone)

    assert window_of_key(period, window.period_key, zone) == window


def test_moment_may_have_any_offset():
    local = datetime(2026, 11, 23, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo"))

    assert window_containing("daily", local, "Asia/Tokyo").period_key == "2026-11-23"
    assert window_containing("daily", local, "America/Lima").period_key == "2026-11-22"


def test_period_may_be_a_choice():
    window = window_containing(AggregationPeriod.WEEKLY, utc(2026, 11, 22), "UTC")

    assert window == window_containing("weekly", utc(2026, 11, 22), "UTC")
    assert window_of_key(AggregationPeriod.WEEKLY, "2026-W47", "UTC") == window


def test_naive_moment_is_refused():
    with pytest.raises(ValueError, match="aware"):
        window_containing("daily", datetime(2026, 11, 22), "UTC")


@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        (utc(1, 1, 1), "Asia/Tokyo"),
        (utc(1, 1, 1), "America/Lima"),
        (utc(9999, 12, 31, 23), "UTC"),
        (utc(9999, 12, 31, 23), "Asia/Tokyo"),
        (utc(9999, 12, 31, 23), "America/Lima"),
    ],
)
@pytest.mark.parametrize("period", PERIODS)
def test_moment_at_the_calendars_end_is_refused(period, moment, zone):
    with pytest.raises(DomainError) as refused:
        window_containing(period, moment, zone)

    assert refused.value.code == "invalid_moment"


@pytest.mark.parametrize(
    ("period", "key"),
    [
        ("daily", "2026-11"),
        ("daily", "2026-02-29"),
        ("daily", "20261122"),
        ("daily", "2026-11-22 "),
        ("daily", "٢٠٢٦-١١-٢٢"),
        ("daily", "0000-01-01"),
        ("daily", "9999-12-31"),
        ("weekly", "2026-11-22"),
        ("weekly", "2026-W54"),
        ("weekly", "2025-W53"),
        ("weekly", "2026-W00"),
        ("weekly", "2026-W7"),
        ("weekly", "9999-W52"),
        ("monthly", "2026-13"),
        ("monthly", "2026-1"),
        ("monthly", "2026-W47"),
        ("monthly", "9999-12"),
        ("monthly", ""),
    ],
)
def test_key_that_names_no_window_is_refused_with_an_example(period, key):
    with pytest.raises(DomainError) as refused:
        window_of_key(period, key, "UTC")

    assert refused.value.code == "invalid_period_key"
    assert refused.value.message.startswith(f"A {period} period key looks like 2026-")


def test_key_of_a_skipped_day_is_refused():
    with pytest.raises(DomainError) as refused:
        window_of_key("daily", "2011-12-30", "Pacific/Apia")

    assert refused.value.code == "invalid_period_key"
    assert refused.value.message.startswith("2011-12-30 did not exist in Pacific/Apia")


@pytest.mark.parametrize(
    ("moment", "days", "zone", "end"),
    [
        (utc(2026, 11, 22, 12), 0, "UTC", utc(2026, 11, 23)),
        (utc(2026, 11, 22), 30, "UTC", utc(2026, 12, 23)),
        (utc(2026, 11, 22, 23, 30), 1, "Europe/Berlin", utc(2026, 11, 24, 23)),
        (utc(2026, 9, 5, 12), 0, "America/Santiago", utc(2026, 9, 6, 4)),
        (utc(2011, 12, 29, 12), 0, "Pacific/Apia", utc(2011, 12, 30, 10)),
        (utc(2011, 12, 29, 12), 1, "Pacific/Apia", utc(2011, 12, 30, 10)),
        # The local date reads 1 November again, but the second has begun: its end counts.
        (utc(2008, 11, 2, 2, 45), 0, "America/St_Johns", utc(2008, 11, 3, 3, 30)),
    ],
)
def test_end_of_local_day(moment, days, zone, end):
    assert end_of_local_day(moment, days, zone) == end
    assert end_of_local_day(moment, days, ZoneInfo(zone)) == end


@pytest.mark.parametrize("days", [3_000_000, 10**9, 10**30])
def test_end_of_a_day_past_the_calendar_is_refused(days):
    with pytest.raises(DomainError) as refused:
        end_of_local_day(utc(2026, 11, 22), days, "UTC")

    assert refused.value.code == "invalid_days"


def test_known_zone_is_the_zone():
    assert checked_zone("Europe/Berlin") is ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("utc ", "UTC"),
    ],
)
def test_misspelt_zone_is_refused_with_the_nearest_name(name, nearest):
    with pytest.raises(DomainError) as refused:
        checked_zone(name)

    assert (refused.value.code, refused.value.message) == (
        "invalid_time_zone",
        f"Unknown time zone: did you mean {nearest}?",
    )


@pytest.mark.parametrize(
    "name", ["", "\x00", "../etc/passwd", "/etc/localtime", "localtime", "Factory", "x" * 9_999]
)
def test_zone_that_is_no_iana_name_is_refused(name):
    with pytest.raises(DomainError) as refused:
        window_containing("daily", utc(2026, 11, 22), name)

    assert refused.value.code == "invalid_time_zone"


def test_unknown_period_is_refused():
    with pytest.raises(ValueError, match="hourly"):
        window_containing("hourly", utc(2026, 11, 22), "UTC")


@pytest.mark.long
@pytest.mark.parametrize("zone", sorted(available_timezones() - {"Factory", "localtime"}))
def test_windows_tile_the_century(zone):
    """Every day, week and month of 2000 to 2100: they touch, and each begins where its date is reached."""
    local = ZoneInfo(zone)
    for period in PERIODS:
        windows = [window_containing(period, utc(2000, 1, 1), local)]
        while windows[-1].ends_at < utc(2101, 1, 1):
            windows.append(window_containing(period, windows[-1].ends_at, local))

        assert all(one.ends_at == other.starts_at < other.ends_at for one, other in pairwise(windows))
        for window in windows:
            reached = window.starts_at.astimezone(local)
            before = (window.starts_at - MICROSECOND).astimezone(local)
            assert reached.strftime(KEY_FORMATS[period]) == window.period_key
            assert before.strftime(KEY_FORMATS[period]) != window.period_key


@pytest.mark.parametrize(
    "key",
    ["2026-11-22", "2024-02-29", "2026-W01", "2026-W53", "2020-W53", "2026-12", "2011-12-30", "1999-01"],
)
def test_key_that_the_calendar_has_is_possible(key):
    assert is_possible_key(key)


@pytest.mark.parametrize(
    "key",
    [
        *("", "foo", "2026", "2026-13", "2026-00", "2026-1", "26-11", " 2026-11", "2026-11\n"),
        *("2026-02-30", "2027-02-29", "2026-11-00", "20261122", "2026-11-22T00:00:00Z"),
        *("2026-W00", "2026-W54", "2025-W53", "2026-w47", "2026W47", "2026-W47-1", "0000-01"),
        *("２０２６-11", "2026-W٤٧", "-2026-11"),
    ],
)
def test_key_that_no_window_can_have_is_not(key):
    assert not is_possible_key(key)


@given(st.sampled_from(PERIODS), st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)), zones)
def test_key_of_every_window_is_possible(period, moment, zone):
    assert is_possible_key(window_containing(period, moment.replace(tzinfo=UTC), zone).period_key)
