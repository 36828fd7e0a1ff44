"""Build the OpenAPI 3.1 document from what the base classes know of every resource."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from core.amounts import MAX_AMOUNT
from core.api.callers import EndUserCaller, Guest
from core.api.http.renderers import CONTENT_TYPE
from core.api.pagination import DEFAULT_LIMIT, LARGEST_LIMIT, LARGEST_OFFSET

NULLABLE_TEXT = {"type": ["string", "null"]}
ERRORS = {
    "type": "object",
    "required": ["type", "errors"],
    "properties": {
        "type": {"type": "string", "enum": ["validation_error", "client_error", "server_error"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail", "attr"],
                "properties": {
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "attr": NULLABLE_TEXT
                    | {"description": "The path of the field, such as records.3.activityAt."},
                },
            },
        },
    },
}
PAGING = {
    "type": "object",
    "required": ["offset", "limit", "nextCursor"],
    "properties": {
        "offset": {"type": "integer"},
        "limit": {"type": "integer"},
        "nextCursor": NULLABLE_TEXT,
        "totalCount": {"type": "integer"},
        "totalCountCapped": {"type": "boolean"},
    },
}
MEANINGS = {
    "400": "A value is wrong; every one is named.",
    "401": "The credential is missing or bad.",
    "403": "This caller may not do this.",
    "404": "There is no such record, or the caller may not see it.",
    "409": "This contradicts what is stored.",
    "413": "The body is too large.",
    "415": "The body has another type.",
    "429": "Too many requests; see Retry-After.",
    "503": "Busy or restarting; see Retry-After.",
}
SENTENCES = {
    "list": "A page of the {record} records that the caller may see.",
    "retrieve": "One {record} record.",
    "create": "Makes a new {record} record.",
    "partial_update": "Changes what is sent of a {record} record.",
    "destroy": "Removes a {record} record.",
}
_SHARED: dict[str, dict[str, Any]] = {
    "languageCode": {
        "schema": {"type": "string"},
        "description": "The language of texts; * (admin): all of them.",
    },
    "fields": {"schema": {"type": "string"}, "description": "Only these fields, such as id,name."},
    "asMember": {"schema": {"type": "string"}, "description": "What this member would read (admin)."},
    "sortBy": {"schema": {"type": "string"}},
    "limit": {
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
        "description": "At most so many records; a list is over when paging.nextCursor is null.",
    },
    "offset": {"schema": {"type": "integer", "minimum": 0, "maximum": LARGEST_OFFSET, "default": 0}},
    "cursor": {
        "schema": {"type": "string"},
        "description": "paging.nextCursor of the page before; beside it send only limit.",
    },
    "fetchTotalCount": {"schema": {"type": "boolean", "default": False}},
}
BOUNDS = {"minimum": -float(MAX_AMOUNT), "maximum": float(MAX_AMOUNT)}


class RecordSchema(AutoSchema):
    """DEFAULT_SCHEMA_CLASS: envelopes, error answers, credentials and parameters of a `RecordViewSet`."""

    view: Any

    def get_operation_id(self) -> str:
        return f"{self.view.slug}_{self.view.action}" if self._is_ours() else super().get_operation_id()

    def get_description(self) -> str:
        """The view's `documented` sentence of the action; docstrings are for programmers."""
        if not self._is_ours():
            return str(super().get_description() or "")
        sentence = self.view.documented.get(self.view.action) or SENTENCES.get(self.view.action, "")
        return str(sentence.format(record=self.view.slug.replace("_", " ")))

    def get_tags(self) -> list[str]:
        return [self.view.slug] if self._is_ours() else super().get_tags()

    def get_override_parameters(self) -> list[Any]:
        if not self._is_ours():
            return list(super().get_override_parameters())
        shared = [name for name in self.view.shared_parameters() if self._has_parameter(name)]
        parameters = [OpenApiParameter("id", self.view.lookup_type, "path")] if "{id}" in self.path else []
        parameters += [self._shared_parameter(name) for name in shared]
        parameters += [
            OpenApiParameter(f.name, f.schema, description=f.help) for f in self.view.own_filters()
        ]
        return parameters

    def _has_parameter(self, name: str) -> bool:
        """Leave out `asMember` on a resource that end users do not read: there it is 404."""
        return name != "asMember" or EndUserCaller.kind in self.view.readers

    def _shared_parameter(self, name: str) -> OpenApiParameter:
        documented = _SHARED[name]
        schema = dict(documented["schema"])
        if name == "sortBy":
            schema["enum"] = [sign + sort.name for sort in self.view.sorts for sign in ("", "-")]
            schema["default"] = self.view.default_order
        return OpenApiParameter(name, schema, description=documented.get("description", ""))

    def get_auth(self) -> list[dict[str, Any]]:
        schemes = super().get_auth()
        if not self._is_ours():
            return schemes
        reads = self.method == "GET"
        if not (reads and EndUserCaller.kind in self.view.readers):
            schemes = [scheme for scheme in schemes if "endUserToken" not in scheme]
        return [*schemes, {}] if reads and Guest.kind in self.view.readers else schemes

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.view.action == "list" if self._is_ours() else super()._is_list_view(serializer)

    def _postprocess_serializer_schema(self, schema: Any, serializer: Any, direction: str) -> Any:
        super_schema: Any = super()._postprocess_serializer_schema  # untyped there
        processed = super_schema(schema, serializer, direction)
        if direction == "request":
            processed["additionalProperties"] = False
        elif not getattr(serializer, "always_complete", False):
            processed.pop("required", None)  # `fields` and the caller's rights may leave out any of them
        if not type(serializer).__dict__.get("__doc__"):
            processed.pop("description", None)  # a docstring of a base class is for programmers
        return processed

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: str = "response"
    ) -> Any:
        super_answer: Any = super()._get_response_for_code  # untyped there
        answer = super_answer(serializer, status_code, media_types, direction)
        if self._is_ours() and status_code < "300" and not getattr(serializer, "whole_answer", False):
            for content in answer.get("content", {}).values():
                content["schema"] = self._envelope(content["schema"])
        return answer

    def _envelope(self, schema: Any) -> dict[str, Any]:
        properties = {"data": schema}
        if self.view.action == "list":
            properties["paging"] = PAGING
        envelope = {"type": "object", "required": list(properties), "properties": properties}
        other_answer = self.view.other_answers.get(self.view.action)
        if other_answer is None:
            return envelope
        return {"oneOf": [envelope, self.resolve_serializer(other_answer(), "response").ref]}

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        if self._is_ours():
            component = ResolvedComponent("Errors", ResolvedComponent.SCHEMA, schema=ERRORS, object="Errors")
            self.registry.register_on_missing(component)
            for code in self._refusals():
                content = {CONTENT_TYPE: {"schema": component.ref}}
                bodies.setdefault(code, {"description": MEANINGS[code], "content": content})
            if self.method == "GET" and Guest.kind in self.view.readers:
                bodies["304"] = {"description": "A guest has this very answer: If-None-Match names its ETag."}
        return bodies

    def _refusals(self) -> list[str]:
        codes = {"400", "401", "403", "404", "429", "503"}
        if self.method != "GET":
            codes |= {"409"}
        if self.method in ("POST", "PATCH"):
            codes |= {"413", "415"}
        return sorted(codes)

    def _is_ours(self) -> bool:
        return hasattr(self.view, "own_filters")  # importing `RecordViewSet` here would be a cycle


