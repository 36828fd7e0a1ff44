"""How the files in `0.1/` were made. Runnable on a checkout of release 0.1 alone:

    scripts/with_postgres .venv/bin/python -m tests.upgrade.make_0_1

The files are the record of what that release did: they are never made anew by later code, and a second run
makes other ones, for ids and codes are random. 0.1's own migrations make the tables of both databases; the
rows come from SQLite, as texts that both can read.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import time_machine

from tests.serving import manage, shell
from tests.upgrade.releases import HERE, ask
from tests.upgrade.requests_0_1 import new_activity, reads, replays

FOLDER = HERE / "0.1"
BEGIN = datetime(2026, 10, 1, 8, tzinfo=UTC)
MOMENT = "2026-11-25T12:00:00+00:00"
# A login is no data, and what a session holds is signed by a key of the day.
LEFT_OUT = {"django_session"}


def main():
    FOLDER.mkdir(exist_ok=True)
    url = os.environ.pop("DATABASE_URL")
    with TemporaryDirectory() as folder:
        (FOLDER / "schema.postgresql.sql").write_text(postgresql_schema(shell(folder, DATABASE_URL=url)))
        key = play_on_sqlite(Path(folder))
        environment = shell(folder)
        database = sqlite3.connect(Path(folder) / "challenges.sqlite3")
        (FOLDER / "schema.sqlite.sql").write_text(sqlite_schema(database))
        (FOLDER / "rows.sql").write_text("".join(rows(database)))
        shutil.copytree(Path(folder) / "media" / "icons", FOLDER / "icons", dirs_exist_ok=True)
        (FOLDER / "answers.json").write_text(answers(environment, key, database))


def postgresql_schema(environment):
    """The statements of pg_dump alone: what it sets for its own session differs by its version."""
    manage(environment, "migrate")
    program = Path(os.environ["PG_BIN"]) / "pg_dump"
    command = [program, "--schema-only", "--no-owner", "--no-privileges", environment["DATABASE_URL"]]
    dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    foreign = ("--", "\\", "SET ", "SELECT pg_catalog.set_config")
    return "".join(f"{line}\n" for line in dump.splitlines() if line and not line.startswith(foreign))


def play_on_sqlite(folder):
    """Run the scenario in this process, on a new database in this folder. Returns the key of the backend."""
    os.environ.update(shell(folder))
    with time_machine.travel(BEGIN, tick=False) as clock:
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection
        from django.test.utils import setup_test_environment

        setup_test_environment()
        call_command("migrate", verbosity=0)

        from tests.upgrade.scenario_0_1 import play
        from tests.upgrade.shop_client_0_1 import ShopClient

        shop = ShopClient(clock)
        play(shop)
        connection.close()
        return shop.key


def sqlite_schema(database):
    """Tables, then indexes."""
    statements = database.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
        "ORDER BY type DESC, name"
    )
    return "".join(f"{sql};\n" for (sql,) in statements)


def rows(database):
    """A statement for each table that has rows, all in one transaction: rows may name later ones."""
    yield "BEGIN;\n"
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    for (table,) in tables:
        records = database.execute(f'SELECT * FROM "{table}" ORDER BY 1')
        lines = [f"({', '.join(map(quoted, row))})" for row in records]
        if lines and table not in LEFT_OUT and not table.startswith("sqlite_"):
            columns = ", ".join(f'"{name}"' for name, *_rest in records.description)
            yield f'INSERT INTO "{table}" ({columns}) VALUES\n' + ",\n".join(lines) + ";\n"
    yield "COMMIT;\n"


def quoted(value):
    if value is None:
        return "NULL"
    text = str(value).replace("'", "''")
    return f"'{text}'"


def answers(environment, key, database):
    """What 0.1 answers: to readers, to activity that it has already, and, in the end, to new activity."""
    requests = {
        "moment": MOMENT,
        "key": key,
        "read": list(reads(database)),
        "again": list(replays(database)),
        "new": list(new_activity(database)),
    }
    return lined(ask(environment, requests))


def lined(content):
    """A line for each record: small, and what differs can be found in it."""
    return content.replace('},{"', '},\n{"').replace(':[{"', ':[\n{"') + "\n"


if __name__ == "__main__":
    sys.exit(main())
