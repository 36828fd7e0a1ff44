"""Export challenges as a document and import it, for instance from staging to production.

The document holds challenges with their milestones, rewards, icons and every language, under the names of the
API (as with `languageCode=*`). Ids stay the same, so that references to them stay valid. Members, progress
and coupon codes are never part of it (docs/rules.md, Editing a running challenge). An import stores through
the services of rewards and challenges, so that all of their checks apply.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from rest_framework import serializers as drf

from challenges.api.presenters.challenge import serialize_challenge
from challenges.api.serializers import ChallengeSerializer, MilestoneSerializer
from challenges.api.views.edited_records import find_reward
from challenges.caches.challenge import read_milestones
from challenges.caches.config import snapshot
from challenges.editing import service
from challenges.engine import locks
from challenges.models import Challenge
from core.api.errors import Fault, Refused
from core.api.http.exception_handler import answer_to
from core.api.http.strict_json import printable
from core.api.language import Language, default_language
from core.api.reader import Reader
from core.api.values import parse_uuid
from core.choices import RecordStatus
from core.errors import DomainError, DomainErrors
from core.icons import MAX_BYTES, CleanIcon, clean_icon
from core.icons.storage import icons_replaced
from core.ids import uuid7
from milestones.models import Milestone
from rewards.api.presenters import serialize_reward
from rewards.api.serializers import RewardSerializer
from rewards.domain import reward_service
from rewards.models import Reward

VERSION = 1
KIND = "challenges"
KEYS = {"kind", "version", "rewards", "challenges"}
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

# What an edit alone may send.
NOT_IMPORTED = ("pendingVersion", "countPaused")

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
    fields = serialize_challenge(challenge, snapshot(challenge, (), milestones), milestones, reader)
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
    A reward that exists already is used as it is; a challenge or milestone without an id gets a new one.
    Raises `DomainErrors` with the path of each fault, such as
    `challenges.0.milestones.1.milestoneTargetValue`; a challenge or milestone that is here is `exists`.
    """
    if (
        not isinstance(document, Mapping)
        or document.get("kind") != KIND
        or document.get("version") != VERSION
    ):
        raise DomainError("invalid", f"This is no export of challenges of version {VERSION}.", "version")
    if unknown := sorted(document.keys() - KEYS):
        raise DomainError(
            "unknown_field", "There is no such field; take it out.", printable(unknown[0]) or '""'
        )
    if "challenges" not in document:
        raise DomainError("required", "Send the list of challenges.", "challenges")
    return locks.retry(lambda: _import(document, at, keep_status, checkpoint))


def _import(
    document: Mapping[str, Any], at: datetime, keep_status: bool, checkpoint: Checkpoint
) -> list[Challenge]:
    rewards, challenges = (_by_id(document, name, at) for name in ("rewards", "challenges"))
    with ExitStack() as icons, transaction.atomic():
        # The order of docs/locking.md: two imports of one document wait for each other and never deadlock.
        if keep_status:
            locks.lock_activities_exclusive(_activities_to_take(challenges.values()))
        locks.lock_exclusive(challenges)
        for reward_id, (path, fields) in sorted(rewards.items()):
            with _error_path(path):
                checkpoint()
                _import_reward(reward_id, fields, at)
        imported_challenges = []
        for challenge_id, (path, fields) in challenges.items():
            with _error_path(path):
                checkpoint()
                challenge, milestones = _read_challenge(challenge_id, fields, at, icons, checkpoint)
                if not keep_status:
                    challenge.status = RecordStatus.DRAFT
                    for milestone in milestones:
                        milestone.status = RecordStatus.DRAFT
                imported_challenges.append(service.save(challenge, milestones, at=at))
        return imported_challenges


def _activities_to_take(challenges: Iterable[tuple[str, dict[str, Any]]]) -> set[str]:
    """Return the activity ids of the challenges that arrive live, which is going live."""
    live = [fields for _path, fields in challenges if fields.get("status") == RecordStatus.LIVE]
    lists = [fields["activityIds"] for fields in live if isinstance(fields.get("activityIds"), list)]
    return {activity_id for ids in lists for activity_id in ids if isinstance(activity_id, str)}


def _by_id(document: Mapping[str, Any], name: str, at: datetime) -> dict[UUID, tuple[str, dict[str, Any]]]:
    """The path and a copy of each object of a list, by id. A challenge without an id gets a new one."""
    objects: dict[UUID, tuple[str, dict[str, Any]]] = {}
    for index, value in enumerate(_list(document, name)):
        with _error_path(path := f"{name}.{index}"):
            fields = _object(value)
            id_ = _id(fields, None if name == "rewards" else at)
            if id_ in objects:
                raise DomainError(
                    "duplicate", f"{objects[id_][0]} has this id, too: take one of them out.", "id"
                )
            objects[id_] = path, fields
    return objects


