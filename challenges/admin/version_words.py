"""Say in words what a rule version changes, for the staff's pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from challenges.api.presenters.rule_version import changes_between
from challenges.models import Challenge, RuleVersion
from core.choices import AggregationMethod, RecordStatus
from milestones.models import Milestone
from rewards.models import Reward

# The first version names all that it has: of a thousand milestones a page tells the first ones.
MOST_CHANGES = 50

# In the order in which an added milestone tells them.
MILESTONE_RULES = ("milestoneTargetValue", "status", "rewardId")
FieldChange = dict[str, Any]  # as `changes_between` lists them


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what, and its value before and after; "" where there is none to show."""

    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        values = " → ".join(filter(None, (self.before, self.after)))
        return f"{self.what} {values}".strip()


@dataclass(frozen=True, slots=True)
class DescribedVersion:
    """A version with what it changes in words; `more`: how many changes are left out."""

    version: RuleVersion
    changes: list[Change]
    more: int = 0


@dataclass(slots=True)
class Words:
    """The names that changes mention, and the challenge's clock."""

    zone: ZoneInfo
    milestones: dict[UUID, str] = field(default_factory=dict)
    rewards: dict[UUID, str] = field(default_factory=dict)

    def moment(self, at: datetime | None) -> str:
        return isolated(f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}") if at else "–"

    def milestone(self, id_: UUID | None) -> str:
        name = self.milestones.get(id_) if id_ else None
        return _("Milestone “%(name)s”") % {"name": isolated(name)} if name else _("A deleted milestone")

    def reward(self, id_: UUID | None) -> str:
        name = self.rewards.get(id_) if id_ else _("a generated code")
        return isolated(name or _("a deleted reward"))

    def value(self, name: str, value: Any) -> str:
        """Format the value of a field, which is named as on the wire."""
        match name:
            case "startsAt" | "endsAt":
                return self.moment(value)
            case "completionRewardId" | "rewardId":
                return self.reward(value)
            case "status":
                return str(RecordStatus(value).label)
            case "aggregationMethod":
                return str(AggregationMethod(value).label)
        return f"{value:f}"


def described(
    challenge: Challenge, pairs: Sequence[tuple[RuleVersion, RuleVersion | None]]
) -> list[DescribedVersion]:
    """Describe versions, each with the one before it, in two queries for all names."""
    changes = [
        changes_between(before.rule_set() if before else None, version.rule_set())
        for version, before in pairs
    ]
    words = _words(challenge, chain.from_iterable(changes))
    return [
        _described(version, listed, words, is_first=before is None)
        for (version, before), listed in zip(pairs, changes, strict=True)
    ]


def pending_described(challenge: Challenge) -> DescribedVersion | None:
    """Describe the version that begins with the next window; None where there is none."""
    newest = list(RuleVersion.objects.filter(challenge=challenge.pk).order_by("-number")[:2])
    if not newest or newest[0].applied:
        return None
    return described(challenge, [(newest[0], newest[1] if len(newest) > 1 else None)])[0]


def _described(
    version: RuleVersion, listed: Iterable[FieldChange], words: Words, *, is_first: bool
) -> DescribedVersion:
    by_milestone: dict[UUID | None, list[FieldChange]] = {}
    for change in listed:
        by_milestone.setdefault(change["milestoneId"], []).append(change)
    sentences = [_of_challenge(change, words, is_first) for change in by_milestone.pop(None, ())]
    for milestone_id, changes in by_milestone.items():
        sentences += _of_milestone(words.milestone(milestone_id), changes, words)
    return DescribedVersion(version, sentences[:MOST_CHANGES], max(0, len(sentences) - MOST_CHANGES))


def _of_challenge(change: FieldChange, words: Words, is_first: bool) -> Change:
    name = change["field"]
    before = "" if is_first else words.value(name, change["before"])
    return Change(_challenge_labels()[name], before, words.value(name, change["after"]))


def _of_milestone(milestone: str, changes: list[FieldChange], words: Words) -> list[Change]:
    """Return one change for a milestone that is added or removed, else one for each field."""
    by_field = {change["field"]: change for change in changes}
    target = by_field.get("milestoneTargetValue")
    if target and target["before"] is None:
        shown = [words.value(name, by_field[name]["after"]) for name in MILESTONE_RULES if name in by_field]
        return [Change(_("%(milestone)s is added:") % {"milestone": milestone}, after=" · ".join(shown))]
    if target and target["after"] is None:
        return [Change(_("%(milestone)s is removed") % {"milestone": milestone})]
    labels = _milestone_labels()
    return [
        Change(
            labels[name] % {"milestone": milestone},
            words.value(name, change["before"]),
            words.value(name, change["after"]),
        )
        for name, change in by_field.items()
    ]


def _challenge_labels() -> dict[str, str]:
    return {
        "aggregationMethod": _("Method:"),
        "completionTargetValue": _("Completion target:"),
        "startsAt": _("Starts:"),
        "endsAt": _("Ends:"),
        "completionRewardId": _("Completion reward:"),
    }


def _milestone_labels() -> dict[str, str]:
    return {
        "status": _("%(milestone)s: status"),
        "milestoneTargetValue": _("%(milestone)s: target"),
        "rewardId": _("%(milestone)s: reward"),
    }


def isolated(text: str) -> str:
    """Keep a name or a moment in one piece on a page that reads from the right."""
    return f"\u2068{text}\u2069" if get_language_bidi() else text


def _words(challenge: Challenge, changes: Iterable[FieldChange]) -> Words:
    """Read the names of the milestones, archived ones too, and of the rewards that changes mention."""
    milestone_ids: set[UUID | None] = set()
    reward_ids: set[UUID | None] = set()
    for change in changes:
        milestone_ids.add(change["milestoneId"])
        if change["field"] in ("rewardId", "completionRewardId"):
            reward_ids |= {change["before"], change["after"]}
    return Words(
        ZoneInfo(challenge.time_zone),
        dict(Milestone.objects.filter(id__in=milestone_ids - {None}).values_list("id", "name")),
        dict(Reward.objects.filter(id__in=reward_ids - {None}).values_list("id", "name")),
    )
