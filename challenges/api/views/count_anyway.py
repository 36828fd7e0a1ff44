"""/schema/challenge/record/{id}/count-anyway: count all that a filter finds (docs/api.md, Count anyway)."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from challenges.api.presenters.count_anyway import serialize_run
from challenges.api.presenters.impact import serialize_impact
from challenges.api.serializers_count_anyway import CountAnywayRunSerializer, CountAnywaySerializer
from challenges.api.views.examples import examples_of
from challenges.engine import manual_count_runs
from challenges.engine.manual_count_impact import impact_of
from challenges.models import Challenge, ManualCountRun
from challenges.queries.uncounted_logs import LogFilter
from core.api.callers import ADMINS
from core.api.http.parsers import StrictJSONParser
from core.api.values import parse_uuid
from core.api.views import RecordViewSet

DOCUMENTED = {
    "count_anyway": "Counts all of the challenge's uncounted logs that the filter finds, each once, with a "
    "reason: after a start, end or late grace was put right, or what came during a pause. Up to 1,000 count "
    "in the request, the rest follows: read how far it is by the id of the answer. The same again counts "
    "nothing twice.",
    "count_anyway_run": "How far a counting is that was begun by POST.",
}


class CountAnyway(RecordViewSet):
    """Mixin of the challenge's view set."""

    @extend_schema(
        request=CountAnywaySerializer,
        responses={200: CountAnywayRunSerializer},
        examples=examples_of(
            what_came_before_the_start={
                "reason": "The start was set too late.",
                "reasonCode": "before_start",
                "activityAtAfter": "2026-11-01T00:00:00Z",
            }
        ),
    )
    @action(detail=True, methods=["post"], url_path="count-anyway", parser_classes=[StrictJSONParser])
    def count_anyway(self, request: Request, id: str) -> Response:
        challenge_id = self._challenge_id()
        serializer = CountAnywaySerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        log_filter = _filter_of(values)
        if self.parameters.get("dryRun"):
            impact = impact_of(challenge_id, log_filter, self.at)
            return Response({"impact": serialize_impact(impact)})
        run = manual_count_runs.start(challenge_id, log_filter, values["reason"], None, self.at)
        return Response({"data": serialize_run(run)})

    @extend_schema(
        responses={200: CountAnywayRunSerializer}, parameters=[OpenApiParameter("runId", UUID, "path")]
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="count-anyway/(?P<runId>[^/]+)",
        readers=ADMINS,
        serializer_class=CountAnywayRunSerializer,
    )
    def count_anyway_run(self, request: Request, id: str, runId: str) -> Response:  # noqa: N803 - the wire's name
        runs = ManualCountRun.objects.filter(challenge=self._challenge_id(), id=_uuid_or_404(runId))
        run = runs.first()
        if run is None:
            raise Http404
        return Response({"data": serialize_run(run)})

    def _challenge_id(self) -> UUID:
        """The id of a stored challenge, also of an archived one, whose logs stay readable."""
        challenge_id = _uuid_or_404(self.kwargs["id"])
        if not Challenge.objects.filter(id=challenge_id).exists():
            raise Http404
        return challenge_id


def _uuid_or_404(text: str) -> UUID:
    try:
        return parse_uuid(text)
    except ValueError as error:
        raise Http404 from error


def _filter_of(values: dict[str, Any]) -> LogFilter:
    return LogFilter(
        tuple(values.get("reason_code", ())),
        values.get("period_key", ""),
        values.get("activity_at_after"),
        values.get("activity_at_before"),
        values.get("owned_by_id"),
        values.get("unique_identifier", ""),
    )
