"""What is thrown at every surface: each answer is a 4xx that names the cause, and nothing is stored."""

import json

import pytest

from members.models import Member

PEOPLE, BOARDS = "/schema/person/record", "/schema/board/record"
JSON = "application/json"
LEAKS = (b"Traceback", b"SELECT", b"/work", b"django", b"sqlite", b"psycopg", b"SECRET")

VALUES = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "1e400": "1e400",
    "five decimals": "0.00001",
    "five decimals below zero": "-0.00001",
    "15 integer digits": "123456789012345",
    "5,000 digits": "9" * 5_000,
    "grouped": '"1_000"',
    "padded": '" 12 "',
    "arabic": '"٣"',
    "hex": '"0x10"',
    "true": "true",
    "list": "[]",
    "object": "{}",
    "NUL": '"\\u0000"',
    "surrogate": '"\\ud800"',
    "1 MB": json.dumps("x" * 1_000_000),
    "twice": '1, "spentValue": 2',
}
BODIES = {
    "nesting of 100,000": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "invalid UTF-8": b'{"externalId": "\xff"}',
    "UTF-16": '{"externalId": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"externalId": "x"}',
    "empty": b"",
    "spaces": b"   ",
    "half": b'{"externalId": "x"',
    "two": b'{"externalId": "x"} {"externalId": "y"}',
    "comment": b'{"externalId": "x" /* */}',
    "python": b"{'externalId': 'x'}",
    "over the limit": b'{"externalId": "' + b"x" * 1_100_000 + b'"}',
    "unknown field": b'{"externalId": "x", "is_staff": true}',
    "prototype": b'{"externalId": "x", "__proto__": {}}',
    "identifier object": b'{"externalId": {"$gt": ""}}',
    "identifier too long": json.dumps({"externalId": "x" * 257}).encode(),
    "identifier with a line break": b'{"externalId": "a\\nb"}',
    "100,000 wrong values": b'{"externalId": [' + b"NaN," * 99_999 + b"NaN]}",
    "50,000 fields": json.dumps({"externalId": "x", **{f"f{n}": 1 for n in range(50_000)}}).encode(),
}
TIMES = [
    *(
        "2026-11-22T10:00:00",
        "2026-11-22",
        "2026-W47-7T10:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T23:59:60Z",
    ),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2027-02-29T00:00:00Z", 1795341600, 1.5, True, [], {}),
]
QUERIES = [
    *(
        "externalId=%00",
        "externalId=%ff",
        "%00=1",
        "externalId=" + "x" * 8_192,
        "externalId__regex=.*",
        "pk=1",
    ),
    *(
        "limit=-1",
        "limit=0",
        "limit=abc",
        "limit=" + "9" * 26,
        "offset=-1",
        "offset=" + "9" * 30,
        "limit=1&limit=2",
    ),
    *(
        "challenge_logs__id=1",
        "sortBy=password",
        "sortBy=external_id",
        "sortBy=-",
        "sortBy=",
        "fields=password",
    ),
    *(
        "cursor=",
        "cursor=x",
        "cursor=%00",
        "cursor=..%2F..%2Fetc",
        "createdAfter=abc",
        "createdAfter=2026-11-22",
    ),
    *(
        "createdAfter=2026-11-22T10:00:00+01:00",
        "status=LIVE",
        "status=live'--",
        "id=1",
        "format=xml",
        "_method=DELETE",
    ),
    *(
        "languageCode=../../etc",
        "languageCode=en%0d%0aSet-Cookie:a=b",
        "languageCode=%2A%2A",
        "languageCode=",
    ),
    *(
        "fetchTotalCount=yes",
        "asMember=%00",
        "asMember=" + "x" * 300,
        "&".join(f"a{n}=1" for n in range(2_000)),
    ),
]


def check(response):
    assert 400 <= response.status_code < 500
    assert response.headers["Content-Type"] == JSON
    assert all(
        set(error) == {"code", "detail", "attr"} and error["detail"] for error in response.json()["errors"]
    )
    assert [leak for leak in LEAKS if leak in response.content] == []
    assert len(response.content) < 20_000
    assert not Member.objects.exists()


@pytest.mark.parametrize("name", VALUES)
def test_a_hostile_value(admin, name):
    body = f'{{"externalId": "alice", "spentValue": {VALUES[name]}}}'

    response = admin.generic("POST", PEOPLE, body, JSON)

    check(response)
    assert response.json()["errors"][0]["attr"] in ("spentValue", None)


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body(admin, name):
    check(admin.generic("POST", PEOPLE, BODIES[name], JSON))


@pytest.mark.parametrize("value", TIMES)
def test_a_hostile_time(admin, value):
    response = admin.post(PEOPLE, {"externalId": "alice", "seenAt": value}, content_type=JSON)

    check(response)
    assert response.json()["errors"][0]["attr"] == "seenAt"


@pytest.mark.parametrize("query", QUERIES)
def test_a_hostile_query(admin, query):
    response = admin.get(PEOPLE, QUERY_STRING=query)

    check(response)
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("query", QUERIES)
def test_a_hostile_query_of_a_guest(guest, db, query):
    check(guest.get(BOARDS, QUERY_STRING=query))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (
            "Content-Type",
            "application/json; charset=\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
        ),
        ("Content-Type", "application/" + "x" * 8_000),
        ("Content-Type", ";;;="),
        ("Content-Encoding", "gzip"),
        ("Transfer-Encoding", "gzip, chunked"),
    ],
)
def test_a_hostile_header(admin, name, value):
    check(admin.generic("POST", PEOPLE, b"{}", JSON, headers={name: value}))
