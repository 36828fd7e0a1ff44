"""Any bytes are either refused with a DomainError or become a harmless icon."""

from xml.etree import ElementTree

from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from core.icons import clean_icon
from tests.core.icons.icon_files import EXPORTS, moving_gif, picture, saved, svg
from tests.core.icons.icon_hostile import HOSTILE

NAMESPACES = ("{http://www.w3.org/2000/svg}", "")
STILL = {
    *(
        "svg",
        "g",
        "defs",
        "symbol",
        "switch",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
    ),
    *(
        "polygon",
        "text",
        "tspan",
        "textPath",
        "use",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
    ),
    *("pattern", "marker", "filter"),
}
PIECES = [
    *(
        "<script>1</script>",
        "<style>.a{fill:red}</style>",
        '<style>@import"x"</style>',
        ' onload="1"',
        "on",
        "<image/>",
    ),
    *(
        ' href="#a"',
        ' href="//evil.example"',
        ' xlink:href="data:,x"',
        "url(#a)",
        "url(//evil)",
        "<use/>",
        "<a>",
        "</a>",
    ),
    *(
        "<g>",
        "</g>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE",
        "<!ENTITY",
        "&",
        "&lt;",
        "&#0;",
        "&#x41;",
        "'",
        '"',
    ),
    *(
        "<",
        ">",
        "/>",
        "=",
        "{",
        "}",
        ";",
        "\\75rl(",
        ' style="',
        ' class="a"',
        ' id="a"',
        ' fill="',
        ' xmlns="',
        "set",
    ),
    *(
        ' xmlns:x="urn:x"',
        "<x:y/>",
        "<?x?>",
        "<?xml-stylesheet?>",
        "\x00",
        "\xff",
        "\x1f",
        "animate",
        "foreignObject",
    ),
]
SEEDS = [
    *EXPORTS.values(),
    *(data for data, _, _ in HOSTILE.values() if len(data) < 2_000),
    saved(picture(), "PNG"),
    saved(picture("P"), "PNG"),
    saved(picture(), "JPEG"),
    moving_gif(),
    svg(
        '<style>.a{fill:red}#b{stroke:url(#c)}</style><g id="b" class="a"><use href="#d"/></g><rect id="d"/>'
    ),
]

edits = st.tuples(
    st.integers(0, 10_000),
    st.integers(0, 20),
    st.one_of(st.sampled_from(PIECES).map(lambda piece: piece.encode("latin-1")), st.binary(max_size=4)),
)


def edited(data, changes):
    """Replace stretches of the data; a change's place is in ten-thousandths of the data's length."""
    for place, length, piece in changes:
        offset = place * len(data) // 10_000
        data = data[:offset] + piece + data[offset + length :]
    return data


def active_parts(data):
    """List, with an independent parser, the parts of an SVG that a still drawing does not have."""
    parts = []
    for element in ElementTree.fromstring(data).iter():
        space, _, name = element.tag.rpartition("}")
        if space + "}" not in NAMESPACES or not (name in STILL or (name[:2] == "fe" and name != "feImage")):
            parts.append(element.tag)
        for attribute, value in element.attrib.items():
            parts += [attribute] if _active(attribute.rpartition("}")[2].lower(), value.lower()) else []
    return parts


def _active(attribute, value):
    if attribute.startswith("on") or attribute in ("src", "base", "class"):
        return True
    if attribute == "href":
        return not value.startswith("#i")
    outside = (
        value.replace("url(#i", "").count("url(") + value.count("\\") + value.count("@") + value.count("/*")
    )
    return outside > 0 or "script:" in value or "image(" in value or "expression(" in value


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.lists(edits, max_size=6))
@example(b"\xff\xfe", [])
@example(b"<", [])
def test_any_file_is_refused_or_harmless(seed, changes):
    data = edited(seed, changes)

    try:
        icon = clean_icon("icon", data)
    except DomainError:
        return

    if icon.extension == "svg":
        assert active_parts(icon.data) == []
    if icon.extension in ("svg", "png"):
        assert clean_icon("icon", icon.data).data == icon.data
    if icon.extension == "gif":
        assert data.startswith(icon.data)


@settings(max_examples=200)
@given(st.text(max_size=60), st.text(max_size=30))
def test_any_style_is_refused_or_harmless(css, value):
    body = ElementTree.Element("g")
    ElementTree.SubElement(body, "style").text = css
    ElementTree.SubElement(body, "rect", {"style": css, "fill": value, "id": value, "class": value})
    try:
        data = svg(ElementTree.tostring(body, encoding="unicode"))
        icon = clean_icon("icon.svg", data)
    except (DomainError, UnicodeEncodeError):
        return

    assert active_parts(icon.data) == []
    assert clean_icon("icon.svg", icon.data).data == icon.data
