"""Check every window against the rule version that judges it (docs/rules.md, Invariants 4 and 10).

Windows are checked one after the other, each by a few statements over one index, so that memory does not
grow with the ledger. What is found while an edit comes in between is asked again under the new rules.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from challenges.caches.config import rules_of
from challenges.engine.backfill import affected_windows, completes, has_other_target, rows_in, unpaid
from challenges.models import Challenge, ChallengeProgress
from challenges.models.window_rules import Rules, WindowRules
from core.amounts import amount
from core.errors import DomainError

MOST_TRIES = 5
CHALLENGES_AT_ONCE = 500


def breaches() -> Iterator[str]:
    """Yield a line for each row that its window's rules do not bear out."""
    for challenge_id in challenge_ids():
        keys = ChallengeProgress.objects.filter(challenge=challenge_id).order_by("period_key")
        for key in list(keys.values_list("period_key", flat=True).distinct()):
            yield from _settled_breaches(challenge_id, key)


def challenge_ids() -> Iterator[UUID]:
    """Yield the ids of all challenges, ascending."""
    last = None
    while True:
        ids = Challenge.objects.order_by("id").values_list("id", flat=True)
        chunk = list((ids.filter(id__gt=last) if last else ids)[:CHALLENGES_AT_ONCE])
        if not chunk:
            return
        yield from chunk
        last = chunk[-1]


def _settled_breaches(challenge_id: UUID, period_key: str) -> list[str]:
    """Return the breaches of a window that no edit came in between."""
    found: list[str] = []
    for _try in range(MOST_TRIES):
        rules = rules_of([challenge_id]).get(challenge_id)
        if rules is None:
            return []
        found = list(_window_breaches(rules, period_key))
        if not found or rules_of([challenge_id]).get(challenge_id) == rules:
            break
    return found


def _window_breaches(rules: Rules, period_key: str) -> Iterator[str]:
    try:
        judged = rules.of_key(period_key)
    except DomainError:
        yield f"10: challenge {rules.challenge_id}: {period_key} is no window of it"
        return
    if rules.is_historical(judged.closes_at) or _is_paying(rules, judged):
        return
    rows = rows_in(rules, judged)
    for milestone in judged.version.thresholds:
        for row in _named(rows.filter(unpaid(milestone))):
            value = row.current_progress_value
            yield (
                f"4: {_where(row)}{value} is past milestone {milestone.milestone_id} at "
                f"{amount(milestone.target)} without its reward log"
            )
    for row in _named(rows.filter(completes(judged))):
        yield f"10: {_where(row)}{row.current_progress_value} reached its target and is not completed"
    for row in _named(rows.exclude(window_ends_at=judged.closes_at)):
        yield f"10: {_where(row)}closes at {judged.closes_at}, but its row says {row.window_ends_at}"
    for row in _named(rows.filter(has_other_target(judged))):
        target = row.completion_target_value
        yield f"10: {_where(row)}has target {amount(judged.target)}, but its row says {target}"


def _is_paying(rules: Rules, judged: WindowRules) -> bool:
    """Whether an edit that is not yet paid to everybody acts on the window."""
    since = rules.backfill_since
    return since is not None and judged in affected_windows(rules, since)


def _named(rows: QuerySet[ChallengeProgress]) -> Iterator[Any]:
    return rows.annotate(external_id=F("member__external_id")).order_by("member_id").iterator()


def _where(row: Any) -> str:
    return f"member {row.external_id}, challenge {row.challenge_id}, window {row.period_key}: "
