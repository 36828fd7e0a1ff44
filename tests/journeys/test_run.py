"""`make run`: what it prints works as pasted, and a second start finds everything as it was."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.serving import ROOT, free_port, running, shell

pytestmark = pytest.mark.thorough


@pytest.fixture
def environment(tmp_path):
    """A developer's shell that has set nothing but where the data goes, and a free port."""
    set_up = shell(tmp_path / "data", PORT=str(free_port()))
    return {
        name: value for name, value in set_up.items() if name not in ("DJANGO_SETTINGS_MODULE", "LOG_LEVEL")
    }


@contextmanager
def demo(environment):
    """The lines that the demo prints before it serves; stopped as by Ctrl-C at the end."""
    command = [sys.executable, "scripts/run_demo.py"]
    options = {"stop": signal.SIGINT, "stdout": subprocess.PIPE, "text": True}
    with running(command, environment, **options) as server:
        lines = []
        for line in server.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        yield "".join(lines)


def paste(printed):
    """Run what is under "Paste this", with patience for a server that is only just starting."""
    pasted = printed.partition("Paste this")[2].partition("\n")[2].partition("Ctrl-C")[0]
    patient = 'curl() { command curl --retry 40 --retry-connrefused --retry-delay 1 "$@"; }\n' + pasted
    return subprocess.run(["bash", "-c", patient], capture_output=True, text=True, timeout=60).stdout


@pytest.mark.sqlite_only
def test_printed_lines_work_as_pasted_and_stay_the_same(environment):
    secrets = Path(environment["DATA_DIR"]) / "development.json"

    with demo(environment) as first:
        answer = paste(first)
        mode = secrets.stat().st_mode & 0o777
        opened = urlopen(re.search(r"http://127\.0\.0\.1:\d+", first)[0]).url
    with demo(environment) as second:
        again = paste(second)

    assert re.search(r"Admin +http://127\.0\.0\.1:\d+/admin/ +user admin, password admin\n", first)
    assert answer.startswith('{"data":[{"id":"')
    assert opened.endswith("/demo/")  # whoever types the host alone finds the shop
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
