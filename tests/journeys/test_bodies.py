"""Caller first, size first, then read: what each route reads of a huge body (docs/trust.md, Bodies)."""

from uuid import UUID

import pytest
from django.core.files import uploadhandler
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.urls.resolvers import RoutePattern

from core.api.http import middleware
from core.api.http.middleware import STAFF_FORM, STRANGERS_FORM
from rewards.admin.code_upload import LARGEST_UPLOAD
from tests.builders import make_reward
from tests.staff import PASSWORD, logged_in, make_staff

SIZE = 200 * 1024 * 1024
ID = UUID(int=7)
BOUNDARY = "limit"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
TYPES = (FORM, "application/x-www-form-urlencoded", "application/json", "text/csv")
VALUES = {"slug": "challenge", "path": "x", "app_label": "rewards", "url": "x", "extension": "png"}

REGEXES = {
    r"(?P<runId>[^/]+)": str(ID),
    r"(?P<id>[^/]+)": str(ID),
    r"(?P<id>(?s:.+))": "alice",
    r"([^/]+)": str(ID),
    r"(?P<name>[0-9a-f]{32})": "0" * 32,
    r"\.(?P<extension>png|jpg|gif|svg)": ".png",
    r"(/[\s\S]*)?": "/x",
    r"(?P<app_label>auth|axes|access|members|rewards|milestones|challenges)": "rewards",
    r"(?P<url>.*)$": "x",
    r"(?P<url>.*)": "x",
}


