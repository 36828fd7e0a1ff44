"""Find the logs of a challenge that did not count, by a filter: what staff may count anyway."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from challenges.models import ChallengeLog
from core.choices import ReasonCode

# Reason codes that only reversals have.
REVERSAL_REASONS = frozenset(
    {ReasonCode.ORIGINAL_NOT_COUNTED, ReasonCode.ORIGINAL_UNKNOWN, ReasonCode.NOTHING_LEFT}
)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A filter of uncounted logs; what is left out finds everything.

    `activity_after` is inclusive and `activity_before` exclusive, as in the filters of lists. `external_id`
    is the member's.
    """

    reason_codes: tuple[str, ...] = ()
    period_key: str = ""
    activity_after: datetime | None = None
    activity_before: datetime | None = None
    external_id: str | None = None
    unique_identifier: str = ""

    def describe(self) -> dict[str, Any]:
        """Return the filter as JSON under the API's names, without the member."""
        values = {
            "reasonCode": list(self.reason_codes),
            "periodKey": self.period_key,
            "activityAtAfter": self.activity_after.isoformat() if self.activity_after else None,
            "activityAtBefore": self.activity_before.isoformat() if self.activity_before else None,
            "uniqueIdentifier": self.unique_identifier,
        }
        return {name: value for name, value in values.items() if value}


def uncounted_logs(challenge_id: UUID, log_filter: LogFilter) -> QuerySet[ChallengeLog]:
    """Return the logs that did not count and that the filter finds; reversals are none of them."""
    wanted = {
        "reason_code__in": log_filter.reason_codes,
        "period_key": log_filter.period_key,
        "activity_at__gte": log_filter.activity_after,
        "activity_at__lt": log_filter.activity_before,
        "unique_identifier": log_filter.unique_identifier,
    }
    logs = ChallengeLog.objects.filter(challenge=challenge_id, counted=False, reversal_of="")
    logs = logs.filter(**{lookup: value for lookup, value in wanted.items() if value}).order_by()
    if log_filter.external_id is not None:
        logs = logs.filter(member__external_id=log_filter.external_id)
    return logs


def without_counted_and_taken_back(logs: QuerySet[ChallengeLog]) -> QuerySet[ChallengeLog]:
    """Leave out the logs that were counted anyway already, and those that a reversal without a value names.

    Of one that was taken back in parts the engine counts what is left.
    """
    same = ChallengeLog.objects.filter(member=OuterRef("member_id"), challenge=OuterRef("challenge_id"))
    counting = same.filter(~Q(counts_anyway=""), counts_anyway=OuterRef("unique_identifier"))
    whole = same.filter(~Q(reversal_of=""), reversal_of=OuterRef("unique_identifier"), activity_value=None)
    return logs.filter(~Exists(counting), ~Exists(whole))
