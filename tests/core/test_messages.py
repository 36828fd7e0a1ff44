import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.choices import AggregationMethod
from core.errors import DomainError
from core.messages import VARIABLES, check_message, check_plain, remaining_text, render

VALUES = {"periodText": "month", "nextRemainingValue": "150.00"}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Shop for ${{nextRemainingValue}} or more", "Shop for $150.00 or more"),
        ("next {{periodText}}!", "next month!"),
        ("{{ periodText }} {{\tperiodText\n}}", "month month"),
        ("{{periodText}}{{nextRemainingValue}}", "month150.00"),
        ("no variable at all", "no variable at all"),
        ("", ""),
        ("single { and } and {periodText} stay", "single { and } and {periodText} stay"),
        ("a line\nand\tanother\r\n", "a line\nand\tanother\r\n"),
        ("<b>{{periodText}}</b> & more", "<b>month</b> & more"),
        ("كل {{periodText}} 次の", "كل month 次の"),
    ],
)
def test_message_with_known_variables_is_accepted_and_rendered(text, rendered):
    check_message(text)

    assert render(text, VALUES) == rendered


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{{periodtext}}", "periodText"),
        ("{{period_text}}", "periodText"),
        ("{{period}}", "periodText"),
        ("{{PeriodText}}", "periodText"),
        ("{{nextRemaningValue}}", "nextRemainingValue"),
        ("{{ next_remaining_value }}", "nextRemainingValue"),
        ("{{remainingValue}}", "nextRemainingValue"),
        ("{{periodText|upper}}", "periodText"),
        ("{{periodText.__class__.__mro__}}", "periodText"),
        ("{{#periodText}}", "periodText"),
        ("{{period{{periodText}}Text}}", "periodText"),
        ("good {{periodText}}, bad {{periodTxt}}", "periodText"),
    ],
)
def test_message_with_a_near_miss_names_the_variable_that_was_meant(text, meant):
    with pytest.raises(DomainError) as refused:
        check_message(text, "eudFailedChallengeMessage")

    assert (refused.value.code, refused.value.field) == ("unknown_variable", "eudFailedChallengeMessage")
    assert refused.value.message.endswith(f"did you mean {{{{{meant}}}}}?")


@pytest.mark.parametrize("text", ["{{couponCode}}", "{{.}}", "{{ 7*7 }}", "{{x}}"])
def test_message_with_an_unknown_variable_lists_the_known_ones(text):
    with pytest.raises(DomainError) as refused:
        check_message(text)

    assert refused.value.code == "unknown_variable"
    assert refused.value.message.endswith("use {{periodText}} or {{nextRemainingValue}}.")


@pytest.mark.parametrize(
    "text",
    [
        "{{",
        "}}",
        "{{}}",
        "{{ }}",
        "{{periodText",
        "periodText}}",
        "{{periodText}",
        "{{{{periodText}}}}",
        "}}{{",
    ],
)
def test_message_with_braces_left_over_is_refused(text):
    with pytest.raises(DomainError) as refused:
        check_message(text)

    assert refused.value.code == "stray_braces"


LOOK_ALIKES = {
    "full-width braces": "｛｛periodText｝｝",
    "full-width letters too": "｛｛ｐｅｒｉｏｄＴｅｘｔ｝｝",
    "small braces": "\ufe5b\ufe5bperiodText\ufe5c\ufe5c",
    "zero width between the braces": "{\u200b{periodText}\u200b}",
    "a mark of direction between": "{\u200e{periodText}\u200f}",
    "full-width and plain": "｛{periodText}｝",
}


@pytest.mark.parametrize(
    ("check", "code"), [(check_message, "stray_braces"), (check_plain, "variable_not_allowed")]
)
@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_text_with_what_only_looks_like_a_variable_is_refused(check, code, name):
    with pytest.raises(DomainError) as refused:
        check(f"next {LOOK_ALIKES[name]}", "eudTitle")

    assert (refused.value.code, refused.value.field) == (code, "eudTitle")


