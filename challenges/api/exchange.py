"""Challenges as a document: from staging to production without retyping.

It holds challenges with their milestones, rewards, icons and every language, in the API's own names (as read
and written with `languageCode=*`). Ids stay the same, so that what names them elsewhere still fits. Members,
progress and coupon codes are never part of it.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers as drf

from challenges.api.presenters.challenge import serialize_challenge
from challenges.api.serializers import ChallengeSerializer, MilestoneSerializer
from challenges.api.views.rewards_named import reward_named
from challenges.caches.challenge import read_milestones
from challenges.editing import service
from challenges.models import Challenge
from core.api.errors import Fault
from core.api.http.exception_handler import answer_to
from core.api.language import Language, default_language
from core.api.reader import Reader
from core.api.values import parse_uuid
from core.choices import RecordStatus
from core.errors import DomainError, DomainErrors
from core.icons import MAX_BYTES, CleanIcon, clean_icon
from core.icons.storage import icons_replaced
from milestones.models import Milestone
from rewards.api.presenters import serialize_reward
from rewards.api.serializers import RewardSerializer
from rewards.domain import reward_service
from rewards.models import Reward

VERSION = 1
KIND = "challenges"
LANGUAGE = Language(default_language(), every=True)
# What belongs to one installation, or follows from the rest.
LEFT_OUT = {
    "milestones",
    "completionReward",
    "window",
    "reward",
    "createdAt",
    "updatedAt",
    "linkedSchemaSlug",
    "linkedSchemaRecordId",
    "eudIcon",
    "eudMilestoneIcon",
    "codesLeft",
}


def exported(challenges: Iterable[Challenge], at: datetime) -> dict[str, Any]:
    """The document of these challenges, their unarchived milestones and the rewards that they name."""
    chosen = list(challenges)
    milestones = read_milestones([each.id for each in chosen])
    rewards = {each.completion_reward_id: each.completion_reward for each in chosen}
    rewards |= {each.reward_id: each.reward for some in milestones.values() for each in some}
    reader = Reader(admin=True, guest=False, language=LANGUAGE, origin="", at=at)
    return {
        "kind": KIND,
        "version": VERSION,
        "rewards": [_trimmed(serialize_reward(each, 0, reader)) for each in rewards.values() if each],
        "challenges": [_challenge_out(each, milestones.get(each.id, ()), reader) for each in chosen],
    }


def _challenge_out(challenge: Challenge, milestones: Sequence[Milestone], reader: Reader) -> dict[str, Any]:
    shown = serialize_challenge(challenge, milestones, reader)
    told = [
        _trimmed(own) | _icon_out("eudMilestoneIcon", each.eud_milestone_icon)
        for own, each in zip(shown["milestones"], milestones, strict=True)
    ]
    return _trimmed(shown) | _icon_out("eudIcon", challenge.eud_icon) | {"milestones": told}


def _trimmed(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in LEFT_OUT}


def _icon_out(name: str, file: Any) -> dict[str, Any]:
    if not file:
        return {}
    with file.open() as opened:
        return {
            name: {"name": file.name.rpartition("/")[2], "base64": base64.b64encode(opened.read()).decode()}
        }


def imported(document: Any, at: datetime, *, keep_status: bool = False) -> list[Challenge]:
    """Store what `exported` made, all or nothing; everything arrives as a draft unless `keep_status`.

    A reward that exists is used as it is. Raises `DomainErrors` naming each fault by its path, such as
    `challenges.0.milestones.1.milestoneTargetValue`; a challenge that exists already is `exists`.
    """
    if (
        not isinstance(document, Mapping)
        or document.get("kind") != KIND
        or document.get("version") != VERSION
    ):
        raise DomainError("invalid", f"This is no export of challenges of version {VERSION}.", "version")
    with transaction.atomic():
        for index, told in enumerate(_list(document, "rewards", "rewards")):
            with _at(f"rewards.{index}"):
                _reward_in(_object(told), at)
        made = []
        for index, told in enumerate(_list(document, "challenges", "challenges")):
            with _at(f"challenges.{index}"):
                made.append(_challenge_in(dict(_object(told)), at, keep_status))
        return made


class _at:  # noqa: N801 - reads as a preposition
    """Puts the place of a fault before its field."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, (DomainError, drf.ValidationError)):
            answer = answer_to(error)
            faults: list[Fault] = answer.faults if answer else []
            raise DomainErrors(
                DomainError(f.code, f.detail, f"{self.path}.{f.attr}" if f.attr else self.path)
                for f in faults
            ) from error


