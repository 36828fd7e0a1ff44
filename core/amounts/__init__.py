"""Amounts: signed decimals of 14 digits before the point and 4 after (docs/rules.md, Amounts).

The database stores whole units of 0.0001 (BIGINT, exact on SQLite and PostgreSQL), Python has normalised
Decimals. Queries compare and select amounts. Arithmetic in a query raises: `F("value") + 1` would add a unit.
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
