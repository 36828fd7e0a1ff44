"""Find and lock the originals that the reversals of a batch name, and how much of each is left.

A log that staff counted anyway and the log that counts it share what is left: they have one `Original`, and
a reversal that names either takes from it (docs/rules.md, Reversals).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from challenges.engine.eligibility import Entry, Original, Verdict
from challenges.models import ChallengeLog
from challenges.models.rows import Identity
from core.amounts import units
from members.domain.directory import MemberRef


@dataclass(slots=True)
class Originals:
    """The originals of a set of reversals, by the reversal's index; reversals of one log share one."""

    by_index: dict[int, Original] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_index)

    def get(self, index: int) -> Original | None:
        return self.by_index.get(index)

    def take(self, index: int, verdict: Verdict) -> None:
        """Subtract from the original what this reversal takes back."""
        self.by_index[index].left += verdict.counted_value


NO_ORIGINALS = Originals()


def originals_of(
    entries: Sequence[Entry], indexes: Iterable[int], members: Mapping[str, MemberRef]
) -> Originals:
    """Find and lock the originals of the reversals among these entries.

    The lock keeps two transactions from taking back the same part. Entries of members who are not in
    `members`, by external id, have no original.
    """
    identities: dict[int, Identity] = {}
    for index in indexes:
        entry = entries[index]
        if entry.reversal_of and entry.external_id in members:
            identities[index] = (members[entry.external_id].id, entry.challenge_id, entry.reversal_of)
    if not identities:
        return Originals()
    originals = _lock_originals(set(identities.values()))
    return Originals(
        {index: originals[identity] for index, identity in identities.items() if identity in originals}
    )


def _lock_originals(identities: Collection[Identity]) -> dict[Identity, Original]:
    """Lock the logs of these identities and those that count them anyway; return originals by identity."""
    logs = _lock_logs(identities, "unique_identifier", {identity[2] for identity in identities})
    identifiers = {identity[2] for identity in identities} | {
        log.counts_anyway for log in logs if log.counts_anyway
    }
    logs |= _lock_logs(identities, "counts_anyway", identifiers)
    originals: dict[Identity, Original] = {}
    for log in sorted(logs, key=lambda log: bool(log.counts_anyway)):
        _add_log(originals, log)
    _subtract_reversals(identities, originals)
    return originals


def _lock_logs(identities: Collection[Identity], column: str, identifiers: set[str]) -> set[ChallengeLog]:
    logs = ChallengeLog.objects.filter(
        _of_members_and_challenges(identities), ~Q(**{column: ""}), **{f"{column}__in": identifiers}
    )
    key = ("member_id", "challenge_id", "unique_identifier")
    return set(logs.select_for_update(no_key=True, of=("self",)).order_by(*key))


def _of_members_and_challenges(identities: Collection[Identity]) -> Q:
    """Match logs of these members and challenges, with which every key of the table begins."""
    return Q(
        member_id__in={identity[0] for identity in identities},
        challenge_id__in={identity[1] for identity in identities},
    )


def _add_log(originals: dict[Identity, Original], log: ChallengeLog) -> None:
    """Add a log to its original; one that counts another log anyway shares that log's original."""
    own_identity = (log.member_id, log.challenge_id, log.unique_identifier)
    shared_identity = (log.member_id, log.challenge_id, log.counts_anyway or log.unique_identifier)
    original = originals.setdefault(
        shared_identity, Original(log.period_key, False, bool(log.reversal_of), 0)
    )
    original.counted |= log.counted
    original.left += units(log.counted_value)
    originals[own_identity] = original


def _subtract_reversals(identities: Collection[Identity], originals: dict[Identity, Original]) -> None:
    """Subtract what earlier reversals took back; their counted values are negative."""
    reversals = ChallengeLog.objects.filter(
        _of_members_and_challenges(identities),
        ~Q(reversal_of=""),
        reversal_of__in={identity[2] for identity in originals},
    )
    for member_id, challenge_id, identifier, counted_value in reversals.values_list(
        "member_id", "challenge_id", "reversal_of", "counted_value"
    ):
        if original := originals.get((member_id, challenge_id, identifier)):
            original.left += units(counted_value)
