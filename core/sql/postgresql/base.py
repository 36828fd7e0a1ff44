"""PostgreSQL as Django knows it, but quick to say that it is away.

Whoever finds no connection in the pool waits for one. With the server away every thread of a worker would
soon be waiting, and `/healthz` behind them. So while connections cannot be made, one request at a time waits
for one; the others are refused on the spot, which the API answers with 503 and Retry-After.
"""

import select
import threading
import time
from typing import Any, Self

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool

# The last attempt to connect failed.
_away = threading.Event()
# Whose request waits for the server's return.
_scout = threading.Lock()


# So long after it was handed out last, a connection is asked by a query whether it lives. Seconds.
TRUSTED_FOR = 30


class WatchedConnection(Connection[Any]):
    """A connection of the pool; making it tells whether the server is there."""

    handed_out_at = -float("inf")

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Self:
        try:
            made = super().connect(*args, **kwargs)
        except OperationalError:
            _away.set()
            raise
        _away.clear()
        return made

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """With an empty query the pool asks, before each request, whether the connection lives.

        A server that ended it has said so, which can be seen without a query: that would be a tenth of what
        a small request costs.
        """
        if query != "":
            return super().execute(query, *args, **kwargs)
        if self._is_trusted():
            return self.cursor()
        try:
            return super().execute(query, *args, **kwargs)
        except OperationalError:
            self._doubt_the_others()
            raise

    def _doubt_the_others(self) -> None:
        """Where one connection was ended, those that rest beside it were too: replace them all at once.

        The pool would find them one by one and wait longer after each: six are too many for one request.
        """
        if isinstance(self._pool, ConnectionPool):
            self._pool.check()

    def _is_trusted(self) -> bool:
        now, before = time.monotonic(), self.handed_out_at
        self.handed_out_at = now
        return now - before < TRUSTED_FOR and not self.closed and not _has_news(self.fileno())


def _has_news(socket: int) -> bool:
    """Whether the server has sent something that was not asked for, or has hung up."""
    watch = select.poll()
    watch.register(socket, select.POLLIN)
    return bool(watch.poll(0))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises `OperationalError` at once while the server is away and another request waits for it."""
        if not (_away.is_set() and self._would_wait()):
            return super().get_new_connection(conn_params)
        if not _scout.acquire(blocking=False):
            raise OperationalError("The database is away; another request waits for its return.")
        try:
            return super().get_new_connection(conn_params)
        finally:
            _scout.release()

    def _would_wait(self) -> bool:
        """A server that only refuses more connections still works with those that it has."""
        return bool(self.pool) and not self.pool.get_stats().get("pool_available")
