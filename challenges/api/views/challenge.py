"""/schema/challenge/record (docs/api.md, Fields)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from challenges.api.presenters.challenge import serialize_challenge
from challenges.api.presenters.rule_version import serialize_pending, serialize_versions
from challenges.api.serializers import ChallengeSerializer
from challenges.api.serializers_answers import ImpactAnswerSerializer
from challenges.api.views import count_anyway
from challenges.api.views.cached_reads import CachedReads
from challenges.api.views.dry_run import DRY_RUN
from challenges.api.views.edited_records import EditThroughService, find_reward
from challenges.api.views.examples import CHALLENGE, examples_of
from challenges.caches import challenge as challenge_cache
from challenges.caches.config import rules_of
from challenges.editing import resuming, service
from challenges.engine import rule_versions
from challenges.engine.impact import Impact
from challenges.models import Challenge, ChallengeProgress, RuleVersion
from challenges.models.window_rules import Rules
from challenges.queries.member_state import MemberState, member_states
from core.api.callers import EVERYBODY, AdminCaller, EndUserCaller
from core.api.filters import CREATED, ChoiceFilter
from core.api.http.parsers import StrictJSONParser, StrictMultiPartParser
from core.api.http.renderers import encode
from core.api.pagination import CREATED_AT, Sort
from core.api.reader import Reader
from core.api.views import DeleteRecord, ListRecords, RetrieveRecord
from core.choices import AggregationPeriod, RecordStatus
from core.errors import DomainError
from milestones.models import Milestone


@extend_schema_view(create=extend_schema(examples=examples_of(a_monthly_spender=CHALLENGE)))
class ChallengeViewSet(
    ListRecords, RetrieveRecord, DeleteRecord, EditThroughService, count_anyway.CountAnyway, CachedReads
):
    slug = "challenge"
    cancels_pending = counts_paused = False
    readers = EVERYBODY
    serializer_class = ChallengeSerializer
    parser_classes = [StrictJSONParser, StrictMultiPartParser]
    filters = (
        ChoiceFilter("status", "status", tuple(RecordStatus.values)),
        ChoiceFilter("aggregationPeriod", "aggregation_period", tuple(AggregationPeriod.values)),
        *CREATED,
    )
    sorts = (Sort("displayOrder", "display_order", then="-id"), CREATED_AT)
    default_order = "displayOrder"
    own_parameters = EditThroughService.own_parameters | {"count_anyway": (DRY_RUN,)}
    other_answers = EditThroughService.other_answers | {"count_anyway": ImpactAnswerSerializer}
    audited_by_domain = EditThroughService.audited_by_domain | {"count_anyway"}
    documented = {
        **count_anyway.DOCUMENTED,
        "destroy": "Removes a challenge. One with history is archived: gone from here, its ledger stays.",
    }

    def records(self) -> QuerySet[Challenge]:
        challenges = Challenge.objects.unarchived().select_related("completion_reward")
        if isinstance(self.caller, AdminCaller):
            return challenges
        visible = Q(status=RecordStatus.LIVE)
        if isinstance(self.caller, EndUserCaller):
            progress = ChallengeProgress.objects.filter(
                challenge=OuterRef("pk"), member__external_id=self.caller.external_id
            )
            visible |= Q(Exists(progress), status=RecordStatus.PAUSED)
        return challenges.filter(visible)

    def represent(self, rows: list[Challenge]) -> list[Any]:
        reader = Reader.of(self)
        ids = [row.id for row in rows]
        milestones = self._milestones_of(ids, reader)
        rules = rules_of(ids, self.lookup.config_version if self.lookup else None)
        window_ends = [_next_window_at(row, self.at) for row in rows]
        self.fresh_until = min((end for end in window_ends if end is not None), default=None)
        own: dict[UUID, MemberState] = {}
        if isinstance(self.caller, EndUserCaller):
            member_rows = self.lookup.member_rows if self.lookup else None
            own = member_states(self.caller.external_id, rows, self.at, member_rows)
        records = [
            serialize_challenge(row, rules[row.id], milestones.get(row.id, ()), reader, own.get(row.id))
            for row in rows
        ]
        if reader.admin:
            self._add_versions(records, rules)
        return self.trimmed(records)

    def _add_versions(self, records: list[dict[str, Any]], rules: Mapping[UUID, Rules]) -> None:
        """Add the pending version, and all versions to the answer for one challenge."""
        whole = self.action != "list"
        ids = [id_ for id_ in rules if whole or rules[id_].unapplied_from is not None]
        versions: dict[UUID, list[RuleVersion]] = {}
        if ids:
            for version in RuleVersion.objects.filter(challenge__in=ids).order_by("number"):
                versions.setdefault(version.challenge_id, []).append(version)
        for record in records:
            stored = versions.get(record["id"], [])
            if whole:
                record["ruleVersions"] = serialize_versions(stored)
            record["pendingVersion"] = serialize_pending(stored)

    def _milestones_of(self, ids: list[UUID], reader: Reader) -> Mapping[UUID, Sequence[Milestone]]:
        """The milestones by challenge: cached, but for admins, who may be in the middle of an edit."""
        if reader.admin:
            return challenge_cache.read_milestones(ids)
        return challenge_cache.get_milestones(ids, self.lookup.config_version if self.lookup else None)

    def new_record(self) -> Challenge:
        return Challenge(created_at=self.at, updated_at=self.at)

    def set_values(self, record: Challenge, columns: dict[str, Any]) -> None:
        if "pending_version" in columns:
            self._cancel_pending(record, columns.pop("pending_version"))
        if columns.pop("count_paused", False):
            self._check_resuming(record, columns)
            self.counts_paused = True
        if "completion_reward_id" in columns:
            record.completion_reward = find_reward(columns.pop("completion_reward_id"), "completionRewardId")
        for name, value in columns.items():
            setattr(record, name, value)

    def _cancel_pending(self, record: Challenge, sent: Any) -> None:
        """Note that null cancels the pending version; what was read and is sent back changes nothing."""
        versions = rule_versions.stored_versions(record.id)
        if sent is None:
            self.cancels_pending = rule_versions.pending_among(versions) is not None
        elif _as_sent(serialize_pending(versions)) != sent:
            message = "Send null, which cancels it; edit it with from=nextWindow."
            raise DomainError("only_null", message, "pendingVersion")

    def _check_resuming(self, record: Challenge, columns: dict[str, Any]) -> None:
        """Raise `DomainError` unless this edit resumes a paused challenge."""
        was_paused = record.status == RecordStatus.PAUSED and not record._state.adding
        if self.from_next_window or not was_paused or columns.get("status") != RecordStatus.LIVE:
            message = "Send it with status live, for a challenge that is paused; or leave it out."
            raise DomainError("not_resuming", message, "countPaused")

    def store(self, record: Challenge) -> None:
        if not (self.cancels_pending or self.counts_paused):
            service.save(record, at=self.at, from_next_window=self.from_next_window)
            return
        with transaction.atomic():
            if self.cancels_pending:
                service.cancel_pending(record, at=self.at)
            service.save(record, at=self.at, from_next_window=self.from_next_window)
            if self.counts_paused:
                resuming.count_paused(record.id, None, self.at)

    def impact_of(self, record: Challenge) -> Impact:
        if self.counts_paused:
            return resuming.impact_of(record.id, self.at)
        return service.impact(record, at=self.at, from_next_window=self.from_next_window)

    def delete_record(self, record: Challenge) -> None:
        service.remove(record, at=self.at)


def _as_sent(answer: Any) -> Any:
    """Return an answer as a client that sends it back has read it."""
    return json.loads(encode(answer), parse_float=Decimal)


def _next_window_at(challenge: Challenge, at: datetime) -> datetime | None:
    """The end of the window of now, in UTC, when another window follows; None for the last window."""
    window = challenge.window_at(at)
    return window.ends_at if challenge.window_at(window.ends_at) != window else None
