"""Rule versions as docs/rules.md has them, written out once more: which of them judges a window, until when.

A part of the model that the engine is held against; it shares no code with it. One period: days, UTC.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """What a version says of one milestone."""

    target: int
    live: bool = True


@dataclass
class Version:
    """What an edit left behind: in force from `since`, until the next one."""

    since: datetime
    target: int
    steps: dict = field(default_factory=dict)  # milestone's name -> step
    end: datetime | None = None

    @property
    def rules(self):
        return self.target, self.steps, self.end

    def target_of(self, name):
        """The target of a milestone or of the completion; None: the version does not name it."""
        if name == "completion":
            return self.target
        return self.steps[name].target if name in self.steps else None

    def reached(self, value):
        return {name for name, step in self.steps.items() if step.live and step.target <= value}


class Timeline:
    """The versions of a challenge, of which the last may be pending until the next window."""

    def __init__(self, target):
        self.draft = Version(LONG_AGO, target)
        self.versions, self.pending = [], None

    @property
    def newest(self):
        return self.versions[-1] if self.versions else self.draft

    def go_live(self, now):
        self.versions = [replace(self.draft, since=now)]

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

    def exists(self, starts):
        _version, closes, _end = self.of(starts)
        return closes > self.versions[0].since

    def advance(self, now):
        if self.pending and self.pending.since <= now:
            self.versions.append(self.pending)
            self.pending = None

    def edit(self, now, **changes):
        """An edit of now changes what is pending, too, in the same fields."""
        if not self.versions:
            self.draft = replace(self.draft, **changes)
            return
        before, after = self.newest, replace(self.newest, since=now, **changes)
        if before.rules != after.rules:
            self.versions.append(after)
        if self.pending:
            target = after.target if after.target != before.target else self.pending.target
            end = after.end if after.end != before.end else self.pending.end
            steps = carried_over(self.pending.steps, before.steps, after.steps)
            self._wait(Version(self.pending.since, target, steps, end))

    def edit_next_window(self, now, **changes):
        base = self.pending or replace(self.newest, since=start_of(now) + DAY)
        self._wait(replace(base, **changes))

    def cancel(self):
        self.pending = None

    def _wait(self, version):
        self.pending = None if version.rules == self.newest.rules else version


def carried_over(pending, before, after):
    """The pending milestones after an edit: changed in what it changed, as they were in all else."""
    steps = {name: step for name, step in pending.items() if name in after or name not in before}
    for name, step in after.items():
        old = before.get(name)
        if old is None:
            steps[name] = step
        elif name in steps:
            target = step.target if step.target != old.target else steps[name].target
            live = step.live if step.live != old.live else steps[name].live
            steps[name] = Step(target, live)
    return steps


def last_before(versions, moment):
    """The index of the newest version from before a moment; of the first where there is none."""
    return max((i for i, version in enumerate(versions) if version.since < moment), default=0)


def start_of(at):
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
