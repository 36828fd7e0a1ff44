"""Export challenges as a document and import it, for instance from staging to production.

The document holds challenges with their milestones, rewards, icons and every language, under the names of the
API (as with `languageCode=*`). Ids stay the same, so that references to them stay valid. Members, progress
and coupon codes are never part of it (docs/rules.md, Editing a running challenge).
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers as drf

from challenges.api.presenters.challenge import serialize_challenge
from challenges.api.serializers import ChallengeSerializer, MilestoneSerializer
from challenges.api.views.edited_records import find_reward
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
# Wire names of what belongs to one installation, or follows from the rest.
NOT_EXPORTED = {
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

Checkpoint = Callable[[], None]


def exported(challenges: Iterable[Challenge], at: datetime) -> dict[str, Any]:
    """The document of these challenges, their unarchived milestones and the rewards of both."""
    challenges = list(challenges)
    milestones = read_milestones([challenge.id for challenge in challenges])
    rewards = {challenge.completion_reward_id: challenge.completion_reward for challenge in challenges}
    for of_challenge in milestones.values():
        rewards |= {milestone.reward_id: milestone.reward for milestone in of_challenge}
    reader = Reader(admin=True, guest=False, language=LANGUAGE, origin="", at=at)
    return {
        "kind": KIND,
        "version": VERSION,
        "rewards": [_portable(serialize_reward(reward, 0, reader)) for reward in rewards.values() if reward],
        "challenges": [
            _export_challenge(challenge, milestones.get(challenge.id, ()), reader) for challenge in challenges
        ],
    }


def _export_challenge(
    challenge: Challenge, milestones: Sequence[Milestone], reader: Reader
) -> dict[str, Any]:
    fields = serialize_challenge(challenge, milestones, reader)
    exported_milestones = [
        _portable(milestone_fields) | _export_icon("eudMilestoneIcon", milestone.eud_milestone_icon)
        for milestone_fields, milestone in zip(fields["milestones"], milestones, strict=True)
    ]
    icon = _export_icon("eudIcon", challenge.eud_icon)
    return _portable(fields) | icon | {"milestones": exported_milestones}


def _portable(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in NOT_EXPORTED}


def _export_icon(name: str, file: Any) -> dict[str, Any]:
    if not file:
        return {}
    with file.open() as opened:
        content = base64.b64encode(opened.read()).decode()
    return {name: {"name": file.name.rpartition("/")[2], "base64": content}}


def imported(
    document: Any, at: datetime, *, keep_status: bool = False, checkpoint: Checkpoint = lambda: None
) -> list[Challenge]:
    """Store a document of `exported` in one transaction; everything becomes a draft unless `keep_status`.

    `checkpoint` is called before each record; what it raises ends the import, and nothing is stored.
    A reward that exists already is used as it is. Raises `DomainErrors` with the path of each fault, such as
    `challenges.0.milestones.1.milestoneTargetValue`; a challenge that exists already is `exists`.
    """
    if (
        not isinstance(document, Mapping)
        or document.get("kind") != KIND
        or document.get("version") != VERSION
    ):
        raise DomainError("invalid", f"This is no export of challenges of version {VERSION}.", "version")
    with transaction.atomic():
        for index, fields in enumerate(_list(document, "rewards")):
            with _error_path(f"rewards.{index}"):
                checkpoint()
                _import_reward(_object(fields), at)
        challenges = []
        for index, fields in enumerate(_list(document, "challenges")):
            with _error_path(f"challenges.{index}"):
                checkpoint()
                challenges.append(_import_challenge(dict(_object(fields)), at, keep_status, checkpoint))
        return challenges


@contextmanager
def _error_path(path: str) -> Iterator[None]:
    """Put `path` before the fields of the errors that are raised inside."""
    try:
        yield
    except (DomainError, drf.ValidationError) as error:
        answer = answer_to(error)
        faults: list[Fault] = answer.faults if answer else []
        raise DomainErrors(
            DomainError(f.code, f.detail, f"{path}.{f.attr}" if f.attr else path) for f in faults
        ) from error


def _import_reward(fields: Mapping[str, Any], at: datetime) -> None:
    reward_id = _id(fields)
    if Reward.objects.filter(id=reward_id).exists():
        return
    values = _validate(RewardSerializer, fields)
    reward = Reward(id=reward_id, created_at=at, updated_at=at, **values)
    if errors := list(reward_service.errors_of(reward)):
        raise DomainErrors(errors)
    reward.full_clean(exclude=["id"])
    reward.save()


def _import_challenge(
    fields: dict[str, Any], at: datetime, keep_status: bool, checkpoint: Checkpoint
) -> Challenge:
    challenge_id = _id(fields)
    if Challenge.objects.filter(id=challenge_id).exists():
        raise DomainError("exists", "This challenge exists here already; delete it first.", "id")
    milestones_fields = _list(fields, "milestones")
    icons = _import_icon(fields, "eudIcon", "eud_icon")
    values = _validate(ChallengeSerializer, fields)
    find_reward(values.get("completion_reward_id"), "completionRewardId")
    challenge = Challenge(id=challenge_id, created_at=at, updated_at=at, **values)
    milestones = []
    for index, milestone_fields in enumerate(milestones_fields):
        with _error_path(f"milestones.{index}"):
            checkpoint()
            milestones.append(_read_milestone(dict(_object(milestone_fields)), challenge, at))
    if not keep_status:
        challenge.status = RecordStatus.DRAFT
        for milestone, _icons in milestones:
            milestone.status = RecordStatus.DRAFT
    with ExitStack() as stored:
        for record, its_icons in ((challenge, icons), *milestones):
            stored.enter_context(icons_replaced(record, its_icons))
        # In one edit: each would read and judge the challenge with all its milestones again.
        service.save(challenge, [milestone for milestone, _icons in milestones], at=at)
    return challenge


def _read_milestone(
    fields: dict[str, Any], challenge: Challenge, at: datetime
) -> tuple[Milestone, dict[str, CleanIcon | None]]:
    """The unsaved milestone and its icon by field name."""
    icons = _import_icon(fields, "eudMilestoneIcon", "eud_milestone_icon")
    fields["linkedSchemaRecordId"] = str(challenge.id)
    values = _validate(MilestoneSerializer, fields)
    del values["linked_schema_record_id"], values["linked_schema_slug"]
    find_reward(values.get("reward_id"), "rewardId")
    return Milestone(id=_id(fields), challenge=challenge, created_at=at, updated_at=at, **values), icons


def _validate(serializer_class: type[drf.Serializer], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values by Python name, as the API validates them; without the id, which is read-only there."""
    serializer = serializer_class(data=dict(fields), context={"language": LANGUAGE})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _import_icon(fields: dict[str, Any], name: str, field: str) -> dict[str, CleanIcon | None]:
    icon = fields.pop(name, None)
    if icon is None:
        return {}
    try:
        data = base64.b64decode(icon["base64"], validate=True)
        return {field: clean_icon(str(icon.get("name", "")), data[: MAX_BYTES + 1], name)}
    except (TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise DomainError("invalid", 'Send an icon as {"name": ..., "base64": ...}.', name) from error


def _id(fields: Mapping[str, Any]) -> UUID:
    try:
        return parse_uuid(str(fields.get("id")))
    except ValueError as error:
        raise DomainError("invalid", str(error), "id") from error


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name, [])
    if not isinstance(value, list):
        raise DomainError("invalid", "This must be a list.", name)
    return value


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DomainError("invalid", "This must be an object.")
    return value
