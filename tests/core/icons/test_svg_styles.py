"""Style sheets and style attributes of an SVG: written into the shapes as a browser would read them."""

import pytest

from core.errors import DomainError
from core.icons import clean_icon
from tests.core.icons.icon_files import CIRCLE, cleaned, svg


@pytest.mark.parametrize(
    ("css", "fill"),
    [
        ("rect{fill:red}", "red"),
        (".a{fill:red}", "red"),
        ("#i{fill:red}", "red"),
        ("*{fill:red}", "red"),
        (".x,.a , .y{fill:red}", "red"),
        ("rect.a{fill:red}", "red"),
        (".a.b{fill:red}", "red"),
        ("circle.a{fill:red}", "green"),
        (".a.c{fill:red}", "green"),
        (".A{fill:red}", "green"),
        ("#i{fill:red}.a{fill:blue}rect{fill:white}*{fill:grey}", "red"),
        (".a{fill:red}.b{fill:blue}", "blue"),
        (".a.b{fill:red}.b{fill:blue}", "red"),
        ("rect{fill:red!important}#i{fill:blue}", "red"),
        (".a{fill:red;fill:blue}", "blue"),
        (".a{/* fill:red; */fill:blue}/* .a{fill:white} */", "blue"),
        ("<![CDATA[.a{fill:red}]]>", "red"),
        (".a { FILL : Red ; }", "Red"),
        (".a{fill:}", ""),
    ],
)
def test_style_rules_become_attributes_by_the_cascade(css, fill):
    result = cleaned(f'<style>{css}</style><rect id="i" class="a b" width="9" height="9" fill="green"/>')

    assert result == f'<rect width="9" height="9" fill="{fill}"/>'


@pytest.mark.parametrize(
    ("inline", "fill"),
    [
        ("fill:red", "red"),
        ("fill:red;", "red"),
        ("FILL: red !important", "red"),
        ("fill", "blue"),
        ("", "blue"),
    ],
)
def test_style_attribute_wins_over_rules(inline, fill):
    result = cleaned(f'<style>#i{{fill:blue}}</style><rect id="i" width="9" height="9" style="{inline}"/>')

    assert result == f'<rect width="9" height="9" fill="{fill}"/>'


def test_important_rule_wins_over_the_style_attribute():
    result = cleaned('<style>rect{fill:blue !important}</style><rect width="9" height="9" style="fill:red"/>')

    assert result == '<rect width="9" height="9" fill="blue"/>'


def test_properties_without_an_attribute_stay_in_a_style():
    result = cleaned(f'<g style="mix-blend-mode:multiply;isolation:isolate;fill:red">{CIRCLE}</g>')

    assert result == f'<g fill="red" style="isolation:isolate;mix-blend-mode:multiply">{CIRCLE}</g>'


def test_value_that_would_leave_its_style_is_left_out():
    icon = clean_icon("icon.svg", svg('<rect width="9" height="9" style="font:a&quot;b}c"/>'))

    assert icon.data.endswith(b'<rect width="9" height="9"/></svg>')
    assert icon.notices == ["Left out, as icons do not support it: font. Check the picture."]


def test_drawing_that_grows_past_the_limit_is_refused():
    body = f"<style>.a{{font-family:{'Helvetica Neue ' * 10}}}</style>" + '<rect class="a"/>' * 1_000

    with pytest.raises(DomainError) as refusal:
        cleaned(body)

    assert refusal.value.code == "icon_too_large"
    assert refusal.value.message.startswith("With its styles written out this SVG has 1")


def test_sheet_for_another_medium_is_refused():
    with pytest.raises(DomainError) as refusal:
        cleaned(f'<style media="print">rect{{fill:red}}</style>{CIRCLE}')

    assert refusal.value.code == "svg_style"
