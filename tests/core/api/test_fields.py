from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from rest_framework.exceptions import ValidationError

from core.api.fields import (
    ExactTextField,
    ExactTextListField,
    FlagField,
    IdentifierField,
    OptionField,
    TextField,
    TimeField,
    UuidField,
    WholeNumberField,
)

ID = "0199c9a8-7c60-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("field", "sent", "value"),
    [
        (TextField(max_length=3), "abc", "abc"),
        (TextField(max_length=3), " ab ", "ab"),
        (TextField(max_length=3, required=False), None, ""),
        (TextField(max_length=3, required=False), "", ""),
        (ExactTextField(), " a@b/c.%ü ", " a@b/c.%ü "),
        (ExactTextField(), "x" * 256, "x" * 256),
        (IdentifierField(), "a @b/c.%ü", "a @b/c.%ü"),
        (IdentifierField(), "x" * 256, "x" * 256),
        (WholeNumberField(min_value=-2, max_value=2), -2, -2),
        (FlagField(), True, True),
        (TimeField(), "2026-11-22T10:00:00+01:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        (UuidField(), ID, UUID(ID)),
        (UuidField(), ID.upper(), UUID(ID)),
        (OptionField(["sum", "count"]), "sum", "sum"),
        (ExactTextListField(max_length=2), ["a", "b"], ["a", "b"]),
    ],
)
def test_field_takes(field, sent, value):
    assert field.run_validation(sent) == value


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        (TextField(max_length=3), ""),
        (TextField(max_length=3), None),
        (TextField(max_length=3), "abcd"),
        (TextField(max_length=3), 5),
        (TextField(max_length=3), Decimal("1.5")),
        (TextField(max_length=3), True),
        (TextField(max_length=3), ["a"]),
        (TextField(max_length=3), {}),
        (TextField(max_length=3), "a\0"),
        (FlagField(), 1),
        (FlagField(), "true"),
        (FlagField(), None),
        (IdentifierField(), ""),
        (IdentifierField(), "x" * 257),
        (IdentifierField(), "a\r\nb"),
        (IdentifierField(), "a "),
        (IdentifierField(), "\u200b"),
        (ExactTextField(), ""),
        (ExactTextField(), "x" * 257),
        (ExactTextField(), "a\r\nb"),
        (ExactTextField(), 5),
        (IdentifierField(), 5),
        (WholeNumberField(min_value=-2, max_value=2), 3),
        (WholeNumberField(min_value=-2, max_value=2), -3),
        (WholeNumberField(min_value=0, max_value=9), "5"),
        (WholeNumberField(min_value=0, max_value=9), True),
        (WholeNumberField(min_value=0, max_value=9), Decimal("5.0")),
        (WholeNumberField(min_value=0, max_value=9), 10**39),
        (WholeNumberField(min_value=0, max_value=9), []),
        (WholeNumberField(min_value=0, max_value=9), None),
        (TimeField(), "2026-11-22"),
        (TimeField(), 1795341600),
        (TimeField(), {}),
        (UuidField(), ID.replace("-", "")),
        (UuidField(), "{" + ID + "}"),
        (UuidField(), f"urn:uuid:{ID}"),
        (UuidField(), 5),
        (UuidField(), []),
        (OptionField(["sum", "count"]), "SUM"),
        (OptionField(["sum", "count"]), ""),
        (OptionField([("1", "one")]), 1),
        (OptionField(["sum", "count"]), []),
        (ExactTextListField(max_length=2), ["a", "b", "c"]),
        (ExactTextListField(max_length=2), ["a", "a"]),
        (ExactTextListField(max_length=2), ["a", 1]),
        (ExactTextListField(max_length=2), "a"),
        (ExactTextListField(max_length=2), {"a": "b"}),
    ],
)
def test_field_refuses(field, sent):
    with pytest.raises(ValidationError):
        field.run_validation(sent)


def test_an_absent_text_reads_as_empty():
    field = TextField(max_length=3, required=False)
    field.bind("name", None)

    assert field.get_attribute({"name": None}) == ""
