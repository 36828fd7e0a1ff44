"""Cache what guests and end users read, in each process, until an edit, a new row or the clock changes it.

One small query asks for the config version, so that an edit shows at once in every process; a cached response
costs nothing else. For an end user that query reads the member's own rows, too: a response is stored with the
rows that it was made of, and served again only to equal ones.
"""

from collections.abc import Hashable
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from challenges.caches.config import config_version
from challenges.caches.response import CachedResponse, CacheKey, ResponseLRU
from challenges.queries.member_state import MemberRows, member_rows
from core.api.callers import Caller, EndUserCaller, Guest
from core.api.errors import Refused
from core.api.http import answers
from core.api.http.exception_handler import error_response
from core.api.views import RecordViewSet

LARGEST_CACHED = 256 * 1024


class CacheLookup(NamedTuple):
    """A request whose response may be cached, and what that would be made of now."""

    caller: Caller
    name: Hashable
    config_version: int
    member_rows: MemberRows | None

    @property
    def key(self) -> CacheKey:
        return CacheKey(self.config_version, self.member_rows)


class CachedReads(RecordViewSet):
    """Cache the GET responses of a `RecordViewSet` for guests and end users. List it last among the bases.

    A view sets `fresh_until` while it makes a response: when time alone would change it. It finds in
    `lookup` what was read for it already; None for a request whose response is not cached.
    """

    fresh_until: datetime | None = None
    lookup: CacheLookup | None = None
    for_guests: ClassVar[ResponseLRU] = ResponseLRU(200, 200 * LARGEST_CACHED)
    for_members: ClassVar[ResponseLRU] = ResponseLRU(2000, 16 * 1024 * 1024)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            lookup = self.lookup = self._look_up(request)
            cached = lookup and self._find(lookup)
            if lookup and cached:
                return self._replay(request, lookup.caller, cached)
        except Exception as error:
            return error_response(error, request)
        response = super().dispatch(request, *args, **kwargs)
        if lookup and response.status_code == 200 and len(response.content) <= LARGEST_CACHED:
            self._store(lookup, response)
        return response

    def _look_up(self, request: HttpRequest) -> CacheLookup | None:
        """None for what is never cached: other methods, a shop's backend, a credential that is refused."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if request.method != "GET" or not (header is None or header.lower().startswith("bearer ")):
            return None
        try:
            caller: Caller = self.authentication_classes[0]().authenticate(request)[0]
        except Refused:
            return None
        query = request.META.get("QUERY_STRING", "")
        name = (caller, request.scheme, request.get_host(), request.path, query)
        if isinstance(caller, EndUserCaller):
            return CacheLookup(caller, name, *member_rows(caller.external_id, timezone.now()))
        return CacheLookup(caller, name, config_version(), None)

    def _cache_of(self, caller: Caller) -> ResponseLRU:
        return self.for_guests if isinstance(caller, Guest) else self.for_members

    def _find(self, lookup: CacheLookup) -> CachedResponse | None:
        cached = self._cache_of(lookup.caller).responses.get(lookup.name)
        if cached is None or cached.made_of != lookup.key:
            return None
        return cached if cached.holds_at(timezone.now()) else None

    def _replay(self, request: Any, caller: Caller, cached: CachedResponse) -> HttpResponse:
        """Answer as DRF would: not more often than the caller may, and 304 for one who has it."""
        request.user = caller
        if settings.RATE_LIMIT:
            for throttle in self.throttle_classes:
                throttle().allow_request(request, self)
        response = HttpResponse(cached.content, headers=cached.headers)
        return answers.not_modified(request, response) if isinstance(caller, Guest) else response

    def _store(self, lookup: CacheLookup, response: Any) -> None:
        """Store the response. Its key was read before it: a response newer than its key is never found."""
        rows = lookup.member_rows
        ends = (self.fresh_until, rows.until(self.at) if rows else None)
        until = min((end for end in ends if end), default=None)
        cached = CachedResponse(lookup.key, self.at, until, response.content, dict(response.headers))
        self._cache_of(lookup.caller).put(lookup.name, cached)
