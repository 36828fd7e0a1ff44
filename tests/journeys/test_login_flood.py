"""Strangers who try passwords take no seconds from the API, and keep no member of staff out."""

import re
import sqlite3
import time
from contextlib import contextmanager
from functools import partial
from http.cookies import SimpleCookie
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, build_opener

import pytest

from tests import serving as servers
from tests.journeys.test_behind_nginx import order
from tests.meanwhile import meanwhile
from tests.serving import UNREACHED, ask, manage, serving, shell

pytestmark = [pytest.mark.thorough, pytest.mark.sqlite_only, pytest.mark.concurrency]
SPRAYERS, LOGS = 16, 100
# Usually a tenth of it. When every name was hashed, half of the logs took more than two.
HEALTHY_SECONDS = 1
PASSWORD = "correct horse battery staple"
# Failures are counted after the hash: each worker has one stranger's at a time.
MOST_HASHES = 20 + 2


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


@pytest.fixture
def environment(tmp_path):
    environment = shell(
        tmp_path,
        DJANGO_SETTINGS_MODULE="tests.real_hasher",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        TRUSTED_PROXIES="1",
        HTTPS="off",
    )
    manage(environment, "migrate")
    manage(environment, "createsuperuser", "--noinput", "--username=root", "--email=root@example.com")
    return environment


@pytest.fixture(autouse=True)
def _redirects_are_answers(monkeypatch):
    opener = build_opener(NoRedirect)
    monkeypatch.setattr(servers, "urlopen", lambda request, timeout: opener.open(request, timeout=timeout))


def csrf_of(address):
    """The token and the cookie of a login form."""
    page = ask(f"{address}/admin/login/", seconds=60)
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)[1].decode()
    return token, SimpleCookie(page.headers["Set-Cookie"])["csrftoken"].value


def log_in(address, csrf, name, password, came_from, cookies=""):
    """The answer to a login form, as a browser sends it."""
    form = {"csrfmiddlewaretoken": csrf[0], "username": name, "password": password}
    return ask(
        f"{address}/admin/login/",
        "POST",
        urlencode(form).encode(),
        seconds=60,
        Content_Type="application/x-www-form-urlencoded",
        Cookie=f"csrftoken={csrf[1]}; {cookies}",
        # To the server, and to a nginx before it (test_behind_nginx.py), by HTTPS.
        X_Forwarded_For=came_from,
        X_Test_Address=came_from,
        Referer="https://127.0.0.1/",
    )


@contextmanager
def sprayers(address):
    """Meanwhile strangers try passwords, each time another name from another address; yields the statuses."""
    statuses, csrf = [], csrf_of(address)

    def spray(number, over):
        turn = 0
        while not over.is_set():
            turn += 1
            came_from = f"198.51.{number}.{turn % 250 + 1}"
            try:
                answer = log_in(address, csrf, f"nobody-{number}-{turn}", "wrong", came_from)
            except UNREACHED:
                continue
            statuses.append(answer.status)

    with meanwhile(*(partial(spray, number) for number in range(SPRAYERS))):
        yield statuses


@pytest.mark.long
def test_login_sprayers_slow_nobody_down_and_lock_nobody_out(environment, tmp_path):
    words = manage(environment, "create_api_key", "shop", "--scope", "admin").split()
    key = {"Authorization": f"Api-Key {words[-1]}"}
    with serving(environment, workers=2) as server:
        address = server.address
        rules = {"name": "Spend", "description": "d", "status": "live", "completionTargetValue": 500}
        challenge = ask(f"{address}/schema/challenge/record", "POST", rules, **key).data
        csrf = csrf_of(address)
        first = log_in(address, csrf, "root", PASSWORD, "192.0.2.1")
        device = next(c for c in first.headers.get_all("Set-Cookie") if c.startswith("device="))

        with sprayers(address) as statuses:
            time.sleep(1)
            taken = []
            for number in range(LOGS):
                start = time.monotonic()
                log = ask(f"{address}/schema/challenge_log/record", "POST", order(challenge, number), **key)
                assert log.status == 201
                taken.append(time.monotonic() - start)
            again = log_in(address, csrf, "root", PASSWORD, "192.0.2.77", device.partition(";")[0])

    with sqlite3.connect(tmp_path / "challenges.sqlite3") as database:
        (hashes,) = database.execute("SELECT SUM(failures_since_start) FROM axes_accessattempt").fetchone()
    assert first.status == again.status == 302
    assert sorted(taken)[LOGS // 2] < HEALTHY_SECONDS
    assert hashes <= MOST_HASHES
    assert set(statuses) <= {200, 429}
    assert statuses.count(429) > MOST_HASHES
