"""Store well-formed entries as challenge logs and return an outcome for each; one entry is a batch of one.

Everything happens in one transaction: the challenges are locked as shared, members are found or enrolled,
logs are inserted in key order, and the signal `challenge_logs_saved` lets them count. Whether an identifier
is stored already is decided by the unique key, never by a look beforehand (docs/locking.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from challenges.caches.config import rules_of
from challenges.engine import backfill, locks, rule_versions
from challenges.engine.batching import Pair, pair_of, split_batch
from challenges.engine.eligibility import Entry, Verdict, judge_activity, judge_reversal
from challenges.engine.progress import Applied, SumLimitReached
from challenges.engine.replays import repeated
from challenges.engine.reversals import NO_ORIGINALS, originals_of
from challenges.models import ChallengeLog
from challenges.models.rows import (
    LOG_IDENTITY,
    LOG_VALUES,
    LOGS,
    Identity,
    LogRow,
    ProgressRow,
    find_log_rows,
)
from challenges.models.window_rules import Rules
from challenges.signals import challenge_logs_saved
from core.errors import DomainError
from core.ids import uuid7_batch
from members.domain import directory
from rewards.models.rows import Issued

T = TypeVar("T")


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
    def stored(self) -> LogRow:
        """The log of an entry that was not rejected. Raises ValueError for one that was."""
        if self.log is None:
            raise ValueError("a rejected entry has no log")
        return self.log


class ProcessSingly(Exception):  # noqa: N818 - control flow
    """Raised inside an attempt in which these pairs would pass the limit of a sum: repeat them singly."""

    def __init__(self, pairs: frozenset[Pair]) -> None:
        self.pairs = pairs
        super().__init__(f"{len(pairs)} members would pass the limit of a sum")


@dataclass(slots=True)
class BatchContext:
    """The state of one transaction: its batch, and the rules and members that were read for it."""

    entries: Sequence[Entry]
    outcomes: list[Outcome]
    rules: dict[UUID, Rules]
    members: dict[str, directory.MemberRef]
    at: datetime
    # Members and challenges that were seen to pass the limit of a sum: their entries are processed singly.
    singly: frozenset[Pair]

    def identity(self, index: int) -> Identity | None:
        """The identity of the log that this entry would be; None for a member who is not enrolled."""
        entry = self.entries[index]
        member = self.members.get(entry.external_id)
        return (member.id, entry.challenge_id, entry.unique_identifier) if member else None


def record(entries: Sequence[Entry], at: datetime | None = None) -> list[Outcome]:
    """Store and count these activities and issue what they made due, in one transaction.

    Returns an outcome for each entry, in order. A refused entry does not affect the others; outcomes and
    stored rows are those of the same entries sent one after the other. `at` is the moment of receipt; None:
    now. Repeats the transaction after a deadlock (docs/rules.md, One activity log).
    """
    at = at or timezone.now()
    return retried(lambda singly: record_once(entries, singly, at))


def retried(attempt: Callable[[frozenset[Pair]], T]) -> T:
    """Repeat a transaction as `locks.retry` does, and after `ProcessSingly`, whose pairs it is given then."""
    singly: frozenset[Pair] = frozenset()
    while True:
        try:
            return locks.retry(partial(attempt, singly))
        except ProcessSingly as limit:
            singly |= limit.pairs


def record_once(entries: Sequence[Entry], singly: frozenset[Pair], at: datetime) -> list[Outcome]:
    """Make one attempt of `record`, which is a part of the caller's transaction where there is one."""
    with transaction.atomic():
        challenge_ids = {entry.challenge_id for entry in entries}
        external_ids = {entry.external_id for entry in entries}
        outcomes = [Outcome() for _ in entries]
        locks.lock_shared(challenge_ids)
        rules, members = rules_of(challenge_ids), directory.find(external_ids)
        context = BatchContext(entries, outcomes, rules, members, at, singly)
        for sub_batch in [[0]] if len(entries) == 1 else split_batch(entries, singly):
            _process_sub_batch(context, sub_batch)
        for challenge_rules in rules.values():
            if challenge_rules.backfill_since is not None:
                backfill.resume_if_interrupted(challenge_rules, at)
            if challenge_rules.unapplied_from is not None:
                rule_versions.apply_if_due(challenge_rules, at)
    return context.outcomes


def _process_sub_batch(context: BatchContext, sub_batch: list[int]) -> None:
    verdicts, replays = _find_verdicts(context, sub_batch)
    _enrol(context, verdicts)
    logs, duplicates = _build_logs(context, verdicts)
    stored = _store_within_limits(context, logs)
    _resolve_stored(context, replays + duplicates + [index for index in logs if index not in stored])
    refused = [index for index in sub_batch if context.outcomes[index].errors and index not in logs]
    if refused:
        _resolve_stored(context, refused, {log.identity: index for index, log in stored.items()})


