"""Match the reversals of a batch with their originals, stored or in the batch, which may come in any order.

The outcome is that of the same entries sent one after the other, but that a reversal which stands before its
original acts right after it (docs/rules.md, Reversals).
"""

from collections.abc import Sequence
from uuid import UUID

from challenges.engine.batch_state import BatchContext, Plan
from challenges.engine.eligibility import Entry, Verdict
from challenges.engine.reversal_rules import Original, judge_reversal
from challenges.engine.reversals import Originals
from core.choices import ReasonCode

EntryKey = tuple[str, UUID, str]  # a member's identifier, a challenge, a log's identifier


def key_of(entry: Entry) -> EntryKey:
    return entry.external_id, entry.challenge_id, entry.unique_identifier


def named_key(entry: Entry) -> EntryKey:
    """Return the key of the log that a reversal names."""
    return entry.external_id, entry.challenge_id, entry.reversal_of


class Matching:
    """The originals that a sub-batch may name, while its entries are judged one after the other."""

    def __init__(
        self, context: BatchContext, indexes: Sequence[int], originals: Originals, plan: Plan
    ) -> None:
        self.context, self.originals, self.plan = context, originals, plan
        self.made: dict[EntryKey, tuple[int, Original]] = {}
        entries = [context.entries[index] for index in indexes]
        self.reversals = {key_of(entry) for entry in entries if entry.reversal_of}

    def add_activity(self, index: int, verdict: Verdict) -> None:
        """Let an activity be the original of reversals here, once those that came before it have acted."""
        entry = self.context.entries[index]
        original = Original(
            verdict.period_key,
            counted=verdict.counted,
            is_reversal=False,
            left=verdict.counted_value,
            value_left=entry.activity_value,
        )
        self.made[key_of(entry)] = index, original
        identity = self.context.identity(index)
        if identity is None or verdict.judged is None or not verdict.counted:
            return
        counting = verdict.judged.version.rules.counting
        for early in self.originals.early.get(identity, ()):
            if not original.exhausted:
                taken = original.take(early.activity_value, counting=counting)
                self.plan.acting.setdefault(index, []).append((early, taken))

    def judge(self, index: int) -> Verdict:
        """Return the verdict on a reversal. Raises `DomainError` for a refusal."""
        entry, identity = self.context.entries[index], self.context.named_identity(index)
        original = self.originals.stored.get(identity) if identity else None
        original_index = None
        if original is None and named_key(entry) in self.made:
            original_index, original = self.made[named_key(entry)]
        elif original is None and named_key(entry) in self.reversals:
            original = Original("", counted=False, is_reversal=True, left=0, value_left=None)
        rules = self.context.rules.get(entry.challenge_id)
        verdict = judge_reversal(entry, original, rules, self.context.at)
        if original_index is not None:
            self.plan.matched[index] = original_index
        if verdict.reason_code == ReasonCode.ORIGINAL_UNKNOWN:
            self.plan.unknown.append(index)
        return verdict


def in_order(entries: Sequence[Entry], indexes: Sequence[int]) -> list[int]:
    """Return the indexes in the order in which their entries act: no reversal before its original."""
    originals: dict[EntryKey, int] = {}
    for index in indexes:
        if not entries[index].reversal_of:
            originals.setdefault(key_of(entries[index]), index)
    ordered: list[int] = []
    behind: dict[int, list[int]] = {}
    for index in indexes:
        entry = entries[index]
        original = originals.get(named_key(entry), -1) if entry.reversal_of else -1
        if original > index:
            behind.setdefault(original, []).append(index)
        else:
            ordered += [index, *behind.get(index, ())]
    return ordered
