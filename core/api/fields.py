"""Serializer fields that accept one JSON type each; DRF's own also accept "5" for 5 and 5 for "5".

In a multipart body every scalar is a text, which is parsed just as strictly.
"""

import re
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.fields import empty

from core.api.values import EXACT_TEXT, parse_uuid, read_time
from core.errors import DomainError
from core.identifiers import check_identifier

_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


class TextField(serializers.CharField):
    """A text. An optional one (`required=False`) is never null in answers; null and "" both clear it."""

    default_error_messages = {"invalid": "Send a text."}

    def __init__(self, **kwargs: Any) -> None:
        if kwargs.get("required") is False:
            kwargs.setdefault("allow_blank", True)
            kwargs.setdefault("allow_null", True)
        super().__init__(**kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None and self.allow_null:
            return True, ""
        return super().validate_empty_values(data)

    def run_validation(self, data: Any = empty) -> Any:
        if data is not empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)

    def get_attribute(self, instance: Any) -> Any:
        value = super().get_attribute(instance)
        return "" if value is None else value


class ExactTextField(TextField):
    """A name of the shop's own, stored exactly as sent: 1 to 256 characters, no control characters."""

    default_error_messages = {"control": "This cannot contain control characters."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 256)
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if data and not EXACT_TEXT.fullmatch(data):
            self.fail("control")
        return data


class IdentifierField(TextField):
    """An identifier of a record, stored exactly as sent: 1 to 256 characters, by `check_identifier`.

    A record that release 0.1 stored under a badly formed one keeps it when it is sent back.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 256)
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        present = getattr(getattr(self.parent, "instance", None), str(self.source), None)
        if data != present:
            try:
                check_identifier(data)
            except DomainError as error:
                raise serializers.ValidationError(error.message, code=error.code) from None
        return str(data)


class WholeNumberField(serializers.IntegerField):
    """A JSON integer between `min_value` and `max_value`; 5.0, "5" and true are refused."""

    default_error_messages = {"invalid": "Send a whole number."}

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and is_form(self) and _WHOLE.fullmatch(data):
            return int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class FlagField(serializers.BooleanField):
    """A JSON boolean; 1, "true" and null are refused."""

    default_error_messages = {"invalid": "Send true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if isinstance(data, str) and is_form(self) and data in {"true", "false"}:
            return data == "true"
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class TimeField(serializers.DateTimeField):
    """An ISO 8601 time with its offset, converted to UTC."""

    default_error_messages = {"invalid": "{remedy}"}

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            self.fail("invalid", remedy="Send a time as a text, such as 2026-11-22T10:00:00Z.")
        try:
            return read_time(value)
        except ValueError as error:
            self.fail("invalid", remedy=str(error))

    def to_representation(self, value: Any) -> Any:
        return value  # the JSON encoder formats it


class UuidField(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        try:
            return parse_uuid(data if isinstance(data, str) else "")
        except ValueError as error:
            raise serializers.ValidationError(str(error), "invalid") from error

    def to_representation(self, value: Any) -> Any:
        return value


class OptionField(serializers.ChoiceField):
    """One of the `choices`, as a text."""

    default_error_messages = {"invalid_choice": "Send one of {choices}."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", choices=", ".join(map(str, self.choices)))
        return data


class ExactTextListField(serializers.ListField):
    """A list of different names of the shop's own, at most `max_length` of them."""

    child = ExactTextField()
    default_error_messages = {"repeated": "Send each one once."}

    def __init__(self, *, max_length: int = 100, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        # Before its names are judged one by one: a list may be as long as a body.
        if isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        values = super().to_internal_value(data)
        if len(set(values)) < len(values):
            self.fail("repeated")
        return values


def is_form(field: serializers.Field) -> bool:
    """Whether the value came in a multipart body, where every scalar is a text."""
    request = field.context.get("request")
    return request is not None and request.content_type.startswith("multipart/")
