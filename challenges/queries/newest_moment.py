"""Read the newest moment that this installation has stored, to tell whether its clock is behind."""

from datetime import datetime

from access.models.staff_action import StaffAction
from challenges.models import Activity, ChallengeLog

# Rows are stored when they are received; their ids begin with that time, so the last id is the newest row.
WITNESSES = (ChallengeLog, Activity, StaffAction)


def newest_moment() -> datetime | None:
    """Return when the newest row was received, by the clock of then; None before the first.

    One look-up by primary key for each kind of row.
    """
    newest = (
        model._default_manager.order_by("-id").values_list("created_at", flat=True).first()
        for model in WITNESSES
    )
    return max((moment for moment in newest if moment), default=None)
