"""The base of every resource. How to write one:

    class RewardSerializer(RecordSerializer):              # snake_case in Python, camelCase on the wire
        id = UuidField(read_only=True)                     # read-only: ignored in a body
        name = TextField(max_length=256)                   # required
        code_source = OptionField(CodeSource.choices, default=CodeSource.GENERATED)
        description = TextField(max_length=1024, required=False)   # "" when absent, null and "" clear
        valid_until = TimeField(required=False, allow_null=True)
        admin_fields = frozenset({"codeSource"})           # hidden from all others

    class RewardViewSet(ListRecords, RetrieveRecord, CreateRecord, UpdateRecord, DeleteRecord, RecordViewSet):
        slug = "reward"
        readers = ADMINS                                   # or KNOWN (and end users), EVERYBODY (and guests)
        serializer_class = RewardSerializer
        filters = (ChoiceFilter("codeSource", "code_source", tuple(CodeSource.values)), *CREATED)
        sorts = (CREATED_AT,)                # default_order = "-createdAt"

        def records(self):                     # what self.caller may see; the rest is 404
            return Reward.objects.unarchived()

        def create_record(self, values): ...   # validated, by Python name
        def update_record(self, record, values): ... # only what was sent
        def delete_record(self, record): ...

        documented = {"retire": "Takes a reward out of use."}

        @action(detail=True, methods=["post"])             # POST /schema/reward/record/{id}/retire
        def retire(self, request, id):
            return self.answer(retire(self.record(), at=self.at))

    router.register("reward", RewardViewSet)               # routers.RecordRouter, in the app's urls.py

`self.caller` is who is answered (under `asMember` that member), `self.language` the language of this request,
`self.parameters` the parsed query parameters. The two writing hooks return the record; what they raise
(DomainError) is answered. Override `represent(rows)` to build plain dictionaries for lists. A hot POST may
leave DRF aside: see `plain.FastActions`.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone, translation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from core.api.callers import ADMIN, ADMINS, AdminCaller, Caller, EndUserCaller, Guest
from core.api.errors import refuse
from core.api.filters import Filter
from core.api.http import answers
from core.api.http.requests import OurNegotiation, RecordRequest
from core.api.language import PARAMETER as LANGUAGE
from core.api.language import SPOKEN, Language, reading_language, writing_language
from core.api.list_query import read_list_query
from core.api.operations import CreateRecord, DeleteRecord, ListRecords, RetrieveRecord, UpdateRecord
from core.api.pagination import CREATED_AT, Sort
from core.api.permissions import CallerPermission
from core.api.query_string import read_parameters
from core.api.values import parse_uuid

__all__ = [
    "CreateRecord",
    "DeleteRecord",
    "ListRecords",
    "RecordViewSet",
    "RetrieveRecord",
    "UpdateRecord",
]

AS_MEMBER = "asMember"
FIELDS = "fields"


class RecordViewSet(GenericViewSet):
    """See the module's docstring."""

    slug: ClassVar[str]
    readers: ClassVar[frozenset[str]] = ADMINS
    # The scope that a key needs to write.
    write_scope: ClassVar[str] = ADMIN
    filters: ClassVar[tuple[Filter, ...]] = ()
    sorts: ClassVar[tuple[Sort, ...]] = (CREATED_AT,)
    default_order: ClassVar[str] = "-createdAt"
    # action -> query parameters of its own, beside the shared ones
    own_parameters: ClassVar[dict[str, tuple[Filter, ...]]] = {}

    # action -> its sentence in the documentation; the usual operations have one
    documented: ClassVar[dict[str, str]] = {}
    # action -> the schema of what it may answer instead of a record
    other_answers: ClassVar[dict[str, dict[str, Any]]] = {}

    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    permission_classes = [CallerPermission]
    filter_backends: ClassVar[list[Any]] = []
    pagination_class = None
    content_negotiation_class = OurNegotiation
    metadata_class = None
    lookup_field = "id"
    lookup_value_regex = "[^/]+"
    lookup_type: ClassVar[Any] = UUID  # as documented

    caller: Caller
    language: Language
    parameters: dict[str, Any]

    # --- the way of a request -----------------------------------------------------------------------------
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with translation.override(SPOKEN):
            response = super().dispatch(request, *args, **kwargs)
            return self._conditional(request, response.render())

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        method = str(request.method).lower()
        self.action = "metadata" if method == "options" else self.action_map.get(method)
        return RecordRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.caller = request.user
        if self.action not in (None, "metadata"):
            self.read_query(request)

    def read_query(self, request: Request) -> None:
        """The parameters of this action, the caller that is answered, and the language."""
        question = read_list_query(self, read_parameters(request._request, self.known_parameters()))
        self.question = question
        self.parameters = question.values
        if question.as_member is not None:
            self.caller = self._member_read_as(question.as_member)
        admin = isinstance(self.caller, AdminCaller)
        reads = request.method in SAFE_METHODS
        self.language = (reading_language if reads else writing_language)(
            question.language, every_allowed=admin
        )

    def known_parameters(self) -> set[str]:
        return set(self.shared_parameters()) | {f.name for f in self.own_filters()}

    def shared_parameters(self) -> tuple[str, ...]:
        if self.action == "list":
            return (LANGUAGE, FIELDS, AS_MEMBER, "sortBy", "limit", "offset", "cursor", "fetchTotalCount")
        if self.action == "retrieve":
            return (LANGUAGE, FIELDS, AS_MEMBER)
        return (LANGUAGE,)

    def own_filters(self) -> tuple[Filter, ...]:
        own = self.own_parameters.get(self.action or "", ())
        return (*self.filters, *own) if self.action == "list" else own

    def _member_read_as(self, external_id: str) -> Caller:
        if not isinstance(self.request.user, AdminCaller):
            raise refuse("forbidden", "Only an API key may read as a member.", AS_MEMBER, status=403)
        if not external_id.strip() or len(external_id) > 256:
            raise refuse("invalid", "Send a member's identifier, 1 to 256 characters.", AS_MEMBER)
        if EndUserCaller.kind not in self.readers:
            raise Http404
        return EndUserCaller(external_id)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    # --- records ------------------------------------------------------------------------------------------
    def records(self) -> QuerySet[Any]:
        """Everything that `self.caller` may see."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        return self.records()

    def record(self) -> Any:
        """The record of the path, 404 when its id is malformed or the caller may not see it."""
        try:
            record_id = parse_uuid(self.kwargs[self.lookup_field])
        except ValueError as error:
            raise Http404 from error
        found = self.records().filter(pk=record_id).first()
        if found is None:
            raise Http404
        return found

    def field_names(self) -> set[str]:
        """What `fields=` may name."""
        return self.serializer_class(context={"caller": self.caller}).visible_names()

    @cached_property
    def at(self) -> datetime:
        """The clock of this request, read once."""
        return timezone.now()

    # --- answers ------------------------------------------------------------------------------------------
    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if not getattr(self, "swagger_fake_view", False):
            fields = self.question.fields if self.request.method in SAFE_METHODS else None
            context |= {"caller": self.caller, "language": self.language, "fields": fields}
        return context

    def represent(self, rows: list[Any]) -> list[Any]:
        """Records as they go out. Override it to build dictionaries; trim them by `trimmed`."""
        return list(self.get_serializer(rows, many=True).data)

    def trimmed(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Plain dictionaries cut to `fields=`."""
        chosen = self.question.fields
        return [{name: row[name] for name in chosen if name in row} for row in rows] if chosen else rows

    def answer(self, record: Any, status: int = 200) -> Response:
        return Response({"data": self.represent([record])[0]}, status=status)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        language = getattr(self, "language", None)
        if language and not language.every and response.status_code < 300:
            response.headers["Content-Language"] = language.code
        answers.public(response) if self._is_public(response) else answers.private(response)
        return response

    def _is_public(self, response: Any) -> bool:
        """A guest's GET of what every guest reads alike."""
        return (
            isinstance(getattr(self, "caller", None), Guest)
            and Guest.kind in self.readers
            and self.request.method in ("GET", "HEAD")
            and response.status_code == 200
        )

    def _conditional(self, request: HttpRequest, response: Any) -> Any:
        if response.headers["Cache-Control"] != answers.PUBLIC:
            return response
        answers.tag(response)
        return answers.unless_known(request, response)
