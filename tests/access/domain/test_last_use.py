"""The notes "last used" of keys and sessions wait for nobody who holds what they would change."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from access.api.authentication import identify
from access.domain.sessions import SessionStore
from access.models import ApiKey, StaffSession
from core.sql.nowait import nowait
from tests.concurrency.racing import held_by_another
from tests.staff import make_staff

# The shortest of the limits that would end the wait otherwise, half of it.
AT_ONCE = 2.5


@pytest.fixture(autouse=True)
def _small_resources():
    """The project's own addresses, instead of those of the other tests here."""


def held(row):
    """On SQLite that is the whole file."""
    return held_by_another(type(row).objects.filter(pk=row.pk).all, 60)


@pytest.mark.django_db(transaction=True)
def test_key_is_accepted_and_its_use_not_noted(rf, make_key):
    record, key = make_key()
    request = rf.get("/", HTTP_AUTHORIZATION=f"Api-Key {key}")

    with held(record):
        began = time.monotonic()
        caller = identify(request)
        took = time.monotonic() - began
    record.refresh_from_db()
    noted_while_held = record.last_used_at
    identify(request)
    record.refresh_from_db()

    assert (caller.key_id, noted_while_held) == (record.pk, None)
    assert took < AT_ONCE
    assert record.last_used_at is not None


@pytest.mark.django_db(transaction=True)
def test_session_is_used_and_its_use_not_noted(client, monkeypatch):
    monkeypatch.setattr("access.domain.sessions.NOTED_EVERY", timedelta(0))
    client.force_login(make_staff("mia", "Marketers"))
    session = StaffSession.objects.get()
    before = session.seen_at

    with held(session):
        began = time.monotonic()
        page = client.get("/admin/password_change/")
        took = time.monotonic() - began
    session.refresh_from_db()
    noted_while_held = session.seen_at
    client.get("/admin/password_change/")
    session.refresh_from_db()

    assert isinstance(client.session, SessionStore)
    assert (page.status_code, noted_while_held) == (200, before)
    assert took < AT_ONCE
    assert session.seen_at > before


@pytest.mark.django_db(transaction=True)
def test_other_writes_wait_as_before(make_key):
    record, _key = make_key()

    with held(record):
        over = threading.Thread(target=_rename, daemon=True)
        over.start()
        over.join(0.5)
        waits = over.is_alive()
    over.join(60)
    record.refresh_from_db()

    assert (waits, record.name) == (True, "renamed")


def _rename():
    try:
        with nowait():
            pass
        ApiKey.objects.update(name="renamed")
    finally:
        connection.close()
