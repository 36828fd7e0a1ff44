"""Parse the fields of a log one by one, and explain what is wrong with each (docs/api.md, Fields)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from challenges.api.log_identifiers import find_faults
from core.amounts import parse_amount, parse_text
from core.api.errors import Fault, Refused
from core.api.http.strict_json import printable
from core.api.values import parse_uuid, read_time
from core.errors import DomainError
from members.domain.profiles import check_phone_number

LONGEST = 256

# Fields of an answer; a body may hold them and they are ignored.
READ_ONLY = {
    "id",
    "periodKey",
    "counted",
    "reasonCode",
    "createdAt",
    "challengeProgress",
    "achievedMilestone",
    "achievedMilestones",
    "achievedMilestoneRewardLog",
    "rewardLogs",
}


def _text(longest: int, shortest: int = 1) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("Send a text.")
        if not shortest <= len(value) <= longest:
            raise ValueError(f"Send {shortest} to {longest} characters; this has {len(value)}.")
        return value

    return parse


def _uuid(value: Any) -> UUID:
    return parse_uuid(value if isinstance(value, str) else "")


def _time(value: Any) -> Any:
    return read_time(value if isinstance(value, str) else "")


def _amount(value: Any) -> int:
    if isinstance(value, bool) or (not isinstance(value, (str, int)) and not hasattr(value, "as_tuple")):
        raise ValueError("Send a number, or a plain decimal as text.")
    if isinstance(value, str):
        return parse_text(value, "activityValue")
    return parse_amount(str(value) if isinstance(value, int) else format(value, "f"), "activityValue")


def _email(value: Any) -> str:
    text = _text(320, 0)(value)
    if text:
        try:
            validate_email(text)
        except ValidationError as error:
            raise ValueError("Send an e-mail address, such as name@example.com.") from error
    return text


def _phone(value: Any) -> str:
    text = _text(16, 0)(value)
    check_phone_number(text)
    return text


# The fields of `ownedBy`: the Python name and the parser of each.
PROFILE: dict[str, tuple[str, Callable[[Any], str]]] = {
    "externalId": ("external_id", _text(LONGEST)),
    "firstName": ("first_name", _text(LONGEST, 0)),
    "lastName": ("last_name", _text(LONGEST, 0)),
    "email": ("email", _email),
    "phoneNumber": ("phone_number", _phone),
}


def _owner(value: Any) -> dict[str, str]:
    """`ownedBy`: the profile fields by Python name. Raises `Refused` with every fault."""
    if not isinstance(value, dict):
        raise ValueError("Send an object with externalId.")
    faults = [
        Fault("unknown_field", "There is no such field.", printable(name)) for name in value.keys() - PROFILE
    ]
    profile: dict[str, str] = {}
    for name, (column, parse) in PROFILE.items():
        if value.get(name) is None:
            if name == "externalId":
                faults.append(Fault("required", "This field is required.", name))
            continue
        try:
            profile[column] = parse(value[name])
        except (ValueError, DomainError) as error:
            faults.append(Fault("invalid", getattr(error, "message", str(error)), name))
    if faults:
        identifiers = [("external_id", "externalId", profile.get("external_id"))]
        raise Refused(400, *faults, *find_faults(identifiers).values())
    return profile


# Every field of a log: its parser, and whether it is required. Identifiers are judged when all is parsed.
FIELDS: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "challengeId": (_uuid, True),
    "ownedById": (_text(LONGEST), False),
    "ownedBy": (_owner, False),
    "activityAt": (_time, True),
    "activityId": (_text(LONGEST), True),
    "uniqueIdentifier": (_text(LONGEST), True),
    "activityValue": (_amount, False),
    "reversalOf": (_text(LONGEST), False),
}
