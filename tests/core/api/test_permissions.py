"""Every method, caller and kind of resource against one table of expected answers."""

import time

import jwt
import pytest
from django.test import Client

from members.models import Member
from tests.core.api.resources import PersonViewSet

SECRET = "a-secret-of-the-tests-that-is-long-enough"
# path -> (guest, end user, key that reads, key that ingests, admin key)
PERSON, ECHO, BOARD = "/schema/person/record", "/schema/echo/record", "/schema/board/record"
CALLERS = ("guest", "end_user", "read", "ingest", "admin")
TABLE = {
    ("get", PERSON): (401, 200, 200, 403, 200),
    ("get", "person"): (401, 200, 200, 403, 200),
    ("get", "hidden person"): (401, 404, 200, 403, 200),
    ("get", f"{PERSON}/malformed"): (401, 404, 404, 403, 404),
    ("post", PERSON): (401, 403, 403, 403, 400),
    ("patch", "person"): (401, 403, 403, 403, 400),
    ("delete", "person"): (401, 403, 403, 403, 204),
    ("post", "pause"): (401, 403, 403, 403, 200),
    ("post", ECHO): (401, 403, 403, 415, 415),
    ("put", PERSON): (405, 405, 405, 405, 405),
    ("put", "person"): (405, 405, 405, 405, 405),
    ("patch", PERSON): (405, 405, 405, 405, 405),
    ("delete", PERSON): (405, 405, 405, 405, 405),
    ("get", ECHO): (405, 405, 405, 405, 405),
    ("options", PERSON): (204, 204, 204, 204, 204),
    ("get", BOARD): (200, 200, 200, 403, 200),
    ("post", BOARD): (405, 405, 405, 405, 405),
    ("get", "/schema/nothing/record"): (404, 404, 404, 404, 404),
    ("post", "/schema/nothing/record"): (404, 404, 404, 404, 404),
    ("get", "/schema/"): (404, 404, 404, 404, 404),
    ("get", f"{PERSON}/"): (404, 404, 404, 404, 404),
    ("get", f"{PERSON}.json"): (404, 404, 404, 404, 404),
}


@pytest.fixture
def clients(settings, client_with, db):
    settings.ENDUSER_JWT_SECRET, settings.ENDUSER_JWT_ALGORITHM = SECRET, "HS256"
    token = jwt.encode({"sub": "alice", "exp": time.time() + 60}, SECRET, "HS256")
    keys = {scope: client_with(scope) for scope in ("read", "ingest", "admin")}
    return {"guest": Client(), "end_user": Client(headers={"Authorization": f"Bearer {token}"}), **keys}


@pytest.mark.parametrize(
    ("method", "path", "caller", "status"),
    [
        (method, path, caller, status)
        for (method, path), statuses in TABLE.items()
        for caller, status in zip(CALLERS, statuses, strict=True)
    ],
)
def test_who_may_do_what(clients, make_person, method, path, caller, status):
    alice, bob = make_person("alice"), make_person("bob")
    paths = {
        "person": f"{PERSON}/{alice.id}",
        "hidden person": f"{PERSON}/{bob.id}",
        "pause": f"{PERSON}/{alice.id}/pause",
    }

    response = getattr(clients[caller], method)(paths.get(path, path))

    assert response.status_code == status
    assert ("WWW-Authenticate" in response.headers) == (status == 401)
    if status >= 400:
        assert set(response.json()) == {"type", "errors"}


def test_an_end_user_learns_nothing_of_a_resource_for_admins(clients, monkeypatch):
    monkeypatch.setattr(PersonViewSet, "readers", frozenset({"admin"}))

    assert clients["end_user"].get(PERSON).status_code == 404
    assert clients["end_user"].post(PERSON).status_code == 404
    assert clients["guest"].get(PERSON).status_code == 401


def test_an_end_user_reads_what_is_theirs(clients, make_person):
    make_person("alice")
    make_person("bob")

    answer = clients["end_user"].get(f"{PERSON}?externalId=bob").json()

    assert answer["data"] == []
    assert [row["externalId"] for row in clients["end_user"].get(PERSON).json()["data"]] == ["alice"]


def test_as_member_reads_what_that_member_would(clients, make_person):
    make_person("alice", first_name="Ann")
    bob = make_person("bob")

    own = clients["end_user"].get(PERSON)
    seen = clients["read"].get(f"{PERSON}?asMember=alice")

    assert seen.json() == own.json()
    assert clients["read"].get(f"{PERSON}/{bob.id}?asMember=alice").status_code == 404
    assert clients["read"].get(f"{PERSON}?asMember=nobody").json()["data"] == []


def test_as_member_pages_with_that_member_inside_the_cursor(clients, make_person, monkeypatch):
    def others(view):
        return Member.objects.exclude(external_id=getattr(view.caller, "external_id", ""))

    monkeypatch.setattr(PersonViewSet, "records", others)
    for name in ("alice", "bob", "carol"):
        make_person(name)

    first = clients["admin"].get(f"{PERSON}?asMember=alice&limit=1").json()
    second = clients["admin"].get(f"{PERSON}?cursor={first['paging']['nextCursor']}").json()

    assert [row["externalId"] for row in first["data"] + second["data"]] == ["carol", "bob"]
    assert second["paging"]["nextCursor"] is None
    assert clients["end_user"].get(f"{PERSON}?cursor={first['paging']['nextCursor']}").status_code == 400


@pytest.mark.parametrize(
    ("caller", "query", "status"),
    [
        ("end_user", "asMember=bob", 403),
        ("ingest", "asMember=alice", 403),
        ("guest", "asMember=alice", 401),
        ("admin", "asMember=", 400),
        ("admin", "asMember=%20", 400),
        ("admin", "asMember=" + "x" * 257, 400),
        ("admin", "asMember=alice&languageCode=*", 400),
    ],
)
def test_as_member_is_refused(clients, caller, query, status):
    assert clients[caller].get(f"{PERSON}?{query}").status_code == status


def test_as_member_is_for_reads(clients):
    response = clients["admin"].post(
        f"{PERSON}?asMember=alice", {"externalId": "x"}, content_type="application/json"
    )

    assert (response.status_code, response.json()["errors"][0]["attr"]) == (400, "asMember")


def test_no_cookie_opens_anything(db, django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("root"))

    assert client.get(PERSON).status_code == 401
    assert client.post(PERSON, {"externalId": "x"}, content_type="application/json").status_code == 401
