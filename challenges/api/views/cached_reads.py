"""What guests and end users read, kept by each worker until an edit, a new row or the clock changes it.

One small query says whether anything was edited, so that an edit shows at once in every worker; a warm answer
costs nothing else. An end user's query reads the member's own rows, too: an answer is kept with the rows that
it was made of, and given again only to equal ones.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, ClassVar, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from challenges.caches.config import config_version
from challenges.queries.member_state import MemberRows, member_rows
from core.api.callers import Caller, EndUserCaller, Guest
from core.api.errors import Refused, error_response
from core.api.http import answers
from core.api.views import RecordViewSet

LARGEST_CACHED = 256 * 1024


class CacheKey(NamedTuple):
    """The catalogue's stamp, and an end user's rows; None where the request has not read them."""

    config_version: int | None = None
    own: MemberRows | None = None


class CachedResponse(NamedTuple):
    made_of: CacheKey
    until: datetime | None
    content: bytes
    headers: dict[str, str]


@dataclass
class ResponseLRU:
    """The answers that were made last: at most so many, and so many bytes."""

    most: int
    most_bytes: int
    answers: OrderedDict[Hashable, CachedResponse] = field(default_factory=OrderedDict)
    bytes: int = 0
    lock: Any = field(default_factory=Lock)

    def put(self, key: Hashable, answer: CachedResponse) -> None:
        with self.lock:
            before = self.answers.pop(key, None)
            self.answers[key] = answer
            self.bytes += len(answer.content) - (len(before.content) if before else 0)
            while len(self.answers) > self.most or self.bytes > self.most_bytes:
                self.bytes -= len(self.answers.popitem(last=False)[1].content)

    def clear(self) -> None:
        with self.lock:
            self.answers.clear()
            self.bytes = 0


class CacheLookup(NamedTuple):
    """A question to which an answer may be kept, and what it would be made of now."""

    caller: Caller
    key: Hashable
    made_of: CacheKey


class CachedReads(RecordViewSet):
    """Put it last. `fresh_until` is set while an answer is made: when time alone would change it."""

    fresh_until: datetime | None = None
    read: CacheKey = CacheKey()
    for_guests: ClassVar[ResponseLRU] = ResponseLRU(200, 200 * LARGEST_CACHED)
    for_members: ClassVar[ResponseLRU] = ResponseLRU(2000, 16 * 1024 * 1024)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            asked = self._asked(request)
            answer = asked and self._warm(asked)
            if asked and answer:
                return self._again(request, asked.caller, answer)
        except Exception as error:
            return error_response(error, request)
        if asked:
            self.read = asked.made_of
        response = super().dispatch(request, *args, **kwargs)
        if asked and response.status_code == 200 and len(response.content) <= LARGEST_CACHED:
            self._keep(asked, response)
        return response

    def _asked(self, request: HttpRequest) -> CacheLookup | None:
        """None for what is never kept: other methods, a shop's backend, a credential that is refused."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if request.method != "GET" or not (header is None or header.lower().startswith("bearer ")):
            return None
        try:
            caller: Caller = self.authentication_classes[0]().authenticate(request)[0]
        except Refused:
            return None
        where = (request.scheme, request.get_host(), request.path, request.META.get("QUERY_STRING", ""))
        if isinstance(caller, EndUserCaller):
            made_of = CacheKey(*member_rows(caller.external_id, timezone.now()))
        else:
            made_of = CacheKey(config_version())
        return CacheLookup(caller, (caller, *where), made_of)

    def _shelf(self, caller: Caller) -> ResponseLRU:
        return self.for_guests if isinstance(caller, Guest) else self.for_members

    def _warm(self, asked: CacheLookup) -> CachedResponse | None:
        answer = self._shelf(asked.caller).answers.get(asked.key)
        if answer is None or answer.made_of != asked.made_of:
            return None
        return None if answer.until and answer.until <= timezone.now() else answer

    def _again(self, request: Any, caller: Caller, answer: CachedResponse) -> HttpResponse:
        """As DRF would: not more often than the caller may, and not to one who has it."""
        request.user = caller
        for throttle in self.throttle_classes:
            throttle().allow_request(request, self)
        response = HttpResponse(answer.content, headers=answer.headers)
        return answers.unless_known(request, response) if isinstance(caller, Guest) else response

    def _keep(self, asked: CacheLookup, response: Any) -> None:
        """It was made after its stamp and rows were read: if it is newer than they say, it is never met."""
        own = asked.made_of.own
        ends = (self.fresh_until, own.until(self.at) if own else None)
        until = min((end for end in ends if end), default=None)
        answer = CachedResponse(asked.made_of, until, response.content, dict(response.headers))
        self._shelf(asked.caller).put(asked.key, answer)
