"""Admission control: how many requests a worker process works on, how many wait, and who is refused.

A worker has few permits to run and many threads. A request that waits for a database's answer or for another
thread gives its permit back meanwhile, so that what is stuck takes no permit from what is not. Everything is
bounded: a request that finds no place raises `Overloaded` at once. In a process that has called no `install`
(commands, tests) nothing is limited. Pure.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock, get_ident

# Longer than what blocks is let go in any state of the database.
LONGEST_QUEUE_SECONDS = 10.0
# Changes of one subject that may wait for the database: further ones would wait for the same row.
MOST_ALIKE = 2


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
    `alike`: the same among changes of one subject; `writing`: how many changes run at once.
    """

    def __init__(
        self, running: int, waiting: int, blocked: int, alike: int = MOST_ALIKE, writing: int | None = None
    ) -> None:
        self._permits = Permits(running)
        self._writes = Permits(writing) if writing is not None else None
        self._places = running + waiting
        self._most_blocked, self._most_alike = blocked, alike
        self._mutex = Lock()
        self._inside = self._blocked = 0
        self._blocked_subjects: Counter[str] = Counter()
        # The threads that have a permit, with the subject of their request.
        self._holders: dict[int, str] = {}

    def enter(self, *, writes: bool, subject: str = "") -> None:
        """Begin a request in this thread; call `leave` with the same `writes` when it is over.

        `subject`: what a change waits for is likely to hold up every change of the same subject; empty: of
        nothing in particular. Waits for a permit at most `LONGEST_QUEUE_SECONDS`. Raises `Overloaded`.
        """
        with self._mutex:
            if self._inside >= self._places or (writes and self._holds_up(subject)):
                raise Overloaded
            self._inside += 1
        if not self._acquire(writes):
            with self._mutex:
                self._inside -= 1
            raise Overloaded
        self._holders[get_ident()] = subject
        if writes and self._holds_up(subject):  # what it would wait for got stuck while it queued
            self.leave(writes=True)
            raise Overloaded

    def _holds_up(self, subject: str) -> bool:
        """Whether so many wait for the database that one more change would leave others no connection."""
        return self._blocked >= self._most_blocked or self._blocked_subjects[subject] >= self._most_alike

    def leave(self, *, writes: bool, thread: int | None = None) -> None:
        """End a request; `thread` is the one that entered, when another ends it."""
        self._holders.pop(thread or get_ident(), None)
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

    def give_back(self, *, in_database: bool) -> str | None:
        """Give this thread's permit back while it waits; None for a thread that has none.

        The result, the subject of its request, is for `go_on`.
        """
        subject = self._holders.pop(get_ident(), None)
        if subject is None:
            return None
        if in_database:
            self._note(subject, 1)
        self._permits.release()
        return subject

    def go_on(self, subject: str, *, in_database: bool) -> None:
        """Take the permit again after `give_back`. Does not wait: the wait is over."""
        if in_database:
            self._note(subject, -1)
        self._permits.take_back()
        self._holders[get_ident()] = subject

    def _note(self, subject: str, change: int) -> None:
        """Count a request that begins or ends to wait for the database."""
        with self._mutex:
            self._blocked += change
            if subject:
                self._blocked_subjects[subject] += change
                if not self._blocked_subjects[subject]:
                    del self._blocked_subjects[subject]


_installed: Admission | None = None


def install(admission: Admission | None) -> None:
    """Limit the requests of this process; None: no longer."""
    global _installed
    _installed = admission


def is_installed() -> bool:
    return _installed is not None


def start_waiting(*, in_database: bool) -> Callable[[], None] | None:
    """Give the permit of this thread back; call the result, if any, when the wait is over."""
    places = _installed
    subject = places.give_back(in_database=in_database) if places else None
    if places is None or subject is None:
        return None
    return partial(places.go_on, subject, in_database=in_database)


@contextmanager
def waiting() -> Iterator[None]:
    """Give the permit of this thread back while it waits for another thread."""
    go_on = start_waiting(in_database=False)
    try:
        yield
    finally:
        if go_on:
            go_on()
