"""Tell what counting all that a filter finds would do to members and coupons, before anything is stored.

The logs are counted by the engine itself, in transactions that are rolled back: member by member, because
what one member reaches does not depend on others. Only the limits of rewards do, and are applied to the sums.
Above `LOGS_TRIED` logs that would take too long: then only the logs and members are counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from challenges.engine import locks
from challenges.engine.manual_count import NEVER_COUNTED, ManualCounts, count_logs, countable_rules
from challenges.queries.uncounted_logs import LogFilter, uncounted_logs, without_counted_and_reversed
from core.choices import CodeSource
from rewards.domain import limits
from rewards.models import Reward

LOGS_AT_ONCE = 500
LOGS_TRIED = 10_000


@dataclass(slots=True)
class CountImpact:
    """How many logs of how many members would count, and what that would complete and pay.

    `paid_members` get at least one reward log. `coupons` are the reward logs with a code, or waiting for one;
    `capped` those beyond the limits of their rewards. None: there are too many logs to try.
    """

    logs: int = 0
    members: int = 0
    completed_members: int | None = None
    paid_members: int | None = None
    coupons: int | None = None
    revoked: int = 0
    capped: int | None = None


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

    def impact(self) -> CountImpact:
        coupons, capped = self._count_coupons()
        return CountImpact(
            self.logs, len(self.members), len(self.completed), len(self.paid), coupons, 0, capped
        )

    def _count_coupons(self) -> tuple[int, int]:
        """Count the reward logs with a code, and those beyond a limit.

        A trial alone has places that others take up: the limits apply to the sum of all.
        """
        coupons = capped = 0
        rewards = Reward.objects.in_bulk([id_ for id_ in self.demand if id_])
        for reward_id, by_member in self.demand.items():
            reward = rewards[reward_id] if reward_id else None
            admitted = limits.count_admitted(reward, by_member) if reward else by_member.total()
            capped += by_member.total() - admitted
            coupons += 0 if reward and reward.code_source == CodeSource.NONE else admitted
        return coupons, capped


def impact_of(challenge_id: UUID, log_filter: LogFilter, at: datetime) -> CountImpact:
    """Return what counting these logs would do; exact up to `LOGS_TRIED` of them. Stores nothing.

    Raises `DomainError` `archived`.
    """
    countable_rules(challenge_id)
    countable = without_counted_and_reversed(uncounted_logs(challenge_id, log_filter))
    countable = countable.exclude(reason_code__in=NEVER_COUNTED)
    keys = list(countable.order_by("member_id", "id").values_list("member_id", "id")[: LOGS_TRIED + 1])
    if len(keys) > LOGS_TRIED:
        return CountImpact(**countable.aggregate(logs=Count("id"), members=Count("member", distinct=True)))
    trial = _Trial()
    for ids in _chunks_by_member(keys):
        trial.add(locks.retry(lambda ids=ids: _try(challenge_id, ids, at)))  # type: ignore[misc]
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


def _try(challenge_id: UUID, log_ids: list[UUID], at: datetime) -> ManualCounts:
    """Count these logs in a transaction that is rolled back; return what it did."""
    with transaction.atomic():
        counts = count_logs(challenge_id, log_ids, at)
        transaction.set_rollback(True)
    return counts
