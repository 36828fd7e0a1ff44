"""Amounts: signed decimals of 14 digits before the point and 4 after, kept as whole units of 0.0001.

A database counts in units (BIGINT: exact on SQLite and PostgreSQL), Python in normalised Decimals. A query
compares and picks amounts and does no arithmetic on them: `F("value") + 1`, a unit more, raises.
"""

from core.amounts.form_field import AmountFormField
from core.amounts.model_field import AmountField, amount_range_check
from core.amounts.scale import MAX_AMOUNT, MAX_UNITS, SCALE, amount, parse_amount, parse_text, units

__all__ = [
    "MAX_AMOUNT",
    "MAX_UNITS",
    "SCALE",
    "AmountField",
    "AmountFormField",
    "amount",
    "amount_range_check",
    "parse_amount",
    "parse_text",
    "units",
]
