"""An edit shows at once in another process: two real servers, one database, a memory each."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
LIST = "/schema/challenge/record"
CHALLENGE = {"name": "Spender", "description": "d", "status": "live", "completionTargetValue": 500}


@pytest.fixture
def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DEBUG")}
    return {
        **kept,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LOG_LEVEL": "ERROR",
    }


def manage(environment, *words):
    command = [sys.executable, "manage.py", *words]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=120
    )
    return run.stdout


def ask(url, method="GET", body=None, **headers):
    """Status, headers and body of one answer."""
    data = None if body is None else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if data:
        sent["Content-Type"] = "application/json"
    try:
        with urlopen(Request(url, data, sent, method=method), timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


@contextmanager
def server(environment):
    """The address of a server process; stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield until_it_answers(f"http://127.0.0.1:{port}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)


def until_it_answers(address, seconds=40):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if ask(f"{address}/healthz")[0] == 200:
                return address
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


def title_at(address, known=None):
    """What a guest reads there, with the ETag; the title is None when nothing has changed."""
    status, headers, body = ask(address + LIST, **({"If_None_Match": known} if known else {}))
    title = None if status == 304 else json.loads(body)["data"][0]["eudTitle"]
    return status, title, headers["ETag"]


def test_edit_in_one_process_is_read_in_the_other_at_once(environment):
    manage(environment, "migrate")
    key = manage(environment, "create_api_key", "test", "--scope", "admin").split()[-1]
    admin = {"Authorization": f"Api-Key {key}"}
    with ExitStack() as running:
        one, other = (running.enter_context(server(environment)) for _ in range(2))
        made = json.loads(ask(one + LIST, "POST", CHALLENGE, **admin)[2])["data"]
        _, _, known = title_at(other)
        assert title_at(other, known)[0] == 304  # the other process answers from its memory

        seen = []
        for edit in range(10):
            editor, reader = (one, other) if edit % 2 else (other, one)
            body = {"eudTitle": f"Edit {edit}"}
            assert ask(f"{editor}{LIST}/{made['id']}", "PATCH", body, **admin)[0] == 200
            for address in (reader, editor):
                status, title, etag = title_at(address, known)
                seen.append((status, title))
                assert title_at(address, etag)[0] == 304
            known = etag

    assert seen == [(200, f"Edit {edit}") for edit in range(10) for _ in range(2)]
