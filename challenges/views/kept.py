"""What guests read, kept by each worker until an edit or until a window ends.

One small query says whether anything was edited, so that an edit shows at once in every worker; a warm answer
costs nothing else.
"""

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Any, ClassVar, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from challenges.catalogue import stamp
from challenges_project.api import answers
from challenges_project.api.exceptions import error_response
from challenges_project.api.views import RecordViewSet

KEPT_AT_MOST = 200
LARGEST_KEPT = 256 * 1024


class Answer(NamedTuple):
    stamp: int
    until: datetime | None
    content: bytes
    headers: dict[str, str]


class KeptForGuests(RecordViewSet):
    """Put it first. `fresh_until` is set while an answer is made: when time alone would change it."""

    fresh_until: datetime | None = None
    kept: ClassVar[OrderedDict[tuple, Answer]] = OrderedDict()
    lock: ClassVar[Lock] = Lock()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "GET" or "HTTP_AUTHORIZATION" in request.META:
            return super().dispatch(request, *args, **kwargs)
        try:
            now = stamp()
        except Exception as error:
            return error_response(error, request)
        key = (request.scheme, request.get_host(), request.path, request.META.get("QUERY_STRING", ""))
        if answer := self._warm(key, now):
            return self._again(request, answer)
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code == 200 and response.headers["Cache-Control"] == answers.PUBLIC:
            self._keep(key, now, response)
        return response

    def _warm(self, key: tuple, now: int) -> Answer | None:
        answer = self.kept.get(key)
        if answer is None or answer.stamp != now or (answer.until and answer.until <= timezone.now()):
            return None
        return answer

    def _again(self, request: HttpRequest, answer: Answer) -> HttpResponse:
        try:
            self.throttle(request)
        except Exception as error:
            return error_response(error, request)
        response = HttpResponse(answer.content, headers=answer.headers)
        return answers.unless_known(request, response)

    def throttle(self, request: HttpRequest) -> None:
        """As DRF would; raises what an answer is made of."""
        request.user = self.authentication_classes[0]().authenticate(request)[0]
        for throttle in self.throttle_classes:
            throttle().allow_request(request, self)

    def _keep(self, key: tuple, now: int, response: Any) -> None:
        if len(response.content) > LARGEST_KEPT:
            return
        answer = Answer(now, self.fresh_until, response.content, dict(response.headers))
        with self.lock:
            self.kept[key] = answer
            while len(self.kept) > KEPT_AT_MOST:
                self.kept.popitem(last=False)
