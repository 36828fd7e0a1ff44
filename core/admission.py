"""Admission control: how many requests a worker process works on, how many wait, and who is refused.

A worker has few permits to run and many threads. A request that waits for a database's answer or for another
thread gives its permit back meanwhile, so that what is stuck takes no permit from what is not. Everything is
bounded: a request that finds no place raises `Overloaded` at once. In a process that has called no `install`
(commands, tests) nothing is limited. Pure.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, get_ident

# Longer than what blocks is let go in any state of the database.
LONGEST_QUEUE_SECONDS = 10.0
# Changes of one subject that run at once: they are likely to wait for the same row. And how many may queue.
MOST_ALIKE, MOST_QUEUED_ALIKE = 3, 8
# Who has given its permit back for so long is stuck: a slow disk seldom takes that long.
STUCK_AFTER_SECONDS = 0.3


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


@dataclass(slots=True)
class Subject:
    """The changes of one subject that are inside."""

    permits: Permits = field(default_factory=lambda: Permits(MOST_ALIKE))
    inside: int = 0


class Admission:
    """The places of one worker process.

    `writing`: changes that run at once; `reading`: further requests that do, for changes alone wait for
    locks; `waiting`: further ones that may have a thread, to wait for a permit or blocked; `blocked`: of
    those, how many may wait for the database without a permit, and be stuck there before changes are refused.
    """

    def __init__(self, writing: int, reading: int, waiting: int, blocked: int) -> None:
        self._writes, self._running = Permits(writing), Permits(writing + reading)
        self._most_inside = writing + reading + waiting
        self._most_blocked = blocked
        self._mutex = Lock()
        self._inside = 0
        self._subjects: dict[str, Subject] = {}
        # By thread: who has permits to run, who waits without, and since when one waits for the database.
        self._runs: dict[int, Place] = {}
        self._waits: dict[int, Place] = {}
        self._blocked: dict[int, float] = {}

    def enter(self, *, writes: bool, subject: str = "") -> "Place":
        """Begin a request in this thread; `leave` the place when it is over.

        `subject`: the record that a change names; empty: none. Waits for a permit at most
        `LONGEST_QUEUE_SECONDS`. Raises `Overloaded`.
        """
        subject = subject if writes else ""
        place = Place(self, subject, self._count(writes, subject))
        if not place.take_permits():
            place.leave()
            raise Overloaded
        self._runs[place.thread] = place
        if writes and self.is_stuck():  # perhaps since it has queued
            place.leave()
            raise Overloaded
        return place

    def _count(self, writes: bool, subject: str) -> list[Permits]:
        """Count a request as inside; return the permits that it needs, in order."""
        with self._mutex:
            if self._inside >= self._most_inside or (writes and self.is_stuck()):
                raise Overloaded
            needed = [self._writes, self._running] if writes else [self._running]
            if subject:
                alike = self._subjects.setdefault(subject, Subject())
                if alike.inside >= MOST_ALIKE + MOST_QUEUED_ALIKE:
                    raise Overloaded
                alike.inside += 1
                needed.insert(0, alike.permits)
            self._inside += 1
        return needed

    def is_stuck(self) -> bool:
        """Whether so much is stuck in the database that one more change might leave reads no connection."""
        if len(self._blocked) < self._most_blocked:
            return False
        return max(self._blocked.copy().values(), default=0.0) < time.monotonic() - STUCK_AFTER_SECONDS

    def end(self, place: "Place") -> None:
        """Count a request as over; called by its `leave`."""
        self._runs.pop(place.thread, None)
        with self._mutex:
            self._inside -= 1
            if place.subject:
                alike = self._subjects[place.subject]
                alike.inside -= 1
                if not alike.inside:
                    del self._subjects[place.subject]

    def give_back(self, *, in_database: bool) -> bool:
        """Give this thread's permits back while it waits; False for a thread that has none, or may not."""
        thread = get_ident()
        if thread not in self._runs:
            return False
        if in_database:
            with self._mutex:
                if len(self._blocked) >= self._most_blocked:
                    return False
                self._blocked[thread] = time.monotonic()
        self._waits[thread] = place = self._runs.pop(thread)
        for permits in place.to_run:
            permits.release()
        return True

    def go_on(self) -> None:
        """Take the permits again after `give_back`. Does not wait: the wait is over."""
        thread = get_ident()
        with self._mutex:
            self._blocked.pop(thread, None)
        self._runs[thread] = place = self._waits.pop(thread)
        for permits in place.to_run:
            permits.take_back()


class Place:
    """One request that is inside, and the permits that it holds."""

    def __init__(self, admission: Admission, subject: str, needed: list[Permits]) -> None:
        self.admission, self.subject = admission, subject
        self.thread = get_ident()
        self._needed, self._held = needed, 0
        self._is_left = False

    def take_permits(self) -> bool:
        """Take the permits one after the other; False when that took too long."""
        deadline = time.monotonic() + LONGEST_QUEUE_SECONDS
        for permits in self._needed:
            if not permits.acquire(max(0.0, deadline - time.monotonic())):
                return False
            self._held += 1
        return True

    @property
    def to_run(self) -> list[Permits]:
        """The permits to give back while waiting; that of the subject is kept: its other changes wait too."""
        return self._needed[1:] if self.subject else self._needed

    def leave(self) -> None:
        """End the request; from any thread, and more than once."""
        if self._is_left:
            return
        self._is_left = True
        for permits in self._needed[: self._held]:
            permits.release()
        self.admission.end(self)


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
    if places is None or not places.give_back(in_database=in_database):
        return None
    return places.go_on


@contextmanager
def waiting() -> Iterator[None]:
    """Give the permit of this thread back while it waits for another thread."""
    go_on = start_waiting(in_database=False)
    try:
        yield
    finally:
        if go_on:
            go_on()
