import pytest
from django.test import Client

PEOPLE, BOARDS = "/schema/person/record", "/schema/board/record"
SHOP = "https://shop.example"


@pytest.fixture(autouse=True)
def _origins(settings, db):
    settings.CORS_ALLOWED_ORIGINS = [SHOP]
    settings.CORS_ALLOWED_ORIGIN_REGEXES = []


def preflight(path, origin, method="GET", headers="authorization"):
    return Client().options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": headers,
        },
    )


@pytest.mark.parametrize("origin", [SHOP, "https://other.example", "null"])
def test_what_guests_read_says_star_to_every_origin(guest, origin):
    headers = guest.get(BOARDS, headers={"Origin": origin}).headers

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert "origin" not in headers["Vary"].lower()


def test_a_shop_that_is_allowed_may_send_a_token_and_read_the_rest(guest):
    asked = preflight(PEOPLE, SHOP)
    answered = guest.get(PEOPLE, headers={"Origin": SHOP})

    assert asked.headers["Access-Control-Allow-Origin"] == SHOP
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert answered.headers["Access-Control-Allow-Origin"] == SHOP
    assert {"ETag", "Content-Language", "Idempotent-Replayed", "Retry-After"} <= set(
        answered.headers["Access-Control-Expose-Headers"].split(", ")
    )


@pytest.mark.parametrize(
    "origin",
    [
        "https://other.example",
        "https://shop.example.evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "null",
    ],
)
def test_another_origin_is_told_nothing(guest, origin):
    assert "Access-Control-Allow-Origin" not in preflight(PEOPLE, origin).headers
    assert "Access-Control-Allow-Origin" not in guest.get(PEOPLE, headers={"Origin": origin}).headers


def test_credentials_are_never_allowed(guest):
    for response in (preflight(PEOPLE, SHOP), guest.get(PEOPLE, headers={"Origin": SHOP})):
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_pages_of_the_staff_have_no_cors(guest):
    assert "Access-Control-Allow-Origin" not in guest.get("/admin/login/", headers={"Origin": SHOP}).headers
