"""Real server processes for tests: on a free port of the loopback interface, gone when the test is over.

environment = shell(tmp_path)
manage(environment, "migrate")
with serving(environment) as server:
    assert ask(f"{server.address}/healthz").status == 200
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
# For a machine with much else to do.
START_SECONDS = STOP_SECONDS = 120
PR_SET_PDEATHSIG = 1
# What a developer's own shell, or the run of the tests, has set must not steer the server.
STEERING = {
    *("DATABASE_URL", "DEBUG", "DJANGO_SETTINGS_MODULE", "ENDUSER_JWT_SECRET", "SECRET_KEY"),
    # Of a run with a browser, and of `make test`.
    *("DJANGO_ALLOW_ASYNC_UNSAFE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"),
}
# What a caller meets when there is nobody to answer, or no longer.
UNREACHED = (ConnectionError, HTTPException, TimeoutError, URLError)


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        return self.json["data"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def shell(data_dir, **variables):
    """A production-like environment, with a SQLite database of its own unless DATABASE_URL is given."""
    inherited = {name: value for name, value in os.environ.items() if name not in STEERING}
    usual = {"DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}
    return {**inherited, **usual, **variables}


def manage(environment, *words):
    """What a command printed."""
    command = [sys.executable, "manage.py", *words]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def ask(url, method="GET", body=None, /, seconds=20, **headers):
    """One answer, whatever its status; a body that is no bytes is sent as JSON."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if data is not None:
        sent.setdefault("Content-Type", "application/json")
    try:
        with urlopen(Request(url, data, sent, method=method), timeout=seconds) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except HTTPError as refusal:
        return Answer(refusal.code, refusal.headers, refusal.read())


@contextmanager
def running(command, environment, stop=signal.SIGTERM, **options):
    """A process in a group of its own. It is asked to stop at the end; the rest of the group is killed."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        preexec_fn=stop_with_parent,
        **options,
    )
    try:
        yield process
        process.send_signal(stop)
        process.wait(STOP_SECONDS)
    finally:
        kill_group(process)
        if process.stdout:
            process.stdout.close()


def stop_with_parent():
    """In the child: be sent a signal when the tests themselves are killed outright. Linux alone offers it."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def kill_group(process):
    """kill -9 of a process and of all that it started; the process itself is known by its own pid."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS)


class Server(NamedTuple):
    address: str
    process: subprocess.Popen


@contextmanager
def serving(environment, port=None, workers=1, **options):
    """`manage.py serve` once it answers; `options` are those of the process."""
    port = port or free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(workers)]
    with running(command, environment, stdout=subprocess.DEVNULL, **options) as process:
        yield Server(until_it_answers(f"http://127.0.0.1:{port}", process), process)


def until_it_answers(address, process, statuses=(200,)):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(*UNREACHED):
            if ask(f"{address}/healthz").status in statuses:
                return address
        time.sleep(0.05)
    raise AssertionError("the server did not answer")
