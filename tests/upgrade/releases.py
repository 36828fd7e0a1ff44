"""Databases of past releases, each in a folder by the release's number, and how to open one under this code.

schema.sqlite.sql, schema.postgresql.sql    the tables as that release's migrations made them
rows.sql                                    the rows, the same for both: every value is a quoted text
icons/                                      uploaded files
answers.json                                what that release answered; see `test_upgrade_from_0_1.py`
"""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path
from shutil import copytree
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from tests.serving import ROOT, shell

HERE = Path(__file__).parent
NOTHING = "nothing"
IDENTITIES = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND is_identity = 'YES'
"""


@contextmanager
def database_of(release, vendor, data_dir):
    """The environment of processes that find this release's database, and its files in `data_dir`.

    On PostgreSQL the database is made beside the one that DATABASE_URL names, and is dropped afterwards.
    """
    copytree(HERE / release / "icons", data_dir / "media" / "icons")
    if vendor == "sqlite":
        _load_into_sqlite(HERE / release, data_dir / "challenges.sqlite3")
        yield shell(data_dir)
        return
    name = f"upgrade_{uuid4().hex}"
    _on_server(f"CREATE DATABASE {name}")
    try:
        url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
        _load_into_postgresql(HERE / release, url)
        yield shell(data_dir, DATABASE_URL=url)
    finally:
        _on_server(f"DROP DATABASE {name} WITH (FORCE)")


def _load_into_sqlite(folder, file):
    database = sqlite3.connect(file)
    database.executescript((folder / "schema.sqlite.sql").read_text())
    database.executescript((folder / "rows.sql").read_text())
    database.close()


def _load_into_postgresql(folder, url):
    with psycopg.connect(url, options="-c timezone=UTC") as database:
        database.execute((folder / "schema.postgresql.sql").read_text())
        database.execute((folder / "rows.sql").read_text())
        for table, column in database.execute(IDENTITIES).fetchall():
            last = f"COALESCE((SELECT MAX({column}) FROM {table}) + 1, 1)"
            database.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {last}, false)")


def _on_server(statement):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(statement)


def execute(environment, *statements):
    """The rows of the last of these statements; all are one transaction in the environment's database."""
    if "DATABASE_URL" not in environment:
        with closing(sqlite3.connect(f"{environment['DATA_DIR']}/challenges.sqlite3")) as database, database:
            return [database.execute(statement).fetchall() for statement in statements][-1]
    with psycopg.connect(environment["DATABASE_URL"], options="-c timezone=UTC") as database:
        for statement in statements:
            cursor = database.execute(statement)
        return cursor.fetchall() if cursor.description else []


def run_at(environment, moment, *words):
    """What a management command printed, on a clock stopped at `moment`; see `run_at.py`."""
    run = tried_at(environment, moment, *words)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def tried_at(environment, moment, *words):
    """The process of such a command, which may have failed."""
    command = [sys.executable, "-m", "tests.upgrade.run_at", moment, *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, check=False, text=True, timeout=300
    )


def ask(environment, requests):
    """What `ask_api.py` answers there, as text."""
    command = [sys.executable, "-m", "tests.upgrade.ask_api"]
    sent = json.dumps(requests)
    run = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        input=sent,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def answers_of(release):
    """What that release answered, as text."""
    return (HERE / release / "answers.json").read_text()


def requests_of(release):
    """What it was asked, to be asked again."""
    recorded = json.loads(answers_of(release))
    requests = {name: recorded[name] for name in ("moment", "key")}
    for name in ("read", "again", "new"):
        requests[name] = [
            {part: entry[part] for part in entry if part != "answers"} for entry in recorded[name]
        ]
    return requests


def exact(text):
    """JSON whose numbers stay as they were written: 1.5 is neither 1.50 nor the text "1.5"."""
    return json.loads(text, parse_float=as_written, parse_int=as_written)


def as_written(number):
    return ("number", number)


def differences(was, now, place=""):
    """A line for each value that is not what it was, by its place; a request's place is its path."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in sorted(was.keys() | now.keys()):
            yield from differences(was.get(name, NOTHING), now.get(name, NOTHING), f"{place}.{name}")
    elif isinstance(was, list) and isinstance(now, list):
        for number, (one, other) in enumerate(zip_longest(was, now, fillvalue=NOTHING)):
            name = one["path"] if isinstance(one, dict) and "path" in one else number
            yield from differences(one, other, f"{place}[{name}]")
    elif was != now:
        yield f"{place}: was {was}, is {now}"
