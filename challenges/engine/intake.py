"""Store well-formed entries as challenge logs and return an outcome for each; one entry is a batch of one.

Everything happens in one transaction: the challenges are locked as shared, then what reversals name, members
are found or enrolled, logs are inserted in key order, and the signal `challenge_logs_saved` lets them count.
Whether an identifier is stored is decided by the unique key, never by a look beforehand (docs/locking.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from challenges.caches.config import rules_of
from challenges.engine import backfill, locks, rule_versions
from challenges.engine.batching import BeginAgain, Hints, pair_of, split_batch
from challenges.engine.eligibility import Entry, Verdict, judge_activity
from challenges.engine.progress import Applied, SumLimitReached
from challenges.engine.replays import repeated
from challenges.engine.reversal_matching import Matching, identity_of, in_order, key_of, named_key
from challenges.engine.reversals import acting_log, insert_replacing, lock_originals, make_placeholders
from challenges.models import ChallengeLog
from challenges.models.rows import Identity, LogRow, ProgressRow, find_log_rows, insert_logs
from challenges.models.window_rules import Rules
from challenges.signals import challenge_logs_saved
from core.errors import DomainError
from core.ids import uuid7_batch
from members.domain import directory
from rewards.models.rows import Issued

Profiles = Mapping[str, Mapping[str, Any]]  # by the member's identifier
LogsByIndex = dict[int, list[LogRow]]  # of a sub-batch, by entry: its own first, then what acts with it


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


@dataclass(slots=True)
class BatchContext:
    """The state of one transaction: its batch, and the rules and members that were read for it.

    `matching`: the originals that a sub-batch may name, if it does. `net`, `also`: of `record_once`.
    """

    entries: Sequence[Entry]
    outcomes: list[Outcome]
    rules: dict[UUID, Rules]
    members: dict[str, directory.MemberRef]
    at: datetime
    hints: Hints
    net: bool
    also: Profiles
    matching: Matching | None = None

    def identity(self, index: int, *, named: bool = False) -> Identity | None:
        """The identity of this entry's log, or of the log it names; None for a member not enrolled yet."""
        entry = self.entries[index]
        return identity_of(named_key(entry) if named else key_of(entry), self.members)


def record(entries: Sequence[Entry], at: datetime | None = None) -> list[Outcome]:
    """Store and count these activities and issue what they made due, in one transaction.

    Returns an outcome for each entry, in order. A refused entry does not affect the others; outcomes and
    stored rows are those of the same entries sent one after the other, a reversal never before its original.
    `at` is the moment of receipt; None: now. Repeats the transaction after a deadlock (docs/rules.md, One
    activity log).
    """
    at = at or timezone.now()
    return locks.retried(lambda hints: record_once(entries, hints, at))


def record_once(
    entries: Sequence[Entry], hints: Hints, at: datetime, *, net: bool = False, also: Profiles | None = None
) -> list[Outcome]:
    """Make an attempt of `record`; `net`: see `progress.apply`, `also`: who else is enrolled."""
    with transaction.atomic():
        challenge_ids = {entry.challenge_id for entry in entries}
        external_ids = {entry.external_id for entry in entries} | (also or {}).keys()
        outcomes = [Outcome() for _ in entries]
        locks.lock_shared(challenge_ids)
        rules, members = rules_of(challenge_ids), directory.find(external_ids)
        context = BatchContext(entries, outcomes, rules, members, at, hints, net, also or {})
        for sub_batch in [[0]] if len(entries) == 1 else split_batch(entries, hints.singly):
            _process_sub_batch(context, sub_batch)
        for challenge_rules in rules.values():
            if challenge_rules.backfill_since is not None:
                backfill.resume_if_interrupted(challenge_rules, at)
            if challenge_rules.unapplied_from is not None:
                rule_versions.apply_if_due(challenge_rules, at)
    return context.outcomes


