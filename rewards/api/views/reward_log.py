"""/schema/reward_log/record: read reward logs, and change their code, expiry and status."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.callers import IDENTIFIED, AdminCaller, EndUserCaller
from core.api.filters import (
    CustomFilter,
    Filter,
    MemberFilter,
    PeriodKeyFilter,
    TextFilter,
    UuidFilter,
    one_of,
    time_filters,
)
from core.api.pagination import Sort
from core.api.reader import Reader
from core.api.views import ListRecords, RecordViewSet, RetrieveRecord, UpdateRecord
from core.choices import RewardLogStatus
from rewards.api.presenters import serialize_reward_log
from rewards.api.serializers import RewardLogSerializer
from rewards.domain import lifecycle
from rewards.domain.lifecycle import API_ACTOR
from rewards.models import RewardLog

STATUSES = tuple(RewardLogStatus.values)


class RewardLogViewSet(ListRecords, RetrieveRecord, UpdateRecord, RecordViewSet):
    slug = "reward_log"
    readers = IDENTIFIED
    serializer_class = RewardLogSerializer
    audited_by_domain = frozenset({"partial_update", "redeem", "unredeem", "revoke"})
    filters = (
        UuidFilter("linkedSchemaRecordId", "challenge_id"),
        UuidFilter("challengeId", "challenge_id"),
        UuidFilter("milestoneId", "milestone_id"),
        UuidFilter("rewardId", "reward_id"),
        MemberFilter("ownedById", "member__external_id"),
        PeriodKeyFilter("periodKey", "period_key"),
        TextFilter("couponCode", "coupon_code"),
        CustomFilter(
            "status",
            narrow=lambda rows, status: with_status(rows, status),
            read=lambda text: one_of(STATUSES, text),
            type={"type": "string", "enum": list(STATUSES)},
        ),
        *time_filters("rewardIssued", "reward_issued_at"),
    )
    sorts = (Sort("rewardIssuedAt", "reward_issued_at"),)
    default_order = "-rewardIssuedAt"
    documented = {
        "partial_update": "Gives a waiting reward its code, or another expiry.",
        "redeem": "The code was used.",
        "unredeem": "The order in which the code was used is cancelled.",
        "revoke": "Takes the reward back.",
    }

    def own_filters(self) -> tuple[Filter, ...]:
        filters = super().own_filters()
        caller = getattr(self, "caller", None)  # None while the API's description is generated
        if caller is None or isinstance(caller, AdminCaller):
            return filters
        return tuple(f for f in filters if f.name != "rewardId")  # only API keys read the ids of rewards

    def records(self) -> QuerySet[RewardLog]:
        rows = RewardLog.objects.select_related("member", "reward", "milestone")
        if isinstance(self.caller, EndUserCaller):
            rows = rows.filter(member__external_id=self.caller.external_id)
        return rows

    def represent(self, rows: list[RewardLog]) -> list[Any]:
        reader = Reader.of(self)
        return self.trimmed([serialize_reward_log(row, row.member.external_id, reader) for row in rows])

    def update_record(self, record: RewardLog, values: dict[str, Any]) -> RewardLog:
        with transaction.atomic():
            if "reward_expiry_at" in values:
                lifecycle.set_expiry(record.id, values["reward_expiry_at"], API_ACTOR, at=self.at)
            # A record that was read and is sent back must change nothing.
            if values.get("coupon_code", record.coupon_code) != record.coupon_code:
                lifecycle.fill_code(record.id, values["coupon_code"], API_ACTOR, at=self.at)
        return self.record()

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def redeem(self, request: Request, id: str) -> Response:
        return self._apply(lifecycle.redeem)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unredeem(self, request: Request, id: str) -> Response:
        return self._apply(lifecycle.unredeem)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, id: str) -> Response:
        return self._apply(lifecycle.revoke)

    def _apply(self, transition: Callable[..., RewardLog]) -> Response:
        transition(self.record().id, API_ACTOR, at=self.at)
        return self.answer(self.record())


def with_status(rows: QuerySet[Any], status: str) -> QuerySet[Any]:
    """Filter by the status of now; `expired` is derived from the time."""
    return rows.with_status(status, timezone.now())  # type: ignore[attr-defined]
