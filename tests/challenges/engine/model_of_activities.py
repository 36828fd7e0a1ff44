"""The activity entrance as docs/rules.md has it, over several challenges of the model: no engine's code."""

from dataclasses import dataclass, field

from tests.challenges.engine.model_of_the_rules import Sent, in_order, is_too_old, key_of


@dataclass
class Kept:
    """An activity as it was stored: what was sent, and the challenges that it reached."""

    sent: Sent
    reach: set = field(default_factory=set)


class Shop:
    """All challenges, by name, which all name the shop's one activity, and the members who are paused."""

    def __init__(self, **challenges):
        self.challenges, self.paused = challenges, set()
        self.kept = {}  # (member, identifier) -> activity, in the order of their coming

    def record(self, name, batch, now):
        return self.challenges[name].record(batch, now, self.paused)

    def record_activities(self, batch, now):
        """For each: "conflict" or "rejected" as a whole, or what became of it in each challenge."""
        answers = [""] * len(batch)
        for index in in_order(batch):
            answers[index] = self._record_activity(batch[index], now)
        for challenge in self.challenges.values():
            challenge.settle()
        return answers

    def _record_activity(self, sent, now):
        kept = self.kept.get((sent.member, sent.uid))
        if kept:
            return dict.fromkeys(kept.reach, "replayed") if kept.sent == sent else "conflict"
        reach = self._named_by(sent) if sent.reversal_of else self._open_ones()
        if refusal := "rejected" if is_too_old(sent, now) else self._refusal(sent, reach):
            return refusal
        answers = {name: self._record(name, sent, now) for name in reach}
        self.kept[sent.member, sent.uid] = Kept(sent, reach)
        for name in reach:
            self._let_kept_refunds_act(name, sent, now)
        return answers

    def _refusal(self, sent, reach):
        """Why it is refused everywhere: one challenge has something against it, or it names a reversal."""
        original = self.kept.get((sent.member, sent.reversal_of))
        if sent.reversal_of == sent.uid or (original and original.sent.reversal_of):
            return "rejected"
        for name in reach:
            logs = self.challenges[name].logs
            known = logs.get((sent.member, sent.uid))
            if known and known.sent != sent:
                return "conflict"
            original = logs.get((sent.member, sent.reversal_of))
            if original and original.sent.reversal_of and not known:
                return "rejected"
        return ""

    def _record(self, name, sent, now):
        return self.challenges[name].record_one(sent, now, self.paused, by_activity=True)

    def _open_ones(self):
        return {n for n, c in self.challenges.items() if c.status in ("live", "paused") and not c.archived}

    def _named_by(self, sent):
        key = (sent.member, sent.reversal_of)
        return {name for name, challenge in self.challenges.items() if key in challenge.logs}

    def _let_kept_refunds_act(self, name, sent, now):
        """A refund that came before its order by this entrance reaches what comes later by it.

        So it does where the other entrance had brought the order already.
        """
        for key, kept in self.kept.items():
            refunds = (kept.sent.member, kept.sent.reversal_of) == (sent.member, sent.uid)
            if refunds and key not in self.challenges[name].logs:
                self._record(name, kept.sent, now)
                kept.reach.add(name)

    def go_live(self, name, now):
        """A draft goes live: it takes what was kept of the window of now, net of its refunds."""
        challenge = self.challenges[name]
        challenge.go_live(now)
        challenge.status, challenge.net = "live", True
        for kept in list(self.kept.values()):
            if kept.sent.reversal_of or key_of(kept.sent.at) != key_of(now):
                continue
            self._record(name, kept.sent, now)
            kept.reach.add(name)
            self._let_kept_refunds_act(name, kept.sent, now)
        challenge.net = False
        challenge.judge_all()
        challenge.settle()
