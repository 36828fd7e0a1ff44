"""Let a challenge that goes live from draft take the kept activities of its open window that name it.

The engine records them as logs, in the order of activity and with their reversals, in chunks of bounded size.
The first chunk is a part of the edit that goes live. The rest follows after its commit and in the background
of a server (`resume_all`); an interruption is resumed when a server starts, or by any server within minutes.
Running twice counts once: the unique keys of the logs decide (docs/rules.md, One activity for every
challenge).
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from challenges.engine import locks
from challenges.engine.activity_store import add_reach, entry_of
from challenges.engine.batching import Hints
from challenges.engine.intake import Outcome, record_once
from challenges.engine.runs import resume_each, work_waits
from challenges.models import Activity, KeptActivityRun
from challenges.models.rows import find_log_rows
from challenges.models.window_rules import Rules
from core.choices import RecordStatus
from core.ids import uuid7
from core.periods import window_containing

ACTIVITIES_AT_ONCE = 250
ACTIVITIES_IN_REQUEST = 1000
# A server takes so many before it looks after its other work.
ACTIVITIES_IN_A_TURN = 10_000
# By how much the clock of a server that received an activity may be ahead of this one's.
CLOCKS_DIFFER = timedelta(minutes=5)
# A challenge that refuses an activity so takes none now: it was archived, or is a draft again.
TAKES_NONE = {"unknown_challenge", "challenge_not_live"}

logger = logging.getLogger(__name__)


def start(rules: Rules, at: datetime) -> None:
    """Take the first kept activities into a challenge that went live at `at`, and schedule the rest.

    Call it last in the edit's transaction, with the activity ids and the challenge locked.
    """
    run = new_run(rules, at)
    if run is None or not _next_keys(run, 1):
        return
    run.save(force_insert=True)
    if advance(run.id, ACTIVITIES_AT_ONCE, at=at):
        transaction.on_commit(lambda: _go_on(run.id), robust=True)


def _go_on(run_id: UUID) -> None:
    """Take more in the request; what is left then, or could not be taken, wakes a server."""
    has_more = True
    try:
        has_more = advance(run_id, ACTIVITIES_IN_REQUEST)
    finally:
        if has_more:
            work_waits.set()


def new_run(rules: Rules, at: datetime) -> KeptActivityRun | None:
    """Return a run over the window of `at`; None where the challenge has no open window."""
    judged = rules.of_window(window_containing(rules.period, at, rules.zone))
    if not judged.exists or rules.archived:
        return None
    return KeptActivityRun(
        id=uuid7(at),
        challenge_id=rules.challenge_id,
        activity_ids=sorted(rules.activity_ids),
        activity_from=judged.window.starts_at,
        received_until=max(at, timezone.now()) + CLOCKS_DIFFER,
        started_at=at,
        moved_at=at,
    )


def advance(run_id: UUID, most: int | None = None, *, at: datetime | None = None) -> bool:
    """Take about `most` more activities of a run, None: all of them; return whether it has more.

    `at`: the moment of recording, None: now, anew for each chunk.
    """
    taken = 0
    while most is None or taken < most:
        chunk_size, has_more = locks.retried(lambda hints: _take_chunk(run_id, hints, at or timezone.now()))
        taken += chunk_size
        if not has_more:
            return False
    return True


def resume_all(moved_before: datetime) -> bool:
    """Go on with every run that nothing moved since `moved_before`; return whether one has more.

    Those of challenges that are archived wait until they are restored.
    """
    pending = KeptActivityRun.objects.filter(finished_at=None, moved_at__lt=moved_before)
    pending = pending.filter(challenge__archived_at=None).exclude(challenge__status=RecordStatus.DRAFT)
    run_ids = pending.order_by("moved_at").values_list("id", flat=True)
    return resume_each(run_ids, lambda run_id: advance(run_id, ACTIVITIES_IN_A_TURN))


def _take_chunk(run_id: UUID, hints: Hints, at: datetime) -> tuple[int, bool]:
    """Take the next activities of a run in a transaction; return how many these were, and if it has more."""
    unfinished = KeptActivityRun.objects.filter(id=run_id, finished_at=None)
    with transaction.atomic():
        activity_ids = unfinished.values_list("activity_ids", flat=True).first()
        if activity_ids is None:
            return 0, False
        # Two that go on with one run would take the same activities, and both miss a reversal that comes now.
        locks.lock_activities_exclusive(activity_ids)
        run = unfinished.first()
        if run is None:
            return 0, False
        keys = _next_keys(run, ACTIVITIES_AT_ONCE + 1)
        has_more, keys = len(keys) > ACTIVITIES_AT_ONCE, keys[:ACTIVITIES_AT_ONCE]
        rows, outcomes = record(run.challenge_id, [id_ for _at, id_ in keys], hints, at)
        if any(error.code in TAKES_NONE for outcome in outcomes for error in outcome.errors):
            return 0, False
        pairs = zip(rows, outcomes, strict=True)
        add_reach({row.id: [run.challenge_id] for row, outcome in pairs if outcome.status != "rejected"})
        _note_chunk(run, keys, rows, outcomes)
        run.moved_at = at
        run.finished_at = None if has_more else at
        run.save()
    return len(keys), has_more


def _next_keys(run: KeptActivityRun, most: int) -> list[tuple[datetime, UUID]]:
    """Return the next (time, id) of kept activities, in the order of activity.

    One query for each activity id reads no more than `most` entries of the index.
    """
    keys: list[tuple[datetime, UUID]] = []
    for activity_id in run.activity_ids:
        activities = kept(run).filter(activity_id=activity_id).order_by("activity_at", "id")
        keys += activities.values_list("activity_at", "id")[:most]
    return sorted(keys)[:most]


def kept(run: KeptActivityRun) -> QuerySet[Activity]:
    """Return the activities that a run has not done yet, without reversals and those of erased members."""
    activities = Activity.objects.filter(
        activity_id__in=run.activity_ids,
        activity_at__gte=run.last_activity_at or run.activity_from,
        created_at__lte=run.received_until,
        reversal_of="",
        member__erased_at=None,
    ).order_by()
    if run.last_activity_at is None:
        return activities
    same_time = Q(activity_at=run.last_activity_at, id__gt=run.last_activity_id)
    return activities.filter(Q(activity_at__gt=run.last_activity_at) | same_time)


def record(
    challenge_id: UUID, ids: Sequence[UUID], hints: Hints, at: datetime
) -> tuple[list[Activity], list[Outcome]]:
    """Record these activities, each followed by its reversals, as logs of the challenge.

    Returns the activities with those reversals, and an outcome for each. Those that the challenge took
    already are left out. Raises `RetryTransaction` when a member was erased meanwhile.
    """
    activities = Activity.objects.filter(id__in=ids).select_related("member").order_by("activity_at", "id")
    missing = [row for row in activities if str(challenge_id) not in row.challenge_ids]
    if not missing:
        return [], []
    # Where the challenge has a log of that identifier, reversals by this entrance reached it already.
    known = find_log_rows((row.member_id, challenge_id, row.unique_identifier) for row in missing)
    reversals = _find_reversals([row for row in missing if _key_of(row, challenge_id) not in known])
    rows = [row for original in missing for row in (original, *reversals[original.id])]
    entries = [replace(entry_of(row), challenge_id=challenge_id) for row in rows]
    outcomes = record_once(entries, hints, at, net=True)
    for row, outcome in zip(rows, outcomes, strict=True):
        if outcome.log is not None and outcome.log.member_id != row.member_id:
            raise locks.RetryTransaction
    return rows, outcomes


def _key_of(row: Activity, challenge_id: UUID) -> tuple[UUID, UUID, str]:
    return row.member_id, challenge_id, row.unique_identifier


def _find_reversals(originals: Sequence[Activity]) -> defaultdict[UUID, list[Activity]]:
    """Find the reversals that name these activities, by the activity's id, in the order of their arrival."""
    by_identifier = {(row.member_id, row.unique_identifier): row for row in originals}
    rows = Activity.objects.filter(
        member__in={row.member_id for row in originals},
        reversal_of__in={row.unique_identifier for row in originals},
    ).order_by("id")
    reversals: defaultdict[UUID, list[Activity]] = defaultdict(list)
    for row in rows:
        if original := by_identifier.get((row.member_id, row.reversal_of)):
            row.member = original.member
            reversals[original.id].append(row)
    return reversals


def _note_chunk(
    run: KeptActivityRun,
    keys: Sequence[tuple[datetime, UUID]],
    rows: Sequence[Activity],
    outcomes: Sequence[Outcome],
) -> None:
    for row, outcome in zip(rows, outcomes, strict=True):
        refused = outcome.status == "rejected"
        run.refused += refused
        run.taken += not refused
        if refused:
            codes = ", ".join(error.code for error in outcome.errors)
            logger.warning("Challenge %s leaves out activity %s: %s", run.challenge_id, row.id, codes)
    if keys:
        run.last_activity_at, run.last_activity_id = keys[-1]
