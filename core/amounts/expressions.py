"""Arithmetic on amount columns, by name: exact, in units, and amounts only."""

from decimal import Decimal
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, Sum, Value
from django.db.models.sql.compiler import SQLCompiler

from core.amounts.guard import require_amount
from core.amounts.model_field import AmountField
from core.amounts.scale import amount

_PART = 1_000_000_000
_SAFE_HIGH = 8_000_000_000  # x _PART, plus the low parts of a billion rows, still fits 64 bits


class _Arithmetic(Func):
    template = "(%(expressions)s)"
    arity = 2

    def __init__(self, left: Any, right: Any) -> None:
        """Each side is a column's name, an expression that is an amount, a Decimal or an int."""
        super().__init__(*(_operand(side) for side in (left, right)), output_field=AmountField())

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        resolved = super().resolve_expression(*args, **kwargs)
        for source in resolved.get_source_expressions():
            require_amount(source)
        return resolved


def _operand(side: Any) -> Any:
    return Value(side, output_field=AmountField()) if isinstance(side, Decimal | int) else side


class AddUnits(_Arithmetic):
    """`AddUnits("current_progress_value", Decimal("19.99"))`: the column plus the amount."""

    arg_joiner = " + "


class SubtractUnits(_Arithmetic):
    """`SubtractUnits("target", F("value"))`: the left amount less the right one."""

    arg_joiner = " - "


class _TotalField(AmountField):
    """The type of a SumAmount, never of a column: past 64 bits SQLite hands over the text `high:low`."""

    def get_internal_type(self) -> str:
        return "AmountTotal"  # no IntegerField, or Django calls int() on the text

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Decimal | None:
        if isinstance(value, str):
            high, low = value.split(":")
            return amount(int(high) * _PART + int(low))
        return super().from_db_value(value, expression, connection)


class SumAmount(Sum):
    """The exact sum of an amount column over any number of rows; None (or `default`) over no rows.

    PostgreSQL sums BIGINT into NUMERIC. SQLite's SUM fails past 2^63, ten of the largest amounts, so there
    the high and the low parts are summed apart. A sum past 64 bits sorts after all others.
    """

    allow_distinct = False
    window_compatible = False

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, output_field=_TotalField(), **extra)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        resolved = super().resolve_expression(*args, **kwargs)
        require_amount(resolved.get_source_expressions()[0])
        return resolved

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        high, high_params = self._part(f"/ {_PART}").as_sql(compiler, connection, **extra)
        low, low_params = self._part(f"%%%% {_PART}").as_sql(compiler, connection, **extra)
        text = f"printf('%%020d:%%09d', {high} + {low} / {_PART}, {low} %% {_PART})"
        sql = (
            f"CASE WHEN ABS({high}) <= {_SAFE_HIGH} THEN {high} * {_PART} + {low} "
            f"WHEN {high} IS NOT NULL THEN {text} END"
        )
        return sql, (*high_params * 2, *low_params, *high_params * 2, *low_params * 2)

    def _part(self, operation: str) -> "SumAmount":
        part = self.copy()
        part.template = f"SUM((%(expressions)s) {operation})"
        return part
