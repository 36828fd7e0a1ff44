"""Amounts: signed decimals of 14 digits before the point and 4 after, kept as whole units of 0.0001.

A database counts in units (BIGINT: exact on SQLite and PostgreSQL), Python in normalised Decimals. Arithmetic
on a column goes through the named expressions alone: a bare `F("value") + 1` raises.
"""

from core.amounts.expressions import AddUnits, SubtractUnits, SumAmount
from core.amounts.form_field import AmountFormField
from core.amounts.model_field import AmountField, amount_range_check
from core.amounts.scale import (
    MAX_AMOUNT,
    MAX_UNITS,
    SCALE,
    amount,
    parse_amount,
    parse_text,
    units,
)

__all__ = [
    "MAX_AMOUNT",
    "MAX_UNITS",
    "SCALE",
    "AddUnits",
    "AmountField",
    "AmountFormField",
    "SubtractUnits",
    "SumAmount",
    "amount",
    "amount_range_check",
    "parse_amount",
    "parse_text",
    "units",
]
