"""Django's PostgreSQL backend, which fails fast while the server is away.

A request waits when the pool has no connection. With the server away, every thread of a worker would soon
wait, and `/healthz` behind them. So while connecting fails, one request at a time waits; the others fail at
once, and the API answers 503 with Retry-After (docs/decisions/0011-a-database-that-is-away.md).
"""

import select
import threading
import time
from typing import Any, Self

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool

# Set while the last attempt to connect has failed.
_away = threading.Event()
# Held by the one request that waits for the server's return.
_waiting = threading.Lock()


# Seconds after its last use during which a connection is not checked by a query.
TRUSTED_FOR = 30


class WatchedConnection(Connection[Any]):
    """A connection of the pool; connecting records whether the server is away."""

    handed_out_at = -float("inf")

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Self:
        try:
            connection = super().connect(*args, **kwargs)
        except OperationalError:
            _away.set()
            raise
        _away.clear()
        return connection

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
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises `OperationalError` at once while the server is away and another request waits for it."""
        if not (_away.is_set() and self._would_wait()):
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
