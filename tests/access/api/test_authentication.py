from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from access.models.api_key import ApiKey
from tests.builders import make_member

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def code_of(response):
    return response.status_code, response.json()["errors"][0]["code"]


@pytest.mark.parametrize("scheme", ["Api-Key", "api-key", "API-KEY", " Api-Key "])
def test_a_key_opens_whatever_its_schemes_capitals(ask, make_key, scheme):
    _record, key = make_key()

    assert ask(f"{scheme} {key}").status_code == 200


@pytest.mark.parametrize("fields", [{"paused": True}, {"expires_at": NOON - timedelta(days=1)}])
def test_a_paused_or_expired_key_is_401_at_once(ask, make_key, fields):
    record, key = make_key()
    assert ask(f"Api-Key {key}").status_code == 200

    ApiKey.objects.filter(pk=record.pk).update(**fields)

    assert code_of(ask(f"Api-Key {key}")) == (401, "not_authenticated")


def test_a_deleted_key_is_401_at_once(ask, make_key):
    record, key = make_key()
    record.delete()

    assert ask(f"Api-Key {key}").status_code == 401


def wrong(key):
    prefix, _, secret = key.partition(".")
    return [
        prefix,
        f"{prefix}.",
        f".{secret}",
        f"{prefix}.{secret[:-1]}",
        f"{prefix}.{secret}x",
        f"{prefix}.{secret.swapcase()}",
        f"{prefix}x.{secret}",
        secret,
        "",
        "' OR 1=1 --",
        "\0",
        "é",
        "x" * 10_000,
    ]


def test_a_wrong_key_is_401_and_never_a_guest(ask, make_key):
    _record, key = make_key()

    for number, text in enumerate(wrong(key)):
        response = ask(f"Api-Key {text}", address=f"203.0.113.{number}", path="/schema/board/record")
        assert code_of(response) == (401, "not_authenticated")
        assert "Api-Key" in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "header",
    ["", " ", "Basic dXNlcjpwYXNz", "Token abc", "Api-Key", "Bearer", "Digest x", "Negotiate", "abc"],
)
def test_any_other_credential_is_401(ask, db, header):
    assert code_of(ask(header, path="/schema/board/record")) == (401, "not_authenticated")


def test_two_credentials_at_once_are_400(ask, make_key, sign):
    _record, key = make_key()

    for pair in (
        [f"Api-Key {key}", f"Bearer {sign()}"],
        [f"Api-Key {key}", f"Api-Key {key}"],
        [f"Bearer {sign()}", "Basic x"],
    ):
        for separator in (",", ", "):
            assert code_of(ask(separator.join(pair))) == (400, "two_credentials")


def test_a_key_costs_one_query(ask, make_key, django_assert_num_queries):
    _record, key = make_key()
    ask(f"Api-Key {key}")

    with django_assert_num_queries(2):  # the key, and the list itself
        ask(f"Api-Key {key}")


def test_the_last_use_is_noted_once_a_minute(ask, make_key):
    with time_machine.travel(NOON, tick=False) as clock:
        record, key = make_key()
        stamps = []
        for seconds in (10, 20, 50, 200):
            clock.shift(seconds)
            ask(f"Api-Key {key}")
            record.refresh_from_db()
            stamps.append(record.last_used_at)

    assert stamps == [NOON, NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=4)]


def test_a_refused_key_is_not_used(ask, make_key):
    record, key = make_key(paused=True)
    ask(f"Api-Key {key}")

    record.refresh_from_db()
    assert record.last_used_at is None


def test_a_bad_credential_is_401_before_anything_else(ask, db):
    assert ask("Api-Key x", path="/schema/person/record/abc?limit=0").status_code == 401


def test_a_token_says_who_reads(ask, sign, db):
    make_member("alice")
    make_member("bob")

    response = ask(f"Bearer {sign()}")

    assert [row["externalId"] for row in response.json()["data"]] == ["alice"]


def test_a_token_costs_no_query(ask, sign, db, django_assert_num_queries):
    with django_assert_num_queries(1):
        ask(f"Bearer {sign()}")
