"""From well-formed entries to stored logs and an outcome for each; one entry is a batch of one.

Everything happens in one transaction: the challenges are shared with other logs, members are found or
enrolled, logs are inserted in key order and the signal lets them count. An identifier that is stored already
is a replay or a conflict; the unique key decides that, never a look beforehand.
"""

import logging
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from challenges import locks
from challenges.catalogue import Rules, rules_of
from challenges.judging import CONTENT_FIELDS, Entry, Judgement, judge, judge_reversal
from challenges.ledger import LOGS, Identity, ProgressRow, StoredLog, stored_logs
from challenges.models import ChallengeLog
from challenges.progress import Applied, SumLimitReached
from challenges.reversals import originals_of
from challenges.signals import challenge_logs_saved
from challenges_project.amounts import amount, units
from challenges_project.choices import MemberStatus
from challenges_project.errors import DomainError
from challenges_project.ids import uuid7_batch
from members import directory
from rewards.issuing import Issued

logger = logging.getLogger(__name__)

TRIES = 5


@dataclass(slots=True)
class Outcome:
    """What became of one entry. `status` is `created`, `replayed` or `rejected`, the last with `errors`."""

    status: str = "rejected"
    log: StoredLog | None = None
    errors: list[DomainError] = field(default_factory=list)
    issued: list[Issued] = field(default_factory=list)
    progress: ProgressRow | None = None


@dataclass(slots=True)
class Work:
    """One transaction's view of a batch."""

    entries: Sequence[Entry]
    outcomes: list[Outcome]
    rules: dict[UUID, Rules]
    members: dict[str, directory.Known]
    at: datetime
    # Windows that were seen to pass the limit of a sum: their entries go one at a time.
    limited: frozenset


def record(entries: Sequence[Entry], at: datetime | None = None) -> list[Outcome]:
    """Store, count and pay these activities, all in one transaction; an outcome for each, in order.

    An entry that is refused spoils none of the others. Repeats the transaction when the database chose it as
    the victim of a deadlock. `at` is the moment of receipt; None: now.
    """
    at = at or timezone.now()
    limited: frozenset = frozenset()
    for turn in range(1, TRIES + 1):
        try:
            return _record_once(entries, limited, at)
        except SumLimitReached as reached:
            limited |= reached.windows
        except OperationalError as error:
            if turn == TRIES or not _is_deadlock(error):
                raise
            logger.info("Deadlock between two sets of logs, turn %s: trying again", turn)
            time.sleep(random.uniform(0, 0.02 * turn))
    return _record_once(entries, limited, at)


