"""/schema/reward/record: create, read, edit and remove rewards."""

from typing import Any

from django.db.models import QuerySet

from core.api.filters import CREATED, ChoiceFilter
from core.api.reader import Reader
from core.api.views import (
    CreateRecord,
    DeleteRecord,
    ListRecords,
    RecordViewSet,
    RetrieveRecord,
    UpdateRecord,
)
from core.choices import CodeSource
from rewards.api.presenters import serialize_reward
from rewards.api.serializers import RewardSerializer
from rewards.domain import pool_levels, reward_service
from rewards.models import Reward


class RewardViewSet(ListRecords, RetrieveRecord, CreateRecord, UpdateRecord, DeleteRecord, RecordViewSet):
    slug = "reward"
    serializer_class = RewardSerializer
    audited_by_domain = frozenset({"create", "partial_update", "destroy"})  # by the history of edits
    filters = (ChoiceFilter("codeSource", "code_source", tuple(CodeSource.values)), *CREATED)
    documented = {"destroy": "Removes a reward that is not in use. One with history is archived."}

    def records(self) -> QuerySet[Reward]:
        return Reward.objects.unarchived()

    def represent(self, rows: list[Reward]) -> list[Any]:
        reader = Reader.of(self)
        left = pool_levels.codes_left([row.id for row in rows])
        return self.trimmed([serialize_reward(row, left[row.id], reader) for row in rows])

    def create_record(self, values: dict[str, Any]) -> Reward:
        return self.update_record(Reward(), values)

    def update_record(self, record: Reward, values: dict[str, Any]) -> Reward:
        """Store a new reward, or one of which a value differs.

        A record that was read and is sent back unchanged gets no new `updatedAt` and no row of history.
        """
        changes = {name: value for name, value in values.items() if not _same(getattr(record, name), value)}
        for name, value in changes.items():
            setattr(record, name, value)
        return reward_service.save(record, at=self.at) if changes or record._state.adding else record

    def delete_record(self, record: Reward) -> None:
        reward_service.remove(record, at=self.at)


def _same(stored: Any, sent: Any) -> bool:
    """Compare a stored and a sent value; translated columns hold no text as "" or None."""
    return bool(stored == sent or (stored in (None, "") and sent in (None, "")))
