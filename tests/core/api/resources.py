"""Two small resources on the shared base, and the urls that serve them: what the conventions are tried on."""

from django.urls import include, path, re_path
from rest_framework.decorators import action

from challenges.models import Challenge
from core.api.amount_field import AmountSerializerField
from core.api.callers import EVERYBODY, IDENTIFIED, INGEST, EndUserCaller
from core.api.direct_actions import FastActions
from core.api.fields import (
    ExactTextListField,
    IdentifierField,
    OptionField,
    TextField,
    TimeField,
    UuidField,
    WholeNumberField,
)
from core.api.filters import CREATED, BooleanFilter, ChoiceFilter, TextFilter, UuidFilter, time_filters
from core.api.http import error_pages
from core.api.http.answers import json_response
from core.api.http.bodies import read_body
from core.api.http.parsers import StrictJSONParser, StrictMultiPartParser
from core.api.http.strict_json import strict_loads
from core.api.pagination import CREATED_AT, Sort
from core.api.routers import RecordRouter
from core.api.serializers import RecordSerializer
from core.api.views import (
    CreateRecord,
    DeleteRecord,
    ListRecords,
    RecordViewSet,
    RetrieveRecord,
    UpdateRecord,
)
from core.choices import MemberStatus, RecordStatus
from core.write_guard import bypassing_services
from members.models import Member


class ProfileSerializer(RecordSerializer):
    first_name = TextField(max_length=8)


class PersonSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    external_id = IdentifierField()
    first_name = TextField(max_length=8, required=False)
    status = OptionField(MemberStatus.choices, default=MemberStatus.LIVE)
    created_at = TimeField(read_only=True)
    # Fields that are only tried on, never stored.
    rank = WholeNumberField(min_value=0, max_value=9, required=False, write_only=True)
    seen_at = TimeField(required=False, allow_null=True, write_only=True)
    friend_id = UuidField(required=False, allow_null=True, write_only=True)
    spent_value = AmountSerializerField(required=False, write_only=True)
    activity_ids = ExactTextListField(required=False, write_only=True)
    friends = ProfileSerializer(many=True, required=False, write_only=True)
    admin_fields = frozenset({"firstName"})


class PersonViewSet(ListRecords, RetrieveRecord, CreateRecord, UpdateRecord, DeleteRecord, RecordViewSet):
    slug = "person"
    readers = IDENTIFIED
    serializer_class = PersonSerializer
    parser_classes = [StrictJSONParser, StrictMultiPartParser]
    filters = (
        UuidFilter("id", "id"),
        TextFilter("externalId", "external_id"),
        ChoiceFilter("status", "status", tuple(MemberStatus.values)),
        *time_filters("updated", "updated_at"),
        *CREATED,
    )
    sorts = (CREATED_AT, Sort("updatedAt", "updated_at"), Sort("firstName", "first_name", within="status"))
    own_parameters = {"partial_update": (BooleanFilter("dryRun"),)}
    documented = {"pause": "Pauses a person."}

    def records(self):
        if isinstance(self.caller, EndUserCaller):
            return Member.objects.filter(external_id=self.caller.external_id)
        return Member.objects.all()

    def create_record(self, values):
        stored = {name: values[name] for name in ("external_id", "first_name", "status") if name in values}
        with bypassing_services("what a test needs"):
            return Member.objects.create(created_at=self.at, updated_at=self.at, **stored)

    def update_record(self, record, values):
        if self.parameters.get("dryRun"):
            return record
        for name, value in values.items():
            setattr(record, name, value)
        with bypassing_services("what a test needs"):
            record.save()
        return record

    def delete_record(self, record):
        with bypassing_services("what a test needs"):
            record.delete()

    @action(detail=True, methods=["post"])
    def pause(self, request, id):
        record = self.record()
        record.status = MemberStatus.PAUSED
        with bypassing_services("what a test needs"):
            record.save()
        return self.answer(record)


class EchoViewSet(FastActions):
    slug = "echo"
    readers = IDENTIFIED
    write_scope = INGEST
    serializer_class = ProfileSerializer
    fast_actions = {"create": "echo"}

    def create(self, request):
        raise AssertionError("never called: echo answers")

    def echo(self, request):
        return json_response({"data": strict_loads(read_body(request, 1_000))})


class BoardSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    name = TextField(max_length=256)
    display_order = WholeNumberField(min_value=-100, max_value=100)


class BoardViewSet(ListRecords, RetrieveRecord, RecordViewSet):
    slug = "board"
    readers = EVERYBODY
    serializer_class = BoardSerializer
    filters = (ChoiceFilter("status", "status", tuple(RecordStatus.values)),)
    sorts = (Sort("displayOrder", "display_order", then="-id"), CREATED_AT)
    default_order = "displayOrder"

    def records(self):
        return Challenge.objects.all()


class FaultyViewSet(ListRecords, RecordViewSet):
    """Raises what a test asks for: the answers to accidents."""

    slug = "faulty"
    readers = EVERYBODY
    serializer_class = BoardSerializer
    error: Exception = RuntimeError("secret detail")

    def records(self):
        raise self.error


router = RecordRouter()
router.register("person", PersonViewSet)
router.register("echo", EchoViewSet)
router.register("board", BoardViewSet)
router.register("faulty", FaultyViewSet)
urlpatterns = [
    path("", include("core.api.urls")),
    path("schema/", include(router.urls)),
    re_path(r"^schema/[\s\S]*\Z", error_pages.unknown_path),
]
handler400 = error_pages.bad_request
handler403 = error_pages.forbidden
handler404 = error_pages.not_found
handler500 = error_pages.server_error
