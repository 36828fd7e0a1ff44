"""Admission control: how many requests a worker process works on, how many wait, and who is refused.

A worker has few permits to run and many threads. A request that waits for a database's answer or for another
thread gives its permit back meanwhile, so that what is stuck takes no permit from what is not. Everything is
bounded: a request that finds no place raises `Overloaded` at once. In a process that has called no `install`
(commands, tests) nothing is limited. Pure.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident

# Longer than what blocks is let go in any state of the database.
LONGEST_QUEUE_SECONDS = 10.0


class Overloaded(Exception):  # noqa: N818 - a state, not a fault
    """There is no place for this request now; nothing was done for it."""


class Permits:
    """A semaphore that serves first come, first served, and that may be overdrawn by `take_back`."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._mutex = Lock()
        self._queue: deque[Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Take a permit; False when none came free within `timeout` seconds."""
        with self._mutex:
            if self._free > 0 and not self._queue:
                self._free -= 1
                return True
            turn = Lock()
            turn.acquire(blocking=False)
            self._queue.append(turn)
        if turn.acquire(timeout=timeout):
            return True
        with self._mutex:
            if turn not in self._queue:  # handed over at the last moment
                return True
            self._queue.remove(turn)
            return False

    def take_back(self) -> None:
        """Take a permit without waiting, even when none is free."""
        with self._mutex:
            self._free -= 1

    def release(self) -> None:
        with self._mutex:
            self._free += 1
            while self._free > 0 and self._queue:
                self._free -= 1
                self._queue.popleft().release()


class Admission:
    """The places of one worker process.

    `running`: requests worked on at once; `waiting`: further ones that may have a thread, be it to wait for a
    permit or blocked; `blocked`: of those, how many may wait for the database before changes are refused;
    `writing`: how many requests that change something run at once.
    """

    def __init__(self, running: int, waiting: int, blocked: int, writing: int | None = None) -> None:
        self._permits = Permits(running)
        self._writes = Permits(writing) if writing is not None else None
        self._places = running + waiting
        self._most_blocked = blocked
        self._mutex = Lock()
        self._inside = self._blocked = 0
        self._holders: set[int] = set()

    def enter(self, *, writes: bool) -> None:
        """Begin a request in this thread; call `leave` with the same argument when it is over.

        Waits for a permit at most `LONGEST_QUEUE_SECONDS`. Raises `Overloaded`.
        """
        with self._mutex:
            if self._inside >= self._places or (writes and self._blocked >= self._most_blocked):
                raise Overloaded
            self._inside += 1
        if not self._acquire(writes):
            with self._mutex:
                self._inside -= 1
            raise Overloaded
        self._holders.add(get_ident())

    def leave(self, *, writes: bool, thread: int | None = None) -> None:
        """End a request; `thread` is the one that entered, when another ends it."""
        self._holders.discard(thread or get_ident())
        self._permits.release()
        if writes and self._writes:
            self._writes.release()
        with self._mutex:
            self._inside -= 1

    def _acquire(self, writes: bool) -> bool:
        deadline = time.monotonic() + LONGEST_QUEUE_SECONDS
        if writes and self._writes and not self._writes.acquire(LONGEST_QUEUE_SECONDS):
            return False
        if self._permits.acquire(max(0.0, deadline - time.monotonic())):
            return True
        if writes and self._writes:
            self._writes.release()
        return False

    def give_back(self, *, in_database: bool) -> bool:
        """Give this thread's permit back while it waits; False for a thread that has none."""
        if get_ident() not in self._holders:
            return False
        self._holders.discard(get_ident())
        if in_database:
            with self._mutex:
                self._blocked += 1
        self._permits.release()
        return True

    def go_on(self, *, in_database: bool) -> None:
        """Take the permit again after `give_back` was true. Does not wait: the wait is over."""
        if in_database:
            with self._mutex:
                self._blocked -= 1
        self._permits.take_back()
        self._holders.add(get_ident())


_installed: Admission | None = None


def install(admission: Admission | None) -> None:
    """Limit the requests of this process; None: no longer."""
    global _installed
    _installed = admission


def is_installed() -> bool:
    return _installed is not None


def start_waiting(*, in_database: bool) -> Admission | None:
    """Give the permit of this thread back; tell the result, if any, to `go_on` when the wait is over."""
    admission = _installed
    return admission if admission and admission.give_back(in_database=in_database) else None


@contextmanager
def waiting() -> Iterator[None]:
    """Give the permit of this thread back while it waits for another thread."""
    admission = start_waiting(in_database=False)
    try:
        yield
    finally:
        if admission:
            admission.go_on(in_database=False)
