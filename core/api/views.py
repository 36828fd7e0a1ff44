"""The base class of every resource, and one class for each operation. How to write a resource:

    class RewardSerializer(RecordSerializer):              # snake_case in Python, camelCase on the wire
        id = UuidField(read_only=True)                     # read-only: ignored in a body
        name = TextField(max_length=256)                   # required
        code_source = OptionField(CodeSource.choices, default=CodeSource.GENERATED)
        description = TextField(max_length=1024, required=False)   # "" when absent, null and "" clear
        valid_until = TimeField(required=False, allow_null=True)
        admin_fields = frozenset({"codeSource"})           # hidden from all others

    class RewardViewSet(ListRecords, RetrieveRecord, CreateRecord, UpdateRecord, DeleteRecord, RecordViewSet):
        slug = "reward"
        readers = ADMINS                                   # or IDENTIFIED, EVERYBODY (and guests)
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

What an API key writes is noted in the audit log by the view, unless `audited_by_domain` says that the domain
does (`core.api.audit`).

`self.caller` is the caller, or under `asMember` that member; `self.language` the language of this request;
`self.parameters` the parsed filters. `create_record` and `update_record` return the record; a DomainError
that they raise becomes the answer. Override `represent(rows)` to build plain dictionaries for lists. A POST
that has to be fast may bypass DRF: see `direct_actions.FastActions`.
"""

from collections.abc import Sequence
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

from core import actors
from core.api.audit import AuditedView
from core.api.callers import ADMIN, ADMINS, AdminCaller, Caller, EndUserCaller, Guest
from core.api.errors import refuse
from core.api.filters import Filter
from core.api.http import answers
from core.api.http.parsers import RecordRequest
from core.api.http.renderers import JSONNegotiation
from core.api.language import ERROR_LANGUAGE, Language, reading_language, writing_language
from core.api.language import PARAMETER as LANGUAGE
from core.api.list_query import ListQuery, read_list_query
from core.api.pagination import CREATED_AT, Sort, count_up_to
from core.api.permissions import CallerPermission
from core.api.query_string import read_parameters
from core.api.serializers import RecordSerializer
from core.api.values import parse_uuid
from core.identifiers import check_member_identifier

AS_MEMBER = "asMember"
FIELDS = "fields"


class RecordViewSet(AuditedView, GenericViewSet):
    """See the module's docstring."""

    slug: ClassVar[str]
    readers: ClassVar[frozenset[str]] = ADMINS
    # scope that an API key needs to write
    write_scope: ClassVar[str] = ADMIN
    filters: ClassVar[tuple[Filter, ...]] = ()
    sorts: ClassVar[tuple[Sort, ...]] = (CREATED_AT,)
    default_order: ClassVar[str] = "-createdAt"
    # action -> its query parameters beside the shared ones
    own_parameters: ClassVar[dict[str, tuple[Filter, ...]]] = {}

    # action -> its description in the OpenAPI document, where the usual one does not fit
    documented: ClassVar[dict[str, str]] = {}
    # action -> the serializer of a whole answer that it may give instead of a record
    other_answers: ClassVar[dict[str, type[RecordSerializer]]] = {}

    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    permission_classes = [CallerPermission]
    filter_backends: ClassVar[list[Any]] = []
    pagination_class = None
    content_negotiation_class = JSONNegotiation
    metadata_class = None
    lookup_field = "id"
    lookup_value_regex = "[^/]+"
    lookup_type: ClassVar[Any] = UUID  # in the OpenAPI document

    caller: Caller
    language: Language
    parameters: dict[str, Any]

    # --- request handling ---------------------------------------------------------------------------------
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with translation.override(ERROR_LANGUAGE), actors.acting(actors.current()):
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
            self.begin_audit(request)

    def read_query(self, request: Request) -> None:
        """Set the parsed query, the caller that is answered, and the language."""
        list_query = read_list_query(self, read_parameters(request._request, self.known_parameters()))
        self.list_query = list_query
        self.parameters = list_query.values
        if list_query.as_member is not None:
            self.caller = self._member_to_read_as(list_query.as_member)
        admin = isinstance(self.caller, AdminCaller)
        reads = request.method in SAFE_METHODS
        self.language = (reading_language if reads else writing_language)(
            list_query.language, every_allowed=admin
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

    def _member_to_read_as(self, external_id: str) -> Caller:
        if not isinstance(self.request.user, AdminCaller):
            raise refuse("forbidden", "Only an API key may read as a member.", AS_MEMBER, status=403)
        if not 1 <= len(external_id) <= 256:
            raise refuse("invalid", "Send a member's identifier, 1 to 256 characters.", AS_MEMBER)
        check_member_identifier(external_id, AS_MEMBER)
        if EndUserCaller.kind not in self.readers:
            raise Http404
        return EndUserCaller(external_id)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    # --- records ------------------------------------------------------------------------------------------
    def records(self) -> QuerySet[Any]:
        """The records that `self.caller` may see."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        return self.records()

    def record(self) -> Any:
        """The record of the path. Raises `Http404` for a malformed id or an invisible record."""
        try:
            record_id = parse_uuid(self.kwargs[self.lookup_field])
        except ValueError as error:
            raise Http404 from error
        record = self.records().filter(pk=record_id).first()
        if record is None:
            raise Http404
        self.note_record(record)
        return record

    def field_names(self) -> set[str]:
        """The wire names that `fields=` may contain."""
        return self.serializer_class(context={"caller": self.caller}).visible_names()

    @cached_property
    def at(self) -> datetime:
        """The time of this request, in UTC."""
        return timezone.now()

    # --- answers ------------------------------------------------------------------------------------------
    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if not getattr(self, "swagger_fake_view", False):
            fields = self.list_query.fields if self.request.method in SAFE_METHODS else None
            context |= {"caller": self.caller, "language": self.language, "fields": fields}
        return context

    def represent(self, rows: list[Any]) -> list[Any]:
        """Serialize records. An override builds plain dictionaries and passes them through `trimmed`."""
        return list(self.get_serializer(rows, many=True).data)

    def trimmed(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The dictionaries with the fields of `fields=` alone."""
        names = self.list_query.fields
        return [{name: row[name] for name in names if name in row} for row in rows] if names else rows

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
        """Whether any cache may store the response: a guest's successful read of what guests may read."""
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
        return answers.not_modified(request, response)


# One class for each operation: a view set lists those that its resource has.
class ListRecords:
    def rows_that_fit(self, rows: Sequence[Any]) -> int:
        """How many of these rows one answer holds, from the first on; all, where rows are small."""
        return len(rows)

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        query: ListQuery = self.list_query
        rows = query.filtered(self.records())
        found = query.paging.cut(rows, query.order)
        limit = query.paging.limit
        paging: dict[str, Any] = {"offset": query.paging.offset, "limit": limit, "nextCursor": None}
        page = found[: max(1, min(limit, self.rows_that_fit(found[:limit])))]
        if len(found) > len(page):
            paging["nextCursor"] = query.cursor_after(page)
        if query.paging.count:
            paging |= count_up_to(rows)
        return Response({"data": self.represent(page), "paging": paging})


class RetrieveRecord:
    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.record())


class CreateRecord:
    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        record = self.create_record(serializer.validated_data)
        self.note_record(record)
        return self.answer(record, status=201)


class UpdateRecord:
    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.record()
        self.note_record(record)
        serializer = self.get_serializer(record, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return self.answer(self.update_record(record, serializer.validated_data))


class DeleteRecord:
    def destroy(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.record()
        self.note_record(record)
        self.delete_record(record)
        return Response(status=204)
