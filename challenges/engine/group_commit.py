"""Record single logs that arrive at the same time in one transaction, which saves statements and commits.

No log is delayed to wait for others. One whose challenge is idle is recorded at once; those that arrive in
this process while it is being recorded form the next group, which the thread of the first of them records.
There is a queue for each challenge, so that an edit, which locks its challenge, delays no other challenge.

A queue is bounded, and so is the wait in it: beyond, and when the group before gave up its wait for a lock, a
log is refused as `unavailable`. Sending it again is safe, for its identifier counts once (docs/locking.md,
Waits).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from uuid import UUID

from django.db import connection

from challenges.engine import intake, locks
from challenges.engine.eligibility import Entry
from challenges.engine.intake import Outcome
from core import admission

# Logs that may wait for one challenge in one process.
MOST_WAITING = 32
# A wait is over in milliseconds, or it is a long one: then the log's connection serves others.
SHORT_WAIT_SECONDS = 0.1
# Longer than a group waits for a lock (LOCK_TIMEOUT), for which the next one may have to wait too.
LONGEST_WAIT_SECONDS = 12.0


@dataclass(slots=True)
class Waiter:
    """One log in the queue of its challenge, woken with its outcome or, as the leader, with its `group`.

    `refused`: its group, or the one before, waited for a lock in vain.
    """

    entry: Entry
    woken: Event = field(default_factory=Event)
    outcome: Outcome | None = None
    group: Sequence["Waiter"] = ()
    refused: bool = False


_lock = Lock()
# The waiting logs of each challenge whose logs are being recorded now; an idle challenge has no entry.
_queues: dict[UUID, list[Waiter]] = {}


def record(entry: Entry) -> Outcome:
    """Record one activity and return its outcome, as `intake.record` does; ungrouped inside a transaction.

    Raises `DomainError` `unavailable` when too many wait for the challenge, or this one waited too long.
    """
    if connection.in_atomic_block:
        return intake.record([entry])[0]
    waiter = Waiter(entry)
    if _start_or_enqueue(waiter):
        waiter.group = [waiter]
    else:
        _wait(waiter)
    if waiter.group:
        _record_group(waiter.group)
    if waiter.refused:
        raise locks.busy()
    # A group that failed has no outcomes: each log is then recorded alone, so that it fails for itself only.
    return waiter.outcome or intake.record([entry])[0]


def _start_or_enqueue(waiter: Waiter) -> bool:
    """Return True when the challenge was idle and is taken now; else add the log to the queue."""
    with _lock:
        queue = _queues.get(waiter.entry.challenge_id)
        if queue is None:
            _queues[waiter.entry.challenge_id] = []
            return True
        if len(queue) >= MOST_WAITING:
            raise locks.busy()
        queue.append(waiter)
        return False


def _wait(waiter: Waiter) -> None:
    if waiter.woken.wait(SHORT_WAIT_SECONDS):
        return
    connection.close()
    with admission.waiting():
        if waiter.woken.wait(LONGEST_WAIT_SECONDS):
            return
    with _lock:
        if waiter.group:  # made the leader at the last moment, on whom others rely
            return
        queue = _queues.get(waiter.entry.challenge_id, [])
        if waiter in queue:
            queue.remove(waiter)
        waiter.refused = waiter.outcome is None


def _record_group(group: Sequence[Waiter]) -> None:
    gave_up = False
    try:
        outcomes = intake.record([waiter.entry for waiter in group])
        for waiter, outcome in zip(group, outcomes, strict=True):
            waiter.outcome = outcome
    except Exception as error:
        gave_up = locks.gave_up_waiting(error) or getattr(error, "status", "") == "busy"
        if len(group) == 1 and not gave_up:
            raise
    finally:
        _start_next_group(group[0].entry.challenge_id, gave_up)
        for waiter in group:
            waiter.refused = gave_up
            waiter.woken.set()


def _start_next_group(challenge_id: UUID, gave_up: bool) -> None:
    """Wake the first of the logs that arrived meanwhile to record all of them; without any, set idle.

    After a group that gave up, refuse them instead: they would wait for the same lock.
    """
    with _lock:
        group = _queues[challenge_id]
        if not group or gave_up:
            del _queues[challenge_id]
        else:
            _queues[challenge_id] = []
            group[0].group = group
    if gave_up:
        for waiter in group:
            waiter.refused = True
    for waiter in group if gave_up else group[:1]:
        waiter.woken.set()
