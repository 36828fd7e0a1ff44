"""`docs/component.md` and the types tell what the module really has."""

import re

from tests.component.contract import HERE, STATIC

MODULE = (STATIC / "challenges" / "challenges.js").read_text()
TYPES = (STATIC / "challenges" / "challenges.d.ts").read_text()
DOCS = (HERE.parents[1] / "docs" / "component.md").read_text()


def test_docs_name_every_custom_property():
    assert set(re.findall(r"--challenges-[a-z-]+", DOCS)) == set(
        re.findall(r"var\((--challenges-[a-z-]+)", MODULE)
    )


def test_docs_name_every_part_and_a_list_passes_every_one_on():
    drawn = {name for parts in re.findall(r'part: "([^"]+)"', MODULE) for name in parts.split()}
    drawn |= {"marker", "marker-achieved", "step", "step-achieved", "icon", "step-icon"}  # chosen at run time
    passed_on = set(re.findall(r"[a-z-]+", re.search(r"const PARTS = `([^`]+)`", MODULE)[1]))
    paragraph = DOCS[DOCS.index("`::part()` reaches") : DOCS.index("```css")]

    assert passed_on | {"frame", "list"} == drawn
    assert set(re.findall(r"`([a-z-]+)`", paragraph)) == drawn


def test_docs_and_types_name_every_event():
    events = set(re.findall(r'_tell\("(challenges:[a-z-]+)"', MODULE))

    assert set(re.findall(r"\| `(challenges:[a-z-]+)`", DOCS)) == events
    assert set(re.findall(r'"(challenges:[a-z-]+)":', TYPES)) == events


def test_docs_name_every_attribute():
    observed = set(re.findall(r'"([a-z-]+)"', re.search(r"const ATTRIBUTES = \[(.+)\]", MODULE)[1])) | {
        "heading-level"
    }

    assert (
        set(re.findall(r"^\| `([a-z-]+)` \|", DOCS[: DOCS.index("## Properties")], re.MULTILINE)) == observed
    )


def test_types_name_every_attribute():
    attributes = TYPES[TYPES.index("interface ChallengesAttributes") :]
    attributes = attributes[: attributes.index("\n}")]
    observed = re.findall(r'"([a-z-]+)"', re.search(r"const ATTRIBUTES = \[(.+)\]", MODULE)[1])

    assert set(re.findall(r'^  "?([a-z-]+)"?\?:', attributes, re.MULTILINE)) == {*observed, "heading-level"}