def _reward_in(told: Mapping[str, Any], at: datetime) -> None:
    reward_id = _id(told)
    if Reward.objects.filter(id=reward_id).exists():
        return
    values = _validated(RewardSerializer, told)
    reward = Reward(id=reward_id, created_at=at, updated_at=at, **values)
    if errors := list(reward_service.errors_of(reward)):
        raise DomainErrors(errors)
    reward.full_clean(exclude=["id"])
    reward.save()


def _challenge_in(told: dict[str, Any], at: datetime, keep_status: bool) -> Challenge:
    challenge_id = _id(told)
    if Challenge.objects.filter(id=challenge_id).exists():
        raise DomainError("exists", "This challenge exists here already; delete it first.", "id")
    milestones = _list(told, "milestones", "milestones")
    icons = _icons_in(told, "eudIcon", "eud_icon")
    values = _validated(ChallengeSerializer, told)
    reward_named(values.get("completion_reward_id"), "completionRewardId")
    challenge = Challenge(id=challenge_id, created_at=at, updated_at=at, **values)
    made = []
    for index, each in enumerate(milestones):
        with _at(f"milestones.{index}"):
            made.append(_milestone_in(dict(_object(each)), challenge, at))
    if not keep_status:
        challenge.status = RecordStatus.DRAFT
        for milestone, _icons in made:
            milestone.status = RecordStatus.DRAFT
    with icons_replaced(challenge, icons):
        service.save(challenge, at=at)
    for index, (milestone, own_icons) in enumerate(made):
        with _at(f"milestones.{index}"), icons_replaced(milestone, own_icons):
            service.save_milestone(milestone, at=at)
    return challenge


def _milestone_in(
    told: dict[str, Any], challenge: Challenge, at: datetime
) -> tuple[Milestone, dict[str, CleanIcon | None]]:
    icons = _icons_in(told, "eudMilestoneIcon", "eud_milestone_icon")
    told["linkedSchemaRecordId"] = str(challenge.id)
    values = _validated(MilestoneSerializer, told)
    del values["linked_schema_record_id"], values["linked_schema_slug"]
    reward_named(values.get("reward_id"), "rewardId")
    return Milestone(id=_id(told), challenge=challenge, created_at=at, updated_at=at, **values), icons


def _validated(serializer_class: type[drf.Serializer], told: Mapping[str, Any]) -> dict[str, Any]:
    """Judged as the API judges it, without the ids that make it the same record."""
    serializer = serializer_class(data=dict(told), context={"language": LANGUAGE})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _icons_in(told: dict[str, Any], name: str, field: str) -> dict[str, CleanIcon | None]:
    icon = told.pop(name, None)
    if icon is None:
        return {}
    try:
        data = base64.b64decode(icon["base64"], validate=True)
        return {field: clean_icon(str(icon.get("name", "")), data[: MAX_BYTES + 1], name)}
    except (TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise DomainError("invalid", 'Send an icon as {"name": ..., "base64": ...}.', name) from error


def _id(told: Mapping[str, Any]) -> UUID:
    try:
        return parse_uuid(str(told.get("id")))
    except ValueError as error:
        raise DomainError("invalid", str(error), "id") from error


def _list(told: Mapping[str, Any], name: str, path: str) -> list[Any]:
    found = told.get(name, [])
    if not isinstance(found, list):
        raise DomainError("invalid", "This must be a list.", path)
    return found


def _object(told: Any) -> Mapping[str, Any]:
    if not isinstance(told, Mapping):
        raise DomainError("invalid", "This must be an object.")
    return told
