"""Limits of logins: by address, by name and in all, before a password is hashed (docs/trust.md, Logins)."""

from datetime import timedelta
from threading import Thread

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.utils import timezone

from access.api import login_log, logins
from access.api.logins import MOST_IN_ALL, MOST_OF_ADDRESS, MOST_OF_NAME, MOST_OF_PAIR
from access.domain import hashing
from core.errors import DomainError
from tests.staff import PASSWORD, logged_in, make_staff

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


class CountedHasher(MD5PasswordHasher):
    hashes = 0

    def encode(self, password, salt):
        type(self).hashes += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def _fresh_log(monkeypatch, settings):
    settings.ROOT_URLCONF = "challenges_project.urls"
    monkeypatch.setattr(login_log, "_lines", login_log._Lines())


@pytest.fixture
def hashes(settings):
    """How many passwords were hashed since the staff of the test were made."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountedHasher"]

    def count():
        return CountedHasher.hashes

    make_staff("mia", "Marketers")
    CountedHasher.hashes = 0
    return count


def attempt(name="mia", password="wrong", address="203.0.113.7", client=None):
    client = client or Client()
    return client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def address(number):
    return f"198.51.{number // 250}.{number % 250 + 1}"


def known_device():
    """A browser that Mia has logged in with, and out again."""
    client = Client()
    assert attempt(password=PASSWORD, address="192.0.2.1", client=client).status_code == 302
    client.post("/admin/logout/")
    return client


def test_unknown_names_of_one_address_cost_few_hashes(hashes):
    answers = [attempt(f"nobody-{n}") for n in range(MOST_OF_ADDRESS + 10)]
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=5))
    later = attempt("nobody")

    assert hashes() == min(MOST_OF_ADDRESS, MOST_IN_ALL)
    assert [answer.status_code for answer in answers[-10:]] == [429] * 10
    assert (later.status_code, later["Retry-After"]) == (429, str(55 * 60))
    assert attempt("nobody", address="203.0.113.8").status_code == 200


def test_addresses_of_one_household_are_one(hashes):
    for n in range(MOST_OF_ADDRESS):
        attempt(f"nobody-{n}", address=f"2001:db8:1:2::{n + 1:x}")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=5))

    assert attempt("nobody", address="2001:db8:1:2:ffff::1").status_code == 429
    assert attempt("nobody", address="2001:db8:1:3::1").status_code == 200


def test_one_name_from_everywhere_costs_few_hashes_and_locks_nobody_out(hashes):
    mias = known_device()
    before = hashes()
    for n in range(MOST_OF_NAME):
        attempt(address=address(n))
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=5))
    refused = attempt(address=address(900))

    assert (refused.status_code, hashes() - before) == (429, MOST_OF_NAME)
    assert "Your account is not locked" in refused.content.decode()
    assert attempt(password=PASSWORD, address=address(901), client=mias).status_code == 302
    assert attempt("sam", address=address(902)).status_code == 200


def test_a_spray_from_everywhere_costs_few_hashes_a_minute(hashes):
    mias = known_device()
    before = hashes()
    statuses = [attempt(f"nobody-{n}", address=address(n)).status_code for n in range(MOST_IN_ALL + 20)]

    assert hashes() - before == MOST_IN_ALL
    assert statuses[-20:] == [429] * 20
    assert int(attempt("nobody", address=address(903))["Retry-After"]) <= 60
    assert attempt(password=PASSWORD, address=address(904), client=mias).status_code == 302
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=2))
    assert attempt(password=PASSWORD, address=address(905)).status_code == 302


def test_a_known_device_may_not_guess_either(hashes):
    mias = known_device()
    before = hashes()

    statuses = [attempt(client=mias).status_code for _ in range(MOST_OF_PAIR + 5)]

    assert statuses == [200] * (MOST_OF_PAIR - 1) + [429] * 6
    assert hashes() - before == MOST_OF_PAIR


def test_a_device_is_known_for_its_own_name_and_as_it_was_signed(hashes):
    make_staff("sam", "Support")
    mias = known_device()
    forged = known_device()
    forged.cookies["device"] = str(forged.cookies["device"].value).replace("mia", "sam", 1)
    for n in range(MOST_OF_NAME):
        attempt("sam", address=address(n))
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=5))

    assert mias.cookies["device"]["httponly"]
    for client in (mias, forged):
        assert attempt("sam", PASSWORD, address(906), client).status_code == 429


def test_failures_of_an_hour_ago_count_no_more(hashes):
    for _turn in range(MOST_OF_PAIR):
        attempt()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=61))

    assert attempt(password=PASSWORD).status_code == 302


def test_failures_during_a_lock_do_not_prolong_it(hashes):
    for _turn in range(MOST_OF_PAIR):
        attempt()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=50))

    assert attempt()["Retry-After"] == "600"
    assert AccessAttempt.objects.get().failures_since_start == MOST_OF_PAIR


@pytest.mark.parametrize(
    "name",
    ["x" * 151, "x" * 5000, "m\0ia", "\0", "😀" * 300, "ｍｉａ", "mia\r\nSet-Cookie: a=b", "", " ", "\ud83d"],
    ids=repr,
)
def test_no_name_breaks_the_login_or_is_stored_at_length(hashes, name):
    answer = attempt(name.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))

    assert answer.status_code == 200
    assert all(len(row.username) <= 150 and "\0" not in row.username for row in AccessAttempt.objects.all())


def test_names_too_long_to_exist_cost_no_hash_and_count(hashes):
    for n in range(MOST_OF_ADDRESS):
        attempt(f"{n}" + "x" * 5000)

    assert hashes() == 0
    assert attempt("x" * 5000).status_code == 429


def test_while_another_strangers_password_is_hashed_the_next_is_told_to_wait(hashes):
    mias = known_device()
    before = hashes()
    assert logins._unknown.acquire(blocking=False)
    try:
        refused = attempt(password=PASSWORD)
        known = attempt(password=PASSWORD, client=mias)
    finally:
        logins._unknown.release()

    assert (refused.status_code, refused["Retry-After"], known.status_code) == (429, "2", 302)
    assert hashes() - before == 1
    assert not AccessAttempt.objects.exists()
    assert attempt(password=PASSWORD).status_code == 302


def test_a_borrowed_session_is_no_way_to_guess_the_password(hashes):
    from django.contrib.auth.models import User

    client = logged_in(User.objects.get(username="mia"))
    form = {"old_password": "wrong", "new_password1": "a-new-Passw0rd!", "new_password2": "a-new-Passw0rd!"}

    statuses = [client.post("/admin/password_change/", form).status_code for _ in range(MOST_OF_PAIR + 3)]

    assert statuses == [200] * (MOST_OF_PAIR - 1) + [429] * 4
    assert hashes() == MOST_OF_PAIR


def test_a_failed_login_is_one_line_with_address_and_name(hashes, caplog):
    attempt('x"\nINFO access.logins login from 192.0.2.9 as "root', address="2001:db8::9")

    (line,) = [record.getMessage() for record in caplog.records if record.name == "access.logins"]
    expected = r'failed login from 2001:db8::9 as "x\"\nINFO access.logins login from 192.0.2.9 as \"root"'
    assert line == expected
    assert not [record for record in caplog.records if record.name.startswith("axes")]


def test_a_refused_login_is_a_line_too_and_a_flood_of_them_is_cut_short(hashes, caplog, monkeypatch):
    monkeypatch.setattr(login_log, "LINES_A_MINUTE", 7)
    monkeypatch.setattr(login_log.time, "time", lambda: 6000.0)
    for _turn in range(20):
        attempt()
    monkeypatch.setattr(login_log.time, "time", lambda: 6060.0)
    attempt()

    lines = [record.getMessage() for record in caplog.records if record.name == "access.logins"]
    assert (
        lines[:7]
        == ['failed login from 203.0.113.7 as "mia"'] * 5 + ['refused login from 203.0.113.7 as "mia"'] * 2
    )
    assert lines[7:] == [
        "13 more failed logins were left out of the log",
        'refused login from 203.0.113.7 as "mia"',
    ]


def test_the_real_hasher_reads_djangos_hashes_and_is_the_one_configured(settings):
    from challenges_project.settings.logins import PASSWORD_HASHERS

    assert PASSWORD_HASHERS[0] == "access.domain.hashing.BoundedPasswordHasher"
    hasher = hashing.BoundedPasswordHasher()
    assert hasher.encode("x", "salt", 10) == "pbkdf2_sha256$10$salt$" + hasher.encode("x", "salt", 10)[22:]
    assert hasher.verify("x", "pbkdf2_sha256$1$salt$" + _pbkdf2("x"))


def _pbkdf2(password):
    from base64 import b64encode
    from hashlib import pbkdf2_hmac

    return b64encode(pbkdf2_hmac("sha256", password.encode(), b"salt", 1)).decode()


def test_a_process_hashes_few_at_once(monkeypatch):
    monkeypatch.setattr(hashing, "LONGEST_WAIT", 0.05)
    for _slot in range(hashing.HASHES_AT_ONCE):
        hashing._slots.acquire()
    failures = []

    def hash_one():
        try:
            hashing.BoundedPasswordHasher().encode("x", "salt", 1)
        except DomainError as error:
            failures.append(error.status)

    thread = Thread(target=hash_one)
    thread.start()
    thread.join(10)
    for _slot in range(hashing.HASHES_AT_ONCE):
        hashing._slots.release()
    hash_one()

    assert failures == ["busy"]