def _find_verdicts(context: BatchContext, sub_batch: list[int]) -> tuple[dict[int, Verdict], list[int]]:
    """Return the verdicts by index, and the indexes of reversals that replay a log and take nothing back."""
    verdicts: dict[int, Verdict] = {}
    replays: list[int] = []
    has_reversals = any(context.entries[index].reversal_of for index in sub_batch)
    originals = originals_of(context.entries, sub_batch, context.members) if has_reversals else NO_ORIGINALS
    recorded = _find_stored_reversals(context, sub_batch) if has_reversals and originals else set()
    for index in sub_batch:
        entry = context.entries[index]
        rules = context.rules.get(entry.challenge_id)
        member = context.members.get(entry.external_id)
        try:
            if not entry.reversal_of:
                paused = member is not None and member.paused
                verdicts[index] = judge_activity(entry, rules, paused, context.at)
            elif context.identity(index) in recorded:
                replays.append(index)
            else:
                verdicts[index] = judge_reversal(entry, originals.get(index), rules, context.at)
                originals.take(index, verdicts[index])
                recorded.add(context.identity(index))
        except DomainError as error:
            context.outcomes[index].errors = [error]
    return verdicts, replays


def _find_stored_reversals(context: BatchContext, sub_batch: list[int]) -> set[Identity | None]:
    """Find the reversals of this sub-batch that are stored. None is added, as their originals are locked."""
    reversals = (context.identity(index) for index in sub_batch if context.entries[index].reversal_of)
    return set(find_log_rows(identity for identity in reversals if identity))


def _enrol(context: BatchContext, indexes: Iterable[int]) -> None:
    new: dict[str, dict] = {}
    profiles: dict[UUID, dict] = {}
    for index in indexes:
        entry = context.entries[index]
        if entry.external_id not in context.members:
            new.setdefault(entry.external_id, {}).update(entry.profile or {})
        elif entry.profile:
            profiles.setdefault(context.members[entry.external_id].id, {}).update(entry.profile)
    if new:
        context.members.update(directory.enrol(new, context.at))
    if profiles:
        directory.complete_profiles(profiles, context.at)


def _build_logs(context: BatchContext, verdicts: dict[int, Verdict]) -> tuple[dict[int, LogRow], list[int]]:
    """Make a log of the first entry of each identity; return them, and the indexes of the later entries."""
    logs: dict[int, LogRow] = {}
    duplicates: list[int] = []
    seen: set[Identity | None] = set()
    ids = uuid7_batch(context.at, len(verdicts))
    for id_, (index, verdict) in zip(ids, verdicts.items(), strict=True):
        identity = context.identity(index)
        if identity in seen:
            duplicates.append(index)
        else:
            seen.add(identity)
            logs[index] = _build_log(id_, context, index, verdict)
    return logs, duplicates


def _build_log(id_: UUID, context: BatchContext, index: int, verdict: Verdict) -> LogRow:
    entry = context.entries[index]
    return LogRow(
        id=id_,
        member_id=context.members[entry.external_id].id,
        challenge_id=entry.challenge_id,
        unique_identifier=entry.unique_identifier,
        activity_at=entry.activity_at,
        activity_id=entry.activity_id,
        activity_value=entry.activity_value,
        reversal_of=entry.reversal_of,
        counts_anyway="",
        period_key=verdict.period_key,
        counted=not verdict.reason_code,
        reason_code=verdict.reason_code,
        counted_value=verdict.counted_value,
        created_at=context.at,
        rule_version=verdict.rule_version,
        judged=verdict.judged,
    )


def _store_within_limits(context: BatchContext, logs: dict[int, LogRow]) -> dict[int, LogRow]:
    """Store all logs but those that would pass the limit of a sum; return those that were new, by index.

    Where several logs together pass it, only processing them singly shows which of them is too much.
    """
    remaining = dict(logs)
    while remaining:
        try:
            with transaction.atomic(savepoint=bool(context.singly)):
                return _store(context, remaining)
        except SumLimitReached as limit:
            beyond = {index for index, log in remaining.items() if log.window_key in limit.windows}
            pairs = frozenset(pair_of(context.entries[index]) for index in beyond)
            if not pairs <= context.singly:
                raise ProcessSingly(pairs) from None
            for index in beyond:
                context.outcomes[index].errors = [limit]
                del remaining[index]
    return {}


def _store(context: BatchContext, logs: dict[int, LogRow]) -> dict[int, LogRow]:
    """Insert in key order, count the logs that are new, and return those."""
    rows = [LOG_VALUES(log) for log in sorted(logs.values(), key=LOG_IDENTITY)]
    written = LOGS.insert(rows, "(member_id, challenge_id, unique_identifier) DO NOTHING", ("id",))
    new = {id_ for (id_,) in written}
    stored = {index: log for index, log in logs.items() if log.id in new}
    applied = send_saved(list(stored.values()), context.rules)
    issued: dict[UUID | None, list[Issued]] = {}
    for reward_log in applied.issued:
        issued.setdefault(reward_log.challenge_log_id, []).append(reward_log)
    for index, log in stored.items():
        progress = (
            applied.rows.get((log.member_id, log.challenge_id, log.period_key)) if log.counted else None
        )
        context.outcomes[index] = Outcome("created", log, [], issued.get(log.id, []), progress)
    return stored


def send_saved(logs: Sequence[LogRow], rules: Mapping[UUID, Rules]) -> Applied:
    """Send `challenge_logs_saved` for logs that were just stored; return what the engine made of them."""
    if not logs:
        return Applied()
    responses: list[tuple[Any, Any]] = challenge_logs_saved.send(sender=ChallengeLog, logs=logs, rules=rules)
    return next(response for _receiver, response in responses if isinstance(response, Applied))


def _resolve_stored(
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
