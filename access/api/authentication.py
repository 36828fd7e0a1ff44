"""Authenticate requests by the `Authorization` header (docs/api.md, Credentials and scopes).

A bad credential is 401 and never makes a guest. DRF views and direct actions share this code.
"""

import hmac
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from access.api import failed_attempts
from access.domain.tokens import TokenError, configured_verifier
from access.models.api_key import ApiKey
from core.api.callers import GUEST, WWW_AUTHENTICATE, AdminCaller, Caller, EndUserCaller, hash_of, scopes_of
from core.api.errors import Fault, Refused, refuse
from core.sql.nowait import nowait

LONGEST_KEY = 256
# Two servers' clocks may differ by this much: a use noted further ahead is of a clock that was wrong.
CLOCKS_DIFFER = timedelta(minutes=5)
_NO_HASH = "0" * 64


def identify(request: HttpRequest) -> Caller:
    """The caller of a request. Raises `Refused`: 401 bad credential, 400 two credentials, 429 too many."""
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        return GUEST
    if "," in header:
        raise refuse("two_credentials", "Send one Authorization header with one credential.")
    scheme, _, credential = header.strip().partition(" ")
    credential = credential.strip()
    if scheme.lower() == "api-key":
        return _authenticate_key(credential, request)
    if scheme.lower() == "bearer":
        return _authenticate_token(credential)
    raise unauthorized("Send Authorization: Api-Key <key> or Authorization: Bearer <token>.")


class CallerAuthentication(BaseAuthentication):
    """DRF's authentication by `identify`: `request.user` is a `Caller`, `request.auth` is None."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[Caller, None]:
        return identify(getattr(request, "_request", request)), None

    def authenticate_header(self, request: Request) -> str:
        return WWW_AUTHENTICATE


def unauthorized(detail: str) -> Refused:
    """A `Refused` 401, for the caller to raise."""
    return Refused(401, Fault("not_authenticated", detail), headers={"WWW-Authenticate": WWW_AUTHENTICATE})


def _authenticate_token(token: str) -> EndUserCaller:
    verifier = configured_verifier()
    if verifier is None:
        raise unauthorized("End-user tokens are not accepted here.")
    try:
        return verifier.caller(token)
    except TokenError as error:
        raise unauthorized(str(error)) from error


def _authenticate_key(key: str, request: HttpRequest) -> AdminCaller:
    now = timezone.now()
    caller = _find_caller(key, now) if len(key) <= LONGEST_KEY else None
    if caller is None:
        failed_attempts.note_wrong_key(request, now)
        raise unauthorized("The API key is unknown, paused or expired.")
    return caller


# Raw SQL: on every request the ORM would take longer to build the query than the database to answer it.
_FIND_KEY = """
    SELECT id, name, key_hash, may_ingest, may_read, may_admin, paused,
           expires_at IS NULL OR expires_at > %s,
           last_used_at IS NULL OR last_used_at < %s OR last_used_at > %s
    FROM access_apikey WHERE prefix = %s
"""


def _find_caller(key: str, now: datetime) -> AdminCaller | None:
    """The caller of a valid key, else None. Not cached, so that every worker refuses a paused key at once."""
    minute = now.replace(second=0, microsecond=0)
    row = _find_row(key.partition(".")[0], now, minute) if key.isascii() and key.isprintable() else None
    # Compared even without a row, so that the answer to any wrong key takes equally long.
    if not hmac.compare_digest(row[2] if row else _NO_HASH, hash_of(key)) or row is None:
        return None
    key_id, name, _hash, may_ingest, may_read, may_admin, paused, is_current, is_use_due = row
    if paused or not is_current:
        return None
    caller = AdminCaller(UUID(str(key_id)), name, scopes_of(may_ingest, may_read, may_admin))
    if is_use_due:
        _note_use(caller.key_id, minute)
    return caller


def _find_row(prefix: str, now: datetime, minute: datetime) -> tuple[Any, ...] | None:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(_FIND_KEY, [adapt(now), adapt(minute), adapt(minute + CLOCKS_DIFFER), prefix])
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _note_use(key_id: UUID, minute: datetime) -> None:
    """Set `last_used_at`, at most once a minute and key. It is informative alone, so a failure is ignored."""
    recent = (minute, minute + CLOCKS_DIFFER)
    try:
        with nowait():
            ApiKey.objects.filter(pk=key_id).exclude(last_used_at__range=recent).update(last_used_at=minute)
    except DatabaseError:
        connection.close_if_unusable_or_obsolete()
