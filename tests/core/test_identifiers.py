import sys
import unicodedata

import pytest

from core.errors import DomainError
from core.identifiers import PLAIN, check_identifier, check_member_identifier
from core.invisible import is_invisible
from tests.builders import make_member, member_of_0_1

BLANKS = [
    " ",
    "\t",
    "\n",
    "\x1f",
    "\x85",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\u2060",
    "\u2800",
    "\u200e",
]


def code_of(text):
    """The code with which an identifier is refused; None for a good one."""
    try:
        check_identifier(text)
    except DomainError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    "text",
    [
        *("bob", "a@b/c.%ü", "b ob", "b\u200bob", "b\u00a0ob", "x" * 256, "7", "-", "'", "٣", "日本 太郎"),
        # A word and an emoji that end with a joiner, a selector and a tag.
        *("ന്\u200d", "❤\ufe0f", "🏴\U000e0067\U000e007f", "می\u200cخواهم"),
    ],
)
def test_what_can_be_seen_from_end_to_end_is_taken(text):
    assert code_of(text) is None


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("around", ["{}bob", "bob{}", "{0}bob{0}", "{0}{0}b ob", "b\tob{}"])
def test_blanks_at_the_ends_are_refused(around, blank):
    assert code_of(around.format(blank)) == "surrounding_blanks"


@pytest.mark.parametrize("blank", [*BLANKS, "\u200d", "\ufe0f", "\u3164", "\U000e0101", "\u00ad"])
@pytest.mark.parametrize("times", [1, 3, 256])
def test_what_cannot_be_seen_is_refused(blank, times):
    assert code_of(blank * times) == "invisible_text"
    assert code_of(f" {blank}\u200b"[:times]) == "invisible_text"


@pytest.mark.parametrize("text", ["b\nob", "b\x00ob", "\x07bob", "bob\x7f", "日\t本"])
def test_control_characters_are_refused(text):
    assert code_of(text) == "control_character"


def test_whatever_is_plain_at_a_glance_can_be_seen():
    """Every character alone, between letters, and at either end of one."""
    plain = [
        text
        for text in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(text) != "Cs" and PLAIN.fullmatch(text)
    ]

    assert len(plain) > 1_000_000
    assert [text for text in plain if is_invisible(text) or text.isspace()] == []


@pytest.mark.django_db
def test_member_of_0_1_is_found_by_the_exact_text():
    member_of_0_1("bob ")

    check_member_identifier("bob ")
    for other in ("bob  ", " bob", "bob\u00a0"):
        with pytest.raises(DomainError, match="blanks"):
            check_member_identifier(other)


def test_well_formed_identifier_costs_no_query(django_assert_num_queries, db):
    make_member("bob")

    with django_assert_num_queries(0):
        check_member_identifier("bob")
        check_member_identifier("日本 太郎")
