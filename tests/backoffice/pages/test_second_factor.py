"""The second step of the login: set up, asked for, limited, recovered; nothing opens without it."""

import json
import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from access.domain import second_factor
from access.models import StaffAction
from access.models.staff_session import StaffSession
from tests.access.domain.test_sessions import is_in, log_in
from tests.staff import PASSWORD, make_staff

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
OVERVIEW, CHECK = "/admin/desk/second-factor/", "/admin/desk/second-factor/check/"


@pytest.fixture
def mia(db):
    return make_staff("mia", "Marketers")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def code_of(device):
    """What the app shows now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = datetime.now(UTC).timestamp()
    return f"{totp.token():06}"


def enrolled(user):
    """The app of that account, and a browser that has shown it."""
    client = log_in(user.username)
    client.get(f"{OVERVIEW}app/")
    device = TOTPDevice.objects.get(user=user)
    page = client.post(f"{OVERVIEW}app/", {"code": code_of(device)})
    return device, client, re.findall(r"<li><code>(\w+)</code>", page.content.decode())


def send(client, code, **fields):
    return client.post(CHECK, {"code": code, **fields})


def test_app_is_set_up_with_its_first_code_and_recovery_codes_are_shown_once(mia, clock):
    client = log_in()
    page = client.get(f"{OVERVIEW}app/").content.decode()
    device = TOTPDevice.objects.get(user=mia)

    wrong = client.post(f"{OVERVIEW}app/", {"code": "000000"})

    assert 'src="data:image/svg+xml' in page
    assert "This code is wrong" in wrong.content.decode()
    assert not second_factor.factors_of(mia)
    clock.shift(60)
    right = client.post(f"{OVERVIEW}app/", {"code": code_of(device)})
    codes = re.findall(r"<li><code>(\w+)</code>", right.content.decode())
    assert len(set(codes)) == 10
    assert second_factor.factors_of(mia).apps == [device]
    overview = client.get(OVERVIEW).content.decode()
    assert not any(code in overview for code in codes)
    assert is_in(client)


def test_password_alone_opens_nothing(mia):
    enrolled(mia)
    client = log_in()

    for path in (
        "/admin/",
        "/admin/challenges/challenge/",
        "/admin/desk/sessions/",
        "/admin/password_change/",
    ):
        answer = client.get(path, follow=True)
        assert answer.request["PATH_INFO"] == CHECK, path
    preview = client.post(reverse("backoffice:preview_new"), {})
    assert preview.status_code == 302
    assert client.get(OVERVIEW).status_code == 302
    assert (
        client.post(f"{OVERVIEW}remove/", {"factor": TOTPDevice.objects.get().persistent_id}).status_code
        == 302
    )
    assert TOTPDevice.objects.exists()


def test_code_lets_in_where_one_wanted_to_go(mia, clock):
    device, _client, _codes = enrolled(mia)
    clock.shift(60)
    client = log_in()
    asked = client.get("/admin/challenges/challenge/?q=1", follow=True)
    wanted = re.search(r'name="next" value="([^"]*)"', asked.content.decode())[1]
    before = client.session.session_key

    answer = send(client, code_of(device), next=wanted)

    assert (answer.status_code, answer["Location"]) == (302, "/admin/challenges/challenge/?q=1")
    assert is_in(client)
    assert client.session.session_key != before


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(mia, clock, elsewhere):
    device, _client, _codes = enrolled(mia)
    clock.shift(60)

    assert send(log_in(), code_of(device), next=elsewhere)["Location"] == "/admin/"


def test_code_is_good_once(mia, clock):
    device, _client, _codes = enrolled(mia)
    clock.shift(60)
    code = code_of(device)

    assert send(log_in(), code).status_code == 302
    assert send(log_in(), code).status_code == 200


def test_recovery_code_lets_in_once_however_it_is_typed(mia, clock):
    _device, _client, codes = enrolled(mia)
    clock.shift(60)

    first = send(log_in(), f" {codes[0][:4].upper()}-{codes[0][4:]} ")
    again = send(log_in(), codes[0])

    assert (first.status_code, again.status_code) == (302, 200)
    assert second_factor.factors_of(mia).codes_left == 9


def test_other_browsers_are_logged_out_when_it_is_set_up(mia):
    there = log_in()

    _device, here, _codes = enrolled(mia)

    assert (is_in(here), is_in(there)) == (True, False)


def test_wrong_codes_lock_this_address_as_wrong_passwords_do(mia, clock):
    device, _client, _codes = enrolled(mia)
    client = log_in(REMOTE_ADDR="203.0.113.7")
    statuses = []
    for _turn in range(6):
        clock.shift(600)  # past the wait of the code itself, within the hour of the lock
        statuses.append(send(client, "000000").status_code)

    clock.shift(60)
    assert statuses == [200, 200, 200, 200, 429, 429]
    assert send(client, code_of(device)).status_code == 429


def test_wrong_codes_make_the_next_one_wait_from_wherever_it_comes(mia, clock):
    """Whoever knows the password logs in again and again, which forgets the failures of the address."""
    device, _client, _codes = enrolled(mia)
    clock.shift(60)
    looked_at = 0
    for turn in range(40):
        answer = send(log_in(REMOTE_ADDR=f"203.0.113.{turn}"), "000000")
        looked_at += "wrong or was used" in answer.content.decode()

    assert looked_at == 1
    answer = send(log_in(REMOTE_ADDR="198.51.100.1"), code_of(device))
    assert "Try again in 1 seconds" in answer.content.decode()
    clock.shift(2)
    assert send(log_in(REMOTE_ADDR="198.51.100.1"), code_of(device)).status_code == 302


def test_wait_doubles_with_each_wrong_code(mia, clock):
    enrolled(mia)
    clock.shift(60)
    waits = []
    for turn in range(8):
        send(log_in(REMOTE_ADDR=f"203.0.113.{turn}"), "000000")
        waits.append(second_factor.seconds_to_wait(mia))
        clock.shift(waits[-1] + 1)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128]


def test_requirement_lets_staff_do_nothing_but_set_it_up(mia, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client = log_in()

    answer = client.get("/admin/", follow=True)

    assert answer.request["PATH_INFO"] == OVERVIEW
    assert "It is required here" in answer.content.decode()
    client.get(f"{OVERVIEW}app/")
    client.post(f"{OVERVIEW}app/", {"code": code_of(TOTPDevice.objects.get())})
    assert is_in(client)


def test_factor_is_removed_by_whoever_has_shown_it(mia):
    device, client, _codes = enrolled(mia)

    client.post(f"{OVERVIEW}remove/", {"factor": device.persistent_id})

    assert not second_factor.factors_of(mia)
    assert second_factor.factors_of(mia).codes_left == 0
    assert is_in(log_in())


def test_factor_of_somebody_else_is_out_of_reach(mia):
    device, _client, _codes = enrolled(mia)
    make_staff("sam", "Support")
    sam = log_in("sam")

    sam.post(f"{OVERVIEW}remove/", {"factor": device.persistent_id})
    refused = sam.post(f"{OVERVIEW}of/{mia.pk}/")

    assert refused.status_code == 403
    assert second_factor.factors_of(mia)


def test_change_of_factors_asks_for_the_password_again(mia, clock):
    client = log_in()
    clock.shift(16 * 60)

    asked = client.get(f"{OVERVIEW}app/", follow=True)
    wrong = client.post(asked.request["PATH_INFO"], {"password": "wrong", "next": OVERVIEW})
    right = client.post(asked.request["PATH_INFO"], {"password": PASSWORD, "next": OVERVIEW})

    assert "Your password, please" in asked.content.decode()
    assert "This password is wrong." in wrong.content.decode()
    assert right["Location"] == OVERVIEW
    assert client.get(OVERVIEW).status_code == 200


def test_password_asked_for_again_is_no_way_to_guess_it(mia, clock):
    client = log_in()
    clock.shift(16 * 60)

    statuses = [client.post(f"{CHECK}password/", {"password": "wrong"}).status_code for _turn in range(5)]

    assert statuses == [200, 200, 200, 200, 429]


def test_superuser_resets_it_and_it_is_noted(mia, administrator):
    _device, theirs, _codes = enrolled(mia)
    page = administrator.get(reverse("admin:auth_user_change", args=[mia.pk])).content.decode()

    assert f"/admin/auth/user/{mia.pk}/second-factor/" in page
    administrator.post(reverse("backoffice:second_factor_of", args=[mia.pk]))

    assert not second_factor.factors_of(mia)
    assert not is_in(theirs)
    assert is_in(log_in())
    noted = set(StaffAction.objects.values_list("actor_name", "action"))
    assert noted == {("mia", "add_second_factor"), ("root", "reset_second_factor")}


def test_command_resets_it(mia, capsys):
    enrolled(mia)

    call_command("reset_second_factor", "mia")

    assert capsys.readouterr().out == "2 removed.\n"
    assert not second_factor.factors_of(mia)
    assert not StaffSession.objects.filter(user=mia).exists()
    with pytest.raises(CommandError, match="No account"):
        call_command("reset_second_factor", "nobody")


def test_secrets_are_in_no_list_of_the_admin(administrator):
    assert administrator.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert administrator.get("/admin/otp_static/staticdevice/").status_code == 404


def test_login_can_be_given_up_between_the_steps(mia):
    enrolled(mia)
    client = log_in()

    client.post(CHECK, {"log_out": "1"})

    assert client.get(CHECK)["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("language", ["es", "fr", "de", "ar", "ja"])
def test_second_step_is_asked_for_in_the_staffs_language(mia, language):
    enrolled(mia)
    client = log_in()
    english = client.get(CHECK).content.decode()
    page = client.get(CHECK, headers={"Accept-Language": language}).content.decode()

    assert re.search(r"<h1>.*?</h1>", english)[0] not in page


HOSTILE = [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 60_000, b'{"id": 1}', b"{}" + b" " * 70_000]
HOSTILE.append(json.dumps({"id": "\x00", "rawId": 5, "response": [], "type": "public-key"}).encode())
CREDENTIAL = {
    "clientDataJSON": "e30",
    "attestationObject": "oA",
    "authenticatorData": "AA",
    "signature": "AA",
}
HOSTILE.append(json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": CREDENTIAL}).encode())


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("ceremony", ["passkey/", "check/passkey/"])
def test_hostile_ceremony_is_the_callers_fault(mia, ceremony, body):
    client = log_in()

    client.post(f"{OVERVIEW}{ceremony}begin/", b"{}", content_type="application/json")
    answer = client.post(f"{OVERVIEW}{ceremony}complete/", body, content_type="application/json")

    assert 400 <= answer.status_code < 500, answer.content
    assert not second_factor.factors_of(mia)


def test_stranger_reaches_none_of_it(client, db):
    for name in (
        "",
        "app/",
        "codes/",
        "remove/",
        "check/",
        "check/password/",
        "passkey/begin/",
        "check/passkey/begin/",
    ):
        assert client.post(f"{OVERVIEW}{name}")["Location"].startswith("/admin/login/"), name
    assert not StaffSession.objects.exists()
