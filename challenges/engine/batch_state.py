"""The state of a batch while one transaction stores it, and what becomes of each of its entries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from challenges.engine.batching import Hints
from challenges.engine.eligibility import Entry, Verdict
from challenges.models.rows import Identity, LogRow, ProgressRow
from challenges.models.window_rules import Rules
from core.errors import DomainError
from members.domain.directory import MemberRef
from rewards.models.rows import Issued


@dataclass(slots=True)
class Outcome:
    """What became of one entry: `status` is `created`, `replayed` or `rejected`, the last with `errors`.

    `issued` and `progress` are the rewards and the progress row of a created log; one that did not count has
    neither.
    """

    status: str = "rejected"
    log: LogRow | None = None
    errors: list[DomainError] = field(default_factory=list)
    issued: list[Issued] = field(default_factory=list)
    progress: ProgressRow | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing became of it yet."""
        return self.log is None and not self.errors

    @property
    def stored(self) -> LogRow:
        """The log of an entry that was not rejected. Raises ValueError for one that was."""
        if self.log is None:
            raise ValueError("a rejected entry has no log")
        return self.log


@dataclass(slots=True)
class BatchContext:
    """The state of one transaction: its batch, and the rules and members that were read for it.

    `kept`: the identities for which this transaction stored placeholders.
    """

    entries: Sequence[Entry]
    outcomes: list[Outcome]
    rules: dict[UUID, Rules]
    members: dict[str, MemberRef]
    at: datetime
    hints: Hints
    kept: set[Identity] = field(default_factory=set)

    def identity(self, index: int) -> Identity | None:
        """The identity of the log that this entry would be; None for a member who is not enrolled."""
        return self._identity(index, self.entries[index].unique_identifier)

    def named_identity(self, index: int) -> Identity | None:
        """The identity of the log that this reversal names; None as above."""
        return self._identity(index, self.entries[index].reversal_of)

    def _identity(self, index: int, unique_identifier: str) -> Identity | None:
        entry = self.entries[index]
        member = self.members.get(entry.external_id)
        return (member.id, entry.challenge_id, unique_identifier) if member else None


@dataclass(slots=True)
class Plan:
    """What a sub-batch is to store, by the index of the entry, in the order in which the logs act.

    `logs`: an entry's own log comes first, then what acts with it for early reversals. `repeated`: entries
    whose identifier an earlier entry or a stored log has. `acting`: those early reversals, with what each
    takes back. `unknown`: reversals whose original is unknown. `matched`: of a reversal, the index of its
    original in this batch. `keeps`: the identity that an early reversal keeps for its original. `taken`: the
    placeholder that a log replaces.
    """

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    logs: dict[int, list[LogRow]] = field(default_factory=dict)
    repeated: list[int] = field(default_factory=list)
    acting: dict[int, list[tuple[LogRow, int]]] = field(default_factory=dict)
    unknown: list[int] = field(default_factory=list)
    matched: dict[int, int] = field(default_factory=dict)
    keeps: dict[int, Identity] = field(default_factory=dict)
    taken: dict[int, UUID] = field(default_factory=dict)
