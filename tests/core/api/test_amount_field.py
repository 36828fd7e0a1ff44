from decimal import Decimal

import pytest
from rest_framework import serializers

from core.amounts import MAX_AMOUNT
from core.api.amount_field import AmountSerializerField


class PurseSerializer(serializers.Serializer):
    value = AmountSerializerField(allow_null=True)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (5, "5"),
        ("5", "5"),
        ("19.990", "19.99"),
        ("0.10000", "0.1"),
        (Decimal("0.10000"), "0.1"),
        (Decimal("500.00000"), "500"),
        (Decimal("0.0000000"), "0"),
        (Decimal("19.99"), "19.99"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.0001"), "-0.0001"),
        (MAX_AMOUNT, "99999999999999.9999"),
    ],
)
def test_number_and_plain_text_are_read_as_decimals(sent, read):
    serializer = PurseSerializer(data={"value": sent})

    assert serializer.is_valid(), serializer.errors
    value = serializer.validated_data["value"]
    assert (type(value), str(value)) == (Decimal, read)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (True, "invalid_amount"),
        (False, "invalid_amount"),
        (0.5, "invalid_amount"),
        ("", "invalid_amount"),
        (" 5", "invalid_amount"),
        ("NaN", "invalid_amount"),
        (Decimal("NaN"), "invalid_amount"),
        (Decimal("Infinity"), "invalid_amount"),
        ([], "invalid_amount"),
        ({}, "invalid_amount"),
        ("0.100010", "too_many_decimals"),
        (Decimal("0.100010"), "too_many_decimals"),
        (Decimal("1E-7"), "too_many_decimals"),
        (10**14, "too_many_digits"),
        (Decimal("1E+400"), "too_many_digits"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_code(sent, code):
    serializer = PurseSerializer(data={"value": sent})

    assert not serializer.is_valid()
    assert [error.code for error in serializer.errors["value"]] == [code]


def test_null_is_left_to_the_serializer():
    serializer = PurseSerializer(data={"value": None})

    assert serializer.is_valid()
    assert serializer.validated_data == {"value": None}


@pytest.mark.parametrize(
    ("stored", "given"), [(Decimal("5.00E+2"), "500"), (Decimal("0.1000"), "0.1"), (5, "5")]
)
def test_amount_goes_out_as_a_normalised_decimal(stored, given):
    value = PurseSerializer({"value": stored}).data["value"]

    assert (type(value), str(value)) == (Decimal, given)
