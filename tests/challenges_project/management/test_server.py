"""The server process: told to stop in any way, and with workers that are killed or cannot start."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.clusters import children_of
from tests.faults.bystander import order
from tests.faults.shop import Shop, held_file
from tests.serving import ROOT, ask, free_port, running, serving, shell, until_it_answers

pytestmark = [pytest.mark.thorough, pytest.mark.sqlite_only, pytest.mark.concurrency]

# It takes one or two seconds; a worker that is not stopped is killed after 30.
GONE_WITHIN = 15


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """One database for all: each test opens a challenge of its own."""
    return Shop(shell(tmp_path_factory.mktemp("data")))


def to_the_server(process):
    process.send_signal(signal.SIGTERM)


def to_the_group(process):
    os.killpg(process.pid, signal.SIGTERM)


def to_the_group_twice(process):
    os.killpg(process.pid, signal.SIGTERM)
    time.sleep(0.05)
    os.killpg(process.pid, signal.SIGTERM)


def to_the_group_many_times(process):
    for _ in range(20):
        os.killpg(process.pid, signal.SIGTERM)
        time.sleep(0.01)


def interrupt_the_group(process):
    os.killpg(process.pid, signal.SIGINT)


def interrupt_the_group_and_terminate_the_server(process):
    """As Ctrl-C in a terminal with a tool that passes it on."""
    os.killpg(process.pid, signal.SIGINT)
    process.send_signal(signal.SIGTERM)


WAYS = [
    to_the_server,
    to_the_group,
    to_the_group_twice,
    to_the_group_many_times,
    interrupt_the_group,
    interrupt_the_group_and_terminate_the_server,
]


def all_gone(group, since):
    """Wait until no process of the group is left; after how many seconds that was."""
    while time.monotonic() - since < GONE_WITHIN:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return time.monotonic() - since
        time.sleep(0.02)
    raise AssertionError(f"processes are left after {GONE_WITHIN} seconds")


@pytest.mark.parametrize("stop", WAYS)
def test_what_was_taken_is_answered_and_everything_ends(shop, stop):
    with serving(shop.environment, workers=2) as server, ThreadPoolExecutor(8) as clients:
        shop.open_at(server.address)
        log = f"{server.address}/schema/challenge_log/record"
        with held_file(Path(shop.environment["DATA_DIR"])):
            orders = [order(shop.challenge_id, f"order-{number}", f"member-{number}") for number in range(8)]
            answers = [clients.submit(ask, log, "POST", body, 60, **shop.key) for body in orders]
            time.sleep(1)
            stop(server.process)
            time.sleep(0.5)
        statuses = [answer.result().status for answer in answers]
        answered_at = time.monotonic()
        code = server.process.wait(GONE_WITHIN)
        all_gone(server.process.pid, answered_at)

    assert (statuses, code) == ([201] * 8, 0)


@pytest.mark.parametrize("stop", [to_the_server, to_the_group_twice, interrupt_the_group])
@pytest.mark.parametrize("delay", [0, 0.2, 1])
def test_stop_while_a_worker_starts_is_heard(shop, stop, delay):
    with serving(shop.environment, workers=2) as server:
        replaced_after_kill(server.process)
        time.sleep(delay)
        stop(server.process)
        stopped_at = time.monotonic()
        server.process.wait(GONE_WITHIN)
        all_gone(server.process.pid, stopped_at)


@pytest.mark.parametrize("stop", [to_the_server, to_the_group_twice])
def test_stop_while_the_server_starts_is_heard(shop, stop):
    command = [sys.executable, "manage.py", "serve", "--port", str(free_port()), "--workers", "2"]
    with running(command, shop.environment, stdout=subprocess.DEVNULL) as process:
        while not children_of(process.pid):
            time.sleep(0.01)
        stop(process)
        stopped_at = time.monotonic()
        process.wait(GONE_WITHIN)
        all_gone(process.pid, stopped_at)


def replaced_after_kill(process):
    """kill -9 of a worker; wait until there is another, which need not serve yet."""
    before = workers_of(process)
    os.kill(max(before), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while not set(workers_of(process)) - set(before):
        assert process.poll() is None, "the server has ended"
        assert time.monotonic() < deadline, "no worker came instead"
        time.sleep(0.02)


def workers_of(process):
    return children_of(process.pid)


def test_workers_killed_within_seconds_do_not_end_the_server(shop):
    with serving(shop.environment, workers=2) as server:
        for _ in range(4):
            replaced_after_kill(server.process)
        until_it_answers(server.address, server.process)
        deadline = time.monotonic() + 60
        while len(workers_of(server.process)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        alive, count = server.process.poll() is None, len(workers_of(server.process))

    assert (alive, count) == (True, 2)


def test_workers_that_cannot_start_end_the_server_with_an_error(shop, tmp_path):
    """The application cannot be imported, which the checks of `serve` do not see."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['challenges_project.wsgi'] = None")
    environment = shop.environment | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "manage.py", "serve", "--port", str(free_port()), "--workers", "2"]

    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)

    assert run.returncode == 1
    # Both may have ended for the third time when it looks.
    assert re.search("Workers cannot start: ended [34] times before serving, exiting", run.stdout)
