"""scripts/with_postgres: a server that is there for one command, and gone after it."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/with_postgres"

pytestmark = [
    pytest.mark.skipif(
        subprocess.run([SCRIPT, "--find"], capture_output=True, check=False).returncode != 0,
        reason="no PostgreSQL here",
    ),
    pytest.mark.thorough,
]

PRINT_SERVER = 'echo "$PGDATA"; head -1 "$PGDATA/postmaster.pid"'


def with_postgres(command, **environment):
    return subprocess.run(
        [SCRIPT, "bash", "-c", command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def runs(pid):
    """Whether the process is alive; one that only waits to be collected is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_nothing_left(printed):
    folder, pid = printed.split()[:2]
    assert not Path(folder).parent.exists()
    assert not runs(pid)


def test_command_reaches_the_server_and_nothing_is_left():
    run = with_postgres(PRINT_SERVER + '; "$PG_BIN/psql" "$DATABASE_URL" -Atc "SELECT 6 * 7"')

    assert (run.returncode, run.stdout.splitlines()[2:], run.stderr) == (0, ["42"], "")
    assert_nothing_left(run.stdout)


def test_exit_code_is_the_commands():
    assert with_postgres("exit 7").returncode == 7


def test_server_listens_on_loopback_alone_and_asks_for_a_password():
    run = with_postgres(
        '"$PG_BIN/psql" "$DATABASE_URL" -Atc "SHOW listen_addresses";'
        '"$PG_BIN/psql" --no-password "$(echo "$DATABASE_URL" | sed "s,:[0-9a-f]*@,@,")" -c "SELECT 1"'
    )

    assert run.stdout == "127.0.0.1\n"
    assert "no password supplied" in run.stderr


@pytest.mark.parametrize(("asked", "fsync"), [({}, "off"), ({"PG_FSYNC": "on"}, "on")])
def test_durability_is_chosen(asked, fsync):
    run = with_postgres('"$PG_BIN/psql" "$DATABASE_URL" -Atc "SHOW fsync"', **asked)

    assert run.stdout == f"{fsync}\n"


def test_killed_server_is_cleared_away():
    run = with_postgres(PRINT_SERVER + '; kill -9 $(head -1 "$PGDATA/postmaster.pid")')

    assert_nothing_left(run.stdout)


@pytest.fixture
def waiting():
    """The script with a waiting command, and what it printed: server's folder and pid, command's pid."""
    command = [SCRIPT, "bash", "-c", PRINT_SERVER + "; echo $$; exec sleep 60"]
    script = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        # A run in the background of a shell ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    yield script, "".join(script.stdout.readline() for _ in range(3))
    script.terminate()
    script.wait(timeout=30)
    script.stdout.close()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_command_and_server(waiting, sign):
    script, printed = waiting

    script.send_signal(sign)

    assert script.wait(timeout=30) == 128 + sign
    assert_nothing_left(printed)


def test_server_stops_when_the_script_is_killed_outright(waiting):
    script, printed = waiting
    folder, server, command = printed.split()

    script.kill()
    script.wait(timeout=30)
    os.kill(int(command), signal.SIGTERM)

    deadline = time.monotonic() + 20
    while runs(server) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not runs(server)
    shutil.rmtree(Path(folder).parent)


def test_missing_server_is_named_with_its_remedy(tmp_path):
    run = with_postgres("true", PG_BIN_DIR=str(tmp_path))

    assert run.returncode == 1
    assert "sudo apt-get install postgresql" in run.stderr
