"""Tell what counting all that a filter finds would do to members and coupons, before anything is stored.

The logs are counted by the engine itself, in transactions that are rolled back: member by member, because
what one member reaches does not depend on others. Only the limits of rewards do, and are applied to the sums.
Above `LOGS_TRIED` logs that would take too long: then only the logs and members are counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import Count

from challenges.engine import locks
from challenges.engine.dry_run import rolled_back
from challenges.engine.impact import Demand, Impact, count_coupons
from challenges.engine.manual_count import NEVER_COUNTED, ManualCounts, count_logs, countable_rules
from challenges.queries.uncounted_logs import LogFilter, uncounted_logs, without_counted_and_reversed

LOGS_AT_ONCE = 500
LOGS_TRIED = 10_000


@dataclass(slots=True)
class _Trial:
    """What the transactions that were rolled back did, in sum."""

    logs: int = 0
    members: set[UUID] = field(default_factory=set)
    completed: set[UUID] = field(default_factory=set)
    paid: set[UUID] = field(default_factory=set)
    # Reward logs of each member, by the reward's id; None: a generated code without a reward.
    demand: defaultdict[UUID | None, Counter[UUID]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, counts: ManualCounts) -> None:
        self.logs += len(counts.logs)
        self.members |= {log.member_id for log in counts.logs.values()}
        for issued in counts.issued:
            self.paid.add(issued.member_id)
            if issued.milestone_id is None:
                self.completed.add(issued.member_id)
            self.demand[issued.reward_id][issued.member_id] += 1

    def impact(self) -> Impact:
        """Tell the sum. A trial alone has places that others take up: limits apply to the sum of all."""
        impact = Impact(len(self.members), len(self.completed), len(self.paid), logs=self.logs)
        demands = {id_: Demand(counts.total(), counts.items()) for id_, counts in self.demand.items()}
        count_coupons(impact, demands)
        return impact


def impact_of(challenge_id: UUID, log_filter: LogFilter, at: datetime) -> Impact:
    """Return what counting these logs would do; exact up to `LOGS_TRIED` of them. Stores nothing.

    Raises `DomainError` `archived`.
    """
    countable_rules(challenge_id)
    countable = without_counted_and_reversed(uncounted_logs(challenge_id, log_filter))
    countable = countable.exclude(reason_code__in=NEVER_COUNTED)
    keys = list(countable.order_by("member_id", "id").values_list("member_id", "id")[: LOGS_TRIED + 1])
    if len(keys) > LOGS_TRIED:
        found = countable.aggregate(logs=Count("id"), members=Count("member", distinct=True))
        return Impact(completed_members=None, paid_members=None, coupons=None, capped=None, **found)
    trial = _Trial()
    for ids in _chunks_by_member(keys):
        count = partial(count_logs, challenge_id, ids, at)
        trial.add(locks.retry(partial(rolled_back, count)))
    return trial.impact()


def _chunks_by_member(keys: list[tuple[UUID, UUID]]) -> Iterator[list[UUID]]:
    """Yield the logs of whole members, about `LOGS_AT_ONCE` at a time."""
    chunk: list[UUID] = []
    last_member = None
    for member_id, log_id in keys:
        if len(chunk) >= LOGS_AT_ONCE and member_id != last_member:
            yield chunk
            chunk = []
        chunk.append(log_id)
        last_member = member_id
    if chunk:
        yield chunk