class CallerScheme(OpenApiAuthenticationExtension):
    target_class = "access.api.authentication.CallerAuthentication"
    name = ["apiKey", "endUserToken"]

    def get_security_requirement(self, auto_schema: Any) -> Any:
        return [{"apiKey": []}, {"endUserToken": []}]

    def get_security_definition(self, auto_schema: Any) -> Any:
        return [
            {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Api-Key <key>"},
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        ]


# Fields of our own, which differ between a body and an answer. drf-spectacular finds the classes by itself.
class IconScheme(OpenApiSerializerFieldExtension):
    """A file in a body (or null, which restores the default), an address in an answer."""

    target_class = "core.api.icon_field.IconField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        if direction == "response":
            return {"type": "string", "format": "uri"}
        description = (
            "A file, in multipart/form-data. In JSON null, for the default one, or the address it has now."
        )
        return {"type": "string", "format": "binary", "description": description}


class TranslatedTextScheme(OpenApiSerializerFieldExtension):
    """A text of one language, or an object of all with `languageCode=*`; drf-spectacular adds null."""

    target_class = "core.api.translated_fields.TranslatedTextField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        # A rendered message may be longer than its template.
        longest = {"maxLength": self.target.text.max_length} if direction == "request" else {}
        languages = {"type": "object", "additionalProperties": {"type": ["string", "null"], **longest}}
        return {"oneOf": [{"type": "string", **longest}, languages]}


class AmountScheme(OpenApiSerializerFieldExtension):
    """A number; in a body also a plain decimal text."""

    target_class = "core.api.amount_field.AmountSerializerField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        if direction == "response":
            return {"type": "number", "examples": [150]}
        return {"type": ["number", "string"], **BOUNDS, "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,4}0*)?$"}
