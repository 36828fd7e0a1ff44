"""What the reversals of a batch take back: the originals they name, and how much of each is left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from challenges.judging import Entry, Judgement, Original
from challenges.ledger import Identity
from challenges.models import ChallengeLog
from challenges_project.amounts import units
from members.directory import Known


@dataclass(slots=True)
class Originals:
    """The originals of a set of reversals, by the reversal's index; reversals of one log share its rest."""

    by_index: dict[int, Original] = field(default_factory=dict)

    def get(self, index: int) -> Original | None:
        return self.by_index.get(index)

    def take(self, index: int, judgement: Judgement) -> None:
        """Note that this reversal took its part."""
        self.by_index[index].left += judgement.counted_value


def originals_of(entries: Sequence[Entry], turn: Iterable[int], members: Mapping[str, Known]) -> Originals:
    """Find and lock what the reversals among these entries name, so that two never take the same part.

    A log that staff counted anyway acts through the log that did the counting: reversing the one that the
    shop knows takes that back (docs/decisions).
    """
    named: dict[int, Identity] = {}
    for index in turn:
        entry = entries[index]
        if entry.reversal_of and entry.external_id in members:
            named[index] = (members[entry.external_id].id, entry.challenge_id, entry.reversal_of)
    if not named:
        return Originals()
    found = _locked(set(named.values()))
    return Originals({index: found[identity] for index, identity in named.items() if identity in found})


def _locked(identities: set[Identity]) -> dict[Identity, Original]:
    member_ids = {identity[0] for identity in identities}
    names = {identity[2] for identity in identities}
    logs = list(
        ChallengeLog.objects.select_for_update(no_key=True)
        .filter(Q(unique_identifier__in=names) | Q(counts_anyway__in=names), member_id__in=member_ids)
        .order_by("member_id", "challenge_id", "unique_identifier")
    )
    originals: dict[Identity, Original] = {}
    for log in logs:
        identity = (log.member_id, log.challenge_id, log.unique_identifier)
        originals[identity] = Original(
            log.period_key, log.counted, bool(log.reversal_of), units(log.counted_value)
        )
    for log in logs:
        stored = originals.get((log.member_id, log.challenge_id, log.counts_anyway))
        if log.counts_anyway and stored:
            stored.counted, stored.left = True, units(log.counted_value)
    _less_what_was_taken(originals, member_ids, names)
    return originals


def _less_what_was_taken(originals: dict[Identity, Original], member_ids: set[UUID], names: set[str]) -> None:
    taken = ChallengeLog.objects.filter(member_id__in=member_ids, reversal_of__in=names)
    for member_id, challenge_id, name, value in taken.values_list(
        "member_id", "challenge_id", "reversal_of", "counted_value"
    ):
        if original := originals.get((member_id, challenge_id, name)):
            original.left += units(value)