def _process_sub_batch(context: BatchContext, sub_batch: list[int]) -> None:
    reversals = [index for index in sub_batch if context.entries[index].reversal_of]
    _lock_originals(context, sub_batch, reversals)
    verdicts, duplicates = _judge(context, sub_batch, reversals)
    _enrol(context, verdicts)
    logs = _make_logs(context, verdicts)
    stored = _store_within_limits(context, logs)
    if len(stored) < len(logs):
        _resolve_unwritten(context, [index for index in logs if index not in stored])
    if duplicates:
        _resolve_stored(context, duplicates)
    refused = [index for index in sub_batch if context.outcomes[index].errors and index not in logs]
    if refused:
        _resolve_stored(context, refused, {log.identity: index for index, log in stored.items()})


def _lock_originals(context: BatchContext, sub_batch: Sequence[int], reversals: Sequence[int]) -> None:
    """Lock what reversals here name, before all else."""
    first, context.matching = context.hints.lock_first, None
    if first or reversals:
        named = {context.identity(index, named=True) for index in reversals}
        originals = lock_originals(first | {identity for identity in named if identity})
        context.matching = Matching(
            context.entries, sub_batch, originals, context.rules, context.members, context.at
        )


def _judge(
    context: BatchContext, sub_batch: Sequence[int], reversals: Sequence[int]
) -> tuple[dict[int, Verdict], list[int]]:
    """Return the verdicts in the order in which the entries act, and the indexes of duplicates."""
    verdicts: dict[int, Verdict] = {}
    duplicates: list[int] = []
    matching, seen = context.matching, set()
    identities = (context.identity(index) for index in reversals)
    recorded = find_log_rows(identity for identity in identities if identity) if reversals else {}
    for index in in_order(context.entries, sub_batch) if reversals else sub_batch:
        entry = context.entries[index]
        key = (entry.external_id, entry.challenge_id, entry.unique_identifier)
        if key in seen or (entry.reversal_of and context.identity(index) in recorded):
            duplicates.append(index)
            continue
        try:
            if matching is not None and entry.reversal_of:
                verdicts[index] = matching.judge(index)
            else:
                member = context.members.get(entry.external_id)
                paused = member is not None and member.paused
                rules = context.rules.get(entry.challenge_id)
                verdicts[index] = judge_activity(entry, rules, paused, context.at)
            if matching is not None and not entry.reversal_of:
                matching.add_activity(index, verdicts[index])
            seen.add(key)
        except DomainError as error:
            context.outcomes[index].errors = [error]
    return verdicts, duplicates


def _enrol(context: BatchContext, indexes: Iterable[int]) -> None:
    profiles = {id_: dict(fields) for id_, fields in context.also.items() if id_ not in context.members}
    for index in indexes:
        entry = context.entries[index]
        if entry.profile or entry.external_id not in context.members:
            profiles.setdefault(entry.external_id, {}).update(entry.profile or {})
    if profiles:
        context.members.update(directory.enrol_or_complete(profiles, context.members, context.at))


def _make_logs(context: BatchContext, verdicts: Mapping[int, Verdict]) -> LogsByIndex:
    """Make the logs of a sub-batch, with ids that rise in the order in which they act."""
    acting = context.matching.acting if context.matching is not None else {}
    ids = iter(uuid7_batch(context.at, len(verdicts) + sum(map(len, acting.values()))))
    logs: LogsByIndex = {}
    for index, verdict in verdicts.items():
        log = _build_log(next(ids), context, context.entries[index], verdict)
        logs[index] = [log]
        logs[index] += [
            acting_log(next(ids), reversal, log.period_key, -taken, context.at, verdict.rule_version)
            for reversal, taken in acting.get(index, ())
        ]
    return logs


def _build_log(id_: UUID, context: BatchContext, entry: Entry, verdict: Verdict) -> LogRow:
    return LogRow(
        id_,
        context.members[entry.external_id].id,
        entry.challenge_id,
        entry.unique_identifier,
        entry.activity_at,
        entry.activity_id,
        entry.activity_value,
        entry.reversal_of,
        counts_anyway="",
        period_key=verdict.period_key,
        counted=not verdict.reason_code,
        reason_code=verdict.reason_code,
        counted_value=verdict.counted_value,
        created_at=context.at,
        rule_version=verdict.rule_version,
        judged=verdict.judged,
    )


