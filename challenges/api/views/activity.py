"""/schema/activity/record: one activity or a batch, for every live challenge with its `activityId`.

docs/api.md, Activity.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from challenges.api import log_parser
from challenges.api.clock_check import check_clock, check_clock_of_batch
from challenges.api.log_identifiers import Decoded
from challenges.api.presenters.batch import serialize_activities
from challenges.api.serializers import ActivitiesSerializer, ActivityAnswerSerializer, ActivitySerializer
from challenges.api.views import dry_run
from challenges.api.views.dry_run import Recorded
from challenges.api.views.examples import ORDER, examples_of
from challenges.engine import activities
from challenges.engine.activities import ActivityOutcome
from challenges.engine.eligibility import Entry
from core.api.callers import ADMINS, INGEST
from core.api.direct_actions import FastActions
from core.api.http.answers import json_response
from core.api.http.bodies import read_body
from core.errors import DomainErrors


class ActivityViewSet(FastActions):
    slug = "activity"
    readers = ADMINS
    write_scope = INGEST
    serializer_class = ActivitySerializer
    fast_actions = {"create": "post_one", "batch": "post_batch"}
    own_parameters = {"create": (dry_run.DRY_RUN,), "batch": (dry_run.DRY_RUN,)}
    documented = {
        "create": "Records one activity in every live challenge that names its activityId; an outcome for "
        "each that it reached. Sent again, it counts nothing and answers the same challenges, also after new "
        "ones went live. With dryRun=true it is answered alike, without codes and new ids, and nothing is "
        "stored.",
        "batch": "Records 1 to 1,000 activities in one transaction; `index` says whose outcome it is. A bad "
        "one spoils none of the others, and the same batch again changes nothing. With dryRun=true it is "
        "answered alike, without codes and new ids, and nothing is stored.",
    }

    @extend_schema(responses={200: ActivityAnswerSerializer}, examples=examples_of(an_order=ORDER))
    def create(self, request: Any) -> None:
        """Route and document the action; the answer comes from `post_one`."""

    @extend_schema(request=ActivitiesSerializer, responses={200: ActivityAnswerSerializer})
    @action(detail=False, methods=["post"])
    def batch(self, request: Any) -> None:
        """Route and document the action; the answer comes from `post_batch`."""

    def post_one(self, request: HttpRequest) -> HttpResponse:
        entry = log_parser.read_one(read_body(request), for_activity=True)
        replayed, answer = self._run(partial(_record_one, entry))
        return json_response(answer, headers={"Idempotent-Replayed": "true"} if replayed else None)

    def post_batch(self, request: HttpRequest) -> HttpResponse:
        body = read_body(request, settings.MAX_BATCH_BYTES)
        records = log_parser.read_batch(body, log_parser.LARGEST_ACTIVITY_BATCH, for_activity=True)
        _replayed, answer = self._run(partial(_record_batch, records))
        return json_response(answer)

    def _run(self, record: Callable[[], Recorded]) -> Recorded:
        return dry_run.try_batch(record) if self.parameters.get("dryRun") else record()


def _record_one(entry: Entry) -> Recorded:
    (outcome,) = activities.record([entry])
    if outcome.errors:
        check_clock(outcome.errors)
        raise DomainErrors(outcome.errors)
    return outcome.stored, serialize_activities([outcome])


def _record_batch(records: Sequence[Decoded]) -> Recorded:
    """Record what is well-formed; the answer has the outcomes of each record in order, or its faults."""
    recorded = iter(activities.record([record for record in records if isinstance(record, Entry)]))
    outcomes = [next(recorded) if isinstance(record, Entry) else record for record in records]
    check_clock_of_batch(
        [outcome.errors if isinstance(outcome, ActivityOutcome) else () for outcome in outcomes]
    )
    return False, serialize_activities(outcomes)
