import pytest

from core.errors import DomainError
from tests.core.api.resources import PersonViewSet

PEOPLE, BOARDS = "/schema/person/record", "/schema/board/record"
JSON = "application/json"


def test_a_record_is_made_read_changed_and_removed(admin):
    made = admin.post(PEOPLE, {"externalId": "alice", "firstName": " Ann "}, content_type=JSON)
    url = f"{PEOPLE}/{made.json()['data']['id']}"

    read = admin.get(url)
    changed = admin.patch(url, {"firstName": None}, content_type=JSON)
    removed = admin.delete(url)

    assert made.status_code == 201
    assert read.json() == made.json()
    assert set(read.json()["data"]) == {"id", "externalId", "firstName", "status", "createdAt"}
    assert changed.json()["data"] == {**made.json()["data"], "firstName": ""}
    assert (removed.status_code, removed.content) == (204, b"")
    assert admin.get(url).status_code == 404


def test_every_bad_field_is_named_at_once_and_nothing_is_stored(admin):
    body = {
        "externalId": 5,
        "firstName": "too long a name",
        "status": "dead",
        "nope": 1,
        "rank": "5",
        "seenAt": "yesterday",
        "spentValue": "1_000",
        "friendId": "x",
        "friends": [{"firstName": "Bo"}, {"firstName": 1, "z": 1}],
    }

    response = admin.post(PEOPLE, body, content_type=JSON)

    assert response.status_code == 400
    assert response.json()["type"] == "validation_error"
    assert {error["attr"] for error in response.json()["errors"]} == {
        "externalId",
        "firstName",
        "status",
        "nope",
        "rank",
        "seenAt",
        "spentValue",
        "friendId",
        "friends.1.firstName",
        "friends.1.z",
    }
    assert admin.get(PEOPLE).json()["data"] == []


def test_read_only_fields_are_ignored_and_never_applied(admin):
    sent = {
        "externalId": "alice",
        "id": "0199c9a8-7c60-7000-8000-000000000000",
        "createdAt": "2001-01-01T00:00:00Z",
    }

    data = admin.post(PEOPLE, sent, content_type=JSON).json()["data"]

    assert data["id"] != sent["id"]
    assert data["createdAt"] != sent["createdAt"]


def test_an_empty_change_changes_nothing(admin, make_person):
    url = f"{PEOPLE}/{make_person('alice', first_name='Ann').id}"

    assert admin.patch(url, {}, content_type=JSON).json() == admin.get(url).json()


@pytest.mark.parametrize(
    "record_id",
    [
        "abc",
        "1",
        "%00",
        "0199c9a8-7c60-7000-8000",
        "{0199c9a8-7c60-7000-8000-000000000000}",
        "..%2f..%2fetc",
        "%ff",
        "x" * 5000,
    ],
)
def test_a_malformed_id_is_404(admin, record_id):
    for method in (admin.get, admin.delete):
        response = method(f"{PEOPLE}/{record_id}")
        assert response.status_code == 404
        assert response.json()["errors"][0]["code"] == "not_found"


def test_a_domain_error_is_answered(admin, monkeypatch):
    def refuse(view, values):
        raise DomainError("duplicate_conflict", "Send another one.", "external_id", "conflict")

    monkeypatch.setattr(PersonViewSet, "create_record", refuse)

    response = admin.post(PEOPLE, {"externalId": "alice"}, content_type=JSON)

    assert response.status_code == 409
    assert response.json() == {
        "type": "client_error",
        "errors": [{"code": "duplicate_conflict", "detail": "Send another one.", "attr": "externalId"}],
    }


def test_a_constraint_that_answers_first_is_409_without_sql(admin, make_person):
    make_person("alice")

    response = admin.post(PEOPLE, {"externalId": "alice"}, content_type=JSON)

    assert response.status_code == 409
    assert b"members_member" not in response.content


def test_fields_trim(admin, make_person):
    alice = make_person("alice")

    assert admin.get(f"{PEOPLE}?fields=externalId,id").json()["data"] == [
        {"id": str(alice.id), "externalId": "alice"}
    ]
    assert admin.get(f"{PEOPLE}/{alice.id}?fields=status").json()["data"] == {"status": "live"}


@pytest.mark.parametrize(
    "fields", ["", "nope", "id,", "id,nope", "external_id", "id,,status", "*", "__class__"]
)
def test_fields_that_do_not_exist_are_refused(admin, fields):
    response = admin.get(PEOPLE, {"fields": fields})

    assert (response.status_code, response.json()["errors"][0]["attr"]) == (400, "fields")


def test_an_action_may_have_parameters_of_its_own(admin, make_person):
    url = f"{PEOPLE}/{make_person('alice', first_name='Ann').id}"

    dry = admin.patch(f"{url}?dryRun=true", {"firstName": "Bo"}, content_type=JSON)

    assert dry.status_code == 200
    assert admin.get(url).json()["data"]["firstName"] == "Ann"
    assert admin.get(f"{url}?dryRun=true").json()["errors"][0]["attr"] == "dryRun"
    assert admin.patch(f"{url}?dryRun=maybe", {}, content_type=JSON).json()["errors"][0]["attr"] == "dryRun"


@pytest.mark.parametrize(
    ("url", "parameter"),
    [(PEOPLE, "format"), (PEOPLE, "page"), ("/schema/person/record/{}", "limit"), (BOARDS, "status__in")],
)
def test_unknown_parameters_are_refused_everywhere(admin, make_person, url, parameter):
    response = admin.get(url.format(make_person().id), {parameter: "json"})

    assert (response.status_code, response.json()["errors"][0]["attr"]) == (400, parameter)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*;q=0", "nonsense"])
def test_there_is_one_format_whatever_is_accepted(admin, accept):
    response = admin.get(PEOPLE, headers={"Accept": accept})

    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")


def test_answers_are_nobody_elses(admin):
    headers = admin.get(PEOPLE).headers

    assert headers["Cache-Control"] == "private, no-store"
    assert "Authorization" in headers["Vary"]
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_answer_sets_a_cookie(admin, guest):
    assert dict(admin.get(PEOPLE).cookies) == {}
    assert dict(guest.get(BOARDS).cookies) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_two_queries_whatever_its_length(admin, make_person, django_assert_num_queries, count):
    for n in range(count):
        make_person(f"m{n}")
    admin.get(PEOPLE)  # the key's use of this minute is noted once

    with django_assert_num_queries(2):
        admin.get(PEOPLE)
