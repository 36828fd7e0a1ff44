"""RATE_LIMIT, such as `600/minute`: the most requests of one caller in a second, minute or hour. Or off.

Counted in each worker process by itself: a bound on load, cheap enough for every request, not an invoice.
Guests are told apart by their address.
"""

import math
import time
from functools import lru_cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.api.callers import AdminCaller, Caller, Guest
from core.api.errors import Fault, Refused
from core.api.http.addresses import client_address

SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def configured_rate() -> tuple[int, int] | None:
    """(requests, seconds) of the setting; None when it is off. Raises `ImproperlyConfigured`."""
    return parse_rate(settings.RATE_LIMIT)


@lru_cache(maxsize=8)
def parse_rate(text: str) -> tuple[int, int] | None:
    if text in ("", "off"):
        return None
    number, _, period = text.partition("/")
    if not (number.isascii() and number.isdigit() and int(number) and period in SECONDS):
        raise ImproperlyConfigured("RATE_LIMIT: off, or such as 600/minute (second, minute or hour).")
    return int(number), SECONDS[period]


class _Window:
    """The counts of the running window of this process; a new window forgets the old one whole."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.number = -1
        self.counts: dict[str, int] = {}

    def add(self, who: str, number: int) -> int:
        with self.lock:
            if number != self.number:
                self.number, self.counts = number, {}
            count = self.counts.get(who, 0) + 1
            self.counts[who] = count
            return count


_window = _Window()


def check_rate(request: HttpRequest, caller: Caller) -> None:
    """Raises `Refused` 429 with `Retry-After` for the request after the last allowed one."""
    rate = configured_rate()
    if rate is None:
        return
    allowed, seconds = rate
    number, past = divmod(time.time(), seconds)
    if _window.add(_name(request, caller), int(number)) > allowed:
        wait = str(max(1, math.ceil(seconds - past)))
        raise Refused(429, Fault("throttled", "Too many requests; wait."), headers={"Retry-After": wait})


class CallerRateThrottle(BaseThrottle):
    """`check_rate` for DRF and for `plain.FastActions`."""

    def allow_request(self, request: Request, view: Any) -> bool:
        check_rate(getattr(request, "_request", request), request.user)
        return True


def _name(request: HttpRequest, caller: Caller) -> str:
    if isinstance(caller, Guest):
        return f"guest:{client_address(request)}"
    return f"key:{caller.key_id}" if isinstance(caller, AdminCaller) else caller.visibility
