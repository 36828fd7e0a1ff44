"""Duplicating a challenge: the initial values of the add form; nothing is stored until that is saved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from challenges.admin.forms import TEXTS
from challenges.models import Challenge
from core.admin.languages import localized, offered_languages
from core.icons.copying import load_stored_icon
from milestones.admin.forms import TEXTS as MILESTONE_TEXTS
from milestones.models import Milestone

MAX_NAME_LENGTH = Challenge._meta.get_field("name").max_length
COPIED_RULES = (
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
    """Initial values of the add form: of its own fields, and of one inline form for each milestone."""

    fields: dict[str, Any]
    milestones: list[dict[str, Any]] = field(default_factory=list)


def defaults_from(challenge: Challenge) -> FormDefaults:
    """Build the initial values for a copy, without the schedule: a copy must not end when its source did."""
    values = {name: getattr(challenge, name) for name in ("description", *COPIED_RULES)}
    values |= texts_in(challenge, TEXTS)
    values["name"] = (_("Copy of %(name)s") % {"name": challenge.name})[:MAX_NAME_LENGTH]
    values["completion_reward"] = challenge.completion_reward_id
    values["unsaved_icon"] = load_stored_icon(challenge.eud_icon)
    milestones = Milestone.objects.unarchived().filter(challenge=challenge)
    return FormDefaults(values, [_milestone_defaults(milestone) for milestone in milestones])


def _milestone_defaults(milestone: Milestone) -> dict[str, Any]:
    values = {name: getattr(milestone, name) for name in ("name", "description", "milestone_target_value")}
    values |= texts_in(milestone, MILESTONE_TEXTS)
    values |= {"status": milestone.status, "reward": milestone.reward_id}
    return values | {"unsaved_icon": load_stored_icon(milestone.eud_milestone_icon)}


def texts_in(record: Any, names: Iterable[str]) -> dict[str, str]:
    """Return the record's texts in every offered language, by column."""
    columns = (column for code, _name in offered_languages() for column in localized(names, code))
    return {column: getattr(record, column) or "" for column in columns}
