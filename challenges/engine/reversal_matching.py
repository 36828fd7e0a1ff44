"""Match the reversals of a batch with their originals, stored or in the batch, which may come in any order.

The outcome is that of the same entries sent one after the other, but that a reversal which stands before its
original acts right after it (docs/rules.md, Reversals).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from challenges.engine.eligibility import Entry, Verdict
from challenges.engine.reversal_rules import Original, judge_reversal
from challenges.engine.reversals import Originals
from challenges.models.rows import Identity, LogRow
from challenges.models.window_rules import Rules
from core.choices import ReasonCode
from members.domain.directory import MemberRef

EntryKey = tuple[str, UUID, str]  # a member's identifier, a challenge, a log's identifier


def key_of(entry: Entry) -> EntryKey:
    return entry.external_id, entry.challenge_id, entry.unique_identifier


def named_key(entry: Entry) -> EntryKey:
    """Return the key of the log that a reversal names."""
    return entry.external_id, entry.challenge_id, entry.reversal_of


def identity_of(key: EntryKey, members: Mapping[str, MemberRef]) -> Identity | None:
    """Return the identity of the log of this key; None for a member who is not enrolled."""
    external_id, challenge_id, unique_identifier = key
    member = members.get(external_id)
    return (member.id, challenge_id, unique_identifier) if member else None


class Matching:
    """The originals that entries may name, while these are judged one after the other, by index.

    `acting`: the early reversals of an entry, which act right after it, each with what it takes back.
    `unknown`: the reversals whose original is unknown. `matched`: of a reversal, its original in the batch.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        indexes: Iterable[int],
        originals: Originals,
        rules: Mapping[UUID, Rules],
        members: Mapping[str, MemberRef],
        at: datetime,
    ) -> None:
        self.entries, self.originals, self.rules = entries, originals, rules
        self.members, self.at = members, at
        self.acting: dict[int, list[tuple[LogRow, int]]] = {}
        self.unknown: list[int] = []
        self.matched: dict[int, int] = {}
        self._made: dict[EntryKey, tuple[int, Original]] = {}
        self._reversals = {key_of(entries[index]) for index in indexes if entries[index].reversal_of}

    def add_activity(self, index: int, verdict: Verdict) -> None:
        """Let an activity be the original of reversals here, once those that came before it have acted."""
        entry = self.entries[index]
        original = Original(
            verdict.period_key,
            counted=verdict.counted,
            is_reversal=False,
            left=verdict.counted_value,
            value_left=entry.activity_value,
        )
        self._made[key_of(entry)] = index, original
        identity = identity_of(key_of(entry), self.members)
        if identity is None or verdict.judged is None or not verdict.counted:
            return
        counting = verdict.judged.version.rules.counting
        for early in self.originals.early.get(identity, ()):
            if not original.exhausted:
                taken = original.take(early.activity_value, counting=counting)
                self.acting.setdefault(index, []).append((early, taken))

    def judge(self, index: int) -> Verdict:
        """Return the verdict on a reversal. Raises `DomainError` for a refusal."""
        entry = self.entries[index]
        key = named_key(entry)
        identity = identity_of(key, self.members)
        original = self.originals.stored.get(identity) if identity else None
        original_index = None
        if original is None and key in self._made:
            original_index, original = self._made[key]
        elif original is None and key in self._reversals:
            original = Original("", counted=False, is_reversal=True, left=0, value_left=None)
        verdict = judge_reversal(entry, original, self.rules.get(entry.challenge_id), self.at)
        if original_index is not None:
            self.matched[index] = original_index
        if verdict.reason_code == ReasonCode.ORIGINAL_UNKNOWN:
            self.unknown.append(index)
        return verdict

    def kept(self, logs: Collection[int]) -> set[Identity]:
        """Return the identities that need a placeholder now: what early reversals of these indexes name."""
        named = {identity_of(named_key(self.entries[i]), self.members) for i in self.unknown if i in logs}
        return {identity for identity in named if identity} - self.originals.placeholders.keys()

    def lost_one(self, stored: Collection[int]) -> bool:
        """Whether a reversal was stored whose original in the batch was not."""
        return any(index in stored and original not in stored for index, original in self.matched.items())


def in_order(entries: Sequence[Entry], indexes: Sequence[int]) -> list[int]:
    """Return the indexes in the order in which their entries act: no reversal before its original.

    Of entries with one identifier the first stays the first.
    """
    originals: dict[EntryKey, int] = {}
    for index in indexes:
        if not entries[index].reversal_of:
            originals.setdefault(key_of(entries[index]), index)
    ordered: list[int] = []
    behind: dict[int, list[int]] = {}
    # For an identifier whose entry was moved: the index behind which it acts.
    moved: dict[EntryKey, int] = {}
    for index in indexes:
        entry = entries[index]
        original = originals.get(named_key(entry), -1) if entry.reversal_of else -1
        place = max(original, moved.get(key_of(entry), -1))
        if place > index:
            behind.setdefault(place, []).append(index)
            moved[key_of(entry)] = place
        else:
            ordered += [index, *behind.get(index, ())]
    return ordered
