"""Record single logs that arrive at the same time in one transaction, which saves statements and commits.

No log is delayed to wait for others. One whose challenge is idle is recorded at once; those that arrive in
this process while it is being recorded form the next group, which the thread of the first of them records.
There is a queue for each challenge, so that an edit, which locks its challenge, delays no other challenge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from uuid import UUID

from django.db import connection

from challenges.engine import intake
from challenges.engine.eligibility import Entry
from challenges.engine.intake import Outcome


@dataclass(slots=True)
class Waiter:
    """One log in the queue of its challenge, woken with its outcome or, as the leader, with its `group`."""

    entry: Entry
    woken: Event = field(default_factory=Event)
    outcome: Outcome | None = None
    group: Sequence["Waiter"] = ()


_lock = Lock()
# The waiting logs of each challenge whose logs are being recorded now; an idle challenge has no entry.
_queues: dict[UUID, list[Waiter]] = {}


def record(entry: Entry) -> Outcome:
    """Record one activity and return its outcome, as `intake.record` does; ungrouped inside a transaction."""
    if connection.in_atomic_block:
        return intake.record([entry])[0]
    waiter = Waiter(entry)
    if _start_or_enqueue(waiter):
        waiter.group = [waiter]
    else:
        waiter.woken.wait()
    if waiter.group:
        _record_group(waiter.group)
    # A group that failed has no outcomes: each log is then recorded alone, so that it fails for itself only.
    return waiter.outcome or intake.record([entry])[0]


def _start_or_enqueue(waiter: Waiter) -> bool:
    """Return True when the challenge was idle and is taken now; else add the log to the queue."""
    with _lock:
        queue = _queues.get(waiter.entry.challenge_id)
        if queue is None:
            _queues[waiter.entry.challenge_id] = []
            return True
        queue.append(waiter)
        return False


def _record_group(group: Sequence[Waiter]) -> None:
    try:
        outcomes = intake.record([waiter.entry for waiter in group])
        for waiter, outcome in zip(group, outcomes, strict=True):
            waiter.outcome = outcome
    except Exception:
        if len(group) == 1:
            raise
    finally:
        _start_next_group(group[0].entry.challenge_id)
        for waiter in group[1:]:
            waiter.woken.set()


def _start_next_group(challenge_id: UUID) -> None:
    """Wake the first of the logs that arrived meanwhile to record all of them; without any, set idle."""
    with _lock:
        group = _queues[challenge_id]
        if not group:
            del _queues[challenge_id]
            return
        _queues[challenge_id] = []
    leader = group[0]
    leader.group = group
    leader.woken.set()
