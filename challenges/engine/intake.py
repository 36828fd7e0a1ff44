"""Store well-formed entries as challenge logs and return an outcome for each; one entry is a batch of one.

Everything happens in one transaction: the challenges are locked as shared, members are found or enrolled,
logs are inserted in key order, and the signal `challenge_logs_saved` lets them count. Whether an identifier
is stored already is decided by the unique key, never by a look beforehand (docs/locking.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from challenges.caches.config import rules_of
from challenges.engine import backfill, locks, rule_versions
from challenges.engine.batch_state import BatchContext, Outcome, Plan
from challenges.engine.batching import BeginAgain, Hints, pair_of, split_batch
from challenges.engine.eligibility import Entry, Verdict, judge_activity
from challenges.engine.progress import Applied, SumLimitReached
from challenges.engine.repeats import resolve_stored, resolve_unwritten
from challenges.engine.reversal_matching import Matching, in_order
from challenges.engine.reversals import (
    Originals,
    acting_log,
    lock_originals,
    make_placeholders,
    remove_placeholders,
)
from challenges.models import ChallengeLog
from challenges.models.rows import LOG_IDENTITY, LOG_VALUES, LOGS, Identity, LogRow, find_log_rows
from challenges.models.window_rules import Rules
from challenges.signals import challenge_logs_saved
from core.errors import DomainError
from core.ids import uuid7_batch
from members.domain import directory
from rewards.models.rows import Issued


def record(entries: Sequence[Entry], at: datetime | None = None) -> list[Outcome]:
    """Store and count these activities and issue what they made due, in one transaction.

    Returns an outcome for each entry, in order. A refused entry does not affect the others; outcomes and
    stored rows are those of the same entries sent one after the other, a reversal never before its original.
    `at` is the moment of receipt; None: now. Repeats the transaction after a deadlock (docs/rules.md, One
    activity log).
    """
    at = at or timezone.now()
    return locks.retried(lambda hints: record_once(entries, hints, at))


def record_once(entries: Sequence[Entry], hints: Hints, at: datetime) -> list[Outcome]:
    """Make one attempt of `record`, which is a part of the caller's transaction where there is one."""
    with transaction.atomic():
        challenge_ids = {entry.challenge_id for entry in entries}
        external_ids = {entry.external_id for entry in entries}
        outcomes = [Outcome() for _ in entries]
        locks.lock_shared(challenge_ids)
        rules, members = rules_of(challenge_ids), directory.find(external_ids)
        context = BatchContext(entries, outcomes, rules, members, at, hints)
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
    originals = _lock_originals(context, sub_batch, reversals)
    plan = _judge(context, sub_batch, reversals, originals)
    _enrol(context, plan.verdicts)
    _make_logs(context, plan, originals)
    stored = _store_within_limits(context, plan)
    if len(stored) < len(plan.logs):
        resolve_unwritten(context, [index for index in plan.logs if index not in stored])
    if plan.repeated:
        resolve_stored(context, plan.repeated)
    refused = [index for index in sub_batch if context.outcomes[index].errors and index not in plan.logs]
    if refused:
        resolve_stored(context, refused, {log.identity: index for index, log in stored.items()})


def _lock_originals(
    context: BatchContext, sub_batch: Sequence[int], reversals: Sequence[int]
) -> Originals | None:
    """Lock what reversals here name, before all else; None where there is nothing to lock."""
    first = set(context.hints.lock_first)
    if context.kept:
        first |= context.kept & {context.identity(index) for index in sub_batch}
    if not (first or reversals):
        return None
    named = {context.named_identity(index) for index in reversals}
    return lock_originals(first | {identity for identity in named if identity})


def _judge(
    context: BatchContext, sub_batch: Sequence[int], reversals: Sequence[int], originals: Originals | None
) -> Plan:
    """Judge each entry, in the order in which they act; a refused one leaves its identifier to a later."""
    plan = Plan()
    seen: set[tuple[str, UUID, str]] = set()
    recorded: set[Identity | None] = set()
    matching = None
    if originals is not None:
        matching = Matching(context, sub_batch, originals, plan)
        # None is added meanwhile, as their originals are locked.
        stored = (context.identity(index) for index in reversals)
        recorded = set(find_log_rows(identity for identity in stored if identity))
    for index in in_order(context.entries, sub_batch) if reversals else sub_batch:
        entry = context.entries[index]
        key = (entry.external_id, entry.challenge_id, entry.unique_identifier)
        if key in seen or (entry.reversal_of and context.identity(index) in recorded):
            plan.repeated.append(index)
            continue
        try:
            if entry.reversal_of and matching is not None:
                plan.verdicts[index] = matching.judge(index)
            else:
                member = context.members.get(entry.external_id)
                paused = member is not None and member.paused
                verdict = judge_activity(entry, context.rules.get(entry.challenge_id), paused, context.at)
                plan.verdicts[index] = verdict
                if matching is not None:
                    matching.add_activity(index, verdict)
            seen.add(key)
        except DomainError as error:
            context.outcomes[index].errors = [error]
    return plan


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


