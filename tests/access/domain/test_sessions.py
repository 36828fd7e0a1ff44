"""Sessions end by themselves and by hand, and reading a page costs no write."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from access.models.staff_session import StaffSession
from tests.staff import PASSWORD, make_staff

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
PAGE = "/admin/password_change/"


def after(**delta):
    return time_machine.travel(NOW + timedelta(**delta), tick=False)


def is_in(client):
    return client.get(PAGE).status_code == 200


def log_in(username="mia", **headers):
    client = Client(**headers)
    assert (
        client.post(reverse("admin:login"), {"username": username, "password": PASSWORD}).status_code == 302
    )
    return client


@pytest.fixture(autouse=True)
def _small_resources():
    """The project's own addresses, instead of those of the other tests here."""


@pytest.fixture
def mia(db):
    return make_staff("mia", "Marketers")


def test_idle_session_ends(mia):
    with after():
        client = log_in()
    with after(minutes=119):
        assert is_in(client)
    with after(minutes=119 + 121):
        assert not is_in(client)


def test_used_session_ends_after_twelve_hours(mia):
    with after():
        client = log_in()
    for minutes in range(60, 12 * 60, 60):
        with after(minutes=minutes):
            assert is_in(client)
    with after(hours=12, seconds=1):
        assert not is_in(client)


def test_settings_say_how_long(mia, settings):
    settings.SESSION_IDLE_MINUTES, settings.SESSION_COOKIE_AGE = 10, 30 * 60
    with after():
        client = log_in()
    for minutes in (9, 18, 27):
        with after(minutes=minutes):
            assert is_in(client)
    with after(minutes=31):
        assert not is_in(client)


def written(client, path=PAGE):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(path)
    return [query["sql"].split()[0] for query in queries if not query["sql"].startswith("SELECT")]


def test_use_is_written_once_a_minute_and_not_by_every_request(mia):
    with after():
        client = log_in()
        assert written(client) == []
    with after(seconds=59):
        assert written(client) == []
    with after(seconds=61):
        assert written(client) == ["UPDATE"]
        assert written(client) == []


def test_page_without_a_session_asks_for_none(mia, django_assert_num_queries):
    with after():
        client = log_in()
    with after(minutes=5), django_assert_num_queries(0):
        client.get("/healthz")


def test_session_remembers_who_and_where(mia):
    with after():
        log_in(REMOTE_ADDR="2001:db8::7", HTTP_USER_AGENT="Firefox\x1b[31m/130 on Windows" + "x" * 9_000)

    session = StaffSession.objects.get()
    assert (session.user, session.address) == (mia, "2001:db8::7")
    assert (session.began_at, session.seen_at, session.expire_date) == (NOW, NOW, NOW + timedelta(hours=2))
    assert session.user_agent.startswith("Firefox[31m/130 on Windows")
    assert len(session.user_agent) == 256


def test_life_begins_at_the_login_whoever_was_there_before(mia):
    with after():
        client = log_in()
    with after(minutes=90):
        client.post(reverse("admin:login"), {"username": "mia", "password": PASSWORD})
    assert StaffSession.objects.get().began_at == NOW + timedelta(minutes=90)


def test_login_forgets_sessions_that_have_ended(mia):
    with after():
        log_in()
    with after(days=1):
        log_in()

    assert StaffSession.objects.get().began_at == NOW + timedelta(days=1)


def test_own_change_of_the_password_ends_the_others_at_once(mia):
    here, there = log_in(), log_in()
    new = "Kaffee-Regen-Lampe-Zaun"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}

    assert here.post(PAGE, fields).status_code == 302

    assert (is_in(here), is_in(there)) == (True, False)
    assert StaffSession.objects.count() == 1


def test_change_by_a_superuser_ends_all_of_theirs(mia, administrator):
    there = log_in()
    new = {"password1": "Kaffee-Regen-Lampe-Zaun", "password2": "Kaffee-Regen-Lampe-Zaun"}

    administrator.post(reverse("admin:auth_user_password_change", args=[mia.pk]), new)

    assert (is_in(there), is_in(administrator)) == (False, True)
    assert not StaffSession.objects.filter(user=mia).exists()


def test_change_by_a_command_ends_all(mia, monkeypatch):
    there = log_in()
    monkeypatch.setattr("getpass.getpass", lambda prompt="": "Kaffee-Regen-Lampe-Zaun")

    call_command("changepassword", "mia", verbosity=0)

    assert not is_in(there)
    assert not StaffSession.objects.exists()


def test_account_that_is_deleted_takes_its_sessions_with_it(mia):
    log_in()

    User.objects.get(pk=mia.pk).delete()

    assert not StaffSession.objects.exists()
