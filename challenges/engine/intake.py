"""From well-formed entries to stored logs and an outcome for each; one entry is a batch of one.

Everything happens in one transaction: the challenges are shared with other logs, members are found or
enrolled, logs are inserted in key order and the signal lets them count. An identifier that is stored already
is a replay or a conflict; the unique key decides that, never a look beforehand.
"""

import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from challenges.caches.config import Rules, rules_of
from challenges.engine import backfill, locks
from challenges.engine.batching import Pair, pair_of, split_batch
from challenges.engine.eligibility import (
    Entry,
    Verdict,
    judge_activity,
    judge_reversal,
)
from challenges.engine.progress import Applied, SumLimitReached
from challenges.engine.replays import repeated
from challenges.engine.reversals import originals_of
from challenges.models import ChallengeLog
from challenges.models.rows import (
    LOGS,
    Identity,
    LogRow,
    ProgressRow,
    find_log_rows,
)
from challenges.signals import challenge_logs_saved
from core.errors import DomainError
from core.ids import uuid7_batch
from members.domain import directory
from rewards.domain.issuing import Issued

logger = logging.getLogger(__name__)

TRIES = 5
T = TypeVar("T")


@dataclass(slots=True)
class Outcome:
    """What became of one entry. `status` is `created`, `replayed` or `rejected`, the last with `errors`.

    `issued` and `progress` are what a created log caused and moved; a log that did not count moved nothing.
    """

    status: str = "rejected"
    log: LogRow | None = None
    errors: list[DomainError] = field(default_factory=list)
    issued: list[Issued] = field(default_factory=list)
    progress: ProgressRow | None = None

    @property
    def stored(self) -> LogRow:
        """The log of an entry that was not rejected. Raises ValueError for one that was."""
        if self.log is None:
            raise ValueError("a rejected entry has no log")
        return self.log


class ProcessSingly(Exception):  # noqa: N818 - no error yet: these pairs must be counted one entry at a time
    def __init__(self, pairs: frozenset[Pair]) -> None:
        self.pairs = pairs
        super().__init__(f"{len(pairs)} members would pass the limit of a sum")


@dataclass(slots=True)
class BatchContext:
    """One transaction's view of a batch."""

    entries: Sequence[Entry]
    outcomes: list[Outcome]
    rules: dict[UUID, Rules]
    members: dict[str, directory.MemberRef]
    at: datetime
    # Members and challenges that were seen to pass the limit of a sum: their entries go one at a time.
    alone: frozenset[Pair]

    def identity(self, index: int) -> Identity | None:
        """Of the log that this entry would be; None for a member who is not enrolled."""
        entry = self.entries[index]
        known = self.members.get(entry.external_id)
        return (known.id, entry.challenge_id, entry.unique_identifier) if known else None


def record(entries: Sequence[Entry], at: datetime | None = None) -> list[Outcome]:
    """Store, count and pay these activities, all in one transaction; an outcome for each, in order.

    An entry that is refused spoils none of the others; the outcomes and what is stored are those of the same
    entries sent one after the other. Repeats the transaction when the database chose it as the victim of a
    deadlock. `at` is the moment of receipt; None: now.
    """
    at = at or timezone.now()
    return retried(lambda alone: record_once(entries, alone, at))


class RetryTransaction(Exception):  # noqa: N818 - no error: another transaction was first, look at what it stored
    """Raised inside an attempt that must be repeated from its beginning."""


def retried(attempt: Callable[[frozenset[Pair]], T]) -> T:
    """Repeat a transaction's work after a deadlock, after `Again`, and with whom a limit stops alone."""
    alone: frozenset[Pair] = frozenset()
    turn = 1
    while True:
        try:
            return attempt(alone)
        except ProcessSingly as past:
            alone |= past.pairs
        except (OperationalError, RetryTransaction) as error:
            if turn == TRIES or not (isinstance(error, RetryTransaction) or _is_deadlock(error)):
                raise
            logger.info("Two sets of logs met, turn %s: trying again", turn)
            time.sleep(random.uniform(0, 0.02 * turn))  # noqa: S311 - no secret
            turn += 1


