"""What the reversals of a batch take back: the originals they name, and how much of each is left.

A log that staff counted anyway acts through the log that did the counting: the two are one family, and a
reversal that names either takes from both (docs/decisions).
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
    """The originals of a set of reversals, by the reversal's index; reversals of one log share its rest."""

    by_index: dict[int, Original] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_index)

    def get(self, index: int) -> Original | None:
        return self.by_index.get(index)

    def take(self, index: int, judgement: Verdict) -> None:
        """Note that this reversal took its part."""
        self.by_index[index].left += judgement.counted_value


NO_ORIGINALS = Originals()


def originals_of(
    entries: Sequence[Entry], turn: Iterable[int], members: Mapping[str, MemberRef]
) -> Originals:
    """Find and lock what the reversals among these entries name, so that two never take the same part."""
    named: dict[int, Identity] = {}
    for index in turn:
        entry = entries[index]
        if entry.reversal_of and entry.external_id in members:
            named[index] = (members[entry.external_id].id, entry.challenge_id, entry.reversal_of)
    if not named:
        return Originals()
    found = _locked(set(named.values()))
    return Originals({index: found[identity] for index, identity in named.items() if identity in found})


def _locked(identities: Collection[Identity]) -> dict[Identity, Original]:
    logs = _lock(identities, "unique_identifier", {identity[2] for identity in identities})
    roots = {identity[2] for identity in identities} | {
        log.counts_anyway for log in logs if log.counts_anyway
    }
    logs |= _lock(identities, "counts_anyway", roots)
    families: dict[Identity, Original] = {}
    for log in sorted(logs, key=lambda log: bool(log.counts_anyway)):
        _join(families, log)
    _less_what_was_taken(identities, families)
    return families


def _lock(identities: Collection[Identity], column: str, names: set[str]) -> set[ChallengeLog]:
    logs = ChallengeLog.objects.filter(_among(identities), ~Q(**{column: ""}), **{f"{column}__in": names})
    key = ("member_id", "challenge_id", "unique_identifier")
    return set(logs.select_for_update(no_key=True, of=("self",)).order_by(*key))


def _among(identities: Collection[Identity]) -> Q:
    """All keys of the hot tables begin with the member; the names then decide."""
    return Q(
        member_id__in={identity[0] for identity in identities},
        challenge_id__in={identity[1] for identity in identities},
    )


def _join(families: dict[Identity, Original], log: ChallengeLog) -> None:
    """A log under its own name, and one that counts another anyway under that one's name too."""
    own = (log.member_id, log.challenge_id, log.unique_identifier)
    root = (log.member_id, log.challenge_id, log.counts_anyway or log.unique_identifier)
    original = families.setdefault(root, Original(log.period_key, False, bool(log.reversal_of), 0))
    original.counted |= log.counted
    original.left += units(log.counted_value)
    families[own] = original


def _less_what_was_taken(identities: Collection[Identity], families: dict[Identity, Original]) -> None:
    taken = ChallengeLog.objects.filter(
        _among(identities), ~Q(reversal_of=""), reversal_of__in={identity[2] for identity in families}
    )
    for member_id, challenge_id, name, value in taken.values_list(
        "member_id", "challenge_id", "reversal_of", "counted_value"
    ):
        if original := families.get((member_id, challenge_id, name)):
            original.left += units(value)
