"""In which sets a batch may be counted so that it ends as if its entries had come one by one. Pure."""

from collections.abc import Collection, Sequence
from uuid import UUID

from challenges.engine.eligibility import Entry

Pair = tuple[str, UUID]  # a member's identifier, a challenge


def pair_of(entry: Entry) -> Pair:
    return entry.external_id, entry.challenge_id


def split_batch(entries: Sequence[Entry], alone: Collection[Pair]) -> list[list[int]]:
    """The entries' places, in sets that follow one another.

    One set, unless a member's activity and a reversal travel together: what comes after the change waits for
    the next set. The entries of the pairs in `alone` never share one.
    """
    turns: list[list[int]] = []
    last: dict[Pair, tuple[int, bool]] = {}
    for index, entry in enumerate(entries):
        pair = pair_of(entry)
        takes_back = bool(entry.reversal_of)
        turn, took_back = last.get(pair, (0, takes_back))
        if pair in last and (took_back != takes_back or pair in alone):
            turn += 1
        last[pair] = (turn, takes_back)
        if turn == len(turns):
            turns.append([])
        turns[turn].append(index)
    return turns
