"""Both kinds of keys are rotated on two real servers in turn, while a shop and staff go on reading."""

import hashlib
import http.client
import re
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import jwt
import pytest

from tests.serving import UNREACHED, ask, free_port, manage, serving, shell
from tests.staff import PASSWORD

pytestmark = [pytest.mark.thorough, pytest.mark.sqlite_only]

OLD, NEW, OLD_SECRET, NEW_SECRET = (
    hashlib.sha256(text).hexdigest() for text in (b"old key", b"new key", b"old secret", b"new secret")
)
# docs/deploy.md, Rotate the keys
STEPS = [
    {"SECRET_KEY": OLD, "ENDUSER_JWT_SECRET": OLD_SECRET},
    {
        "SECRET_KEY": OLD,
        "SECRET_KEY_FALLBACKS": NEW,
        "ENDUSER_JWT_SECRET": OLD_SECRET,
        "ENDUSER_JWT_SECRETS": NEW_SECRET,
    },
    {
        "SECRET_KEY": NEW,
        "SECRET_KEY_FALLBACKS": OLD,
        "ENDUSER_JWT_SECRET": OLD_SECRET,
        "ENDUSER_JWT_SECRETS": NEW_SECRET,
    },
    {"SECRET_KEY": NEW, "ENDUSER_JWT_SECRET": NEW_SECRET},
]
READS_A_STEP = 8


class Fleet:
    """Two servers on one database, which are restarted in turn."""

    def __init__(self, tmp_path):
        self.common = {"HTTPS": "0", "ALLOWED_HOSTS": "127.0.0.1"}
        self.data, self.ports = tmp_path, [free_port(), free_port()]
        self.stacks = [ExitStack(), ExitStack()]
        self.addresses = [f"http://127.0.0.1:{port}" for port in self.ports]

    def environment(self, step):
        return shell(self.data, **self.common, **step)

    def roll(self, step):
        for stack, port in zip(self.stacks, self.ports, strict=True):
            stack.close()
            stack.enter_context(serving(self.environment(step), port))

    def close(self):
        for stack in self.stacks:
            stack.close()


class Reader(threading.Thread):
    """A member's frontend and a staff's browser that go on reading at whichever server answers."""

    def __init__(self, fleet, cursor, cookies):
        super().__init__(daemon=True)
        self.fleet, self.cursor, self.cookies = fleet, cursor, cookies
        self.secret, self.over = OLD_SECRET, threading.Event()
        self.met, self.raised = Counter(), None

    def run(self):
        try:
            while not self.over.wait(0.01):
                for address in self.fleet.addresses:
                    with suppress(*UNREACHED):
                        self.read(address)
        except Exception as error:
            self.raised = error

    def read(self, address):
        token = {"Authorization": f"Bearer {token_of(self.secret)}"}
        self.met["token", ask(f"{address}/schema/challenge/record?limit=1", **token).status] += 1
        self.met[
            "cursor", ask(f"{address}/schema/challenge/record?cursor={self.cursor}", **token).status
        ] += 1
        page = ask(f"{address}/admin/password_change/", Cookie=cookie_header(self.cookies))
        take_cookies(self.cookies, page.headers)
        # The login's page answers 200, too.
        self.met["session", page.status, b'name="old_password"' in page.body] += 1

    def reads_on(self):
        """Wait until it has read often enough since now."""
        wanted, deadline = self.met["session", 200, True] + READS_A_STEP, time.monotonic() + 120
        while self.met["session", 200, True] < wanted:
            assert self.raised is None, self.raised
            assert time.monotonic() < deadline, self.met
            time.sleep(0.05)


def token_of(secret):
    return jwt.encode({"sub": "alice", "exp": int(time.time()) + 600}, secret, "HS256")


def cookie_header(cookies):
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def logged_in(address):
    """The cookies of a session of the admin."""
    form = ask(f"{address}/admin/login/")
    cookies = SimpleCookie(form.headers["Set-Cookie"])
    field = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.body.decode())[1]
    fields = {"username": "root", "password": PASSWORD, "csrfmiddlewaretoken": field}
    # The answer is a redirect that is not followed with its cookies, so it is asked for by hand.
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    headers = {"Cookie": cookie_header(cookies), "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/admin/login/", urlencode(fields), headers)
    answer = connection.getresponse()
    assert answer.status == 302, answer.read()
    take_cookies(cookies, answer.headers)
    return cookies


def take_cookies(cookies, headers):
    for header in headers.get_all("Set-Cookie", []):
        cookies.load(header)


@pytest.fixture
def fleet(tmp_path):
    fleet = Fleet(tmp_path)
    yield fleet
    fleet.close()


@pytest.mark.long
def test_nobody_is_refused_while_the_keys_rotate(fleet):
    environment = fleet.environment(STEPS[0])
    manage(environment, "migrate")
    key = manage(environment, "create_api_key", "shop", "--scope", "admin").split()[-1]
    variables = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "root@shop.example"}
    manage(environment | variables, "createsuperuser", "--noinput", "--username", "root")
    fleet.roll(STEPS[0])
    address = fleet.addresses[0]
    for name in ("one", "two", "three"):
        body = {"name": name, "description": "d", "status": "live", "completionTargetValue": 500}
        ask(f"{address}/schema/challenge/record", "POST", body, Authorization=f"Api-Key {key}")
    bearer = {"Authorization": f"Bearer {token_of(OLD_SECRET)}"}
    cursor = ask(f"{address}/schema/challenge/record?limit=1", **bearer).json["paging"]["nextCursor"]
    reader = Reader(fleet, cursor, logged_in(address))
    reader.start()

    reader.reads_on()
    fleet.roll(STEPS[1])
    reader.secret = NEW_SECRET
    reader.reads_on()
    fleet.roll(STEPS[2])
    reader.reads_on()
    reader.over.set()
    reader.join(60)
    met = dict(reader.met)
    # The control: a step too early, and all three are refused.
    reader.fleet.roll({"SECRET_KEY": OLD, "ENDUSER_JWT_SECRET": OLD_SECRET})
    reader.met.clear()
    reader.read(address)
    fleet.roll(STEPS[3])
    last = ask(f"{address}/schema/challenge/record", Authorization=f"Bearer {token_of(NEW_SECRET)}").status

    assert reader.raised is None
    assert set(met) == {("token", 200), ("cursor", 200), ("session", 200, True)}
    assert set(reader.met) == {("token", 401), ("cursor", 401), ("session", 200, False)}
    assert last == 200
