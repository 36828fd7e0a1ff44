"""Pure: amounts as whole units of 0.0001, exact in every database and in every sum."""

import re
from decimal import Context, Decimal

from core.errors import DomainError

SCALE = 10_000
DECIMAL_PLACES = 4
INTEGER_DIGITS = 14
MAX_UNITS = 10 ** (INTEGER_DIGITS + DECIMAL_PLACES) - 1
MAX_AMOUNT = Decimal(MAX_UNITS).scaleb(-DECIMAL_PLACES)
_TOO_LARGE = 10**INTEGER_DIGITS

# Wide enough for a sum over more rows than a table holds: the default 28 digits would round.
_EXACT = Context(prec=80)
_PLAIN = re.compile(r"(-?)([0-9]{1,14})(?:\.([0-9]{1,4}))?")
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,9}))?")


def parse_amount(text: str | bytes, field: str | None = None) -> int:
    """Units (of 0.0001) of a plain decimal number, or of a JSON number with an exponent.

    Strict, for it judges what strangers send: no sign but a leading minus, no spaces, no separators, ASCII
    digits only. Raises DomainError on `field`: `too_many_decimals` (more than 4 as written, zeros too),
    `too_many_digits` (more than 14 before the point), else `invalid_amount`. Any bytes-like object will do.
    """
    try:
        found = _PLAIN.fullmatch(text if isinstance(text, str) else str(text, "ascii"))
    except (TypeError, UnicodeDecodeError):
        raise _invalid(field) from None
    if found is None:
        return _parse_unusual(text if isinstance(text, str) else str(text, "ascii"), field)
    sign, whole, decimals = found.groups()
    number = int(whole) * SCALE if decimals is None else int(whole + decimals.ljust(DECIMAL_PLACES, "0"))
    return -number if sign else number


def parse_text(text: str, field: str | None = None) -> int:
    """Units of an amount sent as text: a plain decimal, no exponent. Raises as `parse_amount` does."""
    if "e" in text or "E" in text:
        raise _invalid(field)
    return parse_amount(text, field)


def _parse_unusual(text: str, field: str | None) -> int:
    """The rare rest: an exponent, leading zeros, or a refusal that says which limit was passed."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise _invalid(field)
    sign, whole, decimals, exponent = found.groups(default="")
    shift = int(exponent or 0) - len(decimals)
    return _scaled(sign, (whole + decimals).lstrip("0"), shift, field)


def _scaled(sign: str, digits: str, exponent: int, field: str | None) -> int:
    """Units of digits x 10^exponent; the limits are judged before a large number is built."""
    if exponent < -DECIMAL_PLACES:
        raise _too_many_decimals(field)
    if digits and len(digits) + exponent > INTEGER_DIGITS:
        raise _too_many_digits(field)
    number = int(digits) * 10 ** (exponent + DECIMAL_PLACES) if digits else 0
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
    """Units of a Python value. Text is judged by `parse_amount`; a Decimal by its value (1.50000 is 1.5).

    Raises DomainError as `parse_amount` does; a bool and a float are `invalid_amount`: a float is not exact.
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
