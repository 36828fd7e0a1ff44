"""Answer entries whose identifier is taken: by a log that is stored, or by a placeholder."""

from collections.abc import Iterable, Sequence

from challenges.engine.batch_state import BatchContext, Outcome
from challenges.engine.batching import BeginAgain, Hints
from challenges.engine.locks import RetryTransaction
from challenges.engine.replays import repeated
from challenges.models.rows import Identity, find_log_rows


def resolve_stored(
    context: BatchContext, indexes: Iterable[int], stored_now: dict[Identity, int] | None = None
) -> None:
    """Set the outcome of entries whose identifier is stored to replayed, or rejected with the conflict.

    `stored_now`: which entry of this batch stored an identity. An entry that was refused before a later one
    brought its identifier stays refused.
    """
    stored_now = stored_now or {}
    identities = {index: identity for index in indexes if (identity := context.identity(index))}
    candidates = {index: key for index, key in identities.items() if stored_now.get(key, -1) < index}
    if not candidates:
        return
    stored = find_log_rows(candidates.values())
    for index, identity in candidates.items():
        if log := stored.get(identity):
            errors = repeated(context.entries[index], log)
            context.outcomes[index] = Outcome(errors=errors) if errors else Outcome("replayed", log)


def resolve_unwritten(context: BatchContext, indexes: Sequence[int]) -> None:
    """Set the outcome of entries whose log was not written, as its identifier is taken.

    Raises `BeginAgain` where a placeholder took it, which has to be locked before anything is stored.
    """
    resolve_stored(context, indexes)
    missing = {context.identity(index) for index in indexes if context.outcomes[index].is_open}
    identities = frozenset(identity for identity in missing if identity)
    if not identities:
        return
    if identities <= context.hints.lock_first:
        raise RetryTransaction
    raise BeginAgain(Hints(lock_first=identities))