def _is_deadlock(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in ("40P01", "40001")


def _record_once(entries: Sequence[Entry], limited: frozenset, at: datetime) -> list[Outcome]:
    with transaction.atomic():
        challenge_ids = {entry.challenge_id for entry in entries}
        locks.share(challenge_ids)
        work = Work(
            entries=entries,
            outcomes=[Outcome() for _ in entries],
            rules=rules_of(challenge_ids),
            members=directory.find(entry.external_id for entry in entries),
            at=at,
            limited=limited,
        )
        for turn in _turns(work):
            _take_turn(work, turn)
    return work.outcomes


def _turns(work: Work) -> list[list[int]]:
    """The entries in sets that may be counted together, as if each had come alone, in order.

    One set, unless a member's activity and its reversal travel together: then what follows waits its turn.
    """
    turns: list[list[int]] = []
    last: dict[tuple, tuple[int, bool]] = {}
    careful = bool(work.limited)
    for index, entry in enumerate(work.entries):
        key = (entry.external_id, entry.challenge_id)
        takes_back = bool(entry.reversal_of)
        turn, took_back = last.get(key, (0, takes_back))
        if key in last and (took_back != takes_back or careful):
            turn += 1
        last[key] = (turn, takes_back)
        if turn == len(turns):
            turns.append([])
        turns[turn].append(index)
    return turns


def _take_turn(work: Work, turn: list[int]) -> None:
    judged = _judge(work, turn)
    _enrol(work, judged)
    leaders, followers = _by_identity(work, judged)
    while leaders:
        try:
            with transaction.atomic(savepoint=bool(work.limited)):
                _store(work, leaders)
            break
        except SumLimitReached as reached:
            if not work.limited:
                raise
            leaders = _refuse_past_limit(work, leaders, reached)
    _answer_known(work, followers, [index for index in turn if index not in judged])


def _judge(work: Work, turn: list[int]) -> dict[int, Judgement]:
    judged: dict[int, Judgement] = {}
    originals = originals_of(work.entries, turn, work.members)
    for index in turn:
        entry = work.entries[index]
        rules = work.rules.get(entry.challenge_id)
        known = work.members.get(entry.external_id)
        try:
            if entry.reversal_of:
                judged[index] = judge_reversal(entry, originals.get(index), rules, work.at)
                originals.take(index, judged[index])
            else:
                judged[index] = judge(entry, rules, known is not None and known.paused, work.at)
        except DomainError as error:
            work.outcomes[index].errors = [error]
    return judged


def _enrol(work: Work, judged: Iterable[int]) -> None:
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


def _by_identity(work: Work, judged: dict[int, Judgement]) -> tuple[dict[int, StoredLog], list[int]]:
    """The first entry of each identity, made into the log that it would be, and the later ones."""
    leaders: dict[int, StoredLog] = {}
    followers: list[int] = []
    seen: set[tuple] = set()
    ids = uuid7_batch(work.at, len(judged))
    for id_, (index, judgement) in zip(ids, judged.items(), strict=True):
        log = _log_of(id_, work, index, judgement)
        if log.identity in seen:
            followers.append(index)
        else:
            seen.add(log.identity)
            leaders[index] = log
    return leaders, followers


def _log_of(id_: UUID, work: Work, index: int, judgement: Judgement) -> StoredLog:
    entry = work.entries[index]
    return StoredLog(
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


def _store(work: Work, leaders: dict[int, StoredLog]) -> None:
    """Insert, in key order; let what was new count; answer the rest as replays or conflicts."""
    rows = [log.row() for log in sorted(leaders.values(), key=lambda log: log.identity)]
    written = LOGS.insert(rows, "(member_id, challenge_id, unique_identifier) DO NOTHING", ("id",))
    new = {id_ for (id_,) in written}
    fresh = [log for log in leaders.values() if log.id in new]
    applied = announce(fresh)
    issued: dict[UUID | None, list[Issued]] = {}
    for each in applied.issued:
        issued.setdefault(each.challenge_log_id, []).append(each)
    for index, log in leaders.items():
        if log.id in new:
            progress = applied.rows.get(log.window_key)
            work.outcomes[index] = Outcome("created", log, [], issued.get(log.id, []), progress)
    known = [index for index, log in leaders.items() if log.id not in new]
    _answer_known(work, known, [])


def announce(logs: Sequence[StoredLog]) -> Applied:
    """Tell whoever listens that these were stored; answers what the engine made of them."""
    if not logs:
        return Applied()
    answers = challenge_logs_saved.send(sender=ChallengeLog, logs=logs)
    return next(answer for _receiver, answer in answers if isinstance(answer, Applied))


def _refuse_past_limit(
    work: Work, leaders: dict[int, StoredLog], reached: SumLimitReached
) -> dict[int, StoredLog]:
    for index, log in leaders.items():
        if log.window_key in reached.windows:
            message = "The window's total would pass 99,999,999,999,999.9999; nothing was stored."
            work.outcomes[index].errors = [DomainError("sum_limit", message, "activityValue")]
    return {index: log for index, log in leaders.items() if log.window_key not in reached.windows}


def _answer_known(work: Work, met: Sequence[int], refused: Sequence[int]) -> None:
    """Replays and conflicts: of entries whose identifier is stored, and of refused ones that repeat a log.

    A refusal stands unless the identifier is known: a replay is judged before everything else.
    """
    identities: dict[int, Identity] = {}
    for index in (*met, *refused):
        entry = work.entries[index]
        if known := work.members.get(entry.external_id):
            identities[index] = (known.id, entry.challenge_id, entry.unique_identifier)
    if not identities:
        return
    stored = stored_logs(identities.values())
    for index, identity in identities.items():
        if log := stored.get(identity):
            work.outcomes[index] = _repeated(work.entries[index], log)


def _repeated(entry: Entry, log: StoredLog) -> Outcome:
    had = (log.activity_at, log.activity_id, log.activity_value, log.reversal_of)
    if had == entry.content:
        return Outcome("replayed", log)
    differing = [
        name for name, old, new in zip(CONTENT_FIELDS, had, entry.content, strict=True) if old != new
    ]
    return Outcome(
        errors=[
            DomainError(
                "duplicate_conflict",
                f"This identifier is stored with another {', '.join(differing)}; use a new uniqueIdentifier.",
                name,
                "conflict",
            )
            for name in differing
        ]
    )


def judge_unsaved(log: ChallengeLog) -> None:
    """Fill in what a log saved by the ORM (admin, shell) needs, by the same judgement as at the API's door.

    Raises `DomainError`; call it inside the transaction of the save.
    """
    now = timezone.now()
    locks.share([log.challenge_id])
    log.created_at = now
    entry = _entry_of(log)
    rules = rules_of([log.challenge_id]).get(log.challenge_id)
    if entry.reversal_of:
        originals = originals_of([entry], [0], {entry.external_id: directory.Known(log.member_id, False)})
        judgement = judge_reversal(entry, originals.get(0), rules, now)
    else:
        judgement = judge(entry, rules, log.member.status == MemberStatus.PAUSED, now)
    log.period_key = judgement.period_key
    log.counted = judgement.counted
    log.reason_code = judgement.reason_code
    log.counted_value = amount(judgement.counted_value)
    log._rules, log._window = rules, judgement.window


def _entry_of(log: ChallengeLog) -> Entry:
    return Entry(
        challenge_id=log.challenge_id,
        external_id=log.member.external_id,
        activity_at=log.activity_at,
        activity_id=log.activity_id,
        unique_identifier=log.unique_identifier,
        activity_value=None if log.activity_value is None else units(log.activity_value),
        reversal_of=log.reversal_of,
    )
