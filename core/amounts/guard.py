"""Refuse query expressions on amounts whose result would be wrong by a factor of 10,000."""

from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Case, ExpressionWrapper, Transform, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Coalesce, Greatest, Least, NullIf
from django.db.models.functions.mixins import NumericOutputFieldMixin

# F("value") + 1; Avg, StdDev and Variance; Floor, Round and similar: they calculate with units.
_ARITHMETIC = (CombinedExpression, NumericOutputFieldMixin, Transform)
# These return one of their operands, or declare its type: each operand must be an amount already.
_PASS_ON = (Case, Cast, Coalesce, ExpressionWrapper, Greatest, Least, NullIf, When)


def require_amount(expression: Any) -> None:
    """Accept an expression whose value is an exact amount. Raises FieldError with the remedy otherwise."""
    if _is_foreign(_field(expression)):
        raise FieldError(
            f"{expression!r} is not an amount: wrap numbers in Value(number, output_field=AmountField())."
        )
    _check_operands(expression)


def _check_operands(expression: Any) -> None:
    if not hasattr(expression, "get_source_expressions"):
        return
    sources = [source for source in expression.get_source_expressions() if source is not None]
    if isinstance(expression, _ARITHMETIC) and any(_holds_amounts(_field(source)) for source in sources):
        raise FieldError(
            f"{expression!r} would count in units of 0.0001: reckon with the Decimals that a query gives."
        )
    if isinstance(expression, _PASS_ON) and _mixes(expression):
        raise FieldError(
            f"{expression!r} mixes an amount with a plain number: wrap the number in "
            "Value(number, output_field=AmountField())."
        )
    for source in sources:
        _check_operands(source)


def _mixes(expression: Any) -> bool:
    sources = expression.get_source_fields()
    amounts = any(_holds_amounts(field) for field in [_field(expression), *sources])
    return amounts and any(_is_foreign(field) for field in sources)


def _field(expression: Any) -> Any:
    """The output field, if known. An expression of mixed types has none; its sources are checked instead."""
    try:
        return getattr(expression, "_output_field_or_none", None)
    except FieldError:
        return None


def _holds_amounts(field: Any) -> bool:
    return getattr(field, "holds_amounts", False)


def _is_foreign(field: Any) -> bool:
    return field is not None and not _holds_amounts(field)
