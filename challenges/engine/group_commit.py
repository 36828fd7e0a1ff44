"""Single logs that arrive at the same moment share one transaction: its statements and commit are paid once.

Nobody waits for others to come. A log that finds its challenge idle is recorded at once; those that arrive
meanwhile in the same process are recorded together when it is done, by the first of them. Each challenge by
itself: an edit that has one for itself keeps nobody else waiting.
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
    """One log's place in the line of its challenge: woken with its outcome, or to record `group` itself."""

    entry: Entry
    woken: Event = field(default_factory=Event)
    outcome: Outcome | None = None
    group: Sequence["Waiter"] = ()


_lock = Lock()
# Those who wait, of each challenge whose logs are being recorded now.
_lines: dict[UUID, list[Waiter]] = {}


def record(entry: Entry) -> Outcome:
    """The outcome of one activity, as `intake.record` gives it. Inside a transaction it stays by itself."""
    if connection.in_atomic_block:
        return intake.record([entry])[0]
    turn = Waiter(entry)
    if _is_leader(turn):
        turn.group = [turn]
    else:
        turn.woken.wait()
    if turn.group:
        _record_group(turn.group)
    # A group that failed leaves no outcome: each goes alone then, so that one log's trouble is its own.
    return turn.outcome or intake.record([entry])[0]


def _is_leader(turn: Waiter) -> bool:
    """Whether nobody is at this challenge; else the log stands in line now."""
    with _lock:
        line = _lines.get(turn.entry.challenge_id)
        if line is None:
            _lines[turn.entry.challenge_id] = []
            return True
        line.append(turn)
        return False


def _record_group(group: Sequence[Waiter]) -> None:
    try:
        outcomes = intake.record([turn.entry for turn in group])
        for turn, outcome in zip(group, outcomes, strict=True):
            turn.outcome = outcome
    except Exception:
        if len(group) == 1:
            raise
    finally:
        _start_next_group(group[0].entry.challenge_id)
        for turn in group[1:]:
            turn.woken.set()


def _start_next_group(challenge_id: UUID) -> None:
    """Whoever came meanwhile goes next, all of them together, led by the first."""
    with _lock:
        waiting = _lines[challenge_id]
        if not waiting:
            del _lines[challenge_id]
            return
        _lines[challenge_id] = []
    waiting[0].group = waiting
    waiting[0].woken.set()