def _store_within_limits(context: BatchContext, logs: LogsByIndex) -> dict[int, LogRow]:
    """Store all logs but those that would pass the limit of a sum; return those that were new, by index.

    Where several logs together pass it, only processing them singly shows which of them is too much.
    """
    remaining = dict(logs)
    while remaining:
        try:
            with transaction.atomic(savepoint=bool(context.hints.singly)):
                return _store(context, remaining)
        except SumLimitReached as limit:
            beyond = {index for index, made in remaining.items() if made[0].window_key in limit.windows}
            pairs = frozenset(pair_of(context.entries[index]) for index in beyond)
            if not pairs <= context.hints.singly:
                raise BeginAgain(Hints(singly=pairs)) from None
            for index in beyond:
                context.outcomes[index].errors = [limit]
                del remaining[index]
    return {}


def _store(context: BatchContext, logs: LogsByIndex) -> dict[int, LogRow]:
    """Insert in key order, with the placeholders of early reversals; count the logs that are new.

    Raises `RetryTransaction` where another transaction stored what a verdict took for unknown or for new.
    """
    matching = context.matching
    placeholders = make_placeholders(matching.kept(logs), context.at) if matching is not None else []
    rows = [*placeholders, *(log for made in logs.values() for log in made)]
    new = insert_replacing(rows, matching.originals.placeholders) if matching else insert_logs(rows)
    stored = {index: made[0] for index, made in logs.items() if made[0].id in new}
    if any(row.id not in new for row in placeholders) or (matching and matching.lost_one(stored)):
        raise locks.RetryTransaction
    applied = send_saved([log for index in stored for log in logs[index]], context.rules, net=context.net)
    issued: dict[UUID | None, list[Issued]] = {}
    for reward_log in applied.issued:
        issued.setdefault(reward_log.challenge_log_id, []).append(reward_log)
    for index, log in stored.items():
        window_key = (log.member_id, log.challenge_id, log.period_key)
        progress = applied.rows.get(window_key) if log.counted else None
        context.outcomes[index] = Outcome("created", log, [], issued.get(log.id, []), progress)
    return stored


def send_saved(logs: Sequence[LogRow], rules: Mapping[UUID, Rules], *, net: bool = False) -> Applied:
    """Send `challenge_logs_saved` for logs that were just stored; return what the engine made of them."""
    if not logs:
        return Applied()
    responses: Any = challenge_logs_saved.send(ChallengeLog, logs=logs, rules=rules, net=net)
    return next(response for _receiver, response in responses if isinstance(response, Applied))


def _resolve_stored(
    context: BatchContext, indexes: Iterable[int], stored_now: dict[Identity, int] | None = None
) -> None:
    """Set the outcome of entries whose identifier is stored to replayed, or rejected with the conflict.

    `stored_now`: which entry here stored an identity. One that was refused before a later one brought its
    identifier stays refused.
    """
    stored_now = stored_now or {}
    identities = {index: identity for index in indexes if (identity := context.identity(index))}
    candidates = {index: key for index, key in identities.items() if stored_now.get(key, -1) < index}
    stored = find_log_rows(candidates.values()) if candidates else {}
    for index, identity in candidates.items():
        if log := stored.get(identity):
            errors = repeated(context.entries[index], log)
            context.outcomes[index] = Outcome(errors=errors) if errors else Outcome("replayed", log)


def _resolve_unwritten(context: BatchContext, indexes: Sequence[int]) -> None:
    """Set the outcome of entries whose identifier is taken; raise `BeginAgain` if a placeholder has it."""
    _resolve_stored(context, indexes)
    missing = (context.identity(index) for index in indexes if context.outcomes[index] == Outcome())
    identities = frozenset(identity for identity in missing if identity)
    if identities and identities <= context.hints.lock_first:
        raise locks.RetryTransaction
    if identities:
        raise BeginAgain(Hints(lock_first=identities))
