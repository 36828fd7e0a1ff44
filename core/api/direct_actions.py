"""POST actions that bypass DRF for speed, with the same callers, rate limits, errors and headers.

    class ChallengeLogViewSet(FastActions, ListRecords, RetrieveRecord, RecordViewSet):
        fast_actions = {"create": "post_one", "batch": "post_batch"}

        def post_one(self, request: HttpRequest) -> HttpResponse:      # self.caller is set
            entry = read_one(read_body(request))
            return json_response({"data": ...}, 201)

The DRF action of the same name stays for routing and the OpenAPI document. It is never called.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from core.api.callers import check_write
from core.api.filters import parse_all
from core.api.http.answers import private
from core.api.http.exception_handler import error_response
from core.api.language import ERROR_LANGUAGE, Language, default_language, reading_language
from core.api.language import PARAMETER as LANGUAGE
from core.api.query_string import read_parameters
from core.api.views import RecordViewSet

DEFAULT = Language(default_language())


class FastActions(RecordViewSet):
    """Base of a view set with direct actions; list it before `RecordViewSet`.

    `fast_actions` maps an action to the method that answers it, which may raise whatever a view may.
    `localized_actions` are those whose answer holds end-user texts: they take `languageCode` as a read does,
    the others take no shared parameter. `own_parameters` are parsed as those of other actions are.
    """

    fast_actions: ClassVar[dict[str, str]] = {}
    localized_actions: ClassVar[frozenset[str]] = frozenset()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        action = self.action_map.get(str(request.method).lower(), "")
        if action not in self.fast_actions:
            return super().dispatch(request, *args, **kwargs)
        self.action = action
        with translation.override(ERROR_LANGUAGE):
            try:
                response = self._answer(request)
            except Exception as error:
                response = error_response(error, request)
        private(response)
        if action in self.localized_actions and response.status_code < 300 and not self.language.every:
            response.headers["Content-Language"] = self.language.code
        return response

    def shared_parameters(self) -> tuple[str, ...]:
        if self.action in self.localized_actions:
            return (LANGUAGE,)
        return () if self.action in self.fast_actions else super().shared_parameters()

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """Authenticate, throttle, authorize and read the query, in the order of `RecordViewSet.initial`."""
        self.caller = request.user = self.authentication_classes[0]().authenticate(request)[0]
        if settings.RATE_LIMIT:
            for throttle in self.throttle_classes:
                throttle().allow_request(request, self)
        check_write(self.caller, self.write_scope, self.readers)
        parameters: dict[str, str] = {}
        self.parameters = {}
        if request.META.get("QUERY_STRING"):
            parameters = read_parameters(request, self.known_parameters())
            own_filters = {own_filter.name: own_filter for own_filter in self.own_filters()}
            self.parameters = parse_all(own_filters, parameters, self.caller)
        code = parameters.get(LANGUAGE)
        self.language = DEFAULT if code is None else reading_language(code, every_allowed=True)
        answer: HttpResponse = getattr(self, self.fast_actions[str(self.action)])(request)
        return answer
