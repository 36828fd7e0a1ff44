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

from challenges.caches.config import stamp
from challenges.queries.member_state import OwnRows, rows_of
from core.api.callers import Caller, EndUserCaller, Guest
from core.api.errors import Refused, error_response
from core.api.http import answers
from core.api.views import RecordViewSet

LARGEST_KEPT = 256 * 1024


class MadeOf(NamedTuple):
    """The catalogue's stamp, and an end user's rows; None where the request has not read them."""

    stamp: int | None = None
    own: OwnRows | None = None


class Answer(NamedTuple):
    made_of: MadeOf
    until: datetime | None
    content: bytes
    headers: dict[str, str]


@dataclass
class Shelf:
    """The answers that were made last: at most so many, and so many bytes."""

    most: int
    most_bytes: int
    answers: OrderedDict[Hashable, Answer] = field(default_factory=OrderedDict)
    bytes: int = 0
    lock: Any = field(default_factory=Lock)

    def put(self, key: Hashable, answer: Answer) -> None:
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


class Asked(NamedTuple):
    """A question to which an answer may be kept, and what it would be made of now."""

    caller: Caller
    key: Hashable
    made_of: MadeOf


class KeptForReaders(RecordViewSet):
    """Put it last. `fresh_until` is set while an answer is made: when time alone would change it."""

    fresh_until: datetime | None = None
    read: MadeOf = MadeOf()
    for_guests: ClassVar[Shelf] = Shelf(200, 200 * LARGEST_KEPT)
    for_members: ClassVar[Shelf] = Shelf(2000, 16 * 1024 * 1024)

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
        if asked and response.status_code == 200 and len(response.content) <= LARGEST_KEPT:
            self._keep(asked, response)
        return response

    def _asked(self, request: HttpRequest) -> Asked | None:
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
            made_of = MadeOf(*rows_of(caller.external_id, timezone.now()))
        else:
            made_of = MadeOf(stamp())
        return Asked(caller, (caller, *where), made_of)

    def _shelf(self, caller: Caller) -> Shelf:
        return self.for_guests if isinstance(caller, Guest) else self.for_members

    def _warm(self, asked: Asked) -> Answer | None:
        answer = self._shelf(asked.caller).answers.get(asked.key)
        if answer is None or answer.made_of != asked.made_of:
            return None
        return None if answer.until and answer.until <= timezone.now() else answer

    def _again(self, request: Any, caller: Caller, answer: Answer) -> HttpResponse:
        """As DRF would: not more often than the caller may, and not to one who has it."""
        request.user = caller
        for throttle in self.throttle_classes:
            throttle().allow_request(request, self)
        response = HttpResponse(answer.content, headers=answer.headers)
        return answers.unless_known(request, response) if isinstance(caller, Guest) else response

    def _keep(self, asked: Asked, response: Any) -> None:
        """It was made after its stamp and rows were read: if it is newer than they say, it is never met."""
        own = asked.made_of.own
        ends = (self.fresh_until, own.until(self.at) if own else None)
        until = min((end for end in ends if end), default=None)
        answer = Answer(asked.made_of, until, response.content, dict(response.headers))
        self._shelf(asked.caller).put(asked.key, answer)
