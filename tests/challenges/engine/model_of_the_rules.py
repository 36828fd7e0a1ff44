"""The rules of docs/rules.md, written out once more, slowly and in memory: a model for property tests.

A model to hold the engine against, with which it shares no code. Days, UTC, whole units, members by name.
"""

from collections import namedtuple
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.challenges.engine.model_of_versions import Timeline, start_of

HELD, REDEEMED = "held", "redeemed"
BY_POLICY, BY_HAND = "revoked by the policy", "revoked by hand"

Sent = namedtuple("Sent", "member uid at value reversal_of", defaults=[None, ""])


@dataclass
class Log:
    """A stored log; `gave`: what it changed. `acts_for`: one of the engine's own, for the log it names."""

    sent: Sent
    window: str
    reason: str
    gave: int
    acts_for: str = ""

    @property
    def state(self):
        return not self.reason, self.reason, self.gave, self.window, self.sent.reversal_of


@dataclass
class Reward:
    aim: int  # the target at which it was paid
    status: str = HELD


@dataclass
class Window:
    starts: datetime
    target: int
    closes: datetime
    value: int = 0
    highest: int = 0  # of the logs that are judged together
    completed: bool = False
    rewards: dict = field(default_factory=dict)  # by milestone, or "completion"


class Challenge(Timeline):
    """One challenge: `record` and the edits answer what the engine should; the rest it should hold."""

    def __init__(self, target, counting=False, steps=None):
        super().__init__(target)
        self.net = False  # what is taken back before it is judged is due to nobody
        self.draft.steps = steps or {}
        self.counting, self.status, self.archived = counting, "draft", False
        self.revokes, self.grace = False, timedelta(hours=72)
        self.logs = {}  # (member, identifier) -> log, in the order of their coming
        self.acts = {}  # (member, identifier it acts for) -> log of the engine's own
        self.windows = {}  # (member, day) -> window
        self.losing = {}  # of this batch: (member, day) -> whether value was lost

    # -- what comes in

    def record(self, batch, now, paused=(), by_activity=False):
        answers = [""] * len(batch)
        for index in in_order(batch):
            answers[index] = self.record_one(batch[index], now, paused, by_activity)
        self.settle()
        return answers

    def record_one(self, sent, now, paused, by_activity):
        key = (sent.member, sent.uid)
        if key in self.logs:
            return "replayed" if self.logs[key].sent == sent else "conflict"
        if self.status == "draft" or (self.archived and not sent.reversal_of):
            return "rejected"
        if is_too_old(sent, now):
            return "rejected"
        if sent.value is None and not (sent.reversal_of or self.counting or by_activity):
            return "rejected"
        log = self.reversed(sent) if sent.reversal_of else self.judged(sent, now, paused)
        if log is None:
            return "rejected"
        self.logs[key] = log
        self.apply(log)
        if not sent.reversal_of:
            self.let_early_ones_act(log)
        return "created"

    def judged(self, sent, now, paused):
        starts = start_of(sent.at)
        _version, closes, end = self.of(starts)
        reason = ""
        if sent.value is None and not self.counting:
            reason = "value_missing"
        elif self.status == "paused":
            reason = "challenge_paused"
        elif sent.member in paused:
            reason = "member_paused"
        elif end is not None and sent.at >= end:
            reason = "after_end"
        elif not self.exists(starts):
            reason = "before_live"
        elif now - closes > self.grace:
            reason = "window_closed"
        gives = 1 if self.counting else sent.value
        return Log(sent, key_of(sent.at), reason, 0 if reason else gives)

    # -- reversals

    def reversed(self, sent):
        """The log of a reversal, which is refused for another reversal alone."""
        original = self.logs.get((sent.member, sent.reversal_of))
        if sent.uid == sent.reversal_of or (original and original.sent.reversal_of):
            return None
        if original is None:
            return Log(sent, "", "original_unknown", 0)
        if self.counted_by(original) is None:
            return Log(sent, original.window, "original_not_counted", 0)
        taken = self.taken(original, sent.value, self.reversals_of(original))
        if taken is None:
            return Log(sent, original.window, "nothing_left", 0)
        return Log(sent, original.window, "", -taken)

    def counted_by(self, original):
        """The log that counts it: it itself, or the one by which staff counted it anyway."""
        return original if not original.reason else self.acts.get((original.sent.member, original.sent.uid))

    def reversals_of(self, original):
        """The stored ones that took of it, would take of it, or took nothing of a free order."""
        key = (original.sent.member, original.sent.uid)
        named = [log for log in self.logs.values() if (log.sent.member, log.sent.reversal_of) == key]
        return [log for log in named if log.reason != "nothing_left"]

    def taken(self, original, value, earlier):
        """What a reversal takes of a counted log, after earlier ones; None: nothing is left."""
        gave = self.counted_by(original).gave
        member, uid = original.sent.member, original.sent.uid
        every = [*self.logs.values(), *self.acts.values()]
        left = gave + sum(
            log.gave for log in every if (log.sent.member, log.sent.reversal_of) == (member, uid)
        )
        if left == 0 and (gave or earlier):
            return None
        if not self.counting:
            return left if value is None else min(left, value)
        return left if is_whole(original, [*earlier_values(earlier), value]) else 0

    def let_early_ones_act(self, original):
        if original.reason:
            return
        early = self.reversals_of(original)
        for index, reversal in enumerate(early):
            taken = self.taken(original, reversal.sent.value, early[:index])
            if taken is not None:
                sent = original.sent._replace(value=reversal.sent.value, reversal_of=original.sent.uid)
                self.act(Log(sent, original.window, "", -taken, reversal.sent.uid))

    def act(self, log):
        self.acts[log.sent.member, log.acts_for] = log
        self.apply(log)

    def count_anyway(self, keys):
        """Let staff count these logs; answers how many they could."""
        acted = [self._count_anyway(self.logs[key]) for key in keys]
        self.settle()
        return sum(acted)

    def _count_anyway(self, log):
        countable = not (self.archived or log.sent.reversal_of or log.reason in ("", "value_missing"))
        known = self.counted_by(log) is not None
        if not countable or known or not self.exists(start_of_key(log)):
            return False
        values = earlier_values(self.reversals_of(log))
        if self.counting:
            left = 0 if values and is_whole(log, values) else 1
        else:
            left = log.sent.value - sum(log.sent.value if value is None else value for value in values)
        if left <= 0 and (values or self.counting):
            return False
        self.act(Log(log.sent, log.window, "", left, log.sent.uid))
        return True

    def paused_ones(self, now):
        """What came during pauses and belongs to the open window, in the order of the activity."""
        keys = [key for key, log in self.logs.items() if log.reason == "challenge_paused"]
        today = [key for key in keys if self.logs[key].window == key_of(now)]
        return sorted(today, key=lambda key: self.logs[key].sent.at)

    # -- windows

    def apply(self, log):
        if log.reason:
            return
        key = (log.sent.member, log.window)
        starts = start_of_key(log)
        if key not in self.windows:
            version, closes, _end = self.of(starts)
            self.windows[key] = Window(starts, version.target, closes)
        window = self.windows[key]
        window.value += log.gave
        window.highest = max(window.highest, window.value)
        self.losing[key] = self.losing.get(key, False) or log.gave < 0
        if not self.net:
            self.judge(self.windows[key])

    def judge(self, window):
        """Complete and pay: what is due at the value that the window has just now."""
        version, window.closes, _end = self.of(window.starts)
        if not window.completed or version.target < window.target:
            window.target = version.target
        for name in version.reached(window.value):
            window.rewards.setdefault(name, Reward(version.target_of(name)))
        if window.value >= window.target:
            window.completed = True
            window.rewards.setdefault("completion", Reward(window.target))

    def settle(self):
        """At the end of a batch the policy looks at what is left."""
        losing, self.losing = self.losing, {}
        for key, lost in losing.items():
            self.support(self.windows[key], lost)
            self.windows[key].highest = 0

    def support(self, window, lost=False):
        """The policy takes by the value in the end; else all that was reached gives back."""
        version = self.of(window.starts)[0]
        reached = window.value if lost and self.revokes else max(window.value, window.highest)
        for name, reward in window.rewards.items():
            present = version.target_of(name)
            aim = reward.aim if present is None else min(reward.aim, present)
            if lost and self.revokes and reward.status == HELD and aim > window.value:
                reward.status = BY_POLICY
            elif reward.status == BY_POLICY and aim <= reached:
                reward.status = HELD

    def judge_all(self):
        """After an edit."""
        for window in self.windows.values():
            self.judge(window)
            self.support(window)


