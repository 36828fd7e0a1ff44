"""Split a batch into sub-batches whose result equals processing its entries one at a time. Pure."""

from collections.abc import Collection, Sequence
from uuid import UUID

from challenges.engine.eligibility import Entry

Pair = tuple[str, UUID]  # a member's identifier, a challenge


def pair_of(entry: Entry) -> Pair:
    return entry.external_id, entry.challenge_id


def split_batch(entries: Sequence[Entry], singly: Collection[Pair]) -> list[list[int]]:
    """Return the entries' indexes in sub-batches, to be processed one after the other.

    There is one, unless activities and reversals of a member in a challenge are mixed: what comes after the
    change waits for the next sub-batch. The entries of the pairs in `singly` never share one.
    """
    sub_batches: list[list[int]] = []
    # For each pair: the number of its last sub-batch, and whether it holds reversals.
    last: dict[Pair, tuple[int, bool]] = {}
    for index, entry in enumerate(entries):
        pair = pair_of(entry)
        is_reversal = bool(entry.reversal_of)
        sub_batch, was_reversal = last.get(pair, (0, is_reversal))
        if pair in last and (was_reversal != is_reversal or pair in singly):
            sub_batch += 1
        last[pair] = (sub_batch, is_reversal)
        if sub_batch == len(sub_batches):
            sub_batches.append([])
        sub_batches[sub_batch].append(index)
    return sub_batches
