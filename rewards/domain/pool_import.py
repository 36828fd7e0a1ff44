"""Filling a pool with codes that somebody else made.

Committed every 2,000 lines: an interruption leaves whole rows, and the same codes again add nothing. The
unique key of the codes decides what is new, so that two imports of one file at once add it once.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.choices import CodeSource
from core.errors import DomainError
from core.ids import uuid7_batch
from rewards.domain import allocation, pending_codes, pool_levels
from rewards.domain.code_files import Line, Reason
from rewards.domain.pending_codes import Clock
from rewards.models import CouponCode, Reward
from rewards.models.rows import COUPON_CODES

logger = logging.getLogger(__name__)

AT_ONCE = 2000
LINES_SHOWN = 100


@dataclass(slots=True)
class Report:
    """What became of the lines of an import so far; `lines`: the first 100 that were not new."""

    new: int = 0
    duplicate: int = 0
    existing: int = 0
    invalid: int = 0
    filled: int = 0
    lines: list[Line] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.new + self.duplicate + self.existing + self.invalid

    def refuse(self, line: Line, reason: str) -> None:
        match reason:
            case Reason.DUPLICATE:
                self.duplicate += 1
            case Reason.EXISTING:
                self.existing += 1
            case _:
                self.invalid += 1
        if len(self.lines) < LINES_SHOWN:
            self.lines.append(Line(line.number, line.code, reason))


def import_codes(
    reward_id: UUID,
    lines: Iterable[Line],
    *,
    clock: Clock = timezone.now,
    told: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Add these codes to a pool in their order, and give them to those who wait; `told` hears of each commit.

    Raises `DomainError`: `not_found`, and `not_a_pool` for a reward whose codes come from elsewhere.
    """
    _check_pool(reward_id)
    report, started = Report(), clock()
    for number, some in enumerate(_chunks(lines)):
        _store(reward_id, some, report, started, number)
        report.filled += pending_codes.fill(reward_id, clock)
        told(report)
    pool_levels.note_if_refilled(reward_id)
    logger.info(
        "reward %s: %s new codes of %s lines, %s filled", reward_id, report.new, report.read, report.filled
    )
    return report


def _check_pool(reward_id: UUID) -> None:
    reward = Reward.objects.unarchived().filter(id=reward_id).first()
    if reward is None:
        raise DomainError("not_found", "No such reward; take an id from its list.", "reward", "not_found")
    if reward.code_source != CodeSource.POOL:
        raise DomainError(
            "not_a_pool",
            "Only a pool takes codes: set the reward's codeSource to pool first.",
            "reward",
            "conflict",
        )


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _store(reward_id: UUID, lines: list[Line], report: Report, started: datetime, number: int) -> None:
    """One transaction. `started` marks the rows of this import; ids go up from chunk to chunk."""
    first: dict[str, Line] = {}
    fates = {id(line): line.reason for line in lines if line.reason}
    for line in lines:
        if not line.reason and first.setdefault(line.code, line) is not line:
            fates[id(line)] = Reason.DUPLICATE.value
    fates |= {id(first[code]): Reason.SHARED.value for code in allocation.shared_among(first)}
    fresh = [line.code for line in first.values() if id(line) not in fates]
    ids = uuid7_batch(started + timedelta(microseconds=number), len(fresh))
    rows = [(id_, reward_id, code, None, started) for id_, code in zip(ids, fresh, strict=True)]
    with transaction.atomic():
        # By code: two imports of one file wait for each other and never deadlock.
        rows.sort(key=lambda row: row[2])
        written = {code for (code,) in COUPON_CODES.insert(rows, "(code) DO NOTHING", ("code",))}
    for code, why in _met(reward_id, [code for code in fresh if code not in written], started):
        fates[id(first[code])] = why
    report.new += len(written)
    for line in lines:
        if fate := fates.get(id(line)):
            report.refuse(line, fate)


def _met(reward_id: UUID, codes: list[str], started: datetime) -> Iterator[tuple[str, str]]:
    """Why these codes were not added: met earlier in the same import, or stored before it."""
    found = CouponCode.objects.filter(code__in=codes) if codes else CouponCode.objects.none()
    for code, owner, created_at in found.values_list("code", "reward", "created_at"):
        ours = owner == reward_id and created_at == started
        yield code, (Reason.DUPLICATE if ours else Reason.EXISTING).value
