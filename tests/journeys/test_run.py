"""`make run`: what it prints works as pasted, and a second start finds everything as it was."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
STEERING = {"DATABASE_URL", "DEBUG", "DJANGO_SETTINGS_MODULE", "ENDUSER_JWT_SECRET", "SECRET_KEY"}


@pytest.fixture
def environment(tmp_path):
    """A developer's shell that has set nothing but where the data goes, and a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shell = {name: value for name, value in os.environ.items() if name not in STEERING}
    return {**shell, "DATA_DIR": str(tmp_path / "data"), "PORT": str(port)}


@contextmanager
def demo(environment):
    """The lines that the demo prints before it serves; stopped as by Ctrl-C at the end."""
    command = [sys.executable, "scripts/run_demo.py"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        lines = []
        for line in server.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        yield "".join(lines)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=40)
        server.stdout.close()


def paste(printed):
    """Run what stands under "Paste this", with patience for a server that is only just starting."""
    pasted = printed.partition("Paste this")[2].partition("\n")[2].partition("Ctrl-C")[0]
    patient = 'curl() { command curl --retry 40 --retry-connrefused --retry-delay 1 "$@"; }\n' + pasted
    return subprocess.run(["bash", "-c", patient], capture_output=True, text=True, timeout=60).stdout


def test_printed_lines_work_as_pasted_and_stay_the_same(environment):
    secrets = Path(environment["DATA_DIR"]) / "development.json"

    with demo(environment) as first:
        answer = paste(first)
        mode = secrets.stat().st_mode & 0o777
    with demo(environment) as second:
        again = paste(second)

    assert re.search(r"Admin +http://127\.0\.0\.1:\d+/admin/ +user admin, password admin\n", first)
    assert answer.startswith('{"data":[{"id":"')
    assert first.partition("Admin")[2] == second.partition("Admin")[2]
    assert "Loading the demo data" not in second
    assert again == answer
    assert mode == 0o600


def test_demo_is_refused_outside_debug(environment):
    run = subprocess.run(
        [sys.executable, "scripts/run_demo.py"],
        cwd=ROOT,
        env={**environment, "DEBUG": "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 1
    assert run.stderr.startswith("make run is a demo with a known password: it refuses DEBUG=0.")
