"""Find reversals that came before their originals, whose originals have not come since.

A placeholder keeps the identifier of each such original. After a day it is probably mistyped (docs/rules.md,
Reversals).
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from challenges.models import ChallengeLog
from challenges.models.challenge_log import PLACEHOLDER
from core.choices import ReasonCode

OVERDUE_AFTER = timedelta(days=1)


def overdue(at: datetime) -> QuerySet[ChallengeLog]:
    """Return the placeholders that are a day old or older at the time `at`."""
    placeholders = ChallengeLog.with_placeholders.filter(reason_code=PLACEHOLDER)
    return placeholders.filter(created_at__lte=at - OVERDUE_AFTER).order_by()


def waiting_reversals(
    logs: QuerySet[ChallengeLog], overdue_at: datetime | None = None
) -> QuerySet[ChallengeLog]:
    """Filter the reversals that wait for their original; with `overdue_at`, those that are overdue then."""
    placeholders = ChallengeLog.with_placeholders.filter(reason_code=PLACEHOLDER)
    if overdue_at is not None:
        placeholders = overdue(overdue_at)
    of_original = placeholders.filter(
        member=OuterRef("member_id"),
        challenge=OuterRef("challenge_id"),
        unique_identifier=OuterRef("reversal_of"),
    )
    early = logs.filter(counted=False, reason_code=ReasonCode.ORIGINAL_UNKNOWN).exclude(reversal_of="")
    return early.filter(Exists(of_original))
