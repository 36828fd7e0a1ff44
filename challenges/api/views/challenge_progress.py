"""/schema/challenge_progress/record"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from challenges.api.presenters.progress import serialize_progress
from challenges.api.serializers import ChallengeProgressSerializer
from challenges.caches import challenge as challenge_cache
from challenges.caches.config import with_pending_backfill
from challenges.engine.backfill import affected_windows
from challenges.models import ChallengeProgress
from challenges.models.rows import WindowKey, row_of_progress
from challenges.queries.member_state import count_reward_logs, reward_logs_by_window
from core.api.callers import IDENTIFIED, EndUserCaller
from core.api.filters import CustomFilter, MemberFilter, PeriodKeyFilter, UuidFilter, one_of, time_filters
from core.api.pagination import Sort
from core.api.reader import Reader
from core.api.views import ListRecords, RecordViewSet, RetrieveRecord
from core.choices import ProgressStatus

# The fields that reward logs are read for.
OF_REWARD_LOGS = frozenset(
    ("achievedMilestoneIds", "nextMilestone", "nextRemainingValue", "eudMessage", "rewardLogs")
)
# Of an answer. Each takes 0.05 ms of a processor.
MOST_REWARD_LOGS = 20_000
STORED = (ProgressStatus.IN_PROGRESS, ProgressStatus.COMPLETED, ProgressStatus.FAILED)


def with_status(rows: QuerySet[Any], status: str) -> QuerySet[Any]:
    """The rows that have this derived status now; `not_started` has no rows."""
    if status == ProgressStatus.COMPLETED:
        return rows.filter(challenge_completed_at__isnull=False)
    closed = has_closed(timezone.now())
    return rows.filter(closed if status == ProgressStatus.FAILED else ~closed, challenge_completed_at=None)


def has_closed(at: datetime) -> Q:
    """Match rows whose window has closed: by their own end, or by the rules where an edit is on its way."""
    own, judged = Q(window_ends_at__lte=at), Q(pk__in=())
    for rules in with_pending_backfill():
        for window in affected_windows(rules, rules.backfill_since or at):
            in_window = Q(challenge=rules.challenge_id, period_key=window.window.period_key)
            own &= ~in_window
            if window.closes_at <= at:
                judged |= in_window
    return own | judged


def window_of(row: ChallengeProgress) -> WindowKey:
    return row.member_id, row.challenge_id, row.period_key


class ChallengeProgressViewSet(ListRecords, RetrieveRecord, RecordViewSet):
    slug = "challenge_progress"
    readers = IDENTIFIED
    serializer_class = ChallengeProgressSerializer
    filters = (
        UuidFilter("challengeId", "challenge_id"),
        MemberFilter("ownedById", "member__external_id"),
        PeriodKeyFilter("periodKey", "period_key"),
        CustomFilter(
            "challengeProgressStatus",
            narrow=with_status,
            read=lambda text: one_of(tuple(STORED), text),
            type={"type": "string", "enum": [status.value for status in STORED]},
        ),
        *time_filters("updated", "updated_at"),
    )
    sorts = (
        Sort("updatedAt", "updated_at"),
        Sort("currentProgressValue", "current_progress_value", within="challengeId"),
    )
    default_order = "-updatedAt"

    def records(self) -> QuerySet[ChallengeProgress]:
        rows = ChallengeProgress.objects.select_related("member")
        if isinstance(self.caller, EndUserCaller):
            rows = rows.filter(member__external_id=self.caller.external_id)
        return rows

    def rows_that_fit(self, rows: Sequence[ChallengeProgress]) -> int:
        """Fewer than asked for where their windows have very many reward logs."""
        if not self._needs_reward_logs():
            return len(rows)
        challenges = challenge_cache.get_many(row.challenge_id for row in rows)
        if sum(1 + len(challenges[row.challenge_id].milestones) for row in rows) <= MOST_REWARD_LOGS:
            return len(rows)
        counts = count_reward_logs(map(window_of, rows))
        sums = accumulate(counts.get(window_of(row), 0) for row in rows)
        return sum(1 for logs in sums if logs <= MOST_REWARD_LOGS)

    def represent(self, rows: list[ChallengeProgress]) -> list[Any]:
        reader = Reader.of(self)
        challenges = challenge_cache.get_many(row.challenge_id for row in rows)
        reward_logs = reward_logs_by_window(map(window_of, rows) if self._needs_reward_logs() else ())
        return self.trimmed(
            [
                serialize_progress(
                    row_of_progress(row),
                    challenges[row.challenge_id].challenge,
                    challenges[row.challenge_id].rules,
                    challenges[row.challenge_id].live_milestones,
                    reward_logs.get(window_of(row), ()),
                    row.member.external_id,
                    reader,
                )
                for row in rows
            ]
        )

    def _needs_reward_logs(self) -> bool:
        fields = self.list_query.fields
        return fields is None or not OF_REWARD_LOGS.isdisjoint(fields)
