"""SVG: drawings come through as they were; their styles, names and references keep their meaning."""

import re
from xml.etree import ElementTree

import pytest

from core.errors import DomainError
from core.icons import clean_icon
from tests.core.icons.icon_files import CIRCLE, EXPORTS, cleaned, svg

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use", "text", "tspan", "stop")
FORM = (
    "d",
    "points",
    "x",
    "y",
    "x1",
    "y1",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "width",
    "height",
    "transform",
    "offset",
)
VARIANTS = {
    "utf-8-with-mark": b"\xef\xbb\xbf" + EXPORTS["figma"],
    "utf-16-with-mark": EXPORTS["coreldraw"].decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "blank-lines-first": b"\n\n " + EXPORTS["inkscape"],
}
PROGRAMS = EXPORTS | VARIANTS


def shapes(data):
    """List the drawn elements in order: tag, attributes that give the form, and text."""
    drawn = []
    for element in ElementTree.fromstring(data).iter():
        name = element.tag.rpartition("}")[2]
        if name in SHAPES:
            form = {key: " ".join(element.get(key).split()) for key in FORM if key in element.attrib}
            drawn.append((name, form, (element.text or "").strip()))
    return drawn


@pytest.mark.parametrize("program", PROGRAMS)
def test_export_of_a_drawing_program_keeps_its_shapes(program):
    icon = clean_icon("icon.svg", PROGRAMS[program])

    assert shapes(icon.data) == shapes(PROGRAMS[program].strip())


@pytest.mark.parametrize("program", PROGRAMS)
def test_clean_export_is_cleaned_to_itself(program):
    once = clean_icon("icon.svg", PROGRAMS[program]).data

    twice = clean_icon("icon.svg", once)

    assert (twice.data, twice.notices) == (once, [])


@pytest.mark.parametrize("program", PROGRAMS)
def test_clean_export_holds_no_data_of_the_program_or_its_user(program):
    text = clean_icon("icon.svg", PROGRAMS[program]).data.decode()

    assert (
        re.findall(r"Anna|Generator|inkscape|adobe|serif:|corel|sketch:|data-name|xmlns:|class=|<!", text)
        == []
    )


@pytest.mark.parametrize(
    ("program", "notices"),
    [
        ("inkscape", ["Removed what only drawing programs read: Inkscape data, comments, metadata."]),
        ("figma", []),
        ("copied-from-a-page", []),
        (
            "coreldraw",
            [
                "Removed what only drawing programs read: comments, metadata.",
                "Style rules were written into the shapes.",
            ],
        ),
        ("illustrator-with-its-own-data", ["Removed what only drawing programs read: Adobe data, metadata."]),
    ],
)
def test_notices_name_what_was_removed(program, notices):
    assert clean_icon("icon.svg", PROGRAMS[program]).notices == notices


def test_notices_name_what_may_have_changed_the_picture():
    icon = clean_icon("icon.svg", svg(f'<flowRoot/><g style="zoom:2;fill:paint(x)">{CIRCLE}</g>'))

    assert icon.notices == ["Left out, as icons do not support it: fill, flowRoot, zoom. Check the picture."]


def test_notices_name_at_most_eight_parts():
    icon = clean_icon("icon.svg", svg("".join(f"<x{n}/>" for n in range(10)) + CIRCLE))

    assert icon.notices == [
        "Left out, as icons do not support it: x0, x1, x2, x3, x4, x5, x6, x7 and 2 more. Check the picture."
    ]


def test_ids_are_renamed_and_unused_ones_removed():
    result = cleaned(
        '<g id="Layer 1"><rect id="Anna&apos;s" width="9" height="9"/></g>'
        """<rect width="9" height="9" fill="url('#Verlauf%20ä')" clip-path='url( "#c" )'/>"""
        '<use xlink:href="#Anna&apos;s"/><clipPath id="c"/><linearGradient id="Verlauf ä"/>'
    )

    assert result == (
        '<g><rect width="9" height="9" id="i1"/></g>'
        '<rect width="9" height="9" fill="url(#i3)" clip-path="url(#i2)"/>'
        '<use href="#i1"/><clipPath id="i2"/><linearGradient id="i3"/>'
    )


@pytest.mark.parametrize(
    ("attribute", "result"),
    [
        ('fill="url(#gone)"', 'fill="none"'),
        ('fill="url(#gone) #fff"', 'fill="#fff"'),
        ('stroke="url(#gone) none"', 'stroke="none"'),
        ('mask="url(#gone)"', 'mask="none"'),
        ('style="marker:url(#gone)"', 'style="marker:none"'),
    ],
)
def test_reference_to_nothing_reads_as_browsers_read_it(attribute, result):
    assert cleaned(f'<rect width="9" height="9" {attribute}/>') == f'<rect width="9" height="9" {result}/>'


def test_use_of_nothing_loses_its_reference():
    assert cleaned(f'<use href="#gone" x="1"/>{CIRCLE}') == f'<use x="1"/>{CIRCLE}'


def test_first_of_two_equal_names_is_meant():
    result = cleaned(f'<g id="a">{CIRCLE}</g><g id="a"/><use href="#a"/>')

    assert result == f'<g id="i1">{CIRCLE}</g><g/><use href="#i1"/>'


def test_text_behind_what_is_left_out_stays():
    result = cleaned("<text>a<unknown>b</unknown>c<tspan>d</tspan>e<unknown/>f</text>")

    assert result == "<text>ac<tspan>d</tspan>ef</text>"


def test_text_is_written_as_text():
    result = cleaned("<title>&lt;script&gt; /&gt; &amp;</title><text> /&gt;</text>")

    assert result == "<title>&lt;script&gt; /&gt; &amp;</title><text> /&gt;</text>"


@pytest.mark.parametrize(
    "value", ["color(display-p3 0.1 0.2 0.3)", "var(--a, red)", "context-stroke", "#FFF"]
)
def test_modern_colours_stay(value):
    assert cleaned(f'<g fill="{value}">{CIRCLE}</g>') == f'<g fill="{value}">{CIRCLE}</g>'


def test_pattern_of_gradients_over_many_shapes_is_not_too_complex():
    stops = '<stop offset="0"/>' * 5
    many = '<rect width="9" height="9" fill="url(#g)"/>' * 1_500

    result = cleaned(f'<linearGradient id="g">{stops}</linearGradient><g stroke="url(#g)">{many}</g>')

    assert result.count('fill="url(#i1)"') == 1_500


@pytest.mark.parametrize(
    ("build", "most"),
    [
        (lambda n: "<g/>" * (n - 2) + CIRCLE, 5_000),
        (lambda n: "<g>" * (n - 2) + CIRCLE + "</g>" * (n - 2), 64),
    ],
    ids=["elements", "levels"],
)
def test_limits_of_elements_and_levels(build, most):
    assert CIRCLE in cleaned(build(most))
    with pytest.raises(DomainError) as refusal:
        cleaned(build(most + 1))
    assert refusal.value.code == "svg_too_complex"
