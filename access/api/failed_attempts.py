"""Limit failed API-key attempts to 20 per minute and address, across workers (docs/api.md, Conventions).

The database holds the count, because all workers share it. A valid key is served even from an address over
the limit: behind a proxy that hides addresses, nobody must be able to lock the shop out. Keys have 256 random
bits, so the limit reduces load and need not stop guesses.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.http import HttpRequest

from access.api.throttling import client_address
from access.models.api_key import WrongKeys
from core.api.errors import Fault, Refused
from core.ids import uuid7

WRONG_KEYS_A_MINUTE = 20
REMEMBERED = timedelta(minutes=5)

_ADD = """
    INSERT INTO access_wrongkeys (id, address, minute, attempts) VALUES (%s, %s, %s, 1)
    ON CONFLICT (address, minute) DO UPDATE SET attempts = access_wrongkeys.attempts + 1
    RETURNING attempts
"""
# The minute in which an address exceeded the limit: until it is over, further attempts cost no write.
_over: dict[str, datetime] = {}
_MOST_REMEMBERED = 10_000


def note_wrong_key(request: HttpRequest, now: datetime) -> None:
    """Count a wrong key at `now` (UTC). Raises `Refused` 429 when its address exceeds the limit."""
    address, minute = client_address(request), now.replace(second=0, microsecond=0)
    if _over.get(address) != minute:
        if _count(address, minute) <= WRONG_KEYS_A_MINUTE:
            return
        _remember(address, minute)
    fault = Fault("throttled", "Too many wrong API keys; wait a minute.")
    raise Refused(429, fault, headers={"Retry-After": str(60 - now.second)})


def _count(address: str, minute: datetime) -> int:
    """Add an attempt and return the sum, in one statement, so that two workers never get the same sum."""
    row = WrongKeys(id=uuid7(minute), address=address, minute=minute)
    fields = WrongKeys._meta.concrete_fields[:3]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields])
        attempts = int(cursor.fetchone()[0])
    if attempts == 1:
        WrongKeys.objects.filter(minute__lt=minute - REMEMBERED).delete()
    return attempts


def _remember(address: str, minute: datetime) -> None:
    if len(_over) >= _MOST_REMEMBERED:
        _over.clear()
    _over[address] = minute


def clear_remembered() -> None:
    """Forget the addresses over the limit in this process; the database keeps its counts."""
    _over.clear()
