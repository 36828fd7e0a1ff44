"""POST and PATCH through `challenges.editing`; with `dryRun=true` they only count their effects.

docs/api.md, Dry run.
"""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from challenges.api.presenters.impact import serialize_impact
from challenges.api.serializers_answers import ImpactAnswerSerializer
from challenges.api.views.dry_run import DRY_RUN
from challenges.editing import service
from challenges.engine import rule_versions
from challenges.engine.impact import Impact
from core.api.filters import ChoiceFilter
from core.api.icon_field import split_icons
from core.api.views import CreateRecord, RecordViewSet, UpdateRecord
from core.errors import DomainError
from core.icons.storage import icons_replaced
from rewards.models import Reward

NEXT_WINDOW = ChoiceFilter(
    "from",
    choices=("nextWindow",),
    help="Let the rules begin with the next window, as the challenge's pendingVersion.",
)


class EditThroughService(CreateRecord, UpdateRecord, RecordViewSet):
    """Create and update records by `challenges.editing.service`. Subclasses implement the four hooks."""

    own_parameters = {"partial_update": (DRY_RUN, NEXT_WINDOW)}
    other_answers = {"partial_update": ImpactAnswerSerializer}
    audited_by_domain = frozenset({"create", "partial_update", "destroy"})  # by the history of edits

    def read_query(self, request: Request) -> None:
        super().read_query(request)
        lookup = getattr(self, "lookup", None)
        rule_versions.apply_before_reading(self.at, lookup.config_version if lookup else None)

    def new_record(self) -> Any:
        raise NotImplementedError

    def set_values(self, record: Any, columns: dict[str, Any]) -> None:
        raise NotImplementedError

    def store(self, record: Any) -> None:
        raise NotImplementedError

    def impact_of(self, record: Any) -> Impact:
        raise NotImplementedError

    @property
    def from_next_window(self) -> bool:
        return self.parameters.get("from") is not None

    def create_record(self, values: dict[str, Any]) -> Any:
        return self.update_record(self.new_record(), values)

    def update_record(self, record: Any, values: dict[str, Any]) -> Any:
        columns, icons = split_icons(values)
        self._begin_edit(record)
        self.set_values(record, columns)
        with icons_replaced(record, icons):
            self.store(record)
        # Records read as the version in force has them.
        return self.records().get(pk=record.pk) if self.from_next_window else record

    def _begin_edit(self, record: Any) -> None:
        if self.from_next_window and not record._state.adding:
            service.for_next_window(record)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not self.parameters.get("dryRun"):
            return super().create(request, *args, **kwargs)
        return self._answer_impact(self.new_record(), self.get_serializer(data=request.data))

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not self.parameters.get("dryRun"):
            return super().partial_update(request, *args, **kwargs)
        record = self.record()
        return self._answer_impact(record, self.get_serializer(record, data=request.data, partial=True))

    def _answer_impact(self, record: Any, serializer: Any) -> Response:
        serializer.is_valid(raise_exception=True)
        columns, _icons = split_icons(serializer.validated_data)
        self._begin_edit(record)
        self.set_values(record, columns)
        return Response({"impact": serialize_impact(self.impact_of(record))})


def find_reward(reward_id: UUID | None, field: str) -> Reward | None:
    """The reward that a body names in `field`. Raises `DomainError` for an unknown or archived one."""
    if reward_id is None:
        return None
    reward = Reward.objects.unarchived().filter(id=reward_id).first()
    if reward is None:
        raise DomainError("unknown_reward", "No such reward; take an id from its list, or null.", field)
    return reward
