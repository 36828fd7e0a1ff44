"""Replay the stored verdicts of every window and compare with the ledger (docs/rules.md, Invariant 12).

Each counted log is added under the rule version whose number it carries; between two logs the edits act as
they did. Where a window saw no reversal that must give its status and its reward logs, up to codes, caps and
what people did by hand; where it did, all that the end value supports must be there. Logs are streamed in the
order of their windows, so that memory holds a few hundred windows at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from challenges.caches.config import rules_of
from challenges.maintenance.window_audit import MOST_TRIES, challenge_ids
from challenges.models import ChallengeLog, ChallengeProgress
from challenges.models.window_rules import Rules, window_rules
from core.amounts import amount, units
from core.errors import DomainError
from core.periods import Window
from members.models import Member
from rewards.models import RewardLog

WINDOWS_AT_ONCE = 500


class Verdict(NamedTuple):
    """A counted log: all of it that a replay needs. `value` in units, negative for a reversal."""

    member_id: UUID
    period_key: str
    rule_version: int | None
    id: UUID
    value: int
    is_reversal: bool


class Stored(NamedTuple):
    """What the ledger says of a window; `value` None: it has no row. `paid`: the ids of the thresholds."""

    value: int | None
    completed: bool
    paid: frozenset[UUID]


@dataclass(slots=True)
class Replayed:
    """The state of one window while its verdicts are replayed; `due`: the ids of the thresholds reached."""

    rules: Rules
    window: Window
    number: int = 0
    value: int = 0
    completed: bool = False
    due: set[UUID] = field(default_factory=set)

    def add(self, verdict: Verdict, number: int) -> None:
        """Add a log under the version of that number, after the edits up to it have acted."""
        self.number = self.number or number
        self.edit_until(number)
        self.value += verdict.value
        self._reach(number)

    def edit_until(self, number: int) -> None:
        """Let the edits that made the versions up to that number act on the window."""
        while self.number < number:
            self.number += 1
            self._reach(self.number)

    def _reach(self, number: int) -> None:
        versions = [version for version in self.rules.versions if version.number <= number]
        judged = window_rules(versions or self.rules.versions[:1], self.window)
        reached = [m.milestone_id for m in judged.version.thresholds if m.target <= self.value]
        self.due.update(reached)
        self.completed = self.completed or self.value >= judged.target
        if self.completed:
            self.due.add(self.rules.challenge_id)


def breaches() -> Iterator[str]:
    """Yield a line for each window whose verdicts do not give what the ledger says."""
    for challenge_id in challenge_ids():
        verdicts = groupby(_verdicts(challenge_id), key=attrgetter("member_id", "period_key"))
        windows = ((key, list(logs)) for key, logs in verdicts)
        while chunk := dict(islice(windows, WINDOWS_AT_ONCE)):
            suspects = _differences(challenge_id, chunk)
            for key in suspects:
                yield from _settled_differences(challenge_id, key)


def _verdicts(challenge_id: UUID, **narrow: object) -> Iterator[Verdict]:
    logs = ChallengeLog.objects.filter(challenge=challenge_id, counted=True, **narrow)
    columns = ("member", "period_key", "rule_version", "id", "counted_value", "reversal_of")
    for member_id, period_key, number, id_, value, reversal_of in (
        logs.order_by(*columns[:4]).values_list(*columns).iterator()
    ):
        yield Verdict(member_id, period_key, number, id_, units(value), bool(reversal_of))


WindowOfMember = tuple[UUID, str]


def _settled_differences(challenge_id: UUID, key: WindowOfMember) -> list[str]:
    """Return what differs in one window, read again: activity or an edit may have come in between."""
    found: list[str] = []
    for _try in range(MOST_TRIES):
        verdicts = list(_verdicts(challenge_id, member=key[0], period_key=key[1]))
        found = _differences(challenge_id, {key: verdicts}).get(key, [])
        if not found:
            break
    return found


def _differences(
    challenge_id: UUID, windows: dict[WindowOfMember, list[Verdict]]
) -> dict[WindowOfMember, list[str]]:
    """Return what differs in these windows, by window; those without a difference are missing."""
    rules = rules_of([challenge_id]).get(challenge_id)
    if rules is None:
        return {}
    stored = _stored(challenge_id, windows)
    nothing = Stored(None, False, frozenset())
    found: dict[WindowOfMember, list[str]] = {}
    for key, verdicts in windows.items():
        if lines := list(_compare(rules, key[1], verdicts, stored.get(key, nothing))):
            found[key] = lines
    names = dict(Member.objects.filter(id__in={key[0] for key in found}).values_list("id", "external_id"))
    return {
        key: [
            f"12: member {names.get(key[0])}, challenge {challenge_id}, window {key[1]}: {line}"
            for line in lines
        ]
        for key, lines in found.items()
    }


def _stored(challenge_id: UUID, windows: Iterable[WindowOfMember]) -> dict[WindowOfMember, Stored]:
    members = {member_id for member_id, _period_key in windows}
    # Not by period key as well: PostgreSQL would read the whole window of the challenge for each chunk.
    narrow = {"challenge": challenge_id, "member__in": members}
    paid: dict[WindowOfMember, set[UUID]] = {}
    reward_logs = RewardLog.objects.filter(**narrow).values_list("member", "period_key", "threshold_id")
    for member_id, period_key, threshold_id in reward_logs:
        paid.setdefault((member_id, period_key), set()).add(threshold_id)
    columns = ("member", "period_key", "current_progress_value", "challenge_completed_at")
    return {
        (member_id, period_key): Stored(
            units(value), completed_at is not None, frozenset(paid.get((member_id, period_key), ()))
        )
        for member_id, period_key, value, completed_at in ChallengeProgress.objects.filter(
            **narrow
        ).values_list(*columns)
    }


def _compare(rules: Rules, period_key: str, verdicts: Sequence[Verdict], stored: Stored) -> Iterator[str]:
    value = max(0, sum(verdict.value for verdict in verdicts))
    if stored.value != value:
        yield f"replayed {amount(value)}, but progress says {_text(stored.value)}"
        return
    try:
        judged = rules.of_key(period_key)
    except DomainError:
        return  # told by `window_audit`
    # What 0.1 judged is history; what an edit under way is going to pay is not there yet.
    if rules.is_historical(judged.closes_at) or rules.backfill_since is not None:
        return
    supported = {m.milestone_id for m in judged.version.thresholds if m.target <= value}
    if value >= judged.target:
        supported.add(rules.challenge_id)
    for threshold in sorted(supported - stored.paid):
        yield f"{amount(value)} supports the threshold {threshold}, which has no reward log"
    # 0.1 wrote no numbers. After a reversal the order decides what was due meanwhile.
    if all(verdict.rule_version is not None and not verdict.is_reversal for verdict in verdicts):
        yield from _compare_replayed(_replay(rules, judged.window, verdicts), stored, supported)


def _replay(rules: Rules, window: Window, verdicts: Sequence[Verdict]) -> Replayed:
    replayed = Replayed(rules, window)
    for verdict in verdicts:
        replayed.add(verdict, verdict.rule_version or 0)
    replayed.edit_until(rules.versions[-1].number)
    return replayed


def _compare_replayed(replayed: Replayed, stored: Stored, supported: set[UUID]) -> Iterator[str]:
    if replayed.completed != stored.completed:
        expected = "completed" if replayed.completed else "not completed"
        yield f"replayed it is {expected}, but progress says otherwise"
    for threshold in sorted(replayed.due - stored.paid - supported):
        yield f"replayed it reached the threshold {threshold}, which has no reward log"
    for threshold in sorted(stored.paid - replayed.due):
        yield f"replayed it never reached the threshold {threshold}, which has a reward log"


def _text(value: int | None) -> str:
    return "nothing" if value is None else str(amount(value))