def _make_logs(context: BatchContext, plan: Plan, originals: Originals | None) -> None:
    """Make the logs of a sub-batch, with ids that rise in the order in which they act."""
    ids = iter(uuid7_batch(context.at, len(plan.verdicts) + sum(map(len, plan.acting.values()))))
    for index, verdict in plan.verdicts.items():
        log = _build_log(next(ids), context, index, verdict)
        plan.logs[index] = [log]
        for reversal, taken in plan.acting.get(index, ()):
            plan.logs[index].append(
                acting_log(next(ids), reversal, log.period_key, -taken, context.at, verdict.rule_version)
            )
        if originals is not None and log.identity in originals.placeholders:
            plan.taken[index] = originals.placeholders[log.identity]
    for index in plan.unknown:
        identity = context.named_identity(index)
        if identity is not None and (originals is None or identity not in originals.placeholders):
            plan.keeps[index] = identity


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


def _store_within_limits(context: BatchContext, plan: Plan) -> dict[int, LogRow]:
    """Store all logs but those that would pass the limit of a sum; return those that were new, by index.

    Where several logs together pass it, only processing them singly shows which of them is too much.
    """
    remaining = dict(plan.logs)
    while remaining:
        try:
            with transaction.atomic(savepoint=bool(context.hints.singly)):
                return _store(context, plan, remaining)
        except SumLimitReached as limit:
            beyond = {index for index, logs in remaining.items() if logs[0].window_key in limit.windows}
            pairs = frozenset(pair_of(context.entries[index]) for index in beyond)
            if not pairs <= context.hints.singly:
                raise BeginAgain(Hints(singly=pairs)) from None
            for index in beyond:
                context.outcomes[index].errors = [limit]
                del remaining[index]
    return {}


def _store(context: BatchContext, plan: Plan, logs: Mapping[int, list[LogRow]]) -> dict[int, LogRow]:
    """Insert in key order, with the placeholders of early reversals; count the logs that are new.

    Raises `RetryTransaction` where another transaction stored what a verdict took for unknown or for new.
    """
    if plan.taken:
        remove_placeholders([id_ for index, id_ in plan.taken.items() if index in logs])
    kept = {identity for index, identity in plan.keeps.items() if index in logs}
    placeholders = make_placeholders(kept, context.at) if kept else []
    rows = [*placeholders, *(log for made in logs.values() for log in made)]
    rows.sort(key=LOG_IDENTITY)
    written = LOGS.insert(
        [LOG_VALUES(row) for row in rows], "(member_id, challenge_id, unique_identifier) DO NOTHING", ("id",)
    )
    new = {id_ for (id_,) in written}
    stored = {index: made[0] for index, made in logs.items() if made[0].id in new}
    if any(row.id not in new for row in placeholders):
        raise locks.RetryTransaction
    if any(index in stored and original not in stored for index, original in plan.matched.items()):
        raise locks.RetryTransaction
    context.kept |= kept
    applied = send_saved([log for index in stored for log in logs[index]], context.rules)
    issued: dict[UUID | None, list[Issued]] = {}
    for reward_log in applied.issued:
        issued.setdefault(reward_log.challenge_log_id, []).append(reward_log)
    for index, log in stored.items():
        progress = applied.rows.get(log.window_key) if log.counted else None
        context.outcomes[index] = Outcome("created", log, [], issued.get(log.id, []), progress)
    return stored


def send_saved(logs: Sequence[LogRow], rules: Mapping[UUID, Rules]) -> Applied:
    """Send `challenge_logs_saved` for logs that were just stored; return what the engine made of them."""
    if not logs:
        return Applied()
    responses: list[tuple[Any, Any]] = challenge_logs_saved.send(sender=ChallengeLog, logs=logs, rules=rules)
    return next(response for _receiver, response in responses if isinstance(response, Applied))
