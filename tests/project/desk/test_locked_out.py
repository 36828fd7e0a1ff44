"""Login throttling: who guesses is locked out, in words, and the right password does not open it."""

import pytest
from django.urls import reverse

from tests.staff import PASSWORD, make_staff


@pytest.fixture
def guessed(client, db):
    """Five wrong passwords for Mia."""
    make_staff("mia", "Marketers")
    for _turn in range(5):
        response = client.post(reverse("admin:login"), {"username": "mia", "password": "wrong"})
    return response


def test_fifth_wrong_password_is_told_what_now(guessed):
    assert guessed.status_code == 429
    assert "Too many wrong passwords" in guessed.content.decode()
    assert "unsafe" not in guessed["Content-Security-Policy"]


def test_right_password_does_not_open_it(guessed, client):
    response = client.post(reverse("admin:login"), {"username": "mia", "password": PASSWORD})

    assert response.status_code == 429


def test_administrator_opens_it_by_deleting_the_attempt(guessed, client, administrator):
    from axes.models import AccessAttempt

    attempt = AccessAttempt.objects.get()

    administrator.post(reverse("admin:axes_accessattempt_delete", args=[attempt.pk]), {"post": "yes"})
    response = client.post(reverse("admin:login"), {"username": "mia", "password": PASSWORD})

    assert response.status_code == 302
