"""Pure: the calendar windows of a challenge in its time zone, as instants that tile all time.

A window begins at the first instant whose local date reaches its first day. So it is right where midnight does not
exist (the clocks jump over it), where midnight comes twice (the first one counts), and where a whole day was skipped
(that day has no window). Consecutive windows touch: no gap, no overlap, whatever the zone does.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from challenges_project.errors import DomainError

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MACHINE_DEPENDENT = {"Factory", "localtime"}
_KEYS = {
    "daily": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "weekly": re.compile(r"([0-9]{4})-W([0-9]{2})"),
    "monthly": re.compile(r"[0-9]{4}-[0-9]{2}"),
}
_EXAMPLES = {"daily": "2026-11-22", "weekly": "2026-W47", "monthly": "2026-11"}


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open `[starts_at, ends_at)`, both in UTC. `period_key` is `2026-11-22`, `2026-W47` (ISO) or `2026-11`."""

    period_key: str
    starts_at: datetime
    ends_at: datetime


def window_containing(period: str, moment: datetime, zone: str | ZoneInfo) -> Window:
    """The window (of `daily`, `weekly` or `monthly`) that the aware `moment` falls into.

    Raises ValueError for a naive moment, DomainError for an unknown zone and for a moment at the calendar's end.
    """
    if moment.tzinfo is None:
        raise ValueError("a window is asked for by an aware moment")
    if isinstance(zone, str):
        zone = checked_zone(zone)
    try:
        day = moment.astimezone(zone).date()
        window = _window_of_day(period, day, zone)
        while (
            moment >= window.ends_at
        ):  # the clocks went back over midnight: the local date repeats the day before
            day = _first_day_after(period, day)
            window = _window_of_day(period, day, zone)
    except OverflowError:
        raise DomainError("invalid_moment", "Use a time between the years 2 and 9998.") from None
    return window


def window_of_key(period: str, key: str, zone: str | ZoneInfo) -> Window:
    """The window named `key`. Raises DomainError `invalid_period_key`, also for a day that its zone skipped."""
    day = _first_day_of_key(period, key)
    window = _window_of_day(period, day, checked_zone(zone) if isinstance(zone, str) else zone)
    if window.starts_at == window.ends_at:
        raise DomainError(
            "invalid_period_key", f"{key} did not exist in {zone}: its calendar skipped that day."
        )
    return window


def window_before(period: str, window: Window, zone: str | ZoneInfo) -> Window:
    """The window that ends where `window` starts."""
    return window_containing(period, window.starts_at - datetime.resolution, zone)


def window_after(period: str, window: Window, zone: str | ZoneInfo) -> Window:
    """The window that starts where `window` ends."""
    return window_containing(period, window.ends_at, zone)


def end_of_local_day(moment: datetime, days: int, zone: str | ZoneInfo) -> datetime:
    """The instant (UTC) at which the local day `days` days after `moment`'s ends: a reward is valid before it."""
    today = window_containing("daily", moment, zone).period_key
    zone = checked_zone(zone) if isinstance(zone, str) else zone
    try:
        return _first_instant(date.fromisoformat(today) + (days + 1) * _DAY, zone)
    except OverflowError:
        raise DomainError("invalid_days", "Use fewer days: the date would lie past the year 9998.") from None


@lru_cache(maxsize=1024)
def checked_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that exact name. Raises DomainError `invalid_time_zone` with the nearest names."""
    if name not in _zone_names():
        near = get_close_matches(str(name), _zone_names(), n=1)
        hint = f"did you mean {near[0]}?" if near else "use a name such as Europe/Berlin or UTC."
        raise DomainError("invalid_time_zone", f"Unknown time zone; {hint}")
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - _MACHINE_DEPENDENT)


@lru_cache(maxsize=16_384)
def _window_of_day(period: str, day: date, zone: ZoneInfo) -> Window:
    first = _first_day(period, day)
    ends_on = _first_day_after(period, day)
    return Window(_key(period, first), _first_instant(first, zone), _first_instant(ends_on, zone))


def _first_day(period: str, day: date) -> date:
    match period:
        case "daily":
            return day
        case "weekly":
            return day - day.weekday() * _DAY
        case "monthly":
            return day.replace(day=1)
    raise ValueError(f"unknown period: {period!r}")


def _first_day_after(period: str, day: date) -> date:
    match period:
        case "daily":
            return day + _DAY
        case "weekly":
            return day + (7 - day.weekday()) * _DAY
        case "monthly":
            return (day.replace(day=1) + 31 * _DAY).replace(day=1)
    raise ValueError(f"unknown period: {period!r}")


def _key(period: str, first: date) -> str:
    if period == "weekly":
        year, week, _ = first.isocalendar()
        return f"{year:04}-W{week:02}"
    return first.isoformat() if period == "daily" else first.isoformat()[:7]


def _first_day_of_key(period: str, key: str) -> date:
    found = _KEYS[period].fullmatch(key)
    try:
        if found is None:
            raise ValueError
        if period == "weekly":
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return date.fromisoformat(key if period == "daily" else f"{key}-01")
    except ValueError:
        raise DomainError(
            "invalid_period_key", f"A {period} period key looks like {_EXAMPLES[period]}."
        ) from None


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, whose date in `zone` is `day` or later."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    instant = midnight.astimezone(UTC)  # fold=0: of two midnights the first
    if instant.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return instant
    # No such midnight. The two readings of it enclose the jump; the first instant after the jump is on `day` or later.
    before, after = midnight.replace(fold=1).astimezone(UTC), instant
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        before, after = (before, middle) if middle.astimezone(zone).date() >= day else (middle, after)
    return after
