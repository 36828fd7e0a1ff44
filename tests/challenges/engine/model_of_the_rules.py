"""The rules of docs/rules.md, written out once more, slowly and in memory: a model for property tests.

A model to hold the engine against. One period (days, UTC), sums in whole units, members by name.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY = timedelta(days=1)


@dataclass
class Log:
    uid: str
    at: datetime
    value: int
    reversal_of: str
    window: str
    reason: str
    gave: int


@dataclass
class Window:
    target: int
    ends: datetime
    value: int = 0
    completed: bool = False
    paid: set = field(default_factory=set)  # milestone names, and "completion"


class Model:
    """`record` and the edits answer what the engine should; `windows` is what it should then hold."""

    def __init__(self, target):
        self.status, self.target, self.grace = "live", target, timedelta(hours=72)
        self.milestones = {}  # name -> (target, live since)
        self.paused = set()
        self.logs = {}  # member -> {identifier: log}
        self.windows = {}  # (member, day) -> window

    def record(self, member, uid, at, value, reversal_of, now):
        logs = self.logs.setdefault(member, {})
        if uid in logs:
            had = logs[uid]
            same = (had.at, had.value, had.reversal_of) == (at, value, reversal_of)
            return "replayed" if same else "conflict"
        log = self.reversed(logs, uid, at, value, reversal_of) if reversal_of else None
        if reversal_of and log is None:
            return "rejected"
        log = log or self.judged(member, uid, at, value, now)
        logs[uid] = log
        if not log.reason:
            self.apply(member, log)
        return "created"

    def judged(self, member, uid, at, value, now):
        window = at.date().isoformat()
        reason = ""
        if self.status == "paused":
            reason = "challenge_paused"
        elif member in self.paused:
            reason = "member_paused"
        elif now - end_of(at) > self.grace:
            reason = "window_closed"
        return Log(uid, at, value, "", window, reason, 0 if reason else value)

    def reversed(self, logs, uid, at, value, reversal_of):
        original = logs.get(reversal_of)
        if original is None or original.reversal_of:
            return None
        if original.reason:
            return Log(uid, at, value, reversal_of, original.window, "original_not_counted", 0)
        left = original.gave + sum(log.gave for log in logs.values() if log.reversal_of == reversal_of)
        part = left if value is None else value
        if not 0 < part <= left:
            return None
        return Log(uid, at, value, reversal_of, original.window, "", -part)

    def apply(self, member, log):
        ends = end_of(datetime.fromisoformat(log.window).replace(tzinfo=log.at.tzinfo))
        window = self.windows.setdefault((member, log.window), Window(self.target, ends))
        before, window.value = window.value, window.value + log.gave
        self.pay(window, before)

    def pay(self, window, before):
        for name, (target, since) in self.milestones.items():
            if before < target <= window.value and since < window.ends:
                window.paid.add(name)
        if window.value >= window.target:
            window.completed = True
            window.paid.add("completion")

    def edit(self, now):
        """What an edit of target or milestones does to open windows: as if everybody had just got there."""
        for window in self.windows.values():
            if window.ends > now:
                if not window.completed or self.target < window.target:
                    window.target = self.target
                self.pay(window, -1)


def end_of(at):
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
