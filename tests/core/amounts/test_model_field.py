import json
from decimal import Decimal

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models import F, Max, Min, Q

from core.amounts import MAX_AMOUNT, AmountField

LARGE = ["99999999999999.9997", "99999999999999.9998", "99999999999999.9999"]
REFUSED = [
    (0.5, "invalid_amount"),
    (True, "invalid_amount"),
    ("1_000", "invalid_amount"),
    (Decimal("NaN"), "invalid_amount"),
    (Decimal("0.00001"), "too_many_decimals"),
    (10**14, "too_many_digits"),
    (2**70, "too_many_digits"),
    (Decimal("1E+400"), "too_many_digits"),
]


@pytest.mark.parametrize(
    "written", ["0", "500", "0.1", "-0.0001", "19.99", "-12.5", "99999999999999.9999", "-99999999999999.9999"]
)
def test_value_comes_back_exactly(purses, written):
    for value in (written, Decimal(written)):
        purse = purses.create(value=value)
        purse.refresh_from_db()

        assert (type(purse.value), str(purse.value)) == (Decimal, written)


def test_value_comes_back_without_trailing_zeros(purses):
    purse = purses.create(value=Decimal("5.00E+2"), target="1.5000")
    purse.refresh_from_db()

    assert (str(purse.value), str(purse.target)) == ("500", "1.5")


def test_value_may_be_null(purses):
    purse = purses.create(value=None)
    purse.refresh_from_db()

    assert purse.value is None
    assert purses.filter(value__isnull=True).count() == 1
    assert purses.filter(value=None).count() == 1
    assert purses.exclude(value__isnull=True).count() == 0


def test_column_counts_units(purses):
    purse = purses.create(value="19.99")

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT value FROM {purse._meta.db_table}")
        assert cursor.fetchone() == (199_900,)
    assert purse._meta.get_field("value").db_type(connection) == "bigint"


@pytest.mark.parametrize(
    ("lookup", "found"),
    [
        ({"value": Decimal(LARGE[1])}, [1]),
        ({"value": LARGE[1]}, [1]),
        ({"value__gt": LARGE[1]}, [2]),
        ({"value__gte": LARGE[1]}, [1, 2]),
        ({"value__lt": LARGE[1]}, [0]),
        ({"value__lte": LARGE[1]}, [0, 1]),
        ({"value__in": [LARGE[0], Decimal(LARGE[2])]}, [0, 2]),
        ({"value__in": []}, []),
        ({"value__range": (LARGE[1], MAX_AMOUNT)}, [1, 2]),
        ({"value__gt": 5}, [0, 1, 2]),
        ({"value__lt": -5}, []),
    ],
)
def test_lookup_compares_exactly(purses, lookup, found):
    made = [purses.create(value=value).pk for value in LARGE]

    assert sorted(purses.filter(**lookup).values_list("pk", flat=True)) == [made[index] for index in found]


def test_lookup_compares_columns(purses):
    purses.create(value=500, target=500)
    purses.create(value="500.0001", target=500)

    assert [str(purse.value) for purse in purses.filter(value__gt=F("target"))] == ["500.0001"]
    assert purses.filter(value__in=purses.values("target")).count() == 1


@pytest.mark.parametrize("lookup", ["contains", "startswith", "iexact", "regex", "icontains", "date"])
def test_lookup_that_would_read_units_is_no_lookup(purses, lookup):
    with pytest.raises(FieldError, match=lookup):
        purses.filter(**{f"value__{lookup}": "5"})


@pytest.mark.parametrize("column", ["visits", "id"])
def test_lookup_against_a_plain_number_column_is_refused(purses, column):
    with pytest.raises(FieldError, match="is not an amount"):
        purses.filter(value__gt=F(column))


@pytest.mark.parametrize(("value", "code"), REFUSED)
def test_value_that_is_no_amount_is_refused_before_the_database(purses, value, code):
    with pytest.raises(ValidationError) as refused:
        purses.create(value=value)

    assert [error.code for error in refused.value.error_dict["value"]] == [code]


@pytest.mark.parametrize(("value", "code"), REFUSED)
@pytest.mark.parametrize("lookup", ["exact", "gt", "in", "range"])
def test_lookup_of_what_is_no_amount_is_refused(purses, lookup, value, code):
    with pytest.raises(ValidationError) as refused:
        purses.filter(**{f"value__{lookup}": [value, value] if lookup in ("in", "range") else value})

    assert [error.code for error in refused.value.error_dict["value"]] == [code]


