"""Keeps arithmetic on amounts honest: what would be silently wrong by a factor of 10,000 raises."""

from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Case, ExpressionWrapper, Transform, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast, Coalesce, Greatest, Least, NullIf
from django.db.models.functions.mixins import NumericOutputFieldMixin

# F("value") + 1; Avg, StdDev and Variance; Floor, Round and their like: all of them see units.
_NEVER = (CombinedExpression, NumericOutputFieldMixin, Transform)
# These hand on one of their operands, or name its type: each operand must be an amount already.
_HAND_ON = (Case, Cast, Coalesce, ExpressionWrapper, Greatest, Least, NullIf, When)


def require_amount(expression: Any) -> None:
    """Pass an expression whose value is an exact amount; raise FieldError with the remedy for any other."""
    if _is_foreign(_field(expression)):
        raise FieldError(
            f"{expression!r} is not an amount: wrap numbers in Value(number, output_field=AmountField())."
        )
    _check(expression)


def _check(expression: Any) -> None:
    if not hasattr(expression, "get_source_expressions"):
        return
    sources = [source for source in expression.get_source_expressions() if source is not None]
    if isinstance(expression, _NEVER) and any(_holds_amounts(_field(source)) for source in sources):
        raise FieldError(
            f"{expression!r} would count in units of 0.0001: reckon with the Decimals that a query gives."
        )
    if isinstance(expression, _HAND_ON) and _mixes(expression):
        raise FieldError(
            f"{expression!r} mixes an amount with a plain number: wrap the number in "
            "Value(number, output_field=AmountField())."
        )
    for source in sources:
        _check(source)


def _mixes(expression: Any) -> bool:
    sources = expression.get_source_fields()
    amounts = any(_holds_amounts(field) for field in [_field(expression), *sources])
    return amounts and any(_is_foreign(field) for field in sources)


def _field(expression: Any) -> Any:
    """The output field; None where there is none, or none yet: a mixed one is found among its sources."""
    try:
        return getattr(expression, "_output_field_or_none", None)
    except FieldError:
        return None


def _holds_amounts(field: Any) -> bool:
    return getattr(field, "holds_amounts", False)


def _is_foreign(field: Any) -> bool:
    return field is not None and not _holds_amounts(field)
