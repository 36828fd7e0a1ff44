"""Tell what counting all that a filter finds would do to members and coupons, before anything is stored.

The logs are counted by the engine itself, in transactions that are rolled back: member by member, because
what one member reaches does not depend on others. Only the limits of rewards do, and are applied to the sums.
Above `LOGS_TRIED` logs that would take too long: then only the logs and members are counted.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import Count

from challenges.engine import locks
from challenges.engine.dry_run import rolled_back
from challenges.engine.impact import Demand, Impact, count_coupons, untried
from challenges.engine.manual_count import NEVER_COUNTED, count_logs, countable_rules
from challenges.models.rows import LogRow
from challenges.queries.uncounted_logs import LogFilter, uncounted_logs, without_counted_and_taken_back
from rewards.models.rows import Issued

LOGS_AT_ONCE = 500
LOGS_TRIED = 10_000


@dataclass(slots=True)
class Trial:
    """What the transactions that were rolled back did, in sum."""

    logs: int = 0
    members: set[UUID] = field(default_factory=set)
    completed: set[UUID] = field(default_factory=set)
    paid: set[UUID] = field(default_factory=set)
    # Reward logs of each member, by the reward's id; None: a generated code without a reward.
    demand: defaultdict[UUID | None, Counter[UUID]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, logs: Collection[LogRow], issued: Iterable[Issued]) -> None:
        self.logs += len(logs)
        self.members |= {log.member_id for log in logs}
        for reward_log in issued:
            self.paid.add(reward_log.member_id)
            if reward_log.milestone_id is None:
                self.completed.add(reward_log.member_id)
            self.demand[reward_log.reward_id][reward_log.member_id] += 1

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
    countable = without_counted_and_taken_back(uncounted_logs(challenge_id, log_filter))
    countable = countable.exclude(reason_code__in=NEVER_COUNTED)
    keys = list(countable.order_by("member_id", "id").values_list("member_id", "id")[: LOGS_TRIED + 1])
    if len(keys) > LOGS_TRIED:
        found = countable.aggregate(logs=Count("id"), members=Count("member", distinct=True))
        return untried(**found)
    trial = Trial()
    for ids in chunks_by_member(keys, LOGS_AT_ONCE):
        counts = locks.retry(partial(rolled_back, partial(count_logs, challenge_id, ids, at)))
        trial.add(counts.logs.values(), counts.issued)
    return trial.impact()


def chunks_by_member(keys: Iterable[tuple[UUID, UUID]], size: int) -> Iterator[list[UUID]]:
    """Yield the second ids of these pairs, those of whole members (the first ids), about `size` at a time."""
    chunk: list[UUID] = []
    last_member = None
    for member_id, log_id in keys:
        if len(chunk) >= size and member_id != last_member:
            yield chunk
            chunk = []
        chunk.append(log_id)
        last_member = member_id
    if chunk:
        yield chunk
