"""The serializer field of amounts: a JSON number or a plain decimal text in, a number out."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.amounts.scale import amount, parse_amount, parse_text, units
from core.errors import DomainError


class AmountSerializerField(serializers.Field):
    """A Decimal in Python. A number is judged as text is, exactly.

    Zeros at the end are no decimals, and answers have none (docs/api.md, Conventions).
    """

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            return amount(_units(data))
        except DomainError as error:
            raise serializers.ValidationError(error.message, code=error.code) from None

    def to_representation(self, value: Any) -> Decimal:
        return amount(units(value))


def _units(data: Any) -> int:
    if isinstance(data, Decimal):
        return parse_amount(str(data))
    return parse_text(data) if isinstance(data, str) else units(data)
