"""`make bench` itself: that every run still runs. How fast anything is, a shared machine cannot tell."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
BARS = ["P1", "P2", "P3", "P3", "P4", "P5", "P5", "P6", "P6", "P7", "P7", "P8", "P9", "P10", "P10", "P10"]


def bench(*arguments):
    """The lines of a run, against the server that the tests use; the databases are the run's own."""
    command = [sys.executable, "-m", "benchmarks", *arguments, "--size", "small"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def databases_left():
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'challenges_bench%'")
        return cursor.fetchall()


@pytest.mark.postgres
@pytest.mark.long
def test_bench_prints_every_bar_and_leaves_no_database(db):
    lines = bench()

    assert [line.split()[0] for line in lines[:-1]] == BARS
    assert databases_left() == []


@pytest.mark.postgres
@pytest.mark.thorough
def test_bench_of_one_bar_prints_that_one(db):
    lines = bench("P6")

    assert [line.split()[0] for line in lines[:-1]] == ["P6", "P6", "P7", "P7"]


def test_bench_without_postgresql_is_refused(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    command = [sys.executable, "-m", "benchmarks"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, "make bench" in done.stderr) == (1, True)
