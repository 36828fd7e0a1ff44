"""/schema/milestone/record; a write is validated with the whole challenge (docs/api.md, Fields)."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from challenges.api.presenters.impact import serialize_impact
from challenges.api.serializers import MilestoneSerializer
from challenges.api.serializers_answers import ImpactAnswerSerializer
from challenges.api.views.cached_reads import CachedReads
from challenges.api.views.dry_run import DRY_RUN
from challenges.api.views.edited_records import NEXT_WINDOW, EditThroughService, find_reward
from challenges.api.views.examples import MILESTONE, examples_of
from challenges.editing import service
from challenges.engine.impact import Impact
from challenges.models import Challenge, ChallengeProgress
from core.api.callers import EVERYBODY, AdminCaller, EndUserCaller
from core.api.filters import CREATED, ChoiceFilter, UuidFilter
from core.api.http.parsers import StrictJSONParser, StrictMultiPartParser
from core.api.reader import Reader
from core.api.views import DeleteRecord, ListRecords, RetrieveRecord
from core.choices import RecordStatus
from core.errors import DomainError
from milestones.api.presenters import serialize_milestone
from milestones.models import Milestone


@extend_schema_view(
    create=extend_schema(
        examples=examples_of(halfway=MILESTONE),
        responses={201: MilestoneSerializer, 200: ImpactAnswerSerializer},
    ),
    destroy=extend_schema(responses={204: None, 200: ImpactAnswerSerializer}),
)
class MilestoneViewSet(ListRecords, RetrieveRecord, DeleteRecord, EditThroughService, CachedReads):
    slug = "milestone"
    readers = EVERYBODY
    serializer_class = MilestoneSerializer
    parser_classes = [StrictJSONParser, StrictMultiPartParser]
    filters = (
        UuidFilter("linkedSchemaRecordId", "challenge_id"),
        UuidFilter("challengeId", "challenge_id"),
        ChoiceFilter("status", "status", tuple(RecordStatus.values)),
        *CREATED,
    )
    own_parameters = {
        **EditThroughService.own_parameters,
        "create": (DRY_RUN, NEXT_WINDOW),
        "destroy": (DRY_RUN, NEXT_WINDOW),
    }
    documented = {"destroy": "Removes a milestone. One that has paid is archived: its rewards stay."}

    def records(self) -> QuerySet[Milestone]:
        milestones = (
            Milestone.objects.unarchived().filter(challenge__archived_at=None).select_related("reward")
        )
        if isinstance(self.caller, AdminCaller):
            return milestones
        visible = Challenge.objects.live()
        if isinstance(self.caller, EndUserCaller):
            progress = ChallengeProgress.objects.filter(member__external_id=self.caller.external_id)
            visible |= Challenge.objects.unarchived().filter(
                status=RecordStatus.PAUSED, id__in=progress.values("challenge_id")
            )
        return milestones.filter(status=RecordStatus.LIVE, challenge__in=visible.values("id"))

    def represent(self, rows: list[Milestone]) -> list[Any]:
        reader = Reader.of(self)
        return self.trimmed([serialize_milestone(row, reader) for row in rows])

    def new_record(self) -> Milestone:
        return Milestone(created_at=self.at, updated_at=self.at)

    def set_values(self, record: Milestone, columns: dict[str, Any]) -> None:
        columns.pop("linked_schema_slug", None)
        if "linked_schema_record_id" in columns:
            self._set_challenge(record, columns.pop("linked_schema_record_id"))
        if "reward_id" in columns:
            record.reward = find_reward(columns.pop("reward_id"), "rewardId")
        for name, value in columns.items():
            setattr(record, name, value)

    def store(self, record: Milestone) -> None:
        service.save_milestone(record, at=self.at, from_next_window=self.from_next_window)

    def impact_of(self, record: Milestone) -> Impact:
        return service.milestone_impact(record, at=self.at, from_next_window=self.from_next_window)

    def _set_challenge(self, milestone: Milestone, challenge_id: Any) -> None:
        field = "linkedSchemaRecordId"
        if milestone.challenge_id and milestone.challenge_id != challenge_id:
            raise DomainError(
                "milestone_moved", "A milestone stays with its challenge; create another.", field
            )
        challenge = Challenge.objects.unarchived().filter(id=challenge_id).first()
        if challenge is None:
            raise DomainError("unknown_challenge", "No such challenge; take an id from its list.", field)
        milestone.challenge = challenge

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not self.parameters.get("dryRun"):
            return super().destroy(request, *args, **kwargs)
        impact = service.removal_impact(self.record(), at=self.at, from_next_window=self.from_next_window)
        return Response({"impact": serialize_impact(impact)})

    def delete_record(self, record: Milestone) -> None:
        service.remove_milestone(record, at=self.at, from_next_window=self.from_next_window)
