"""The form field of amounts: a decimal point in every language, so that 1.500 is never 1500."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.amounts.scale import DECIMAL_PLACES, INTEGER_DIGITS, amount, units
from core.errors import DomainError


class AmountFormField(forms.DecimalField):
    """A number input, never localised and as strict as the API, except for surrounding spaces."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {
            "localize": False,
            "max_digits": INTEGER_DIGITS + DECIMAL_PLACES,
            "decimal_places": DECIMAL_PLACES,
        }
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = value.strip() if isinstance(value, str) else value
        if text in self.empty_values:
            return None
        try:
            return amount(units(text))
        except DomainError as error:
            raise ValidationError(error.message, error.code) from None

    def prepare_value(self, value: Any) -> Any:
        """Format 500, never 5E+2; an invalid amount is shown as it was typed."""
        try:
            return amount(units(value)) if isinstance(value, Decimal) else value
        except DomainError:
            return value