@contextmanager
def _error_path(path: str) -> Iterator[None]:
    """Put `path` before the fields of the errors that are raised inside."""
    try:
        yield
    except (DomainError, drf.ValidationError, DataError, IntegrityError) as error:
        answer = answer_to(error)
        faults: list[Fault] = answer.faults if answer else []
        raise DomainErrors(
            DomainError(f.code, f.detail, f"{path}.{f.attr}" if f.attr else path) for f in faults
        ) from error


def _import_reward(reward_id: UUID, fields: Mapping[str, Any], at: datetime) -> None:
    if not _is_stored(reward_id):
        values = _validate(RewardSerializer, fields)
        try:
            reward_service.save(Reward(id=reward_id, **values), at=at)
        except DomainError as error:
            # Another import may have stored it in between.
            if error.code != "exists" or not _is_stored(reward_id):
                raise


def _is_stored(reward_id: UUID) -> bool:
    """Whether the reward is here already. Raises `DomainError` for an archived one: nothing may pay it."""
    stored = Reward.objects.filter(id=reward_id).first()
    if stored is not None and stored.archived_at is not None:
        raise DomainError("archived", f"The reward “{stored}” is archived here: restore it first.", "id")
    return stored is not None


def _read_challenge(
    challenge_id: UUID, fields: dict[str, Any], at: datetime, icons: ExitStack, checkpoint: Checkpoint
) -> tuple[Challenge, list[Milestone]]:
    """The unsaved challenge and its milestones; an error removes the icons, which `icons` keeps."""
    milestones_fields = _list(fields, "milestones")
    fields.pop("milestones", None)
    if sent := [name for name in NOT_IMPORTED if name in fields]:
        raise DomainError("unknown_field", "An import has no such field; take it out.", sent[0])
    challenge_icons = _read_icon(fields, "eudIcon", "eud_icon")
    values = _validate(ChallengeSerializer, fields)
    find_reward(values.get("completion_reward_id"), "completionRewardId")
    challenge = Challenge(id=challenge_id, **values)
    icons.enter_context(icons_replaced(challenge, challenge_icons))
    milestones = []
    for index, milestone_fields in enumerate(milestones_fields):
        with _error_path(f"milestones.{index}"):
            checkpoint()
            milestones.append(_read_milestone(_object(milestone_fields), challenge, at, icons))
    return challenge, milestones


def _read_milestone(
    fields: dict[str, Any], challenge: Challenge, at: datetime, icons: ExitStack
) -> Milestone:
    milestone_icons = _read_icon(fields, "eudMilestoneIcon", "eud_milestone_icon")
    fields["linkedSchemaRecordId"] = str(challenge.id)
    values = _validate(MilestoneSerializer, fields)
    del values["linked_schema_record_id"]
    values.pop("linked_schema_slug", None)
    find_reward(values.get("reward_id"), "rewardId")
    milestone = Milestone(id=_id(fields, at), challenge=challenge, **values)
    icons.enter_context(icons_replaced(milestone, milestone_icons))
    return milestone


def _validate(serializer_class: type[drf.Serializer], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values by Python name, as the API validates them; without the id, which is read-only there."""
    serializer = serializer_class(data=dict(fields), context={"language": LANGUAGE})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _read_icon(fields: dict[str, Any], name: str, field: str) -> dict[str, CleanIcon | None]:
    icon = fields.pop(name, None)
    if icon is None:
        return {}
    try:
        data = base64.b64decode(icon["base64"], validate=True)
    except (TypeError, KeyError, ValueError) as error:
        raise DomainError("invalid", 'Send an icon as {"name": ..., "base64": ...}.', name) from error
    return {field: clean_icon(str(icon.get("name", "")), data[: MAX_BYTES + 1], name)}


def _id(fields: Mapping[str, Any], new_at: datetime | None) -> UUID:
    """The object's id; of one without, a new id of the time `new_at`, or an error."""
    if "id" not in fields and new_at is not None:
        return uuid7(new_at)
    try:
        return parse_uuid(str(fields.get("id")))
    except ValueError as error:
        raise DomainError("invalid", str(error), "id") from error


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name, [])
    if not isinstance(value, list):
        raise DomainError("invalid", "This must be a list.", name)
    return value


def _object(value: Any) -> dict[str, Any]:
    """A copy of an object of the document."""
    if not isinstance(value, Mapping):
        raise DomainError("invalid", "This must be an object.")
    return dict(value)


def error_texts(error: DomainError | Refused) -> list[str]:
    """A line for each fault of a refused document, led by its path."""
    if isinstance(error, DomainErrors):
        return [str(nested) for nested in error.errors]
    if isinstance(error, Refused):
        faults = error.answer.faults
        return [fault.detail if fault.attr is None else f"{fault.attr}: {fault.detail}" for fault in faults]
    return [str(error)]
