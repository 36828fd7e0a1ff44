"""Convert amounts to whole units of 0.0001 and back (docs/rules.md, Amounts). Pure."""

import re
from decimal import Context, Decimal

from core.errors import DomainError

SCALE = 10_000
DECIMAL_PLACES = 4
INTEGER_DIGITS = 14
MAX_UNITS = 10 ** (INTEGER_DIGITS + DECIMAL_PLACES) - 1
MAX_AMOUNT = Decimal(MAX_UNITS).scaleb(-DECIMAL_PLACES)
_TOO_LARGE = 10**INTEGER_DIGITS

# Enough digits for a sum over any table; the default of 28 digits would round.
_EXACT = Context(prec=80)
_PLAIN = re.compile(r"(-?)([0-9]{1,14})(?:\.([0-9]{1,4})0*)?")
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,9}))?")


def parse_amount(text: str | bytes, field: str | None = None) -> int:
    """Parse a plain decimal number, or a JSON number with an exponent, into units of 0.0001.

    Strict, because clients send it: no sign but a leading minus, no spaces, no separators, ASCII digits only.
    Zeros at the end are no decimals: many languages write a column's scale, 19.990000. Raises DomainError on
    `field`: `too_many_decimals` (more than 4), `too_many_digits` (more than 14 before the point), else
    `invalid_amount`. Any bytes-like object will do.
    """
    try:
        match = _PLAIN.fullmatch(text if isinstance(text, str) else str(text, "ascii"))
    except (TypeError, UnicodeDecodeError):
        raise _invalid(field) from None
    if match is None:
        return _parse_unusual(text if isinstance(text, str) else str(text, "ascii"), field)
    sign, whole, decimals = match.groups()
    number = int(whole) * SCALE if decimals is None else int(whole + decimals.ljust(DECIMAL_PLACES, "0"))
    return -number if sign else number


def parse_text(text: str, field: str | None = None) -> int:
    """Parse an amount that was sent as text, without exponent. Raises as `parse_amount` does."""
    if "e" in text or "E" in text:
        raise _invalid(field)
    return parse_amount(text, field)


def _parse_unusual(text: str, field: str | None) -> int:
    """Parse the rare forms, an exponent and leading zeros, or raise the error of the exceeded limit."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise _invalid(field)
    sign, whole, decimals, exponent = match.groups(default="")
    shift = int(exponent or 0) - len(decimals)
    return _scaled(sign, (whole + decimals).lstrip("0"), shift, field)


def _scaled(sign: str, digits: str, exponent: int, field: str | None) -> int:
    """Units of digits x 10^exponent; the limits are checked before a large number is built."""
    significant = digits.rstrip("0")
    if not significant:
        return 0
    exponent += len(digits) - len(significant)
    if exponent < -DECIMAL_PLACES:
        raise _too_many_decimals(field)
    if len(significant) + exponent > INTEGER_DIGITS:
        raise _too_many_digits(field)
    number = int(significant) * 10 ** (exponent + DECIMAL_PLACES)
    return -number if sign else number


def _invalid(field: str | None) -> DomainError:
    remedy = "Send a plain decimal number such as 150 or 19.99, without spaces, separators or a plus sign."
    return DomainError("invalid_amount", remedy, field)


def _too_many_decimals(field: str | None) -> DomainError:
    return DomainError("too_many_decimals", "Send at most 4 decimals: round the value first.", field)


def _too_many_digits(field: str | None) -> DomainError:
    remedy = "Send at most 14 digits before the decimal point: the largest value is 99999999999999.9999."
    return DomainError("too_many_digits", remedy, field)


def units(value: Decimal | int | str, field: str | None = None) -> int:
    """Units of a Python value: a text as `parse_amount` reads it, a Decimal by its value (1.50000 is 1.5).

    Raises DomainError as `parse_amount` does. A bool and a float, which is inexact, are `invalid_amount`.
    """
    if isinstance(value, str):
        return parse_amount(value, field)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise DomainError("invalid_amount", "Use a Decimal, an int or a plain decimal text.", field)
    if not (isinstance(value, int) or value.is_finite()):
        raise DomainError("invalid_amount", "NaN and Infinity are not amounts: send a plain number.", field)
    if not -_TOO_LARGE < value < _TOO_LARGE:
        raise _too_many_digits(field)
    number = int(Decimal(value).scaleb(DECIMAL_PLACES, _EXACT))
    if amount(number) != value:
        raise _too_many_decimals(field)
    return number


def amount(units: int) -> Decimal:
    """The exact Decimal of `units`, without trailing zeros and never in exponent form: 500, 0.1."""
    whole, rest = divmod(units, SCALE)
    if not rest:
        return Decimal(whole)
    return Decimal(units).scaleb(-DECIMAL_PLACES, _EXACT).normalize(_EXACT)