class Body:
    """A form with one endless file, which counts what is read of it."""

    def __init__(self, length):
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="codes"; filename="c.txt"\r\n\r\n'
        self.head, self.left, self.given = head.encode(), length, 0

    def read(self, size=-1, /):
        assert size >= 0, "an endless body was asked for as a whole"
        size = min(size, self.left)
        chunk = self.head[:size] + b"A1\n" * (max(0, size - len(self.head)) // 3 + 1)
        self.head = self.head[size:]
        self.left -= size
        self.given += size
        return chunk[:size]

    def readline(self, size=-1, /):
        return self.read(min(size, 1024) if size >= 0 else 1024)


def send(client, path, length=SIZE, method="POST", content_type=FORM, *, chunked=False, **meta):
    """The response, and how many bytes of the body were read."""
    body = Body(length)
    declared = {"HTTP_TRANSFER_ENCODING": "chunked"} if chunked else {"CONTENT_LENGTH": str(length)}
    sent = client.generic(method, path, b"", content_type, **{"wsgi.input": body, **declared, **meta})
    return sent, body.given


def paths(patterns=None, before="/"):
    """An address of every route."""
    for route in get_resolver().url_patterns if patterns is None else patterns:
        text = before + filled(route.pattern)
        if isinstance(route, URLResolver):
            yield from paths(route.url_patterns, text)
        else:
            yield text


def filled(pattern):
    if isinstance(pattern, RoutePattern):
        text = str(pattern)
        for name, converter in pattern.converters.items():
            value = str(ID) if "UUID" in type(converter).__name__ else VALUES.get(name, str(ID))
            text = text.replace(f"<{name}>", value)
            for kind in ("uuid", "path", "str", "slug", "int"):
                text = text.replace(f"<{kind}:{name}>", "1" if kind == "int" else value)
        return text
    text = str(pattern).removeprefix("^").removesuffix(r"\Z").removesuffix("$")
    for written, value in REGEXES.items():
        text = text.replace(written, value)
    return text


PATHS = sorted({path.replace("//", "/") for path in paths()})


@pytest.fixture
def no_files(monkeypatch):
    """A temporary file is a failure."""

    def refused(*args, **kwargs):
        raise AssertionError("a temporary file was made")

    monkeypatch.setattr(uploadhandler, "TemporaryUploadedFile", refused)


def stranger():
    """As CSRF protection wants it, or it would not look into the body."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies["csrftoken"] = "x" * 32
    return client


def test_the_url_tree_has_addresses():
    assert len(PATHS) > 100
    assert {"/admin/login/", f"/admin/rewards/reward/{ID}/codes/", "/schema/challenge/record"} <= set(PATHS)
    assert not [path for path in PATHS if set(path) & set("<>()\\^$*")]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.django_db
def test_of_a_strangers_huge_body_nothing_is_read(path, no_files):
    read = {
        (method, content_type, chunked): send(
            stranger(), path, method=method, content_type=content_type, chunked=chunked
        )[1]
        for method in ("POST", "PATCH", "PUT", "DELETE")
        for content_type in TYPES
        for chunked in (False, True)
    }

    assert {case: given for case, given in read.items() if given} == {}


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("/admin/")])
@pytest.mark.django_db
def test_of_a_huge_body_of_staff_without_rights_nothing_is_read(path, no_files):
    client = logged_in(make_staff("nora"))
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = "x" * 32

    response, given = send(client, path)

    assert given == 0
    assert response.status_code in (404, 413)


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("/schema/")])
def test_of_a_huge_body_with_a_wrong_key_nothing_is_read(path, no_files, db):
    response, given = send(
        Client(), path, content_type="application/json", HTTP_AUTHORIZATION="Api-Key wrong.key"
    )

    assert given == 0
    assert response.status_code in (401, 404, 405, 429)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("/schema/")])
def test_with_a_key_no_more_is_read_than_the_route_takes(path, chunked, no_files, api, settings):
    settings.MAX_BODY_BYTES, settings.MAX_BATCH_BYTES = 1000, 8000
    key = {"HTTP_AUTHORIZATION": api.defaults["HTTP_AUTHORIZATION"]}

    read = {
        content_type: send(Client(), path, 10_000_000, content_type=content_type, chunked=chunked, **key)[1]
        for content_type in (FORM, "application/json")
    }

    assert max(read.values()) <= 8000 + 64 * 1024


@pytest.mark.django_db
def test_a_login_of_usual_size_is_read():
    make_staff("mia", "Marketers")

    form = {"username": "mia", "password": PASSWORD}

    assert Client().post("/admin/login/", form).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_the_login_reads_forms_up_to_the_limit_of_strangers(more, status):
    body = b"username=mia&password=" + b"x" * (STRANGERS_FORM - 22 + more)

    answer = Client().post("/admin/login/", body, "application/x-www-form-urlencoded")

    assert answer.status_code == status
    assert len(body) == STRANGERS_FORM + more


@pytest.fixture
def upload(db):
    """The page that takes the largest files."""
    return reverse("admin:rewards_reward_codes", args=[make_reward("pool").pk])


class File:
    """A file to upload that is a little larger than other forms may be, as the test client takes it."""

    name = "codes.txt"

    def read(self, *_size):
        return b"x" * STAFF_FORM


def test_staff_with_the_right_may_upload_up_to_the_pages_limit(marketer, upload):
    over, read_of_it = send(marketer, upload, LARGEST_UPLOAD + 1)

    assert (over.status_code, read_of_it) == (413, 0)
    assert marketer.post(upload, {"codes": File()}).status_code == 200
    assert send(marketer, reverse("admin:challenges_challenge_import"), STAFF_FORM + 1)[1] == 0


def test_staff_without_the_right_upload_nothing(support, upload):
    response, given = send(support, upload, STAFF_FORM + 1)

    assert (response.status_code, given) == (413, 0)


def test_uploads_at_once_are_few_and_the_next_one_is_told_to_wait(marketer, upload):
    marketer.handler.load_middleware()
    limits = next(m for m in middlewares(marketer.handler) if isinstance(m, middleware.BodyLimitMiddleware))
    for _upload in range(middleware.UPLOADS_AT_ONCE):
        limits.uploads.acquire()

    response, given = send(marketer, upload, STAFF_FORM + 1)
    limits.uploads.release()
    later = [marketer.post(upload, {"codes": File()}) for _ in range(3)]

    assert (response.status_code, given, response["Retry-After"]) == (503, 0, "10")
    assert [answer.status_code for answer in later] == [200] * 3


def middlewares(handler):
    """The middlewares of a loaded handler, the outermost first."""
    found, step = [], handler._middleware_chain
    while step is not None:
        inside = getattr(step, "__wrapped__", step)
        found.append(inside)
        step = getattr(inside, "get_response", None)
    return found
