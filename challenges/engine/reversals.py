"""Find and lock the originals that reversals name, and the places that early reversals keep for theirs.

A reversal whose original is unknown keeps the original's identifier by a placeholder, a row without content
under the same unique key. Whoever stores the original locks the placeholder first, so that the two never miss
each other. A log that was counted anyway and the log that counts it share what is left (docs/rules.md,
Reversals; docs/locking.md).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Q, QuerySet

from challenges.engine.batching import BeginAgain, Hints
from challenges.engine.reversal_rules import Original
from challenges.models import ChallengeLog
from challenges.models.challenge_log import PLACEHOLDER
from challenges.models.rows import (
    LOG_IDENTITY,
    LOOKUP_AT_ONCE,
    Identity,
    LogRow,
    chunked,
    insert_logs,
    row_of_log,
)
from core.choices import ReasonCode
from core.ids import uuid7_batch

UNKNOWN = ReasonCode.ORIGINAL_UNKNOWN.value


@dataclass(slots=True)
class Originals:
    """What is stored under the identities that reversals name, locked.

    `placeholders`: the ids of their rows. `early`: the reversals that wait there, oldest first.
    """

    stored: dict[Identity, Original] = field(default_factory=dict)
    placeholders: dict[Identity, UUID] = field(default_factory=dict)
    early: dict[Identity, list[LogRow]] = field(default_factory=dict)


def lock_originals(identities: Collection[Identity]) -> Originals:
    """Lock the logs and placeholders of these identities in one order, and read what is left of the logs.

    The lock keeps two transactions from taking back the same part. Raises `BeginAgain` for a log that counts
    another one anyway, if that is not among them: both share what is left.
    """
    originals = Originals()
    if not identities:
        return originals
    rows = _lock(identities)
    originals.placeholders = {log.identity: log.id for log in rows if log.reason_code == PLACEHOLDER}
    logs = {log.identity: log for log in rows if log.reason_code != PLACEHOLDER}
    if unlocked := {_root(log) for log in logs.values()} - logs.keys():
        raise BeginAgain(Hints(lock_first=frozenset(unlocked)))
    groups: dict[Identity, list[LogRow]] = {}
    for log in {log.id: log for log in (*logs.values(), *_find_counting(logs))}.values():
        groups.setdefault(_root(log), []).append(log)
    names = {log.identity for group in groups.values() for log in group}
    by_name = find_reversals({*names, *originals.placeholders})
    shared = {
        root: _original_of(group, [log for name in group for log in by_name.get(name.identity, ())])
        for root, group in groups.items()
    }
    originals.stored = {identity: shared[_root(log)] for identity, log in logs.items()}
    for identity in originals.placeholders:
        originals.early[identity] = [log for log in by_name.get(identity, ()) if log.reason_code == UNKNOWN]
    return originals


def _lock(identities: Collection[Identity]) -> list[LogRow]:
    """Lock the rows of these identities, placeholders too, in key order."""
    locked = ChallengeLog.with_placeholders.select_for_update(no_key=True, of=("self",))
    rows = _named(locked, "unique_identifier", identities)
    return [log for log in map(row_of_log, rows.order_by(*KEY)) if log.identity in identities]


KEY = ("member_id", "challenge_id", "unique_identifier")


def _named(
    logs: QuerySet[ChallengeLog], column: str, identities: Iterable[Identity]
) -> QuerySet[ChallengeLog]:
    """Filter logs of the members and challenges of these identities whose `column` has an identifier of one.

    They may be others than the identities': every key of the table begins with the member and the challenge.
    """
    members, challenges, identifiers = (set(part) for part in zip(*identities, strict=True))
    return logs.filter(
        ~Q(**{column: ""}),
        member_id__in=members,
        challenge_id__in=challenges,
        **{f"{column}__in": identifiers},
    )


def _find_counting(logs: Iterable[Identity]) -> list[LogRow]:
    """Find the logs that count these anyway."""
    identities = set(logs)
    if not identities:
        return []
    rows = map(row_of_log, _named(ChallengeLog.objects.filter(reversal_of=""), "counts_anyway", identities))
    return [log for log in rows if _root(log) in identities]


def find_reversals(identities: Collection[Identity]) -> dict[Identity, list[LogRow]]:
    """Find all reversals that name these identities, by the identity, in the order in which they came."""
    found: dict[Identity, list[LogRow]] = {}
    for chunk in chunked(sorted(identities), LOOKUP_AT_ONCE):
        rows = _named(ChallengeLog.objects.all(), "reversal_of", chunk).order_by("id")
        for log in map(row_of_log, rows):
            found.setdefault((log.member_id, log.challenge_id, log.reversal_of), []).append(log)
    return found


def _root(log: LogRow) -> Identity:
    """Return the identity of the log that a log counts anyway, else its own."""
    acts_for = log.counts_anyway if not log.reversal_of else ""
    return log.member_id, log.challenge_id, acts_for or log.unique_identifier


def _original_of(logs: Sequence[LogRow], reversals: Iterable[LogRow]) -> Original:
    """Return what is left of a log and of the one that counts it anyway."""
    root = min(logs, key=lambda log: bool(log.counts_anyway))
    original = Original(
        period_key=root.period_key,
        counted=any(log.counted for log in logs),
        is_reversal=bool(root.reversal_of),
        left=sum(log.counted_value for log in logs),
        value_left=root.activity_value,
    )
    for reversal in reversals:
        original.left += reversal.counted_value
        # What acts for an early reversal repeats its value.
        if original.value_left is not None and not reversal.counts_anyway:
            original.value_left = max(0, original.value_left - (reversal.activity_value or 0))
        original.touched = True
    return original


def left_of(log: LogRow, added: int, reversals: Iterable[LogRow], *, counting: bool) -> int | None:
    """Return what reversals that came before left of what this log would add, in units; None: nothing."""
    original = Original(
        log.period_key, counted=True, is_reversal=False, left=added, value_left=log.activity_value
    )
    for reversal in reversals:
        if not original.exhausted and not reversal.counts_anyway:
            original.take(reversal.activity_value, counting=counting)
    return None if original.exhausted else original.left


def make_placeholders(identities: Collection[Identity], at: datetime) -> list[LogRow]:
    """Make the rows that keep these identities for their logs."""
    return [
        LogRow(
            id=id_,
            member_id=member_id,
            challenge_id=challenge_id,
            unique_identifier=unique_identifier,
            activity_at=at,
            activity_id="",
            activity_value=None,
            reversal_of="",
            counts_anyway="",
            period_key="",
            counted=False,
            reason_code=PLACEHOLDER,
            counted_value=0,
            created_at=at,
            rule_version=None,
        )
        for id_, (member_id, challenge_id, unique_identifier) in zip(
            uuid7_batch(at, len(identities)), identities, strict=True
        )
    ]


def insert_replacing(logs: Iterable[LogRow], placeholders: Mapping[Identity, UUID]) -> set[UUID]:
    """Insert logs as `insert_logs` does, in the place of these locked placeholders where there is one.

    A placeholder is removed when the order of the keys comes to it: its key is free from then on, and whoever
    inserts the same logs waits there.
    """
    new: set[UUID] = set()
    in_key_order = sorted(logs, key=LOG_IDENTITY)
    for is_kept, group in groupby(in_key_order, key=lambda log: log.identity in placeholders):
        rows = list(group)
        if is_kept:
            remove_placeholders([placeholders[log.identity] for log in rows])
        new |= insert_logs(rows)
    return new


def remove_placeholders(ids: Collection[UUID]) -> None:
    """Free the identities that these locked placeholders keep, for the logs that come now."""
    placeholders = ChallengeLog.with_placeholders.filter(id__in=ids, reason_code=PLACEHOLDER)
    placeholders._raw_delete(placeholders.db)


def acting_log(
    id_: UUID, named: LogRow, period_key: str, counted_value: int, at: datetime, number: int
) -> LogRow:
    """Make the log by which a stored one, which stays as it is, acts now on the window of `period_key`.

    It is identified by the stored log's id, so that it acts once whatever happens at the same time.
    """
    return LogRow(
        id=id_,
        member_id=named.member_id,
        challenge_id=named.challenge_id,
        unique_identifier=f"count-anyway-{named.id}",
        activity_at=named.activity_at,
        activity_id=named.activity_id,
        activity_value=named.activity_value,
        reversal_of=named.reversal_of,
        counts_anyway=named.unique_identifier,
        period_key=period_key,
        counted=True,
        reason_code="",
        counted_value=counted_value,
        created_at=at,
        rule_version=number,
    )
