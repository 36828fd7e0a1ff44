"""Judge the identifiers of logs and activities (docs/rules.md, Members).

A badly formed one is refused, unless release 0.1 stored it: a member's then takes activity as before, a log's
is a replay, and an original can be taken back. Well-formed ones cost no query.

The look-up comes before the log's transaction, and one race is accepted: where such a member is renamed or
erased in between, the log enrols one more under the old identifier, as it did with 0.1.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from challenges.engine.eligibility import Entry
from challenges.queries import stored_identifiers as stored
from core.api.errors import Fault
from core.errors import DomainError
from core.identifiers import check_identifier

Decoded = Entry | list[Fault]


@dataclass(slots=True)
class Doubtful:
    """A record with badly formed identifiers, else in order: what refuses each, by its column."""

    entry: Entry
    faults: dict[str, Fault]


def find_faults(identifiers: Iterable[tuple[str, str, Any]]) -> dict[str, Fault]:
    """What is wrong with identifiers, each as column, path on the wire and text; None is passed over."""
    faults: dict[str, Fault] = {}
    for column, attr, text in identifiers:
        try:
            check_identifier(text or "-", attr)
        except DomainError as error:
            faults[column] = Fault(error.code, error.message, attr)
    return faults


def settled(records: Sequence[Decoded | Doubtful], for_activity: bool) -> list[Decoded]:
    """The records, the doubtful ones as an entry or as faults; one question for all that were sent alike."""
    doubtful = [record for record in records if isinstance(record, Doubtful)]
    lookups = _ACTIVITY if for_activity else _LOG
    found = _find_stored(doubtful, lookups)
    return [_settle(record, found, lookups) if isinstance(record, Doubtful) else record for record in records]


def _settle(record: Doubtful, found: Mapping[str, set[Any]], lookups: "Lookups") -> Decoded:
    faults: list[Fault] = []
    for column, fault in record.faults.items():
        key_of, _find = lookups[column]
        if key_of(record.entry) not in found[column]:
            faults.append(fault)
    return faults or record.entry


def _find_stored(doubtful: Sequence[Doubtful], lookups: "Lookups") -> dict[str, set[Any]]:
    """The keys that are stored, for each column in which an identifier is badly formed."""
    found: dict[str, set[Any]] = {}
    for column, (key_of, find) in lookups.items():
        keys = {key_of(record.entry) for record in doubtful if column in record.faults}
        found[column] = find(keys) if keys else set()
    return found


# For each column that holds an identifier: what makes it one record's, and the look-up.
Lookups = Mapping[str, tuple[Callable[[Entry], Any], Callable[[Any], set[Any]]]]
_LOG: Lookups = {
    "external_id": (lambda entry: entry.external_id, stored.stored_members),
    "unique_identifier": (
        lambda entry: (entry.external_id, entry.challenge_id, entry.unique_identifier),
        stored.stored_logs,
    ),
    "reversal_of": (
        lambda entry: (entry.external_id, entry.challenge_id, entry.reversal_of),
        stored.stored_logs,
    ),
}
_ACTIVITY: Lookups = {
    "external_id": _LOG["external_id"],
    "unique_identifier": (
        lambda entry: (entry.external_id, entry.unique_identifier),
        stored.stored_activities,
    ),
    "reversal_of": (lambda entry: (entry.external_id, entry.reversal_of), stored.stored_originals),
}
