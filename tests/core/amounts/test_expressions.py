from decimal import Decimal

import pytest
from django.core.exceptions import FieldError
from django.db.models import F, Q, Value

from core.amounts import (
    MAX_AMOUNT,
    AddUnits,
    AmountField,
    SubtractUnits,
    SumAmount,
)


def test_add_and_subtract_change_a_column_exactly(purses):
    purse = purses.create(value="99999999999999.9998")

    purses.update(value=AddUnits("value", Decimal("0.0001")))
    purse.refresh_from_db()
    assert str(purse.value) == "99999999999999.9999"

    purses.update(value=SubtractUnits("value", 99_999_999_999_999))
    purse.refresh_from_db()
    assert str(purse.value) == "0.9999"


def test_arithmetic_takes_columns_numbers_and_itself(purses):
    purses.create(value=350, target=500)

    read = purses.annotate(
        left=SubtractUnits("target", F("value")),
        more=AddUnits(SubtractUnits("target", "value"), Decimal("-0.5")),
        twice=AddUnits("value", "value"),
        given=AddUnits(Value("0.1", output_field=AmountField()), 1),
    ).get()

    assert (read.left, read.more, read.twice, read.given) == (150, Decimal("149.5"), 700, Decimal("1.1"))
    assert purses.filter(value__lt=SubtractUnits("target", Decimal("149.9999"))).count() == 1
    assert purses.annotate(left=SubtractUnits("target", "value")).filter(left__lte=150).count() == 1


def test_instance_may_be_saved_with_arithmetic(purses):
    purse = purses.create(value=1)
    purse.value = AddUnits("value", Decimal("0.5"))
    purse.save()
    purse.refresh_from_db()

    assert purse.value == Decimal("1.5")


@pytest.mark.parametrize("other", [F("visits"), F("value") + 1, Value(5), Value("5")])
def test_arithmetic_with_what_is_no_amount_raises(purses, other):
    with pytest.raises(FieldError):
        purses.update(value=AddUnits("value", other))


def test_arithmetic_with_null_is_null(purses):
    purses.create(value=None)

    assert purses.annotate(read=AddUnits("value", "target")).get().read is None


def test_sum_of_nothing_is_none_or_the_default(purses):
    purses.create(value=None)

    assert purses.aggregate(
        none=SumAmount("value"),
        zero=SumAmount("value", default=0),
        half=SumAmount("value", default=Decimal("0.5")),
    ) == {"none": None, "zero": 0, "half": Decimal("0.5")}


@pytest.mark.parametrize(
    "values",
    [
        ["0.1", "0.2"],
        ["-0.0001", "0.0001", "-0.0001"],
        ["99999999999999.9999"] * 9,
        ["99999999999999.9999"] * 10,
        ["-99999999999999.9999"] * 25,
        ["99999999999999.9999", "-99999999999999.9998"] * 12,
        [*["99999999999999.9999"] * 50, "-0.0001", None, "-5"],
        ["100000.0001"] * 3,
    ],
)
def test_sum_is_exact_past_64_bits(purses, values):
    purses.bulk_create([purses.model(value=value) for value in values])
    expected = sum(Decimal(value) for value in values if value is not None)

    assert purses.aggregate(read=SumAmount("value"))["read"] == expected
    assert purses.aggregate(read=SumAmount("value", default=0))["read"] == expected


def test_sum_heeds_its_filter(purses):
    for value, visits in [("0.1", 0), ("0.2", 1), ("0.4", 1)]:
        purses.create(value=value, visits=visits)

    read = purses.aggregate(
        one=SumAmount("value", filter=Q(visits=1)),
        small=SumAmount("value", filter=Q(value__lt="0.3", visits__lt=5)),
        none=SumAmount("value", filter=Q(visits=7)),
    )
    assert read == {"one": Decimal("0.6"), "small": Decimal("0.3"), "none": None}


def test_sum_of_an_expression_with_parameters(purses):
    for value in ("1", "2", "99999999999999"):
        purses.create(value=value)

    read = purses.aggregate(read=SumAmount(SubtractUnits("value", Decimal("0.5")), filter=Q(value__gt=1)))
    assert read["read"] == 100_000_000_000_000


def test_sums_of_groups_are_compared_and_sorted(purses):
    for visits, value, count in [
        (1, "0.1", 3),
        (2, MAX_AMOUNT, 12),
        (3, "7", 1),
        (4, MAX_AMOUNT, 11),
        (5, "-2", 2),
    ]:
        purses.bulk_create([purses.model(visits=visits, value=value) for _ in range(count)])

    groups = purses.values("visits").annotate(total=SumAmount("value"))
    assert list(groups.order_by("total").values_list("visits", "total")) == [
        (5, -4),
        (1, Decimal("0.3")),
        (3, 7),
        (4, MAX_AMOUNT * 11),
        (2, MAX_AMOUNT * 12),
    ]
    above = groups.filter(total__gt=Decimal("0.3")).order_by("visits")
    assert list(above.values_list("visits", flat=True)) == [2, 3, 4]


@pytest.mark.parametrize("summed", ["visits", F("value") + 1])
def test_sum_of_what_is_no_amount_raises(purses, summed):
    with pytest.raises(FieldError):
        purses.aggregate(read=SumAmount(summed))


def test_distinct_sum_is_refused():
    with pytest.raises(TypeError, match="distinct"):
        SumAmount("value", distinct=True)
