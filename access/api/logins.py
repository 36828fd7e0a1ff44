"""Limit staff's logins before a password is hashed: by address, by name and in all (docs/trust.md, Logins).

A hash takes a good part of a second of a processor, for an unknown name as well. django-axes stores the
failures and asks here; its one limit for all is replaced by `AttemptHandler`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from access.api.login_log import log_failure, log_success
from access.api.throttling import client_address
from access.domain import hashing
from core.errors import DomainError

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Failures in an hour: of one name from one address, of one address, of one name. And in a minute in all.
MOST_OF_PAIR, MOST_OF_ADDRESS, MOST_OF_NAME, MOST_IN_ALL = 5, 20, 20, 20
LONGEST_NAME = 150  # Django's limit for a user name
# A browser that somebody has logged in with, for that name.
DEVICE = "device"
DEVICE_DAYS = timedelta(days=90)
# Passwords that a process hashes at once for browsers that it does not know; see also `domain/hashing.py`.
UNKNOWN_AT_ONCE = 1
BUSY_SECONDS = 2

_unknown = BoundedSemaphore(UNKNOWN_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a login is refused, and for how many seconds. `pair`: this name, from this address alone."""

    seconds: int
    pair: bool = False


def attempted_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The name to count an attempt under (AXES_USERNAME_CALLABLE), never longer than a name can be."""
    name = (credentials or request.POST).get("username") or ""
    return str(name).replace("\0", "\ufffd")[:LONGEST_NAME]


def attempted_address(request: HttpRequest) -> str | None:
    """The address to count an attempt under (AXES_CLIENT_IP_CALLABLE): of IPv6 the first of its /64."""
    address = client_address(request).removesuffix("/64")
    return None if address == "unknown" else address


def is_known_device(request: HttpRequest, name: str) -> bool:
    known = request.get_signed_cookie(DEVICE, default=None, salt=DEVICE, max_age=DEVICE_DAYS)
    return bool(name) and known == name


class AttemptHandler(AxesDatabaseHandler):
    """Store failures as axes does, and judge them by four limits.

    A known device answers for its own failures alone: whoever knows a name can fail in it as often as he
    likes, and its owner still logs in.
    """

    def is_locked(self, request: Any, credentials: Any = None) -> bool:
        request.login_refusal = _find_refusal(request, attempted_name(request, credentials))
        return request.login_refusal is not None

    def user_login_failed(self, sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
        refusal = getattr(request, "login_refusal", None)
        log_failure(request, attempted_name(request, credentials), refused=refusal is not None)
        if refusal is not None:
            request.axes_locked_out, request.axes_credentials = True, credentials
            return
        super().user_login_failed(sender, credentials, request, **kwargs)

    def get_failures(self, request: Any, credentials: Any = None) -> int:
        """Count for axes, which asks after a failure: enough for its limit of 1 when the next is refused."""
        return int(self.is_locked(request, credentials))


class LimitedLogins(AxesStandaloneBackend):
    """Authenticate by Django's ModelBackend, after the limits, and few at once for unknown devices."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        """The user. Raises PermissionDenied for a wrong password, so that no other backend hashes it again.

        None for credentials that are no name and password.
        """
        super().authenticate(request, username, password, **kwargs)
        if username is None or password is None:
            return None
        if len(username) > LONGEST_NAME:
            raise PermissionDenied
        try:
            user = self._check_password(request, username, password)
        except DomainError as error:
            request.login_refusal = Refusal(BUSY_SECONDS)
            raise PermissionDenied from error
        if user is None:
            raise PermissionDenied
        return user

    def _check_password(self, request: Any, username: str, password: str) -> Any:
        if is_known_device(request, username):
            return ModelBackend().authenticate(request, username, password)
        if not _unknown.acquire(blocking=False):
            raise hashing.busy()
        try:
            return ModelBackend().authenticate(request, username, password)
        finally:
            _unknown.release()

    def get_user(self, user_id: Any) -> Any:
        return ModelBackend().get_user(user_id)


def _find_refusal(request: Any, name: str) -> Refusal | None:
    """The reason to refuse an attempt now, by what has failed so far; one query."""
    at, of_pair = request.axes_attempt_time, Q(username=name, ip_address=request.axes_ip_address)
    of_address, of_name = Q(ip_address=request.axes_ip_address), Q(username=name)
    lately = Q(attempt_time__gt=at - MINUTE)
    failures = {"pair": of_pair, "address": of_address, "name": of_name}
    sums = {key: Sum("failures_since_start", filter=which, default=0) for key, which in failures.items()}
    lasts = {f"last_{key}": Max("attempt_time", filter=which) for key, which in failures.items()}
    counted = AccessAttempt.objects.filter(attempt_time__gt=at - HOUR).aggregate(
        **sums, **lasts, recent=Count("pk", filter=lately), last_recent=Max("attempt_time", filter=lately)
    )

    def rest(key: str, period: timedelta = HOUR) -> int:
        return max(1, math.ceil((counted[f"last_{key}"] + period - at).total_seconds()))

    if counted["pair"] >= MOST_OF_PAIR:
        return Refusal(rest("pair"), pair=True)
    if is_known_device(request, name):
        return None
    for key, most in (("address", MOST_OF_ADDRESS), ("name", MOST_OF_NAME)):
        if counted[key] >= most:
            return Refusal(rest(key))
    return Refusal(rest("recent", MINUTE)) if counted["recent"] >= MOST_IN_ALL else None


def refused_page(request: Any, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """The answer to a refused login (AXES_LOCKOUT_CALLABLE): 429 with `Retry-After`."""
    refusal: Refusal = getattr(request, "login_refusal", None) or Refusal(int(HOUR.total_seconds()))
    page = render(request, "backoffice/locked_out.html", {"refusal": refusal}, status=429)
    page.headers["Retry-After"], page.headers["Cache-Control"] = str(refusal.seconds), "no-store"
    # `login_log` has; Django would write a line for each.
    page._has_been_logged = True  # type: ignore[attr-defined]
    return page


def note_success(sender: Any, request: Any, user: User, **kwargs: Any) -> None:
    """Log it, and let the browser be known from now on: `SignedCookiesMiddleware` sends the cookie."""
    log_success(request, user.get_username())
    if isinstance(request, HttpRequest):
        cookie = {"key": DEVICE, "value": user.get_username(), "salt": DEVICE, "max_age": DEVICE_DAYS}
        request.new_cookies = [*getattr(request, "new_cookies", ()), cookie]  # type: ignore[attr-defined]
