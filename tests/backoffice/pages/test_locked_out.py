"""Login throttling: guessing locks an account and says so, and the right password does not unlock it."""

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse

from core.api.http.proxies import behind_proxies
from tests.staff import PASSWORD, make_staff


@pytest.fixture
def guessed(client, db):
    """Five wrong passwords for Mia."""
    make_staff("mia", "Marketers")
    for _turn in range(5):
        response = client.post(reverse("admin:login"), {"username": "mia", "password": "wrong"})
    return response


def test_fifth_wrong_password_explains_the_lock(guessed):
    assert guessed.status_code == 429
    assert "Too many wrong passwords" in guessed.content.decode()
    assert "unsafe" not in guessed["Content-Security-Policy"]


def test_right_password_does_not_unlock(guessed, client):
    response = client.post(reverse("admin:login"), {"username": "mia", "password": PASSWORD})

    assert response.status_code == 429


def test_administrator_unlocks_by_deleting_the_attempt(guessed, client, administrator):
    attempt = AccessAttempt.objects.get()

    administrator.post(reverse("admin:axes_accessattempt_delete", args=[attempt.pk]), {"post": "yes"})
    response = client.post(reverse("admin:login"), {"username": "mia", "password": PASSWORD})

    assert response.status_code == 302


def guess(client, forwarded, password="wrong"):
    credentials = {"username": "mia", "password": password}
    headers = {"X-Forwarded-For": forwarded}
    return client.post(reverse("admin:login"), credentials, headers=headers).status_code


def client_behind(proxies):
    """A client whose requests go through the middleware that finds the caller's address (wsgi.py)."""
    client = Client()
    handler, responses = client.handler, []
    application = behind_proxies(
        lambda environ, start_response: responses.append(handler(environ)) or [], proxies
    )
    client.handler = lambda environ: application(environ, None) or responses.pop()
    return client


@pytest.mark.django_db
def test_address_from_the_proxy_is_locked_and_others_still_log_in():
    make_staff("mia", "Marketers")
    guesser, mia = "203.0.113.7", "203.0.113.8"

    statuses = [guess(client_behind(1), f"{turn}.9.9.9, {guesser}") for turn in range(1, 6)]

    assert statuses == [200, 200, 200, 200, 429]
    assert AccessAttempt.objects.get().ip_address == guesser
    assert guess(client_behind(1), f"{mia}, {guesser}", PASSWORD) == 429
    assert guess(client_behind(1), mia, PASSWORD) == 302


@pytest.mark.django_db
def test_without_a_proxy_the_forwarded_address_is_ignored():
    make_staff("mia", "Marketers")

    statuses = [guess(client_behind(0), f"203.0.113.{turn}") for turn in range(5)]

    assert statuses == [200, 200, 200, 200, 429]
    assert AccessAttempt.objects.get().ip_address == "127.0.0.1"
