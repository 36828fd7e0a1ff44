"""From the bytes of a request to well-formed entries, or to everything that is wrong with each.

Two ways to the same judgement: a typed decoder for what is plainly right, twenty-seven times as fast as a
serializer, and for everything else a slow one that names every bad field. A test holds them equal.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec

from challenges.api.log_fields import FIELDS, LONGEST, READ_ONLY
from challenges.engine.eligibility import Entry
from core.amounts import parse_amount, parse_text
from core.api.errors import Fault, Refused, refuse
from core.api.http.strict_json import printable, strict_loads
from core.api.query_string import nearest
from core.api.values import IDENTIFIER, parse_uuid, read_time
from core.errors import DomainError

LARGEST_BATCH = 5000
LARGEST_ACTIVITY_BATCH = 1000

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """What the fast way takes: the common shape of a log, without a profile."""

    ownedById: Text
    activityAt: str
    activityId: Text
    uniqueIdentifier: Text
    challengeId: str = ""
    activityValue: msgspec.Raw = msgspec.Raw()


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    records: list[msgspec.Raw]


_record_decoder = msgspec.json.Decoder(_Record)
_batch_decoder = msgspec.json.Decoder(_Batch)

Decoded = Entry | list[Fault]


def read_one(body: bytes, *, for_activity: bool = False) -> Entry:
    """The entry of a body that is one record. Raises `Refused` 400 naming every bad field."""
    decoded = _decode(body, for_activity)
    if isinstance(decoded, Entry):
        return decoded
    raise Refused(400, *decoded)


def read_batch(body: bytes, largest: int = LARGEST_BATCH, *, for_activity: bool = False) -> list[Decoded]:
    """An entry, or its faults, for each record in order. Raises `Refused` when the body is no such object."""
    records = _records_of(body)
    if not 1 <= len(records) <= largest:
        raise refuse("invalid", f"Send 1 to {largest} records.", "records")
    return [_decode(record, for_activity) for record in records]


def _records_of(body: bytes) -> Sequence[bytes]:
    if body.count(b'"records"') != 1 or body.count(b"\\") > 0:
        _check_whole(body)
    try:
        return [bytes(raw) for raw in _batch_decoder.decode(body).records]
    except msgspec.DecodeError:
        _check_whole(body)
        raise refuse("invalid", 'Send an object {"records": [...]}.', "records") from None


def _check_whole(body: bytes) -> None:
    """Refuses what is no JSON, or no object with just `records`; what is wrong inside a record is its own."""
    try:
        whole = strict_loads(body)
    except Refused as error:
        if any(not (fault.attr or "").startswith("records.") for fault in error.answer.faults):
            raise
        return
    if not isinstance(whole, dict):
        raise refuse("invalid", 'Send an object {"records": [...]}.')
    if unknown := whole.keys() - {"records"}:
        raise Refused(
            400, *(Fault("unknown_field", "There is no such field.", printable(n)) for n in unknown)
        )


def _decode(record: bytes, for_activity: bool) -> Decoded:
    return _plain_entry(record, for_activity) or _decode_slowly(record, for_activity)


def _plain_entry(record: bytes, for_activity: bool) -> Entry | None:
    """The entry of a record that is plainly right; None when only the slow way can tell."""
    if b"\\" in record:
        return None
    try:
        raw = _record_decoder.decode(record)
        value = bytes(raw.activityValue)
        # Without escapes, two quotes for each key and each text: more of them, and a key was sent twice.
        texts = 8 + 4 * bool(raw.challengeId) + 2 * bool(value) + 2 * value.startswith(b'"')
        if record.count(b'"') != 2 * 4 + texts or bool(raw.challengeId) == for_activity:
            return None
        if not IDENTIFIER.fullmatch(raw.ownedById):
            return None
        activity_value = _units_of(value)
        return Entry(
            challenge_id=NO_CHALLENGE if for_activity else parse_uuid(raw.challengeId),
            external_id=raw.ownedById,
            activity_at=read_time(raw.activityAt),
            activity_id=raw.activityId,
            unique_identifier=raw.uniqueIdentifier,
            activity_value=activity_value,
        )
    except (msgspec.DecodeError, ValueError, DomainError):
        return None


def _units_of(value: bytes) -> int | None:
    if not value:
        return None
    if value.startswith(b'"'):
        return parse_text(value.strip(b'"').decode(), "activityValue")
    return parse_amount(value, "activityValue")


# An activity names no challenge: it reaches those that name it.
NO_CHALLENGE = UUID(int=0)


def _decode_slowly(record: bytes, for_activity: bool) -> Decoded:
    try:
        fields = strict_loads(record)
    except Refused as error:
        return error.answer.faults
    if not isinstance(fields, dict):
        return [Fault("invalid", "A record is an object.")]
    known = FIELDS.keys() - {"challengeId"} if for_activity else FIELDS.keys()
    faults = [
        Fault("unknown_field", f"There is no such field.{nearest(name, known)}", printable(name))
        for name in fields
        if name not in known and name not in READ_ONLY
    ]
    values: dict[str, Any] = {}
    for name in known:
        values[name] = _read(name, fields.get(name), faults)
    _check_owner(fields, faults)
    if faults:
        return faults
    owner = values["ownedBy"] or {"external_id": values["ownedById"]}
    return Entry(
        challenge_id=NO_CHALLENGE if for_activity else values["challengeId"],
        external_id=owner.pop("external_id"),
        activity_at=values["activityAt"],
        activity_id=values["activityId"],
        unique_identifier=values["uniqueIdentifier"],
        activity_value=values["activityValue"],
        reversal_of=values["reversalOf"] or "",
        profile=owner or None,
    )


def _read(name: str, value: Any, faults: list[Fault]) -> Any:
    reader, required = FIELDS[name]
    if value is None:
        if required:
            faults.append(Fault("required", "This field is required.", name))
        return None
    try:
        return reader(value)
    except DomainError as error:
        faults.append(Fault(error.code, str(error.message), name))
    except ValueError as error:
        faults.append(Fault("invalid", str(error), name))
    except Refused as error:
        faults += [Fault(f.code, f.detail, f"{name}.{f.attr}") for f in error.answer.faults]
    return None


def _check_owner(fields: dict[str, Any], faults: list[Fault]) -> None:
    sent = [name for name in ("ownedById", "ownedBy") if fields.get(name) is not None]
    if len(sent) != 1:
        faults.append(Fault("required", "Send exactly one of ownedById and ownedBy.", "ownedById"))
