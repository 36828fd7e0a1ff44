"""Time-ordered identifiers, UUID version 7 (RFC 9562): sorted by time, so that indexes grow at their end."""

import os
import struct
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from uuid import UUID, SafeUUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIXED = 0x7 << 76 | 0b10 << 62  # the version and the variant
_RANDOM_BITS = 62
_STEP_BITS = 32


def uuid7(at: datetime | None = None) -> UUID:
    """Make a new id of the instant `at`, an aware datetime (None: now).

    48 bits of milliseconds, 12 bits of the fraction of the millisecond (RFC 9562, method 3) and 62 random
    bits: ids sort as a microsecond clock does. Raises ValueError before 1970, TypeError for a naive time.
    """
    moment = datetime.now(UTC) if at is None else at
    return _uuid(_prefix(_microseconds(moment)) | int.from_bytes(os.urandom(8)) >> 2)


def uuid7_batch(at: datetime, n: int) -> list[UUID]:
    """Make `n` new ids of one instant, strictly increasing by random steps (RFC 9562, method 2).

    Raises ValueError before 1970, TypeError for a naive time.
    """
    if n == 0:
        return []
    noise = os.urandom(8 + 4 * (n - 1))
    start = int.from_bytes(noise[:8]) % ((1 << _RANDOM_BITS) - (n << _STEP_BITS))
    prefix = _prefix(_microseconds(at))
    steps = (step + 1 for step in struct.unpack_from(f">{n - 1}I", noise, 8))
    return [_uuid(number) for number in accumulate(steps, initial=prefix | start)]


def uuid7_floor(at: datetime) -> UUID:
    """Return the smallest id that `uuid7(at)` can make: `id >= floor` means "made at `at` or later"."""
    return _uuid(_prefix(max(0, (at - _EPOCH) // _MICROSECOND)))


def uuid_in(text: str) -> UUID | None:
    """Read an id that somebody sent; None for a text that is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _microseconds(at: datetime) -> int:
    microseconds = (at - _EPOCH) // _MICROSECOND
    if microseconds < 0:
        raise ValueError(f"a UUID version 7 has no time before 1970: {at.isoformat()}")
    return microseconds


def _prefix(microseconds: int) -> int:
    milliseconds, rest = divmod(microseconds, 1000)
    return milliseconds << 80 | (rest << 12) // 1000 << 64 | _FIXED


def _uuid(number: int) -> UUID:
    """Make UUID(int=number) without the checks of its arguments, in a third of the time."""
    identifier = object.__new__(UUID)
    object.__setattr__(identifier, "int", number)
    object.__setattr__(identifier, "is_safe", SafeUUID.unknown)
    return identifier
