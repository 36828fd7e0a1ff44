"""`manage.py serve`: what it refuses, and that what it starts answers and stops."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

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
    share_metrics,
)
from tests.serving import ask, manage, serving, shell

pytestmark = pytest.mark.thorough


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


def test_server_answers_and_stops_when_told(tmp_path):
    environment = shell(tmp_path)
    manage(environment, "migrate")

    with serving(environment, workers=2) as server:
        status = ask(f"{server.address}/healthz").status

    assert (status, server.process.returncode) == (200, 0)


def test_metrics_add_up_over_the_workers(tmp_path):
    environment = shell(tmp_path, METRICS="1")
    manage(environment, "migrate")

    with serving(environment, workers=2) as server:
        before = answered(server)
        with ThreadPoolExecutor(16) as crowd:  # or one worker may do it all
            list(crowd.map(ask, [f"{server.address}/healthz"] * 160))
            seen = set(crowd.map(answered, [server] * 32))

    assert seen == {before + 160}


def answered(server):
    """How often /healthz was answered, as whichever worker tells it."""
    lines = ask(f"{server.address}/metrics").body.decode().splitlines()
    count = 'http_request_seconds_count{method="GET",route="/healthz",status="200"}'
    return sum(float(line.split()[-1]) for line in lines if line.startswith(count))


def test_metrics_begin_anew_with_the_server(tmp_path, monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    left = tmp_path / "metrics" / "8001"
    left.mkdir(parents=True)
    (left / "histogram_1.db").touch()

    share_metrics(tmp_path, 8001)

    assert os.environ.pop("PROMETHEUS_MULTIPROC_DIR") == str(left)
    assert list(left.iterdir()) == []


def test_metrics_stay_where_the_operator_wants_them(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/somewhere/else")

    share_metrics(tmp_path, 8001)

    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == "/somewhere/else"
    assert not list(tmp_path.iterdir())
