from decimal import Decimal

import pytest
from django import forms
from django.utils.translation import override

from core.amounts import AmountField, AmountFormField


class PurseForm(forms.Form):
    value = AmountFormField()


def test_model_field_offers_the_form_field():
    field = AmountField(null=True, blank=True).formfield()

    assert (type(field), field.required, type(field.widget)) == (AmountFormField, False, forms.NumberInput)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("150", "150"),
        (" 19.990 ", "19.99"),
        ("500.00000", "500"),
        ("-0.0001", "-0.0001"),
        ("1e2", "100"),
        ("99999999999999.9999",) * 2,
    ],
)
def test_typed_amount_is_taken(typed, cleaned):
    form = PurseForm({"value": typed})

    assert form.is_valid(), form.errors
    assert str(form.cleaned_data["value"]) == cleaned


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        ("  ", "required"),
        ("abc", "invalid_amount"),
        ("1,5", "invalid_amount"),
        ("1.000,50", "invalid_amount"),
        ("1_000", "invalid_amount"),
        ("١٢", "invalid_amount"),
        ("NaN", "invalid_amount"),
        ("0.12345", "too_many_decimals"),
        ("0.1000010", "too_many_decimals"),
        ("100000000000000", "too_many_digits"),
    ],
)
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_typed_text_that_is_no_amount_is_refused_in_every_language(language, typed, code):
    with override(language):
        form = PurseForm({"value": typed})

        assert [error.code for error in form.errors.as_data()["value"]] == [code]


@pytest.mark.parametrize("language", ["en", "de", "fr", "ar"])
def test_amount_is_shown_with_a_point_in_every_language(language, settings):
    settings.USE_THOUSAND_SEPARATOR = True

    with override(language):
        shown = str(PurseForm(initial={"value": Decimal("1E+3")})["value"])

    assert shown == '<input type="number" name="value" value="1000" step="0.0001" required id="id_value">'


def test_localize_is_off_whatever_is_asked():
    assert AmountFormField(localize=True).localize is False


def test_limit_reaches_the_widget():
    field = AmountFormField(min_value=Decimal("0.0001"))

    assert field.widget.attrs == {"step": "0.0001", "min": Decimal("0.0001")}
    with pytest.raises(forms.ValidationError):
        field.clean("0")


@pytest.mark.parametrize(
    ("initial", "typed", "changed"), [(Decimal(5), "5.00", False), (Decimal(5), "5.01", True)]
)
def test_change_is_told_by_value(initial, typed, changed):
    assert AmountFormField().has_changed(initial, typed) is changed


def test_what_was_typed_wrong_is_shown_again():
    assert 'value="1,5"' in str(PurseForm({"value": "1,5"})["value"])
