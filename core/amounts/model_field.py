"""The model field of amounts. It is no BigIntegerField, whose lookups would silently compare units."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import lookups
from django.db.models.expressions import Col

from core.amounts.form_field import AmountFormField
from core.amounts.guard import require_amount
from core.amounts.scale import MAX_AMOUNT, amount, units
from core.errors import DomainError


class _ComparesAmounts:
    """A lookup that refuses to compare an amount with an expression of another type."""

    rhs: Any

    def get_prep_lookup(self) -> Any:
        for value in self.rhs if isinstance(self.rhs, list | tuple) else [self.rhs]:
            if hasattr(value, "resolve_expression"):
                require_amount(value)
        return super().get_prep_lookup()  # type: ignore[misc]


_LOOKUPS = {
    base.lookup_name: type(f"Amount{base.__name__}", (_ComparesAmounts, base), {})
    for base in (
        lookups.Exact,
        lookups.GreaterThan,
        lookups.GreaterThanOrEqual,
        lookups.LessThan,
        lookups.LessThanOrEqual,
        lookups.In,
        lookups.Range,
    )
} | {"isnull": lookups.IsNull}


class AmountField(models.Field):
    """A signed decimal, 14 digits before the point and 4 after; BIGINT units of 0.0001 in the database.

    Python reads a normalised Decimal (500, 0.1) and may write a Decimal, an int or a plain decimal text; a
    bool, a float and anything out of range raise ValidationError before the database sees it. Lookups: exact,
    gt, gte, lt, lte, in, range, isnull. Others would compare units and do not exist.
    """

    description = "Amount"
    empty_strings_allowed = False
    holds_amounts = True
    default_validators = [MinValueValidator(-MAX_AMOUNT), MaxValueValidator(MAX_AMOUNT)]

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "core.amounts.AmountField", args, kwargs

    def get_lookup(self, lookup_name: str) -> Any:
        return _LOOKUPS.get(lookup_name)

    def to_python(self, value: Any) -> Decimal | None:
        try:
            return None if value is None else amount(units(value))
        except DomainError as error:
            raise ValidationError(error.message, error.code) from None

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        try:
            return value if value is None or hasattr(value, "as_sql") else units(value)
        except DomainError as error:
            refusal = ValidationError(error.message, error.code)
            raise ValidationError({self.name: refusal}) if self.name else refusal from None

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        return connection.ops.adapt_integerfield_value(value, "BigIntegerField")

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if hasattr(value, "as_sql"):
            require_amount(value)
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Decimal | None:
        if value is None:
            return None
        if type(expression) is not Col:
            require_amount(expression)
        return amount(int(value))

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(self.to_python(value))

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": AmountFormField, **kwargs})


def amount_range_check(
    field: str, name: str, minimum: Decimal | int | str | None = 0
) -> models.CheckConstraint:
    """A CHECK that `field` is between `minimum` (None: the smallest amount) and the largest amount.

    It states both bounds, because SQLite turns an integer beyond 2^63 into an inexact REAL. NULL passes.
    """
    lowest = -MAX_AMOUNT if minimum is None else amount(units(minimum))
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__gte": lowest, f"{field}__lte": MAX_AMOUNT}),
        name=name,
        violation_error_message=f"Use a value from {lowest:f} to {MAX_AMOUNT:f}.",
    )
