"""Split a batch into sub-batches, and remember what an attempt to store it found out. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from challenges.engine.eligibility import Entry
from core.errors import DomainError

Pair = tuple[str, UUID]  # a member's identifier, a challenge


@dataclass(frozen=True, slots=True)
class Hints:
    """What earlier attempts to store a batch found out.

    `singly`: members and challenges that pass the limit of a sum, whose entries are processed one after the
    other. `lock_first`: the identities of logs that are locked before all else, and `activities_first`: the
    keys of activities. `refused`: entries that are refused whole, by index.
    """

    singly: frozenset[Pair] = frozenset()
    lock_first: frozenset[tuple[UUID, UUID, str]] = frozenset()
    activities_first: frozenset[tuple[str, str]] = frozenset()
    refused: Mapping[int, list[DomainError]] = field(default_factory=dict)

    def __or__(self, other: "Hints") -> "Hints":
        return replace(
            self,
            singly=self.singly | other.singly,
            lock_first=self.lock_first | other.lock_first,
            activities_first=self.activities_first | other.activities_first,
            refused={**self.refused, **other.refused},
        )


NO_HINTS = Hints()


class BeginAgain(Exception):  # noqa: N818 - control flow
    """Raised inside an attempt that must be repeated from its beginning, with these hints as well."""

    def __init__(self, hints: Hints) -> None:
        self.hints = hints
        super().__init__("the batch has to be stored in another way")


def pair_of(entry: Entry) -> Pair:
    return entry.external_id, entry.challenge_id


def split_batch(entries: Sequence[Entry], singly: Collection[Pair]) -> list[list[int]]:
    """Return the entries' indexes in sub-batches, to be processed one after the other.

    There is one, unless there are entries of the pairs in `singly`: these never share one.
    """
    sub_batches: list[list[int]] = []
    # For each pair in `singly`: how many sub-batches have an entry of it.
    used: dict[Pair, int] = {}
    for index, entry in enumerate(entries):
        pair = pair_of(entry)
        place = used.get(pair, 0)
        if pair in singly:
            used[pair] = place + 1
        if place == len(sub_batches):
            sub_batches.append([])
        sub_batches[place].append(index)
    return sub_batches
