"""Wrong API keys: the 21st of one address within a minute is 429, whichever worker it reaches.

The count lives in the database, which all workers share. A right key is always served, also from an address
that is over the limit: keys have 256 random bits, so the limit sheds load rather than stops a guess, and
behind a proxy that hides addresses a stranger must not be able to lock the shop out.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.http import HttpRequest

from access.models.api_key import WrongKeys
from core.api.errors import Fault, Refused
from core.api.http.addresses import client_address
from core.ids import uuid7

WRONG_KEYS_A_MINUTE = 20
REMEMBERED = timedelta(minutes=5)

_ADD = """
    INSERT INTO access_wrongkeys (id, address, minute, attempts) VALUES (%s, %s, %s, 1)
    ON CONFLICT (address, minute) DO UPDATE SET attempts = access_wrongkeys.attempts + 1
    RETURNING attempts
"""
# Addresses that this process knows to be over the limit: they cost no further write in their minute.
_over: dict[str, datetime] = {}
_MOST_REMEMBERED = 10_000


def note_wrong_key(request: HttpRequest, now: datetime) -> None:
    """Count one wrong key. Raises `Refused` 429 when its address has sent too many in this minute."""
    address, minute = client_address(request), now.replace(second=0, microsecond=0)
    if _over.get(address) != minute:
        if _count(address, minute) <= WRONG_KEYS_A_MINUTE:
            return
        _remember(address, minute)
    fault = Fault("throttled", "Too many wrong API keys; wait a minute.")
    raise Refused(429, fault, headers={"Retry-After": str(60 - now.second)})


def _count(address: str, minute: datetime) -> int:
    """Add one attempt and read the sum in one statement, so that two workers never read the same number."""
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
    """What this process remembers; the database still counts."""
    _over.clear()
