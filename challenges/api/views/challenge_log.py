"""/schema/challenge_log/record, one log or a batch (docs/api.md, One log; docs/api.md, Batch)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from challenges.api import log_parser
from challenges.api.clock_check import check_clock, check_clock_of_batch
from challenges.api.log_identifiers import Decoded
from challenges.api.presenters.batch import serialize_batch
from challenges.api.presenters.progress import serialize_log, serialize_outcome
from challenges.api.serializers import (
    BatchAnswerSerializer,
    BatchSerializer,
    ChallengeLogSerializer,
)
from challenges.api.serializers_answers import RecordedLogSerializer
from challenges.api.views import dry_run
from challenges.api.views.dry_run import Recorded
from challenges.api.views.examples import LOG, REFUND, examples_of
from challenges.engine import group_commit, intake
from challenges.engine.eligibility import Entry
from challenges.engine.intake import Outcome
from challenges.models import ChallengeLog
from core.api.callers import IDENTIFIED, INGEST, Caller, EndUserCaller
from core.api.direct_actions import FastActions
from core.api.filters import (
    CREATED,
    BooleanFilter,
    IdentifierFilter,
    MemberFilter,
    PeriodKeyFilter,
    UuidFilter,
    time_filters,
)
from core.api.http.answers import json_response
from core.api.http.bodies import read_body
from core.api.pagination import CREATED_AT, Sort
from core.api.reader import Reader
from core.api.views import ListRecords, RetrieveRecord
from core.errors import DomainErrors


def visible_logs(caller: Caller) -> QuerySet[ChallengeLog]:
    rows = ChallengeLog.objects.all()
    if isinstance(caller, EndUserCaller):
        rows = rows.filter(member__external_id=caller.external_id)
    return rows


def is_log_of(unique_identifier: str, caller: Caller) -> bool:
    """Whether there is such a log, for an end user among their own."""
    return visible_logs(caller).filter(unique_identifier=unique_identifier).exists()


class ChallengeLogViewSet(ListRecords, RetrieveRecord, FastActions):
    slug = "challenge_log"
    readers = IDENTIFIED
    write_scope = INGEST
    serializer_class = ChallengeLogSerializer
    filters = (
        UuidFilter("challengeId", "challenge_id"),
        MemberFilter("ownedById", "member__external_id"),
        IdentifierFilter("uniqueIdentifier", "unique_identifier", is_stored=is_log_of),
        PeriodKeyFilter("periodKey", "period_key"),
        BooleanFilter("counted", "counted"),
        *time_filters("activity", "activity_at"),
        *CREATED,
    )
    sorts = (CREATED_AT, Sort("activityAt", "activity_at"))
    fast_actions = {"create": "post_one", "batch": "post_batch"}
    localized_actions = frozenset({"create"})
    own_parameters = {"create": (dry_run.DRY_RUN,), "batch": (dry_run.DRY_RUN,)}
    documented = {
        "create": "Records one activity of a member, counts it, and answers the progress and every reward "
        "that it caused. The same uniqueIdentifier again counts nothing: 200 with Idempotent-Replayed, or "
        "409 when its content differs. With reversalOf it takes another log back, wholly or in part. With "
        "dryRun=true it is answered alike with 200, without codes and new ids, and nothing is stored.",
        "batch": "Records 1 to 5,000 activities in one transaction; an outcome for each, in order. A bad "
        "record spoils none of the others, and the same batch again changes nothing. With dryRun=true it is "
        "answered alike, without codes and new ids, and nothing is stored.",
    }

    def records(self) -> QuerySet[ChallengeLog]:
        return visible_logs(self.caller).select_related("member")

    def represent(self, rows: list[ChallengeLog]) -> list[Any]:
        return self.trimmed([serialize_log(row, row.member.external_id) for row in rows])

    @extend_schema(
        responses={201: RecordedLogSerializer, 200: RecordedLogSerializer},
        examples=examples_of(an_order=LOG, part_of_it_back=REFUND),
    )
    def create(self, request: Any) -> None:
        """Route and document the action; the answer comes from `post_one`."""

    @extend_schema(
        request=BatchSerializer,
        responses={200: BatchAnswerSerializer},
        examples=examples_of(two_at_once={"records": [LOG, REFUND]}),
    )
    @action(detail=False, methods=["post"])
    def batch(self, request: Any) -> None:
        """Route and document the action; the answer comes from `post_batch`."""

    def post_one(self, request: HttpRequest) -> HttpResponse:
        entry = log_parser.read_one(read_body(request))
        record = partial(self._record_one, entry, request)
        if self.parameters.get("dryRun"):
            replayed, answer = dry_run.try_log(record)
            status = 200
        else:
            replayed, answer = record()
            status = 200 if replayed else 201
        return json_response(answer, status, {"Idempotent-Replayed": "true"} if replayed else None)

    def _record_one(self, entry: Entry, request: HttpRequest) -> Recorded:
        outcome = group_commit.record(entry)
        if outcome.errors:
            check_clock(outcome.errors)
            raise DomainErrors(outcome.errors)
        reader = Reader(
            admin=True,
            guest=False,
            language=self.language,
            origin=request.build_absolute_uri("/").rstrip("/"),
            at=timezone.now(),
        )
        answer = {"data": serialize_outcome(outcome, entry.external_id, reader)}
        return outcome.status == "replayed", answer

    def post_batch(self, request: HttpRequest) -> HttpResponse:
        records = log_parser.read_batch(read_body(request, settings.MAX_BATCH_BYTES))
        record = partial(_record_batch, records)
        _replayed, answer = dry_run.try_batch(record) if self.parameters.get("dryRun") else record()
        return json_response(answer)


def _record_batch(records: Sequence[Decoded]) -> Recorded:
    """Record what is well-formed; the answer has the outcome of each record in order, or its faults."""
    recorded = iter(intake.record([record for record in records if isinstance(record, Entry)]))
    outcomes = [next(recorded) if isinstance(record, Entry) else record for record in records]
    check_clock_of_batch([outcome.errors if isinstance(outcome, Outcome) else () for outcome in outcomes])
    return False, serialize_batch(outcomes)
