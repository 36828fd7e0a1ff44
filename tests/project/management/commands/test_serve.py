"""`manage.py serve`: what it refuses, and that what it starts answers and stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.core.management import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from challenges_project.management.commands.serve import (
    Command,
    default_workers,
    granian_command,
    refuse_missing_static_files,
    refuse_taken_port,
)

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def environment(tmp_path):
    """A production-like environment with a database of its own, prepared as docs/deploy.md says."""
    settings = {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DEBUG")},
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    manage("migrate", environment=settings)
    return settings


def manage(*words, environment):
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)


def answer(url, seconds=30):
    """The status of the first answer, once the server is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5) as response:
                return response.status
        except URLError:
            time.sleep(0.1)
    return None


def test_workers_are_the_processors_at_most_four():
    assert default_workers() == min(len(os.sched_getaffinity(0)), 4)


def test_taken_port_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(
            CommandError, match=f"Cannot listen on 127.0.0.1, port {port}: Address already in use"
        ):
            refuse_taken_port("127.0.0.1", port)


@pytest.mark.django_db
def test_unmigrated_database_is_refused_with_the_command_to_run():
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    with pytest.raises(CommandError) as refusal:
        Command().refuse_unready_database()

    assert str(refusal.value) == "Migrations to apply: 1. Run: manage.py migrate"


def test_uncollected_static_files_are_refused_with_the_command_to_run(settings, tmp_path):
    storage = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    settings.STATIC_ROOT = tmp_path

    with pytest.raises(CommandError) as refusal:
        refuse_missing_static_files()

    assert str(refusal.value) == "The static files are not collected. Run: manage.py collectstatic --noinput"


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(("value", "warnings"), [("off", 1), ("on", 0)])
def test_lost_commits_are_warned_of(value, warnings):
    said = StringIO()

    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit = {value}")
    Command(stderr=said).warn_of_lost_commits()

    assert said.getvalue().count("synchronous_commit is off") == warnings


def test_limits_are_handed_to_the_server():
    command = granian_command("::1", 8001, workers=3, threads=5)

    assert {"--host=::1", "--port=8001", "--workers=3", "--blocking-threads=5"} <= set(command)


@pytest.mark.django_db
def test_server_answers_and_stops_when_told(environment, free_port):
    command = [sys.executable, "manage.py", "serve", "--port", str(free_port), "--workers", "2"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        status = answer(f"http://127.0.0.1:{free_port}/healthz")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=40)

    assert (status, server.returncode) == (200, 0)
