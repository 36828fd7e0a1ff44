import pytest
from django.test import RequestFactory

from core.api.errors import Refused
from core.api.query_string import nearest, read_parameters

KNOWN = ("status", "limit", "cursor")


def read(query):
    return read_parameters(RequestFactory().get("/", QUERY_STRING=query), KNOWN)


def faults_of(query):
    with pytest.raises(Refused) as refused:
        read(query)
    assert refused.value.answer.status == 400
    return [(fault.attr, fault.code) for fault in refused.value.answer.faults]


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("", {}),
        ("status=live&limit=2", {"status": "live", "limit": "2"}),
        ("status=", {"status": ""}),
        ("status", {"status": ""}),
        ("status=a+b%2Bc", {"status": "a b+c"}),
        ("status=%C3%A9", {"status": "é"}),
        ("status=a;limit=2", {"status": "a;limit=2"}),
        ("&&status=a&", {"status": "a"}),
        ("cursor=" + "x" * 8_192, {"cursor": "x" * 8_192}),
    ],
)
def test_parameters_are_read(query, parameters):
    assert read(query) == parameters


def test_raw_utf8_is_read_as_some_clients_send_it():
    assert read("status=é".encode().decode("latin-1")) == {"status": "é"}


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("statsu=live", [("statsu", "unknown_parameter")]),
        ("status__regex=.*", [("status__regex", "unknown_parameter")]),
        ("challenge__name=x&pk=1", [("challenge__name", "unknown_parameter"), ("pk", "unknown_parameter")]),
        ("status=live&status=live", [("status", "repeated_parameter")]),
        ("status=%00", [("status", "nul_character")]),
        ("%00=1", [("?", "unknown_parameter")]),
        ("status=" + "x" * 513, [("status", "too_long")]),
        ("cursor=" + "x" * 8_193, [("cursor", "too_long")]),
        ("status=%ff", [(None, "not_utf8")]),
        ("status=%ed%a0%80", [(None, "not_utf8")]),
        ("status=\xff", [(None, "not_utf8")]),
        ("&".join(f"a{n}=1" for n in range(41)), [(None, "too_many_parameters")]),
    ],
)
def test_parameters_are_refused(query, faults):
    assert faults_of(query) == faults


def test_all_that_is_wrong_is_named_at_once():
    assert faults_of("x=1&status=%00&limit=1&limit=2") == [
        ("x", "unknown_parameter"),
        ("status", "nul_character"),
        ("limit", "repeated_parameter"),
    ]


@pytest.mark.parametrize(
    ("name", "hint"), [("statsu", " Did you mean status?"), ("zzz", ""), ("x" * 100_000, "")]
)
def test_nearest(name, hint):
    assert nearest(name, KNOWN) == hint
