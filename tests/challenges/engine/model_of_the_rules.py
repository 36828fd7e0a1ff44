"""The rules of docs/rules.md, written out once more, slowly and in memory: a model for property tests.

A model to hold the engine against. One period (days, UTC), sums in whole units, members by name.
"""

from dataclasses import dataclass, field, replace
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
class Version:
    """What an edit left behind: in force from `since`, until the next one."""

    since: datetime
    target: int
    milestones: dict  # name -> target, live ones
    end: datetime | None = None


@dataclass
class Window:
    starts: datetime
    target: int
    closes: datetime
    value: int = 0
    completed: bool = False
    paid: set = field(default_factory=set)  # milestone names, and "completion"


class Model:
    """`record` and the edits answer what the engine should; `windows` is what it should then hold."""

    def __init__(self, target, went_live):
        self.status, self.grace = "live", timedelta(hours=72)
        self.versions = [Version(went_live, target, {})]
        self.pending = None
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
        _version, closes, end = self.of(start_of(at))
        reason = ""
        if self.status == "paused":
            reason = "challenge_paused"
        elif member in self.paused:
            reason = "member_paused"
        elif end is not None and at >= end:
            reason = "after_end"
        elif closes <= self.versions[0].since:
            reason = "before_live"
        elif now - closes > self.grace:
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
        starts = datetime.fromisoformat(log.window).replace(tzinfo=log.at.tzinfo)
        version, closes, _end = self.of(starts)
        window = self.windows.setdefault((member, log.window), Window(starts, version.target, closes))
        window.value += log.gave
        self.judge(window)

    def of(self, starts):
        """The version that judges a window, when it closes, and the end of the challenge that holds there."""
        versions = [*self.versions, *([self.pending] if self.pending else [])]
        calendar_end = closes = starts + DAY
        index = last_before(versions, calendar_end)
        end = versions[index].end
        if end is not None and end < calendar_end:
            first = index
            while first and versions[first - 1].end == end:
                first -= 1
            early = max(end, versions[first].since)
            if starts < early < calendar_end:
                closes = early
        return versions[last_before(versions, closes)], closes, end

    def judge(self, window):
        version, window.closes, _end = self.of(window.starts)
        if not window.completed or version.target < window.target:
            window.target = version.target
        window.paid |= {name for name, target in version.milestones.items() if target <= window.value}
        if window.value >= window.target:
            window.completed = True
            window.paid.add("completion")

    @property
    def newest(self):
        return self.versions[-1]

    def advance(self, now):
        if self.pending and self.pending.since <= now:
            self.versions.append(self.pending)
            self.pending = None

    def edit(self, now, **changes):
        """An edit of now changes what is pending, too."""
        before, after = self.newest, replace(self.newest, since=now, **changes)
        self.versions.append(after)
        if self.pending:
            target = after.target if after.target != before.target else self.pending.target
            end = after.end if after.end != before.end else self.pending.end
            milestones = {n: t for n, t in self.pending.milestones.items() if n in after.milestones}
            for name, aim in after.milestones.items():
                if before.milestones.get(name) != aim:
                    milestones[name] = aim
            self.wait(Version(self.pending.since, target, milestones, end))
        self.judge_all()

    def edit_next_window(self, now, **changes):
        base = self.pending or replace(self.newest, since=start_of(now) + DAY)
        self.wait(replace(base, **changes))
        self.judge_all()

    def wait(self, version):
        rules = (version.target, version.milestones, version.end)
        same = rules == (self.newest.target, self.newest.milestones, self.newest.end)
        self.pending = None if same else version

    def cancel(self):
        self.pending = None
        self.judge_all()

    def judge_all(self):
        for window in self.windows.values():
            self.judge(window)


def last_before(versions, moment):
    """The index of the newest version from before a moment; of the first where there is none."""
    return max((i for i, version in enumerate(versions) if version.since < moment), default=0)


def start_of(at):
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