@pytest.mark.parametrize(("value", "code"), REFUSED)
def test_full_clean_names_the_field(purses, value, code):
    with pytest.raises(ValidationError) as refused:
        purses.model(value=value).full_clean()

    assert {
        field: [error.code for error in errors] for field, errors in refused.value.error_dict.items()
    } == {"value": [code]}


def test_full_clean_turns_text_into_a_decimal(purses):
    purse = purses.model(value="19.990")
    purse.full_clean()

    assert str(purse.value) == "19.99"


def test_field_has_validators_of_its_range():
    limits = {type(validator): validator.limit_value for validator in AmountField().validators}

    assert limits == {MinValueValidator: -MAX_AMOUNT, MaxValueValidator: MAX_AMOUNT}


def test_own_validator_is_heeded():
    field = AmountField(validators=[MinValueValidator(Decimal("0.01"))])

    with pytest.raises(ValidationError, match=r"0\.01"):
        field.clean("0.0099", None)
    assert field.clean("0.01", None) == Decimal("0.01")


def test_check_refuses_what_lies_outside_its_range(purses):
    for target in (0, "-1"):
        with pytest.raises(IntegrityError), transaction.atomic():
            purses.create(target=target)

    assert str(purses.create(target="0.0001").target) == "0.0001"


@pytest.mark.parametrize("number", ["1000000000000000000", "-1000000000000000000", "9223372036854775807"])
def test_check_refuses_raw_units_past_the_largest_amount(purses, number):
    table = purses.model._meta.db_table

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (value, target, visits) VALUES ({number}, 1, 0)")


@pytest.mark.sqlite_only
def test_check_refuses_a_number_that_sqlite_would_keep_as_a_float(purses):
    table = purses.model._meta.db_table

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (value, target, visits) VALUES (9223372036854775808, 1, 0)")


def test_check_is_told_to_a_form_in_words(purses):
    with pytest.raises(ValidationError) as refused:
        purses.model(target=0).full_clean()

    assert refused.value.messages == ["Use a value from 0.0001 to 99999999999999.9999."]


def test_check_lets_null_and_its_ends_pass(purses):
    for value in (None, MAX_AMOUNT, -MAX_AMOUNT):
        purses.model(value=value).full_clean()


def test_rows_sort_by_value(purses):
    for value in ("9", "-1", "10.5", "0.0001"):
        purses.create(value=value)

    assert [str(value) for value in purses.order_by("value").values_list("value", flat=True)] == [
        "-1",
        "0.0001",
        "9",
        "10.5",
    ]
    assert purses.aggregate(Min("value"), Max("value")) == {"value__min": -1, "value__max": Decimal("10.5")}


def test_bulk_writes_are_exact(purses):
    made = purses.bulk_create([purses.model(value=value) for value in LARGE])
    for purse, value in zip(made, reversed(LARGE), strict=True):
        purse.value = Decimal(value)
    purses.bulk_update(made, ["value"])

    assert [str(purse.value) for purse in purses.order_by("pk")] == LARGE[::-1]


def test_upsert_is_exact(purses):
    made = purses.create(value=1)
    purses.bulk_create(
        [purses.model(pk=made.pk, value="0.0002")],
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=["value"],
    )

    assert [str(purse.value) for purse in purses.all()] == ["0.0002"]
    assert purses.update_or_create(pk=made.pk, defaults={"value": "0.5"})[1] is False
    assert purses.get_or_create(value="0.5")[1] is False


def test_conditions_in_python_and_in_the_database_agree(purses):
    purses.create(value="0.0002")

    assert purses.filter(Q(value__gte="0.0001") & ~Q(value=Decimal("0.0003"))).count() == 1
    assert Q(value__gte="0.0001").check({"value": models.Value(Decimal("0.0002"), AmountField())}) is True


def test_migration_names_the_public_path():
    field = AmountField(null=True, validators=[MinValueValidator(Decimal("0.01"))])
    code, imports = MigrationWriter.serialize(field)

    assert code.startswith("core.amounts.AmountField(null=True")
    assert "import core.amounts" in imports
    assert field.clone().deconstruct()[1:3] == ("core.amounts.AmountField", [])


def test_fixture_keeps_every_digit():
    class Holder:
        value = Decimal("99999999999999.9999")

    field = AmountField()
    field.set_attributes_from_name("value")
    text = json.loads(json.dumps(field.value_to_string(Holder()), cls=DjangoJSONEncoder))

    assert text == "99999999999999.9999"
    assert field.to_python(text) == Holder.value
