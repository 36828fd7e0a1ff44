"""Tell what going live would take of the kept activities, before anything is stored.

The engine itself records them, in transactions that are rolled back: member by member, because what one
member reaches does not depend on others. Only the limits of rewards do, and are applied to the sums. Above
`ACTIVITIES_TRIED` that would take too long: then only the activities and members are counted.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import Count

from challenges.caches import config
from challenges.engine import locks
from challenges.engine.batching import Hints
from challenges.engine.dry_run import rolled_back
from challenges.engine.impact import Impact, untried
from challenges.engine.intake import Outcome
from challenges.engine.kept_activities import ACTIVITIES_AT_ONCE, kept, new_run, record
from challenges.engine.manual_count_impact import Trial, chunks_by_member
from challenges.models import KeptActivityRun
from challenges.models.window_rules import Rules
from core.periods import window_containing

ACTIVITIES_TRIED = 10_000


def impact_of(rules: Rules, at: datetime, go_live: Callable[[], None]) -> Impact:
    """Return what going live at `at` under these rules would take; exact up to `ACTIVITIES_TRIED`.

    Each chunk is recorded after `go_live`, which stores the challenge as it would be; both are rolled back.
    `logs` of the answer are the activities that would count, without reversals.
    """
    run = new_run(rules, at)
    keys: list[tuple[UUID, UUID]] = []
    if run is not None:
        in_order = kept(run).order_by("member_id", "activity_at", "id")
        keys = list(in_order.values_list("member_id", "id")[: ACTIVITIES_TRIED + 1])
        if len(keys) > ACTIVITIES_TRIED:
            return _count_untried(rules, run)
    trial = Trial()
    for ids in chunks_by_member(keys, ACTIVITIES_AT_ONCE):
        for outcome in locks.retried(partial(_try, rules.challenge_id, ids, at, go_live)):
            counts = outcome.log is not None and outcome.log.counted and not outcome.log.reversal_of
            trial.add([outcome.stored] if counts else [], outcome.issued)
    config.config_version()  # the one that this thread read last was rolled back
    return trial.impact()


def _try(
    challenge_id: UUID, ids: Sequence[UUID], at: datetime, go_live: Callable[[], None], hints: Hints
) -> list[Outcome]:
    def record_live() -> list[Outcome]:
        go_live()
        return record(challenge_id, ids, hints, at)[1]

    return rolled_back(record_live)


def _count_untried(rules: Rules, run: KeptActivityRun) -> Impact:
    """Count activities and members alone."""
    version = rules.of_window(window_containing(rules.period, run.started_at, rules.zone)).version.rules
    activities = kept(run)
    if version.starts_at is not None:
        activities = activities.filter(activity_at__gte=version.starts_at)
    if version.ends_at is not None:
        activities = activities.filter(activity_at__lt=version.ends_at)
    return untried(**activities.aggregate(logs=Count("id"), members=Count("member", distinct=True)))
