import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.amounts import MAX_AMOUNT, MAX_UNITS, SCALE, amount, parse_amount, units
from core.errors import DomainError

plain = st.from_regex(re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4}0{0,9})?", re.ASCII), fullmatch=True)
in_range = st.integers(-MAX_UNITS, MAX_UNITS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("-0", 0),
        ("-0.0000", 0),
        ("150", 1_500_000),
        ("19.99", 199_900),
        ("0.0001", 1),
        ("-0.0001", -1),
        ("-12.5", -125_000),
        ("0.1000", 1_000),
        ("0.10000", 1_000),
        ("19.990000", 199_900),
        ("-500.00000", -5_000_000),
        ("99999999999999.9999" + "0" * 40, MAX_UNITS),
        ("00.00000000", 0),
        ("1.50000e1", 150_000),
        ("120e-5", 12),
        ("0e-400", 0),
        ("007.50", 75_000),
        ("000000000000000000001", 10_000),
        ("99999999999999.9999", MAX_UNITS),
        ("-99999999999999.9999", -MAX_UNITS),
        ("1e2", 1_000_000),
        ("1E+2", 1_000_000),
        ("1.5e1", 150_000),
        ("12345.6e-3", 123_456),
        ("1e-4", 1),
        ("1e13", 10**17),
        ("0.000000000000009999e28", 999_900_000_000_000_000),
        ("0e400", 0),
    ],
)
def test_parse_takes_a_plain_decimal_number(text, expected):
    assert parse_amount(text) == expected
    assert parse_amount(text.encode()) == expected
    assert parse_amount(msgspec.Raw(text.encode())) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " 12 ",
        "12\n",
        "\x0012",
        "+5",
        "--5",
        "- 5",
        ".5",
        "5.",
        "1.2.3",
        "1_000",
        "1,000",
        "1 000",
        "1'000",
        "0x10",
        "1e",
        "e5",
        "1e5.0",
        "1e_2",
        "NaN",
        "nan",
        "sNaN",
        "Infinity",
        "-inf",
        "true",
        "null",
        "١٢٣",
        "１２",
        "²",
        '"12"',
        "12€",
        "\ud800",
        "1e" + "9" * 10,
    ],
)
def test_parse_refuses_what_is_no_plain_number(text):
    with pytest.raises(DomainError) as refused:
        parse_amount(text, "activityValue")

    assert (refused.value.code, refused.value.field) == ("invalid_amount", "activityValue")
    assert refused.value.message.startswith("Send a plain decimal number such as 150 or 19.99")


@pytest.mark.parametrize("data", [b"\xff", "١".encode(), None, 12, 1.5, True, ["12"]])
def test_parse_refuses_what_is_no_text(data):
    with pytest.raises(DomainError) as refused:
        parse_amount(data)

    assert refused.value.code == "invalid_amount"


@pytest.mark.parametrize(
    "text",
    ["0.00001", "-1.23456", "0.100001", "1.0000000010", "1e-5", "1.2345e-1", "1.23450e-1", "1e-999999999"],
)
def test_parse_refuses_more_than_four_decimals_that_are_not_zero(text):
    with pytest.raises(DomainError) as refused:
        parse_amount(text, "activityValue")

    assert (refused.value.code, refused.value.field) == ("too_many_decimals", "activityValue")
    assert refused.value.message == "Send at most 4 decimals: round the value first."


@pytest.mark.parametrize(
    "text", ["100000000000000", "-100000000000000.0000", "1e14", "1e400", "1e999999999", "9" * 5_000, "12e13"]
)
def test_parse_refuses_more_than_fourteen_digits(text):
    with pytest.raises(DomainError) as refused:
        parse_amount(text, "activityValue")

    assert (refused.value.code, refused.value.field) == ("too_many_digits", "activityValue")
    assert refused.value.message.endswith("the largest value is 99999999999999.9999.")


@given(plain)
def test_parse_is_exact(text):
    assert parse_amount(text) == Decimal(text) * SCALE


@given(st.text("0123456789.-+eE_ ", max_size=24))
def test_parse_agrees_with_decimal_or_refuses(text):
    try:
        parsed = parse_amount(text)
    except DomainError:
        return

    assert Decimal(parsed) / SCALE == Decimal(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (-3, -30_000),
        (99_999_999_999_999, 999_999_999_999_990_000),
        ("19.99", 199_900),
        (Decimal("19.99"), 199_900),
        (Decimal("1.50000000"), 15_000),
        (Decimal("5E+2"), 5_000_000),
        (Decimal("0E+400"), 0),
        (Decimal("0E-400"), 0),
        (Decimal("-0"), 0),
        (MAX_AMOUNT, MAX_UNITS),
        (-MAX_AMOUNT, -MAX_UNITS),
    ],
)
def test_units_of_a_python_value(value, expected):
    assert units(value) == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (True, "invalid_amount"),
        (0.5, "invalid_amount"),
        (None, "invalid_amount"),
        (b"12", "invalid_amount"),
        (" 12 ", "invalid_amount"),
        (Decimal("NaN"), "invalid_amount"),
        (Decimal("sNaN"), "invalid_amount"),
        (Decimal("-Infinity"), "invalid_amount"),
        (Decimal("0.00001"), "too_many_decimals"),
        (Decimal("1E-999999999"), "too_many_decimals"),
        (Decimal("1." + "0" * 90 + "1"), "too_many_decimals"),
        (Decimal("99999999999999.99999"), "too_many_decimals"),
        (10**14, "too_many_digits"),
        (-(10**4_000), "too_many_digits"),
        (Decimal("1E+400"), "too_many_digits"),
        (Decimal("-1E+999999999"), "too_many_digits"),
    ],
)
def test_units_of_a_value_that_is_no_amount_are_refused(value, code):
    with pytest.raises(DomainError) as refused:
        units(value, "target")

    assert (refused.value.code, refused.value.field) == (code, "target")


@given(in_range)
def test_amount_returns_to_its_units(number):
    assert units(amount(number)) == number
    assert parse_amount(str(amount(number))) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5_000_000, "500"),
        (0, "0"),
        (1_000, "0.1"),
        (1, "0.0001"),
        (-1, "-0.0001"),
        (-125_000, "-12.5"),
        (1_000_000_000_000_000, "100000000000"),
        (MAX_UNITS, "99999999999999.9999"),
        # A sum of ten million of the largest: more digits than a Decimal's default context keeps.
        (MAX_UNITS * 10_000_000 + 1, "999999999999999999000.0001"),
        (10**40 + 1, "1000000000000000000000000000000000000.0001"),
    ],
)
def test_amount_is_exact_and_never_in_exponent_form(number, text):
    assert str(amount(number)) == text