def in_order(batch):
    """The places of a batch's entries: a refund that stands before its order comes right behind it.

    So does another entry of an identity behind the first one of it.
    """
    first = {}
    for index, sent in enumerate(batch):
        first.setdefault((sent.member, sent.uid), index)
    behind = {index: [] for index in range(-1, len(batch))}
    for index, sent in enumerate(batch):
        of_identity = first[sent.member, sent.uid]
        of_order = first.get((sent.member, sent.reversal_of), -1)
        if of_identity < index:
            behind[of_identity].append(index)
        elif of_order > index:
            behind[of_order].append(index)
        else:
            behind[-1].append(index)

    def walk(index):
        for follower in behind[index]:
            yield follower
            yield from walk(follower)

    return list(walk(-1))


def is_too_old(sent, now):
    return not sent.reversal_of and now - sent.at > timedelta(days=60)


def earlier_values(reversals):
    return [log.sent.value for log in reversals]


def is_whole(original, values):
    """Whether these parts take a visit back: no value on either side, or nothing of its value is left."""
    value = original.sent.value
    return value is None or None in values or sum(values) >= value


def key_of(at):
    return at.date().isoformat()


def start_of_key(log):
    return datetime.fromisoformat(log.window).replace(tzinfo=log.sent.at.tzinfo)
