"""/schema/member/record; the id in the path is the shop's identifier of the member (docs/api.md, Members)."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from core.api.callers import IDENTIFIED, EndUserCaller
from core.api.filters import CREATED, ChoiceFilter, MemberFilter
from core.api.views import (
    CreateRecord,
    DeleteRecord,
    ListRecords,
    RecordViewSet,
    RetrieveRecord,
    UpdateRecord,
)
from core.choices import MemberStatus
from core.identifiers import check_identifier
from members.api.serializers import MemberSerializer
from members.domain import member_service
from members.domain.erasing import erase
from members.models import Member


class MemberViewSet(ListRecords, RetrieveRecord, CreateRecord, UpdateRecord, DeleteRecord, RecordViewSet):
    slug = "member"
    readers = IDENTIFIED
    serializer_class = MemberSerializer
    lookup_value_regex = "(?s:.+)"
    audited_by_domain = frozenset({"destroy"})
    filters = (
        MemberFilter("externalId", "external_id"),
        ChoiceFilter("status", "status", tuple(MemberStatus.values)),
        *CREATED,
    )
    documented = {
        "destroy": "Erases a member: a random identifier and no profile; logs and totals stay. The same "
        "identifier later is a new member.",
    }

    def records(self) -> QuerySet[Member]:
        if isinstance(self.caller, EndUserCaller):
            return Member.objects.known_as(self.caller.external_id)
        return Member.objects.filter(erased_at=None)

    def record(self) -> Member:
        member = self.records().filter(external_id=self.kwargs["id"]).first()
        if member is None:
            check_identifier(self.kwargs["id"], "id")
            raise Http404
        return member

    def represent(self, rows: list[Member]) -> list[Any]:
        return self.trimmed([serialize_member(row) for row in rows])

    def create_record(self, values: dict[str, Any]) -> Member:
        return member_service.create(Member(**values), at=self.at)

    def update_record(self, record: Member, values: dict[str, Any]) -> Member:
        return member_service.edit(record.id, values, at=self.at)

    def delete_record(self, record: Member) -> None:
        erase(record, at=self.at)


def serialize_member(member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "externalId": member.external_id,
        "firstName": member.first_name,
        "lastName": member.last_name,
        "email": member.email,
        "phoneNumber": member.phone_number,
        "status": member.status,
        "createdAt": member.created_at,
        "updatedAt": member.updated_at,
    }
