"""A challenge started from another one: the way on where a rule is locked (domain.md, Editing)."""

from contextlib import ExitStack
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from challenges import rules
from challenges.models import Challenge
from challenges_project.choices import RecordStatus
from challenges_project.icons.copying import icon_of
from challenges_project.icons.keeping import icons_replaced
from milestones.models import Milestone

# A copy of last year's campaign must not end last year; the rest belongs to the row.
NOT_COPIED = {
    "id",
    "starts_at",
    "ends_at",
    "eud_icon",
    "version",
    "settling_since",
    "archived_at",
    "created_at",
    "updated_at",
}
NOT_COPIED_OF_MILESTONE = {
    "id",
    "challenge_id",
    "eud_milestone_icon",
    "live_since",
    "archived_at",
    "created_at",
    "updated_at",
}
LONGEST_NAME = 256


def duplicate(challenge: Challenge, *, at: datetime) -> Challenge:
    """A draft with the same rules, texts, icons and milestones, without schedule and history.

    Raises `DomainErrors` where the original would not be allowed today, such as with an archived reward.
    """
    name = _("Copy of %(name)s") % {"name": challenge.name}
    values = _copied(challenge, NOT_COPIED)
    copy = Challenge(**values | {"name": name[:LONGEST_NAME], "status": RecordStatus.DRAFT})
    originals = list(Milestone.objects.unarchived().filter(challenge=challenge))
    milestones = [Milestone(**_copied(each, NOT_COPIED_OF_MILESTONE)) for each in originals]
    with ExitStack() as icons:
        icons.enter_context(icons_replaced(copy, {"eud_icon": icon_of(challenge.eud_icon)}))
        for original, each in zip(originals, milestones, strict=True):
            icon = {"eud_milestone_icon": icon_of(original.eud_milestone_icon)}
            icons.enter_context(icons_replaced(each, icon))
        return rules.save(copy, milestones, at=at)


def _copied(record: Challenge | Milestone, left_out: set[str]) -> dict[str, Any]:
    """The columns themselves, so that the active language decides nothing."""
    return {name: record.__dict__[name] for name in record.columns() if name not in left_out}
