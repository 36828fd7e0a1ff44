"""Each of these was silently wrong by a factor of 10,000 with a BigIntegerField underneath."""

from decimal import Decimal

import pytest
from django.core.exceptions import FieldError
from django.db.models import (
    Avg,
    Case,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    StdDev,
    Subquery,
    Sum,
    Value,
    Variance,
    When,
)
from django.db.models.functions import Cast, Coalesce, Floor, Greatest, Least, NullIf, Round

from core.amounts import AmountField

AMOUNT = AmountField()
WRONG = {
    "plus": F("value") + 1,
    "plus decimal": F("value") + Decimal("0.5"),
    "minus": F("value") - 1,
    "reversed": 1 + F("value"),
    "times": F("value") * 2,
    "product": F("value") * F("target"),
    "nested": (F("value") + 1) - 1,
    "wrapped": ExpressionWrapper(F("value") + 1, output_field=AMOUNT),
    "wrapped number": ExpressionWrapper(Value(5), output_field=AMOUNT),
    "cast number": Cast(Value(5), output_field=AMOUNT),
    "coalesce": Coalesce("value", 0, output_field=AMOUNT),
    "greatest": Greatest("value", Value(5), output_field=AMOUNT),
    "least": Least("value", F("visits"), output_field=AMOUNT),
    "nullif": NullIf("value", Value(5), output_field=AMOUNT),
    "case": Case(When(visits=0, then=F("value")), default=5, output_field=AMOUNT),
    "case of numbers": Case(When(visits=0, then=Value(1)), default=5, output_field=AMOUNT),
    "floor": Floor("value", output_field=AMOUNT),
    "round": Round("value", output_field=AMOUNT),
    "deep": Coalesce(Case(When(visits=0, then=F("value") + 1), output_field=AMOUNT), F("target")),
}
PLAIN = {"number": Value(5), "other column": F("visits"), "sum of numbers": F("visits") + 1}
RIGHT = {
    "column": (F("target"), "500"),
    "value": (Value(Decimal("0.5"), output_field=AMOUNT), "0.5"),
    "null": (Value(None), None),
    "coalesce": (Coalesce("value", Value(7, output_field=AMOUNT)), "7"),
    "greatest": (Greatest("target", Value(600, output_field=AMOUNT)), "600"),
    "case": (Case(When(visits=0, then=F("target")), default=Value(5, output_field=AMOUNT)), "500"),
    "empty case": (Case(When(visits=1, then=F("target")), default=None), None),
}


@pytest.fixture
def purse(purses):
    return purses.create(value=None, target=500)


@pytest.mark.parametrize("expression", [*WRONG.values(), *PLAIN.values()], ids=[*WRONG, *PLAIN])
def test_update_with_what_is_no_exact_amount_raises(purses, purse, expression):
    with pytest.raises(FieldError):
        purses.update(value=expression)


@pytest.mark.parametrize("expression", [*WRONG.values(), *PLAIN.values()], ids=[*WRONG, *PLAIN])
def test_save_with_what_is_no_exact_amount_raises(purse, expression):
    purse.value = expression

    with pytest.raises(FieldError):
        purse.save()


@pytest.mark.parametrize("expression", [*WRONG.values(), *PLAIN.values()], ids=[*WRONG, *PLAIN])
def test_comparing_with_what_is_no_exact_amount_raises(purses, expression):
    with pytest.raises(FieldError):
        purses.filter(target__gt=expression)
    with pytest.raises(FieldError):
        purses.filter(target__in=[expression, 500])


@pytest.mark.parametrize("expression", WRONG.values(), ids=WRONG)
def test_reading_what_is_no_exact_amount_raises(purses, purse, expression):
    purses.update(value=Value(3, output_field=AMOUNT))

    with pytest.raises(FieldError):
        list(purses.annotate(read=expression).values_list("read", flat=True))


@pytest.mark.parametrize("statistic", [Avg, StdDev, Variance])
def test_statistic_in_units_raises(purses, purse, statistic):
    with pytest.raises(FieldError, match="units"):
        purses.aggregate(read=statistic("target"))


def test_number_in_an_insert_raises(purses):
    with pytest.raises(FieldError, match="is not an amount"):
        purses.create(value=Value(5))


@pytest.mark.parametrize(("expression", "expected"), RIGHT.values(), ids=RIGHT)
def test_exact_amount_is_written_and_read(purses, purse, expression, expected):
    expected = None if expected is None else Decimal(expected)

    read = purses.annotate(read=Coalesce(expression, Value(None), output_field=AMOUNT)).get().read
    assert read == expected
    purses.update(value=expression)
    assert purses.get().value == expected


def test_subquery_of_an_amount_is_an_amount(purses, purse):
    largest = purses.model.objects.filter(pk=OuterRef("pk")).order_by("-target").values("target")[:1]

    purses.update(value=Subquery(largest))

    assert purses.get().value == 500
    assert purses.filter(value__gte=Subquery(largest)).count() == 1


def test_plain_sum_and_count_stay_usable(purses, purse):
    purses.create(value="0.5", target="0.25")

    assert purses.aggregate(read=Sum("target"))["read"] == Decimal("500.25")
    assert purses.annotate(read=Cast("visits", IntegerField()) + 1).first().read == 1
