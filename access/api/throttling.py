"""Limit the requests of a caller by the setting RATE_LIMIT, such as `600/minute` (docs/api.md, Conventions).

Each worker process counts for itself, which is cheap enough for every request and bounds the load well
enough. Guests are counted by address.
"""

import math
import time
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.api.callers import AdminCaller, Caller, Guest
from core.api.errors import Fault, Refused

SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def configured_rate() -> tuple[int, int] | None:
    """The rate of the setting as (requests, seconds); None when it is off. Raises `ImproperlyConfigured`."""
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
    """The counts of the current window of time in this process; the next window starts at zero."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.number = -1
        self.counts: dict[str, int] = {}

    def add(self, key: str, number: int) -> int:
        """Count a request of `key` in the window with this number; returns the count so far."""
        with self.lock:
            if number != self.number:
                self.number, self.counts = number, {}
            count = self.counts.get(key, 0) + 1
            self.counts[key] = count
            return count


_window = _Window()


def check_rate(request: HttpRequest, caller: Caller) -> None:
    """Count a request. Raises `Refused` 429 with `Retry-After` when the caller exceeds the rate."""
    rate = configured_rate()
    if rate is None:
        return
    allowed, seconds = rate
    number, elapsed = divmod(time.time(), seconds)
    if _window.add(_rate_key(request, caller), int(number)) > allowed:
        wait = str(max(1, math.ceil(seconds - elapsed)))
        raise Refused(429, Fault("throttled", "Too many requests; wait."), headers={"Retry-After": wait})


class CallerRateThrottle(BaseThrottle):
    """`check_rate` as a DRF throttle; `FastActions` and `CachedReads` call it as well."""

    def allow_request(self, request: Request, view: Any) -> bool:
        check_rate(getattr(request, "_request", request), request.user)
        return True


def _rate_key(request: HttpRequest, caller: Caller) -> str:
    if isinstance(caller, Guest):
        return f"guest:{client_address(request)}"
    return f"key:{caller.key_id}" if isinstance(caller, AdminCaller) else caller.visibility


def client_address(request: HttpRequest) -> str:
    """Rate-limit key for clients without credentials (docs/api.md, Conventions).

    The IPv4 address, or the /64 network of an IPv6 address, because one household has 2^64 of those;
    `unknown` for a client of a socket file. `behind_proxies` has put the client's address into REMOTE_ADDR.
    """
    try:
        address = ip_address(str(request.META.get("REMOTE_ADDR") or ""))
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
