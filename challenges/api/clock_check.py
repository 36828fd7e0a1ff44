"""Answer 503 instead of 400 where activity lies in the future only because our own clock is behind.

A client takes 400 as final, and the activity would be lost (docs/api.md, Unavailable).
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.utils import timezone

from challenges.queries.newest_moment import newest_moment
from core.api.errors import Fault, Refused
from core.errors import DomainError

IN_FUTURE = "activity_in_future"
RETRY_AFTER_SECONDS = 30
# Servers' clocks differ by a little: a row of another one, this far ahead, proves nothing.
CLOCKS_DIFFER = timedelta(seconds=2)


def check_clock(errors: Iterable[DomainError]) -> None:
    """Raise `Refused` 503 where one activity was refused as in the future and our clock is behind."""
    if any(error.code == IN_FUTURE for error in errors) and _clock_is_behind():
        raise _refusal([None])


def check_clock_of_batch(errors: Sequence[Sequence[DomainError]]) -> None:
    """Raise `Refused` 503 as `check_clock` does, naming the records. `errors`: those of each record.

    Call it after the other records are stored: the same batch again replays them and completes it, whereas a
    client that looks at the status alone would never send a rejected record again.
    """
    ahead = [index for index, of_one in enumerate(errors) if any(e.code == IN_FUTURE for e in of_one)]
    if ahead and _clock_is_behind():
        raise _refusal(ahead)


def _clock_is_behind() -> bool:
    """Whether something was received later than now. Not by `at` of the request, which may have waited."""
    newest = newest_moment()
    return newest is not None and timezone.now() < newest - CLOCKS_DIFFER


def _refusal(indexes: Sequence[int | None]) -> Refused:
    detail = "The server's clock is behind, so this lies in the future: send the same again later."
    faults = [
        Fault("clock_behind", detail, "activityAt" if index is None else f"records.{index}.activityAt")
        for index in indexes
    ]
    return Refused(503, *faults, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
