"""Starting a new challenge from one that exists: its form, filled in, of which nothing is stored yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from challenges.admin.forms import TEXTS
from challenges.models import Challenge
from core.admin.languages import localized, offered_languages
from core.icons.copying import icon_of
from milestones.admin.forms import TEXTS as MILESTONE_TEXTS
from milestones.models import Milestone

LONGEST_NAME = Challenge._meta.get_field("name").max_length
RULES = (
    "completion_target_value",
    "aggregation_method",
    "aggregation_period",
    "time_zone",
    "activity_ids",
    "display_order",
    "late_grace_hours",
    "reversal_policy",
)


@dataclass(slots=True)
class FormDefaults:
    """What the form begins with: initial values of its fields and of its milestones' fields."""

    fields: dict[str, Any]
    milestones: list[dict[str, Any]] = field(default_factory=list)


def defaults_from(challenge: Challenge) -> FormDefaults:
    """Without its schedule: a copy of last year's campaign must not end last year."""
    values = {name: getattr(challenge, name) for name in ("description", *RULES)}
    values |= texts_in(challenge, TEXTS)
    values["name"] = (_("Copy of %(name)s") % {"name": challenge.name})[:LONGEST_NAME]
    values["completion_reward"] = challenge.completion_reward_id
    values["kept_icon"] = icon_of(challenge.eud_icon)
    milestones = Milestone.objects.unarchived().filter(challenge=challenge)
    return FormDefaults(values, [_rung(each) for each in milestones])


def _rung(milestone: Milestone) -> dict[str, Any]:
    values = {name: getattr(milestone, name) for name in ("name", "description", "milestone_target_value")}
    values |= texts_in(milestone, MILESTONE_TEXTS)
    values |= {"status": milestone.status, "reward": milestone.reward_id}
    return values | {"kept_icon": icon_of(milestone.eud_milestone_icon)}


def texts_in(record: Any, names: Iterable[str]) -> dict[str, str]:
    columns = (column for code, _name in offered_languages() for column in localized(names, code))
    return {column: getattr(record, column) or "" for column in columns}
