"""Import uploaded codes into a pool.

Committed every 2,000 lines; after an interruption the same file can be sent again, and adds the rest. The
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

from access.domain import audit_log
from core.choices import CodeSource
from core.errors import DomainError
from core.ids import uuid7_batch
from rewards.domain import pending_codes, pool_levels
from rewards.domain.code_files import Line, Reason
from rewards.domain.pending_codes import Clock
from rewards.models import CouponCode, Reward
from rewards.models.rows import COUPON_CODES

logger = logging.getLogger(__name__)

CHUNK_SIZE = 2000
MAX_REPORTED_LINES = 100


@dataclass(slots=True)
class Report:
    """Result of an import so far: the number of lines by outcome, and of waiting logs that got a code.

    `lines`: the first 100 lines that were not new.
    """

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
        if len(self.lines) < MAX_REPORTED_LINES:
            self.lines.append(Line(line.number, line.code, reason))


def import_codes(
    reward_id: UUID,
    lines: Iterable[Line],
    *,
    clock: Clock = timezone.now,
    on_progress: Callable[[Report], None] = lambda report: None,
    noted: bool = False,
) -> Report:
    """Add these codes to a pool in their order, and give them to the reward logs that wait.

    The audit log gets an entry with the first code that is stored, unless the caller has `noted` it.
    `on_progress` is called with the report after each commit. Raises `DomainError` `not_found`, and
    `not_a_pool` for a reward with another code source (docs/rules.md, Pools and pending codes).
    """
    _check_pool(Reward.objects.unarchived().filter(id=reward_id).first())
    report, started_at = Report(), clock()
    for number, chunk in enumerate(_chunks(lines)):
        _store_chunk(reward_id, chunk, report, started_at, number, noted=noted)
        report.filled += pending_codes.fill(reward_id, clock)
        on_progress(report)
    pool_levels.clear_low_if_refilled(reward_id)
    logger.info(
        "reward %s: %s new codes of %s lines, %s filled", reward_id, report.new, report.read, report.filled
    )
    return report


def _lock_pool(reward_id: UUID) -> None:
    """Keep a removal or another code source waiting until these codes are stored, or refuse the import."""
    locked = Reward.objects.select_for_update(no_key=True, of=("self",)).unarchived()
    _check_pool(locked.filter(id=reward_id).first())


def _check_pool(reward: Reward | None) -> None:
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
    iterator = iter(lines)
    while chunk := list(islice(iterator, CHUNK_SIZE)):
        yield chunk


def _store_chunk(
    reward_id: UUID, lines: list[Line], report: Report, started_at: datetime, number: int, *, noted: bool
) -> None:
    """Insert the new codes of these lines in one transaction, and report every line.

    `started_at` becomes the `created_at` of all codes of this import. Ids ascend from chunk to chunk (by
    `number`), and with them the order in which the codes are given.
    """
    first_lines: dict[str, Line] = {}
    reasons = {id(line): line.reason for line in lines if line.reason}  # by line; two may have equal values
    for line in lines:
        if not line.reason and first_lines.setdefault(line.code, line) is not line:
            reasons[id(line)] = Reason.DUPLICATE.value
    candidates = [line.code for line in first_lines.values() if id(line) not in reasons]
    ids = uuid7_batch(started_at + timedelta(microseconds=number), len(candidates))
    rows = [(id_, reward_id, code, None, started_at) for id_, code in zip(ids, candidates, strict=True)]
    with transaction.atomic():
        _lock_pool(reward_id)
        # In the order of the codes: two imports of one file wait for each other and never deadlock.
        rows.sort(key=lambda row: row[2])
        inserted = {code for (code,) in COUPON_CODES.insert(rows, "(code) DO NOTHING", ("code",))}
        if inserted and not report.new and not noted:
            audit_log.note(None, "import_codes", at=started_at, target=Reward(id=reward_id))
    skipped = [code for code in candidates if code not in inserted]
    for code, reason in _conflict_reasons(reward_id, skipped, started_at):
        reasons[id(first_lines[code])] = reason
    report.new += len(inserted)
    for line in lines:
        if line_reason := reasons.get(id(line)):
            report.refuse(line, line_reason)


def _conflict_reasons(reward_id: UUID, codes: list[str], started_at: datetime) -> Iterator[tuple[str, str]]:
    """Yield each of these stored codes with the reason: shared, added by an earlier chunk, or existing."""
    stored = CouponCode.objects.filter(code__in=codes) if codes else CouponCode.objects.none()
    for code, owner_id, created_at, shared in stored.values_list("code", "reward", "created_at", "shared"):
        same_import = owner_id == reward_id and created_at == started_at
        unshared_reason = Reason.DUPLICATE if same_import else Reason.EXISTING
        yield code, (Reason.SHARED if shared else unshared_reason).value
