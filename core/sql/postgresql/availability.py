"""Whether the PostgreSQL server answers, as the last attempt to connect and a probe of this process saw it.

A server that hangs (a frozen machine, a dead disk) still acknowledges TCP: no timeout of the network finds
it, and one that only counted seconds would cut honest long statements too. So each worker of `serve` asks a
trivial question on a connection of its own. While the answer does not come, requests are refused before they
wait, and those that wait already are let go (docs/decisions/0015-waits-have-an-end.md).
"""

import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from psycopg import Connection, Error, OperationalError
from psycopg.errors import ConnectionTimeout

PROBE_EVERY_SECONDS = 0.5
# The answer takes a fraction of a millisecond; whoever waits this long is not slow but gone.
ANSWER_SECONDS = 1.2
# The shortest that the library obeys.
CONNECT_SECONDS = 2

# Set while the last attempt to connect has failed.
unreachable = threading.Event()
# Set while the probe gets no answer.
silent = threading.Event()


def check_answers() -> None:
    """Raise `OperationalError` while the server does not answer the probe."""
    if silent.is_set():
        raise OperationalError("The database does not answer.")


def interruptible(generator: Any, check: Callable[[], None]) -> Generator[Any, Any, Any]:
    """Pass on a generator of psycopg that waits; call `check` whenever 0.1 s passed without an answer.

    An exception of `check` ends the wait.
    """
    try:
        wanted = next(generator)
        while True:
            ready = yield wanted
            if not ready:
                check()
            wanted = generator.send(ready)
    except StopIteration as finished:
        return finished.value


class ProbeConnection(Connection[Any]):
    """A connection that waits `ANSWER_SECONDS` at most. Raises `TimeoutError`."""

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        deadline = time.monotonic() + ANSWER_SECONDS

        def check() -> None:
            if time.monotonic() > deadline:
                raise TimeoutError

        return super().wait(interruptible(gen, check), *args, **kwargs)


class Probe:
    """Asks the server, twice a second, in a thread of its own that ends with the process."""

    def __init__(self, connection_params: dict[str, Any]) -> None:
        own = {"connect_timeout": CONNECT_SECONDS, "autocommit": True, "prepare_threshold": None}
        self._params = connection_params | own
        self._connection: ProbeConnection | None = None
        self._over = threading.Event()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="database-probe", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it before the process does, for tests."""
        self._over.set()
        self._thread.join(CONNECT_SECONDS + ANSWER_SECONDS)
        self._give_up()

    def _run(self) -> None:
        pause = 0.0
        while not self._over.wait(pause):
            begun = time.monotonic()
            self.ask()
            pause = max(0.05, PROBE_EVERY_SECONDS - (time.monotonic() - begun))

    def ask(self) -> None:
        """Ask once, and note what was seen."""
        try:
            if self._connection is None:
                self._connection = ProbeConnection.connect(**self._params)
                unreachable.clear()
            self._connection.execute("SELECT 1")
        except (TimeoutError, ConnectionTimeout):
            self._give_up()
            silent.set()
        except Error:
            # It was refused or closed, which others are told as well: they need no help to notice.
            if self._connection is None:
                unreachable.set()
                silent.clear()
            self._give_up()
        else:
            silent.clear()

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
