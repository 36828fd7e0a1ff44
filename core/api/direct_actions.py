"""Hot POSTs without DRF around them: the same callers, limits, errors and headers at a fraction of the cost.

    class ChallengeLogViewSet(FastActions, ListRecords, RetrieveRecord, RecordViewSet):
        fast_actions = {"create": "take_one", "batch": "take_batch"}

        def take_one(self, request: HttpRequest) -> HttpResponse:      # self.caller is set
            entry = read_one(read_body(request))
            return json_response({"data": ...}, 201)

The DRF action of the same name stays: it routes and documents, and is never called.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from core.api.callers import check_write
from core.api.http.answers import private
from core.api.http.exception_handler import error_response
from core.api.language import PARAMETER as LANGUAGE
from core.api.language import SPOKEN, Language, default_language, reading_language
from core.api.query_string import read_parameters
from core.api.views import RecordViewSet

DEFAULT = Language(default_language())


class FastActions(RecordViewSet):
    """Put it first. `fast_actions` names the method that answers an action; it may raise as any view.

    `worded_actions`: those whose answer holds end-user texts. They take `languageCode` as a read does; the
    others take no shared parameter.
    """

    fast_actions: ClassVar[dict[str, str]] = {}
    worded_actions: ClassVar[frozenset[str]] = frozenset()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        action = self.action_map.get(str(request.method).lower(), "")
        if action not in self.fast_actions:
            return super().dispatch(request, *args, **kwargs)
        self.action = action
        with translation.override(SPOKEN):
            try:
                response = self._answer(request)
            except Exception as error:
                response = error_response(error, request)
        private(response)
        if action in self.worded_actions and response.status_code < 300 and not self.language.every:
            response.headers["Content-Language"] = self.language.code
        return response

    def shared_parameters(self) -> tuple[str, ...]:
        if self.action in self.worded_actions:
            return (LANGUAGE,)
        return () if self.action in self.fast_actions else super().shared_parameters()

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """As `RecordViewSet.initial` does it: who, how often, whether they may, then what."""
        self.caller = request.user = self.authentication_classes[0]().authenticate(request)[0]
        if settings.RATE_LIMIT:
            for throttle in self.throttle_classes:
                throttle().allow_request(request, self)
        check_write(self.caller, self.write_scope, self.readers)
        sent = read_parameters(request, self.known_parameters()) if request.META.get("QUERY_STRING") else {}
        wanted = sent.get(LANGUAGE)
        self.language = DEFAULT if wanted is None else reading_language(wanted, every_allowed=True)
        answer: HttpResponse = getattr(self, self.fast_actions[str(self.action)])(request)
        return answer
