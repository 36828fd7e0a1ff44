"""How our own fields read in the OpenAPI document: a body may hold more than an answer does."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from core.amounts import MAX_AMOUNT

BOUNDS = {"minimum": -float(MAX_AMOUNT), "maximum": float(MAX_AMOUNT)}


class IconScheme(OpenApiSerializerFieldExtension):
    """A file in (or null, which restores the default), an address out."""

    target_class = "core.api.icon_field.IconField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        if direction == "response":
            return {"type": "string", "format": "uri"}
        said = "A file, in multipart/form-data. In JSON null, for the default one, or the address it has now."
        return {"type": "string", "format": "binary", "description": said}


class TranslatedTextScheme(OpenApiSerializerFieldExtension):
    """A text of one language; with `languageCode=*` an object of all. Null is added for what may be null."""

    target_class = "core.api.translated_fields.TranslatedTextField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        # Rendered, a message may grow past what a marketer may write.
        longest = {"maxLength": self.target.text.max_length} if direction == "request" else {}
        languages = {"type": "object", "additionalProperties": {"type": ["string", "null"], **longest}}
        return {"oneOf": [{"type": "string", **longest}, languages]}


class AmountScheme(OpenApiSerializerFieldExtension):
    """A number, or in a body the same as a plain decimal text."""

    target_class = "core.api.amount_field.AmountSerializerField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        if direction == "response":
            return {"type": "number", "examples": [150]}
        return {"type": ["number", "string"], **BOUNDS, "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$"}
