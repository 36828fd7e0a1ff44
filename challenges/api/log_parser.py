"""Parse the bytes of a request into entries, or into every fault of each record.

There are two decoders: a typed one for plain, valid records, 27 times as fast as a serializer, and for
everything else a slow one that names every bad field. A test holds them equal.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

import msgspec

from challenges.api.log_fields import FIELDS, LONGEST, READ_ONLY
from challenges.api.log_identifiers import Decoded, Doubtful, find_faults, settled
from challenges.engine.eligibility import Entry
from core.amounts import parse_amount, parse_text
from core.api.errors import MOST_FAULTS, Fault, Refused, refuse
from core.api.http.strict_json import MAX_DIGITS, printable, strict_loads
from core.api.query_string import Suggestions
from core.api.values import parse_uuid, read_time
from core.errors import DomainError
from core.identifiers import PLAIN

LARGEST_BATCH = 5000
LARGEST_ACTIVITY_BATCH = 1000
MOST_OF_RECORD = 20  # errors of one record that the answer to a batch names

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """The records that the fast decoder accepts: the common shape of a log, without a profile."""

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


def read_one(body: bytes, *, for_activity: bool = False) -> Entry:
    """Parse a body that is one record (docs/api.md, One log). Raises `Refused` 400 with every fault."""
    if entry := _decode_plain(body, for_activity):
        return entry
    (decoded,) = settled([_decode_any(body, for_activity, Suggestions())], for_activity)
    if isinstance(decoded, Entry):
        return decoded
    raise Refused(400, *decoded)


def read_batch(body: bytes, largest: int = LARGEST_BATCH, *, for_activity: bool = False) -> list[Decoded]:
    """Parse a body `{"records": [...]}` into an entry, or its faults, for each record in order.

    Raises `Refused` 400 when the body is no such object, or has no records or more than `largest`
    (docs/api.md, Batch).
    """
    records = _split_records(body)
    if not 1 <= len(records) <= largest:
        raise refuse("invalid", f"Send 1 to {largest} records.", "records")
    suggestions = Suggestions()
    decoded = settled([_decode(record, for_activity, suggestions) for record in records], for_activity)
    return [entry if isinstance(entry, Entry) else entry[: MOST_OF_RECORD + 1] for entry in decoded]


def _split_records(body: bytes) -> Sequence[bytes]:
    if body.count(b'"records"') != 1 or body.count(b"\\") > 0:
        _check_whole(body)
    try:
        return [bytes(raw) for raw in _batch_decoder.decode(body).records]
    except msgspec.DecodeError:
        _check_whole(body)
        raise refuse("invalid", 'Send an object {"records": [...]}.', "records") from None


def _check_whole(body: bytes) -> None:
    """Refuse a body that is no JSON, or no object with `records` alone.

    A fault inside a record is left to that record.
    """
    try:
        whole = strict_loads(body)
    except Refused as error:
        if any(not (fault.attr or "").startswith("records.") for fault in error.answer.faults):
            raise
        return
    if not isinstance(whole, dict):
        raise refuse("invalid", 'Send an object {"records": [...]}.')
    if unknown := sorted(whole.keys() - {"records"})[: MOST_FAULTS + 1]:
        raise Refused(
            400, *(Fault("unknown_field", "There is no such field.", printable(n)) for n in unknown)
        )


def _decode(record: bytes, for_activity: bool, suggestions: Suggestions) -> Decoded | Doubtful:
    return _decode_plain(record, for_activity) or _decode_any(record, for_activity, suggestions)


def _decode_plain(record: bytes, for_activity: bool) -> Entry | None:
    """The entry of a plain, valid record; None for any other, which `_decode_any` has to decode."""
    if b"\\" in record:
        return None
    try:
        raw = _record_decoder.decode(record)
        value = bytes(raw.activityValue)
        # Without escapes there are two quotes for each key and text; more of them mean a repeated key.
        quotes = 2 * 4 + 8 + 4 * bool(raw.challengeId) + 2 * bool(value) + 2 * value.startswith(b'"')
        if record.count(b'"') != quotes or bool(raw.challengeId) == for_activity:
            return None
        if not (PLAIN.fullmatch(raw.ownedById) and PLAIN.fullmatch(raw.uniqueIdentifier)):
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
    if len(value) > MAX_DIGITS:
        raise ValueError("a number that strict_json refuses")
    return parse_amount(value, "activityValue")


# Challenge id of the entry of an activity, which reaches every challenge that names its `activityId`.
NO_CHALLENGE = UUID(int=0)


def _decode_any(record: bytes, for_activity: bool, suggestions: Suggestions) -> Decoded | Doubtful:
    try:
        fields = strict_loads(record)
    except Refused as error:
        return error.answer.faults
    if not isinstance(fields, dict):
        return [Fault("invalid", "A record is an object.")]
    known = FIELDS.keys() - {"challengeId"} if for_activity else FIELDS.keys()
    unknown = (name for name in fields if name not in known and name not in READ_ONLY)
    faults = [
        Fault("unknown_field", f"There is no such field.{suggestions.nearest(name, known)}", printable(name))
        for name in islice(unknown, MOST_FAULTS)
    ]
    values: dict[str, Any] = {}
    for name in known:
        values[name] = _parse_field(name, fields.get(name), faults)
    _check_owner(fields, faults)
    doubts = find_faults(
        (
            ("external_id", "ownedById", values["ownedById"]),
            ("external_id", "ownedBy.externalId", (values["ownedBy"] or {}).get("external_id")),
            ("unique_identifier", "uniqueIdentifier", values["uniqueIdentifier"]),
            ("reversal_of", "reversalOf", values["reversalOf"]),
        )
    )
    if faults:
        return faults + list(doubts.values())
    owner = values["ownedBy"] or {"external_id": values["ownedById"]}
    entry = Entry(
        challenge_id=NO_CHALLENGE if for_activity else values["challengeId"],
        external_id=owner.pop("external_id"),
        activity_at=values["activityAt"],
        activity_id=values["activityId"],
        unique_identifier=values["uniqueIdentifier"],
        activity_value=values["activityValue"],
        reversal_of=values["reversalOf"] or "",
        profile=owner or None,
    )
    return Doubtful(entry, doubts) if doubts else entry


def _parse_field(name: str, value: Any, faults: list[Fault]) -> Any:
    """The value, or None after its faults were added to `faults`."""
    parse, required = FIELDS[name]
    if value is None:
        if required:
            faults.append(Fault("required", "This field is required.", name))
        return None
    try:
        return parse(value)
    except DomainError as error:
        faults.append(Fault(error.code, str(error.message), name))
    except ValueError as error:
        faults.append(Fault("invalid", str(error), name))
    except Refused as error:
        faults += [Fault(f.code, f.detail, f"{name}.{f.attr}") for f in error.answer.faults]
    return None


def _check_owner(fields: dict[str, Any], faults: list[Fault]) -> None:
    owners = [name for name in ("ownedById", "ownedBy") if fields.get(name) is not None]
    if len(owners) != 1:
        faults.append(Fault("required", "Send exactly one of ownedById and ownedBy.", "ownedById"))
