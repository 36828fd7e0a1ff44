"""The calendar windows of a challenge in its time zone (docs/rules.md, Periods and windows).

Pure functions. A window begins at the first instant whose local date is its first day or later. That covers a
midnight that does not exist (the clocks skip it), a midnight that comes twice (the first one counts), and a
day that was skipped altogether (it has no window). Consecutive windows touch, without gap or overlap, in
every zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from core.errors import DomainError

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MACHINE_DEPENDENT_ZONES = {"Factory", "localtime"}
_KEYS = {
    "daily": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "weekly": re.compile(r"([0-9]{4})-W([0-9]{2})"),
    "monthly": re.compile(r"[0-9]{4}-[0-9]{2}"),
}
EXAMPLES = {"daily": "2026-11-22", "weekly": "2026-W47", "monthly": "2026-11"}


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open `[starts_at, ends_at)` in UTC; `period_key` is `2026-11-22`, `2026-W47` or `2026-11`."""

    period_key: str
    starts_at: datetime
    ends_at: datetime


def window_containing(period: str, moment: datetime, zone: str | ZoneInfo) -> Window:
    """Return the window that contains `moment`, an aware datetime in any zone.

    `period` is `daily`, `weekly` or `monthly`. Raises ValueError for a naive moment or an unknown period, and
    DomainError `invalid_time_zone` or, at either end of the calendar, `invalid_moment`.
    """
    if moment.tzinfo is None:
        raise ValueError("a window is asked for by an aware moment")
    if isinstance(zone, str):
        zone = checked_zone(zone)
    try:
        day = moment.astimezone(zone).date()
        window = _window_of_day(period, day, zone)
        # When the clocks go back over midnight, the old date comes again inside the new day's window.
        while moment >= window.ends_at:
            day = _first_day_after(period, day)
            window = _window_of_day(period, day, zone)
    except OverflowError:
        raise DomainError("invalid_moment", "Use a time between the years 2 and 9998.") from None
    return window


def window_of_key(period: str, key: str, zone: str | ZoneInfo) -> Window:
    """Return the window of a period key.

    Raises DomainError `invalid_period_key`, also for a day that the zone skipped, or `invalid_time_zone`.
    """
    if isinstance(zone, str):
        zone = checked_zone(zone)
    try:
        window = _window_of_day(period, _first_day_of_key(period, key), zone)
    except (OverflowError, ValueError):
        message = f"A {period} period key looks like {EXAMPLES[period]}."
        raise DomainError("invalid_period_key", message) from None
    if window.starts_at == window.ends_at:
        message = f"{key} did not exist in {zone}: its clocks skipped that day. Use the day before or after."
        raise DomainError("invalid_period_key", message)
    return window


def is_possible_key(key: str) -> bool:
    """Whether some window of some period can have this key; the calendar alone decides, not a time zone."""
    return any(_is_key_of(period, key) for period in _KEYS)


def window_before(period: str, window: Window, zone: str | ZoneInfo) -> Window:
    """Return the window that ends where `window` starts."""
    return window_containing(period, window.starts_at - datetime.resolution, zone)


def window_after(period: str, window: Window, zone: str | ZoneInfo) -> Window:
    """Return the window that starts where `window` ends."""
    return window_containing(period, window.ends_at, zone)


def end_of_local_day(moment: datetime, days: int, zone: str | ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which the local day `days` after that of `moment` ends.

    A reward is valid before that instant (docs/rules.md, Coupon codes). Raises DomainError `invalid_days` for
    a date past the year 9998, and what `window_containing` raises.
    """
    if isinstance(zone, str):
        zone = checked_zone(zone)
    today = date.fromisoformat(window_containing("daily", moment, zone).period_key)
    try:
        return _first_instant(today + timedelta(days=days + 1), zone)
    except OverflowError:
        raise DomainError("invalid_days", "Use fewer days: the date would lie past the year 9998.") from None


@lru_cache(maxsize=1024)
def checked_zone(name: str) -> ZoneInfo:
    """Return the IANA zone of exactly this name; DomainError `invalid_time_zone` names the nearest one."""
    names = _zone_names()
    if names.get(name.lower()) != name:
        nearest = get_close_matches(name[:64].lower(), names, n=1, cutoff=0.7)
        hint = f"did you mean {names[nearest[0]]}?" if nearest else "use a name such as Europe/Berlin or UTC."
        raise DomainError("invalid_time_zone", f"Unknown time zone: {hint}")
    return ZoneInfo(name)


@cache
def _zone_names() -> dict[str, str]:
    """Return every zone name by its lower case: some file systems would open a name in the wrong case."""
    return {name.lower(): name for name in sorted(available_timezones() - _MACHINE_DEPENDENT_ZONES)}


@lru_cache(maxsize=16_384)
def _window_of_day(period: str, day: date, zone: ZoneInfo) -> Window:
    first = _first_day(period, day)
    key = _period_key(period, first)
    return Window(key, _first_instant(first, zone), _first_instant(_first_day_after(period, first), zone))


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
    """The first day of the period after the one that contains `day`."""
    first = _first_day(period, day)
    if period == "monthly":
        return (first + 31 * _DAY).replace(day=1)
    return first + (7 if period == "weekly" else 1) * _DAY


def _period_key(period: str, first: date) -> str:
    if period == "weekly":
        year, week, _ = first.isocalendar()
        return f"{year:04}-W{week:02}"
    return first.isoformat() if period == "daily" else first.isoformat()[:7]


def _first_day_of_key(period: str, key: str) -> date:
    match = _KEYS[period].fullmatch(key)
    if match is None:
        raise ValueError(key)
    if period == "weekly":
        return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    return date.fromisoformat(key if period == "daily" else f"{key}-01")


def _is_key_of(period: str, key: str) -> bool:
    try:
        _first_day_of_key(period, key)
    except ValueError:
        return False
    return True


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant, in UTC, whose date in `zone` is `day` or later."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = midnight.astimezone(UTC)  # fold=0 is the first of two midnights
    if after.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return after
    # There is no such midnight. Its two readings (fold 0 and 1) enclose the jump of the clocks, and the end
    # of the jump is the first instant of `day` or later.
    before = midnight.replace(fold=1).astimezone(UTC)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).date() >= day:
            after = middle
        else:
            before = middle
    return after
