"""A database and a server for one run: nothing of an earlier run is in the way.

The databases are new ones of the server that DATABASE_URL names, made from a template that was migrated once,
and dropped at the end; no other database is touched.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
WORKERS = 2
TEMPLATE = f"challenges_bench_{os.getpid()}"


def url_of(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _admin(*statements: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        for statement in statements:
            database.execute(statement)


@contextmanager
def template() -> Iterator[None]:
    """The migrated database that each stage starts from."""
    _admin(f"CREATE DATABASE {TEMPLATE}")
    try:
        use(TEMPLATE)
        call_command("migrate", verbosity=0)
        leave()
        yield
    finally:
        leave()
        _admin(f"DROP DATABASE {TEMPLATE} WITH (FORCE)")


def use(database: str) -> None:
    """Let this process's own queries go to that database."""
    leave()
    connection.settings_dict["NAME"] = database


def leave() -> None:
    """Nobody may be in a database that is copied or dropped."""
    connection.close()
    connection.close_pool()


class Stage:
    """A database, and our production server on it. The key may send and read everything."""

    def __init__(self, name: str) -> None:
        self.database = f"{TEMPLATE}_{name}"
        self.port = 0
        self.key = ""
        self.server: subprocess.Popen | None = None

    @property
    def credential(self) -> str:
        return f"Authorization: Api-Key {self.key}"

    def use(self) -> None:
        use(self.database)

    def start(self) -> None:
        from access.models.api_key import create_key

        _admin(f"CREATE DATABASE {self.database} TEMPLATE {TEMPLATE}")
        self.use()
        _record, self.key = create_key("benchmark", ["admin"], at=timezone.now())
        self.port = _free_port()
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port), "--workers", str(WORKERS)]
        environment = {**os.environ, "DATABASE_URL": url_of(self.database)}
        self.server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        assert self.server
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.server.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                asked.request("GET", "/readyz")
                if asked.getresponse().status == 200:
                    return
            time.sleep(0.1)
        raise SystemExit("the server did not start")

    def stop(self) -> None:
        if self.server:
            self.server.terminate()
            try:
                self.server.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.server.kill()
        leave()
        _admin(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")

    def memory(self) -> dict[int, float]:
        """What each worker process holds, in MB, by its pid."""
        assert self.server
        command = ["ps", "-axo", "pid=,ppid=,rss="]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows = [list(map(int, line.split())) for line in printed.splitlines()]
        return {pid: rss / 1024 for pid, parent, rss in rows if parent == self.server.pid}


@contextmanager
def staged(*names: str) -> Iterator[list[Stage]]:
    """These stages, each with its own database and server; this process asks the first one."""
    stages = [Stage(name) for name in names]
    try:
        for stage in stages:
            stage.start()
        stages[0].use()
        yield stages
    finally:
        for stage in stages:
            stage.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