def _is_deadlock(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in ("40P01", "40001")


def record_once(entries: Sequence[Entry], alone: frozenset[Pair], at: datetime) -> list[Outcome]:
    """One attempt of `record`; inside a transaction of the caller's, one part of it."""
    with transaction.atomic():
        challenge_ids = {entry.challenge_id for entry in entries}
        locks.lock_shared(challenge_ids)
        work = BatchContext(
            entries=entries,
            outcomes=[Outcome() for _ in entries],
            rules=rules_of(challenge_ids),
            members=directory.find(entry.external_id for entry in entries),
            at=at,
            alone=alone,
        )
        for turn in split_batch(entries, alone):
            _process_sub_batch(work, turn)
        backfill.resume_interrupted(work.rules.values(), at)
    return work.outcomes


def _process_sub_batch(work: BatchContext, turn: list[int]) -> None:
    judged, known = _judge(work, turn)
    _enrol(work, judged)
    leaders, followers = _by_identity(work, judged)
    stored = _store_within_limits(work, leaders)
    _resolve_stored(work, known + followers + [index for index in leaders if index not in stored])
    refused = [index for index in turn if work.outcomes[index].errors and index not in leaders]
    _resolve_stored(work, refused, {log.identity: index for index, log in stored.items()})


def _judge(work: BatchContext, turn: list[int]) -> tuple[dict[int, Verdict], list[int]]:
    """The judgements, and the reversals that repeat a log: those must not take their part again."""
    judged: dict[int, Verdict] = {}
    known: list[int] = []
    originals = originals_of(work.entries, turn, work.members)
    taken = _stored_reversals(work, turn) if originals else set()
    for index in turn:
        entry = work.entries[index]
        rules = work.rules.get(entry.challenge_id)
        member = work.members.get(entry.external_id)
        try:
            if not entry.reversal_of:
                judged[index] = judge_activity(entry, rules, member is not None and member.paused, work.at)
            elif work.identity(index) in taken:
                known.append(index)
            else:
                judged[index] = judge_reversal(entry, originals.get(index), rules, work.at)
                originals.take(index, judged[index])
                taken.add(work.identity(index))
        except DomainError as error:
            work.outcomes[index].errors = [error]
    return judged, known


def _stored_reversals(work: BatchContext, turn: list[int]) -> set[Identity | None]:
    """The reversals of this turn that are stored; their originals are locked: none comes meanwhile."""
    reversals = (work.identity(index) for index in turn if work.entries[index].reversal_of)
    return set(find_log_rows(identity for identity in reversals if identity))


def _enrol(work: BatchContext, judged: Iterable[int]) -> None:
    new: dict[str, dict] = {}
    known: dict[UUID, dict] = {}
    for index in judged:
        entry = work.entries[index]
        if entry.external_id not in work.members:
            new.setdefault(entry.external_id, {}).update(entry.profile or {})
        elif entry.profile:
            known.setdefault(work.members[entry.external_id].id, {}).update(entry.profile)
    if new:
        work.members.update(directory.enrol(new, work.at))
    if known:
        directory.complete_profiles(known, work.at)


def _by_identity(work: BatchContext, judged: dict[int, Verdict]) -> tuple[dict[int, LogRow], list[int]]:
    """The first entry of each identity, made into the log that it would be, and the later ones."""
    leaders: dict[int, LogRow] = {}
    followers: list[int] = []
    seen: set[Identity] = set()
    ids = uuid7_batch(work.at, len(judged))
    for id_, (index, judgement) in zip(ids, judged.items(), strict=True):
        log = _log_of(id_, work, index, judgement)
        if log.identity in seen:
            followers.append(index)
        else:
            seen.add(log.identity)
            leaders[index] = log
    return leaders, followers


def _log_of(id_: UUID, work: BatchContext, index: int, judgement: Verdict) -> LogRow:
    entry = work.entries[index]
    return LogRow(
        id=id_,
        member_id=work.members[entry.external_id].id,
        challenge_id=entry.challenge_id,
        unique_identifier=entry.unique_identifier,
        activity_at=entry.activity_at,
        activity_id=entry.activity_id,
        activity_value=entry.activity_value,
        reversal_of=entry.reversal_of,
        counts_anyway="",
        period_key=judgement.period_key,
        counted=judgement.counted,
        reason_code=judgement.reason_code,
        counted_value=judgement.counted_value,
        created_at=work.at,
        rules=work.rules[entry.challenge_id],
        window=judgement.window,
    )


def _store_within_limits(work: BatchContext, leaders: dict[int, LogRow]) -> dict[int, LogRow]:
    """Store all, or all but those that would pass the limit of a sum; answers those that were new.

    A window passes it by several logs at once: only one at a time tells which of them is too much.
    """
    left = dict(leaders)
    while left:
        try:
            with transaction.atomic(savepoint=bool(work.alone)):
                return _store(work, left)
        except SumLimitReached as reached:
            past = {index for index, log in left.items() if log.window_key in reached.windows}
            pairs = frozenset(pair_of(work.entries[index]) for index in past)
            if not pairs <= work.alone:
                raise ProcessSingly(pairs) from None
            for index in past:
                work.outcomes[index].errors = [reached]
                del left[index]
    return {}


def _store(work: BatchContext, leaders: dict[int, LogRow]) -> dict[int, LogRow]:
    """Insert in key order, and let what was new count."""
    rows = [log.row() for log in sorted(leaders.values(), key=lambda log: log.identity)]
    written = LOGS.insert(rows, "(member_id, challenge_id, unique_identifier) DO NOTHING", ("id",))
    new = {id_ for (id_,) in written}
    stored = {index: log for index, log in leaders.items() if log.id in new}
    applied = _send_saved(list(stored.values()))
    issued: dict[UUID | None, list[Issued]] = {}
    for each in applied.issued:
        issued.setdefault(each.challenge_log_id, []).append(each)
    for index, log in stored.items():
        progress = applied.rows.get(log.window_key) if log.counted else None
        work.outcomes[index] = Outcome("created", log, [], issued.get(log.id, []), progress)
    return stored


def _send_saved(logs: Sequence[LogRow]) -> Applied:
    """Tell whoever listens that these were stored; answers what the engine made of them."""
    if not logs:
        return Applied()
    answers: list[tuple[Any, Any]] = challenge_logs_saved.send(sender=ChallengeLog, logs=logs)
    return next(answer for _receiver, answer in answers if isinstance(answer, Applied))


def _resolve_stored(
    work: BatchContext, indexes: Iterable[int], stored_now: dict[Identity, int] | None = None
) -> None:
    """Replays and conflicts, for entries whose identifier is stored; the others keep the answer they have.

    An entry that was refused before a later one of this batch brought its identifier stays refused.
    """
    later = stored_now or {}
    identities = {index: identity for index in indexes if (identity := work.identity(index))}
    met = {index: identity for index, identity in identities.items() if later.get(identity, -1) < index}
    if not met:
        return
    stored = find_log_rows(met.values())
    for index, identity in met.items():
        if log := stored.get(identity):
            errors = repeated(work.entries[index], log)
            work.outcomes[index] = Outcome(errors=errors) if errors else Outcome("replayed", log)
