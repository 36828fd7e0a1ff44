from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.errors import Refused
from core.api.http import bodies
from core.api.http.bodies import MAX_DEPTH, check_structure
from core.api.http.renderers import encode
from core.api.http.strict_json import strict_loads


def faults_of(body):
    with pytest.raises(Refused) as refused:
        strict_loads(body)
    assert refused.value.answer.status == 400
    return [(fault.attr, fault.code) for fault in refused.value.answer.faults]


def test_strict_loads_keeps_numbers_exact():
    value = strict_loads(b'{"a": 12345678901234.1234, "b": 0.10, "c": -7, "d": 1e2}')

    assert value == {"a": Decimal("12345678901234.1234"), "b": Decimal("0.10"), "c": -7, "d": Decimal("1E+2")}
    assert str(value["b"]) == "0.10"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (b'{"a": NaN}', [("a", "invalid_number")]),
        (b'{"a": [1, -Infinity, Infinity]}', [("a.1", "invalid_number"), ("a.2", "invalid_number")]),
        (b'{"a": 1e400}', [("a", "invalid_number")]),
        (b'{"a": 1e-400, "b": 1e999999999999}', [("a", "invalid_number"), ("b", "invalid_number")]),
        (b'{"a": ' + b"9" * 5_000 + b"}", [("a", "invalid_number")]),
        (b'{"a": 0.' + b"9" * 5_000 + b"}", [("a", "invalid_number")]),
        (b'{"a": 1, "a": 1}', [("a", "duplicate_key")]),
        (b'{"records": [{"x": 1}, {"x": 1, "x": 2}]}', [("records.1.x", "duplicate_key")]),
        (b'{"a": "x\\u0000y"}', [("a", "nul_character")]),
        (b'{"a": {"b": ["\\ud800"]}}', [("a.b.0", "lone_surrogate")]),
        (b'{"a": "\\udc00\\ud800"}', [("a", "lone_surrogate")]),
        (b'{"a\\u0000": 1}', [(None, "nul_character")]),
        (b'"\\ud800"', [(None, "lone_surrogate")]),
    ],
)
def test_strict_loads_names_what_it_refuses(body, faults):
    assert faults_of(body) == faults


def test_strict_loads_names_everything_at_once():
    assert faults_of(b'{"a": NaN, "b": {"c": "\\u0000"}, "d": 1, "d": 2}') == [
        ("a", "invalid_number"),
        ("b.c", "nul_character"),
        ("d", "duplicate_key"),
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nul", b"{'a': 1}", b"[1,]", b"01", b"1_000", b'"\n"', b'{"a": 1} x', b"\xff", b"+1", b".5"],
)
def test_strict_loads_refuses_what_is_no_json(body):
    assert faults_of(body) == [(None, "malformed_json")]


def test_strict_loads_takes_a_pair_of_surrogates():
    assert strict_loads(b'"\\ud83c\\udf89"') == "\N{PARTY POPPER}"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"a":[', b'["\\"[",'])
def test_depth_is_refused_before_it_is_parsed(opening):
    assert faults_of(opening * 100_000) == [(None, "too_deep")]


def test_depth_counts_no_bracket_inside_a_text():
    text = '["' + "[{" * 500 + '\\\\", "\\"' + "[" * 500 + '"]'

    assert strict_loads(text.encode()) == ["[{" * 500 + "\\", '"' + "[" * 500]


def test_depth_of_exactly_the_limit_passes_beside_many_siblings():
    body = b"[" + b"[]," * 100 + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"]"

    check_structure(body)
    with pytest.raises(Refused):
        check_structure(b"[" + body + b"]")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(values)
def test_strict_loads_reads_back_what_the_encoder_wrote(value):
    assert strict_loads(encode(value)) == value


@given(st.binary(max_size=40))
def test_strict_loads_never_fails_otherwise(body):
    with suppress(Refused):
        strict_loads(body)


def test_too_many_values_are_refused_before_they_are_read():
    with pytest.raises(Refused) as refused:
        check_structure(b"[" + b"1," * 10 + b"1]", most_values=10)

    assert refused.value.answer.faults[0].code == "too_many_values"
    check_structure(b'["' + b"1," * 1000 + b'"]', most_values=10)


@pytest.mark.parametrize("size", range(1, 30))
def test_structure_is_the_same_however_the_text_is_cut(monkeypatch, size):
    text = rb'{"a\"[": ["}", "\\", {"b": ""}], "": [[1, 2]]}'
    monkeypatch.setattr(bodies, "_PIECE", size)

    assert bodies._outside_strings(text) == b"{: [, , {: }], : [[1, 2]]}"
