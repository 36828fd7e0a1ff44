"""Count anyway all that a filter finds: in chunks of bounded size, in the order of activity.

The first logs are counted in the request, one transaction for each chunk. The rest follows in the background
of a server (`resume_all`), which is woken after the commit; an interruption is resumed when a server starts,
or by any server within minutes. Running twice counts once: the unique keys of the logs decide (docs/rules.md,
One activity log).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from access.domain import audit_log
from challenges.engine import locks
from challenges.engine.manual_count import ManualCounts, count_logs, countable_rules
from challenges.engine.runs import resume_each, work_waits
from challenges.models import Challenge, ManualCountRun
from challenges.queries.uncounted_logs import LogFilter, uncounted_logs
from core.ids import uuid7
from members.models import Member

__all__ = ["LogFilter", "advance", "resume_all", "start"]

LOGS_AT_ONCE = 500
LOGS_IN_REQUEST = 1000
# A server counts so many of a run before it looks after its other work.
LOGS_IN_A_TURN = 10_000
MOST_REFUSALS = 100


def start(challenge_id: UUID, log_filter: LogFilter, reason: str, actor: Any, at: datetime) -> ManualCountRun:
    """Begin to count all that a filter finds, and return how far that is; the rest follows.

    It is noted in the audit log, with `actor` (a staff account, None for the API key or command that acts).
    Where nothing is found nothing is stored: the run has no id. Raises `DomainError` without a reason, and
    `archived`.
    """
    reason = audit_log.checked_reason(reason)
    with transaction.atomic():
        countable_rules(challenge_id)
        run = _new_run(challenge_id, log_filter, at)
        if not run.found:
            return run
        run.staff_action = audit_log.note(
            actor,
            "count_anyway_all",
            at=at,
            member=run.member,
            target=Challenge(id=challenge_id),
            reason=reason,
            detail={"runId": str(run.id), "filter": log_filter.describe(), "found": run.found},
        )
        run.save(force_insert=True)
    if advance(run.id, LOGS_IN_REQUEST, at=at):
        transaction.on_commit(work_waits.set)
    run.refresh_from_db()
    return run


def _new_run(challenge_id: UUID, log_filter: LogFilter, at: datetime) -> ManualCountRun:
    external_id = log_filter.external_id
    member = None if external_id is None else Member.objects.filter(external_id=external_id).first()
    found = uncounted_logs(challenge_id, log_filter).filter(created_at__lte=at).count()
    if external_id is not None and member is None:
        found = 0  # an unknown member, or one who was renamed meanwhile: without a member it would find all
    return ManualCountRun(
        id=uuid7(at) if found else None,
        challenge_id=challenge_id,
        member=member,
        reason_codes=list(log_filter.reason_codes),
        period_key=log_filter.period_key,
        activity_after=log_filter.activity_after,
        activity_before=log_filter.activity_before,
        unique_identifier=log_filter.unique_identifier,
        found=found,
        started_at=at,
        moved_at=at,
        finished_at=None if found else at,
    )


def advance(run_id: UUID, most: int | None = None, *, at: datetime | None = None) -> bool:
    """Count up to `most` more logs of a run, None: all of them; return whether it has more.

    `at`: the time of counting, None: now, anew for each chunk. What another transaction works on is left to
    it.
    """
    processed = 0
    while most is None or processed < most:
        chunk_size, has_more = locks.retry(lambda: _count_chunk(run_id, at or timezone.now()))
        processed += chunk_size
        if not has_more:
            return False
    return True


def resume_all(moved_before: datetime) -> bool:
    """Go on with every run that nothing moved since `moved_before`; return whether one has more."""
    pending = ManualCountRun.objects.filter(finished_at=None, moved_at__lt=moved_before).order_by("moved_at")
    run_ids = pending.values_list("id", flat=True)
    return resume_each(run_ids, lambda run_id: advance(run_id, LOGS_IN_A_TURN))


def _count_chunk(run_id: UUID, at: datetime) -> tuple[int, bool]:
    """Count the next logs of a run in a transaction; return how many these were, and whether it has more."""
    with transaction.atomic():
        # Two that go on with one run would process the same logs, and the second refuse them all.
        unfinished = ManualCountRun.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        run = unfinished.filter(id=run_id, finished_at=None).first()
        if run is None:
            return 0, False
        ids = _next_log_ids(run, LOGS_AT_ONCE + 1)
        has_more = len(ids) > LOGS_AT_ONCE
        counts = count_logs(run.challenge_id, ids[:LOGS_AT_ONCE], at)
        _note_chunk(run, counts, at)
        if not has_more:
            _finish(run, at)
        run.save()
    return len(counts.originals), has_more


def _next_log_ids(run: ManualCountRun, most: int) -> list[UUID]:
    """Return the ids of the next logs, in the order of activity; what came after the start is left out."""
    log_filter = LogFilter(
        tuple(run.reason_codes),
        run.period_key,
        run.activity_after,
        run.activity_before,
        unique_identifier=run.unique_identifier,
    )
    logs = uncounted_logs(run.challenge_id, log_filter).filter(created_at__lte=run.started_at)
    if run.member_id is not None:
        logs = logs.filter(member=run.member_id)
    if run.last_activity_at is not None:
        same_time = Q(activity_at=run.last_activity_at, id__gt=run.last_log_id)
        logs = logs.filter(
            Q(activity_at__gt=run.last_activity_at) | same_time, activity_at__gte=run.last_activity_at
        )
    return list(logs.order_by("activity_at", "id").values_list("id", flat=True)[:most])


def _note_chunk(run: ManualCountRun, counts: ManualCounts, at: datetime) -> None:
    run.moved_at = at
    run.processed += len(counts.originals)
    run.counted += len(counts.logs)
    run.refused += len(counts.errors)
    run.reward_logs += len(counts.issued)
    if counts.originals:
        last = counts.originals[-1]
        run.last_activity_at, run.last_log_id = last.activity_at, last.id
    for original in counts.originals:
        error = counts.errors.get(original.id)
        if error is not None and len(run.refusals) < MOST_REFUSALS:
            run.refusals.append(
                {
                    "challengeLogId": str(original.id),
                    "uniqueIdentifier": original.unique_identifier,
                    "code": error.code,
                    "detail": error.message,
                }
            )


def _finish(run: ManualCountRun, at: datetime) -> None:
    run.finished_at = at
    # A log that was received before the start may have been committed after it.
    run.found = run.processed
    if run.staff_action_id is not None:
        totals = {
            "found": run.found,
            "counted": run.counted,
            "refused": run.refused,
            "rewardLogs": run.reward_logs,
        }
        audit_log.add_totals(run.staff_action_id, totals)
