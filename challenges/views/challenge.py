"""/schema/challenge/record"""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework.response import Response

from challenges import rules, shelf
from challenges.models import Challenge, ChallengeProgress
from challenges.owned import own_of
from challenges.representations import challenge_shown
from challenges.serializers import ChallengeSerializer
from challenges.views.kept import KeptForGuests
from challenges.views.rewards_named import reward_named
from challenges_project.api.callers import EVERYBODY, AdminCaller, EndUserCaller
from challenges_project.api.eud import split_icons
from challenges_project.api.filters import CREATED, BooleanFilter, ChoiceFilter
from challenges_project.api.pagination import CREATED_AT, Sort
from challenges_project.api.parsers import StrictJSONParser, StrictMultiPartParser
from challenges_project.api.reader import Reader
from challenges_project.api.views import (
    CreateRecord,
    DeleteRecord,
    ListRecords,
    RecordViewSet,
    RetrieveRecord,
    UpdateRecord,
)
from challenges_project.choices import AggregationPeriod, RecordStatus
from challenges_project.icons.keeping import icons_replaced


class ChallengeViewSet(
    ListRecords, RetrieveRecord, CreateRecord, UpdateRecord, DeleteRecord, KeptForGuests, RecordViewSet
):
    slug = "challenge"
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
    own_parameters = {
        "partial_update": (BooleanFilter("dryRun", help="Count the impact; save nothing."),),
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
        milestones = shelf.with_milestones([row.id for row in rows])
        self.fresh_until = min((boundary_after(row, self.at) for row in rows), default=None)
        own = own_of(self.caller.external_id, rows, self.at) if isinstance(self.caller, EndUserCaller) else {}
        return self.trimmed(
            [challenge_shown(row, milestones.get(row.id, ()), reader, own.get(row.id)) for row in rows]
        )

    def create_record(self, values: dict[str, Any]) -> Challenge:
        challenge = Challenge(created_at=self.at, updated_at=self.at)
        self._save(challenge, values)
        return challenge

    def update_record(self, record: Challenge, values: dict[str, Any]) -> Challenge:
        self._save(record, values)
        return record

    def _save(self, challenge: Challenge, values: dict[str, Any]) -> None:
        icons = self._set(challenge, values)
        with icons_replaced(challenge, icons):
            rules.save(challenge, at=self.at)

    def _set(self, challenge: Challenge, values: dict[str, Any]) -> dict[str, Any]:
        """Put the validated values on the record; answers the icons, which are stored with the save."""
        columns, icons = split_icons(values)
        if "completion_reward_id" in columns:
            challenge.completion_reward = reward_named(
                columns.pop("completion_reward_id"), "completionRewardId"
            )
        for name, value in columns.items():
            setattr(challenge, name, value)
        return icons

    def delete_record(self, record: Challenge) -> None:
        rules.remove(record, at=self.at)

    def partial_update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        if not self.parameters.get("dryRun"):
            return super().partial_update(request, *args, **kwargs)
        record = self.record()
        serializer = self.get_serializer(record, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        self._set(record, serializer.validated_data)
        return Response({"impact": rules.impact(record, at=self.at).shown()})


def boundary_after(challenge: Challenge, at: datetime) -> datetime:
    """When time alone changes what this challenge reads: its window's end."""
    return challenge.window_at(at).ends_at
