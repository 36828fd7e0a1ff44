"""Django's PostgreSQL backend, with an end to every wait of a server's threads.

While connecting fails, one request at a time waits for a connection and the others fail at once; while the
server does not answer at all, every one does. The API answers 503 with Retry-After (docs/locking.md, Waits;
docs/decisions/0011-a-database-that-is-away.md).
"""

import select
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool

from core import admission
from core.sql.postgresql.availability import Probe, check_answers, interruptible, silent, unreachable

# Held by the one request that waits for the server's return.
_waiting = threading.Lock()

# Seconds after its last use during which a connection is not checked by a query.
TRUSTED_FOR = 30
# How long a request of a server waits for a connection.
SERVER_POOL_SECONDS = 1.5
# How long a worker that starts waits for its first one.
FIRST_CONNECTION_SECONDS = 5.0

# What PostgreSQL itself ends, in milliseconds by the name of its setting; empty in a command.
_limits: dict[str, int] = {}


class WatchedConnection(Connection[Any]):
    """A connection of the pool; connecting records whether the server is away."""

    handed_out_at = -float("inf")

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Self:
        try:
            connection = super().connect(*args, **kwargs)
        except OperationalError:
            unreachable.set()
            raise
        unreachable.clear()
        return connection

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Wait for the server. Raises `OperationalError` when it stops answering altogether.

        A wait of more than a moment gives the thread's permit back: what a stuck lock holds up takes no
        permit from what it does not.
        """
        go_on: Callable[[], None] | None = None

        def check() -> None:
            nonlocal go_on
            if silent.is_set():
                # In the thread that uses it: the socket's number may be another file's a moment later.
                self.pgconn.finish()
                check_answers()
            go_on = go_on or admission.start_waiting(in_database=True)

        try:
            return super().wait(interruptible(gen, check), *args, **kwargs)
        finally:
            if go_on:
                go_on()

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the pool's empty query, its check before each request, without asking the server.

        A connection that the server has closed is recognized by its socket. The query would cost a tenth of a
        small request.
        """
        if query != "":
            return super().execute(query, *args, **kwargs)
        if self._is_trusted():
            return self.cursor()
        try:
            return super().execute(query, *args, **kwargs)
        except OperationalError:
            self._check_others()
            raise

    def _check_others(self) -> None:
        """Replace every closed connection of the pool: the server seldom closes only one.

        The pool itself would find them one by one, and wait longer after each of them within one request.
        """
        if isinstance(self._pool, ConnectionPool):
            self._pool.check()

    def _is_trusted(self) -> bool:
        now, last_use = time.monotonic(), self.handed_out_at
        self.handed_out_at = now
        return now - last_use < TRUSTED_FOR and not self.closed and not _is_readable(self.fileno())


def _is_readable(socket: int) -> bool:
    """Whether an idle socket has data: the server has closed the connection or sent a notice."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        """The parameters with the limits of `serve_requests`; `options` of DATABASE_URL win over them."""
        params: dict[str, Any] = super().get_connection_params()
        if _limits:
            limits = " ".join(f"-c {name}={value}" for name, value in _limits.items())
            params["options"] = f"{limits} {params.get('options', '')}".strip()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises `OperationalError` at once while the server is away and another request waits for it."""
        check_answers()
        if not (unreachable.is_set() and self._would_wait()):
            return super().get_new_connection(conn_params)
        if not _waiting.acquire(blocking=False):
            raise OperationalError("The database is away; another request waits for its return.")
        try:
            return super().get_new_connection(conn_params)
        finally:
            _waiting.release()

    def _would_wait(self) -> bool:
        """Whether the pool has no free connection; a full server still serves those that it has."""
        return bool(self.pool) and not self.pool.get_stats().get("pool_available")


def serve_requests(wrapper: Any, limits: Mapping[str, int]) -> Probe:
    """Limit the waits of this process, a server's worker, and start to watch the database.

    `limits`: seconds by the name of PostgreSQL's setting; 0 leaves the server's own. Call it before anything
    has connected. Commands do not: they may take as long as they need.
    """
    probe = Probe(wrapper.get_connection_params())
    _limits.update({name: seconds * 1000 for name, seconds in limits.items() if seconds})
    wrapper.settings_dict["OPTIONS"]["pool"]["timeout"] = SERVER_POOL_SECONDS
    probe.start()
    pool = wrapper.pool
    pool.open()
    with suppress(OperationalError):  # a worker starts without a database too, only not as fast
        pool.putconn(pool.getconn(timeout=FIRST_CONNECTION_SECONDS))
    return probe
