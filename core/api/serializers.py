"""The base serializer: camelCase names, unknown fields refused, `fields=` and admin-only fields."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.serializers import SerializerMetaclass

from core.api.callers import AdminCaller
from core.api.http.strict_json import printable
from core.api.names import camel
from core.api.query_string import nearest

# At most so many are named: each costs a search for the nearest known name.
MOST_UNKNOWN = 40


class WireNames(SerializerMetaclass):
    """Rename the declared snake_case fields to camelCase, once for each class."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> type:
        serializer_class = super().__new__(mcs, name, bases, attrs)
        fields = serializer_class._declared_fields.items()
        serializer_class._declared_fields = {
            camel(field_name): _sourced(field_name, f) for field_name, f in fields
        }
        return serializer_class


def _sourced(name: str, field: serializers.Field) -> serializers.Field:
    """The field with its Python name as source; DRF copies a field from its `_kwargs`."""
    if camel(name) == name:
        return field
    if isinstance(field, serializers.SerializerMethodField):
        if field.method_name is None:
            field._kwargs["method_name"] = field.method_name = f"get_{name}"
    elif field.source is None:
        field._kwargs["source"] = field.source = name
    return field


class RecordSerializer(serializers.Serializer, metaclass=WireNames):
    """The base of every record and nested object.

    Context, given by the view: `caller`, `language`, `request`, `fields` (trims the outermost object).
    """

    # Wire names of the fields that only admins read and write.
    admin_fields: ClassVar[frozenset[str]] = frozenset()
    # For the OpenAPI document: whether the answer has no envelope `{"data": ...}`.
    whole_answer: ClassVar[bool] = False
    # For the OpenAPI document: whether an answer always has every field, whoever asks.
    always_complete: ClassVar[bool] = False

    def to_internal_value(self, data: Any) -> Any:
        errors: dict[str, Any] = {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            errors = dict(error.detail)
        if isinstance(data, Mapping):
            errors.update(self._unknown_field_errors(data))
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _unknown_field_errors(self, data: Mapping[str, Any]) -> dict[str, Any]:
        unknown = islice((name for name in data if name not in self.fields), MOST_UNKNOWN)
        return {
            printable(name): [
                ErrorDetail(f"There is no such field.{nearest(name, self.fields)}", "unknown_field")
            ]
            for name in unknown
        }

    @property
    def _readable_fields(self) -> Iterable[serializers.Field]:
        chosen = self.__dict__.get("_chosen")
        if chosen is None:
            names = self.visible_names()
            if self._is_outermost() and self.context.get("fields"):
                names &= set(self.context["fields"])
            chosen = self._chosen = [
                field for name, field in self.fields.items() if name in names and not field.write_only
            ]
        return chosen

    def visible_names(self) -> set[str]:
        """The wire names that the caller may read; without a caller (OpenAPI document) all of them."""
        caller = self.context.get("caller")
        hidden = frozenset() if caller is None or isinstance(caller, AdminCaller) else self.admin_fields
        return set(self.fields) - hidden

    def _is_outermost(self) -> bool:
        return self.parent is None or (self.parent.parent is None and getattr(self.parent, "many", False))