@pytest.mark.parametrize("text", ["｛periodText｝", "｛｛セール｝｝", "{\u200b{ }}", "ﬁ ½ ㎏ ｛｛"])
def test_look_alike_braces_around_no_name_are_text(text):
    assert check_plain(text) is None


@pytest.mark.parametrize("check", [check_message, check_plain])
@pytest.mark.parametrize(
    "text", ["\u200b", "\u2060\ufeff", "\u202e\u202c", "\u3164", "\u2800", " \u00ad ", "\ufe0f"]
)
def test_text_of_which_nothing_can_be_seen_is_refused(check, text):
    with pytest.raises(DomainError) as refused:
        check(text, "eudViewDetailsButtonText")

    assert (refused.value.code, refused.value.field) == ("invisible_text", "eudViewDetailsButtonText")


@pytest.mark.parametrize(
    "name", ["period\u200bText", "\u202eperiodText", "periodText\ufe0f", "<b>periodText", "periodText\u0301"]
)
def test_refused_variable_is_named_without_what_could_act(name):
    with pytest.raises(DomainError) as refused:
        check_message(f"{{{{{name}}}}}")

    assert refused.value.message.endswith("did you mean {{periodText}}?")
    assert refused.value.message.isprintable()
    assert not set("<>\u0301\ufe0f") & set(refused.value.message)


@pytest.mark.parametrize("check", [check_message, check_plain])
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\ud800"])
def test_text_with_a_control_character_is_refused_at_its_position(check, character):
    with pytest.raises(DomainError) as refused:
        check(f"ab{character}c")

    assert refused.value.code == "control_character"
    assert refused.value.message == "Remove the invisible control character at position 3."


@pytest.mark.parametrize("text", ["10 Visits", "{single}", "}} alone", "two\nlines", ""])
def test_plain_text_without_double_braces_is_accepted(text):
    assert check_plain(text) is None


def test_plain_text_with_a_variable_is_refused():
    with pytest.raises(DomainError) as refused:
        check_plain("This {{periodText}}", "eudTitle")

    assert (refused.value.code, refused.value.field) == ("variable_not_allowed", "eudTitle")


def test_value_is_never_read_again_as_a_template():
    values = {"periodText": "{{nextRemainingValue}} \\1 \\g<0>", "nextRemainingValue": "150.00"}

    assert render("{{periodText}}", values) == "{{nextRemainingValue}} \\1 \\g<0>"


def test_variable_without_a_value_stays_as_it_is_written():
    assert render("{{ periodText }} {{other}}", {}) == "{{ periodText }} {{other}}"


@given(st.text(alphabet=st.sampled_from("{}ab \n") | st.characters(codec="utf-8")) | st.text("{} x"))
def test_accepted_message_renders_without_double_braces(text):
    try:
        check_message(text)
    except DomainError:
        return

    rendered = render(text, dict.fromkeys(VARIABLES, " "))
    assert "{{" not in rendered
    assert "}}" not in rendered


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (1_500_000, "150.00"),
        (1_500_001, "150.01"),
        (1_499_900, "149.99"),
        (1, "0.01"),
        (100, "0.01"),
        (101, "0.02"),
        (0, "0.00"),
        (-5, "0.00"),
        (999_999_999_999_999_999, "100000000000000.00"),
    ],
)
def test_remaining_sum_has_two_decimals_rounded_up(units, text):
    assert remaining_text(units, AggregationMethod.SUM) == text


@pytest.mark.parametrize(
    ("units", "text"),
    [(50_000, "5"), (50_001, "6"), (1, "1"), (0, "0"), (-50_000, "0"), (12_345_670_000, "1234567")],
)
def test_remaining_count_is_an_integer_rounded_up(units, text):
    assert remaining_text(units, AggregationMethod.COUNT) == text
