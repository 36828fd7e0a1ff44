"""Export reward logs and coupon codes as streamed CSV; every export is written to the audit log.

Spreadsheets run cells that look like a formula. A member's identifier and an uploaded code may be any text,
so such cells are prefixed with an apostrophe.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from access.domain import audit_log
from core.errors import DomainError
from rewards.models import CouponCode, RewardLog

CHUNK_SIZE = 2000
# Signs that begin a formula; Japanese spreadsheets read the full-width ones as the others.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"  # without it, spreadsheets read UTF-8 as something else

REWARD_LOG_COLUMNS = (
    "id",
    "ownedById",
    "challenge",
    "milestone",
    "periodKey",
    "reward",
    "status",
    "couponCode",
    "rewardIssuedAt",
    "rewardExpiryAt",
    "redeemedAt",
)
COUPON_CODE_COLUMNS = ("id", "reward", "couponCode", "ownedById", "rewardLogId", "createdAt")


def export_reward_logs(
    logs: QuerySet[RewardLog], actor: Any, *, at: datetime, filters: str = ""
) -> Iterator[bytes]:
    """Return these reward logs, newest first, as chunks of a CSV file.

    `actor`: the `auth.User` who exports; None: a command on the server. `filters`: how the rows were chosen,
    for the audit log. Statuses are those at `at`. Raises `DomainError` `forbidden` unless the actor may view
    reward logs.
    """
    _authorize(actor, "rewards.view_rewardlog", "export_reward_logs", filters, at)
    rows = logs.select_related("member", "challenge", "milestone", "reward")
    return _csv_chunks(REWARD_LOG_COLUMNS, rows, lambda reward_log: _reward_log_cells(reward_log, at))


def export_coupon_codes(
    codes: QuerySet[CouponCode], actor: Any, *, at: datetime, filters: str = ""
) -> Iterator[bytes]:
    """Return these coupon codes with their members, newest first, as chunks of a CSV file.

    As `export_reward_logs`, but for actors who may upload codes: whoever reads a free code can spend it.
    """
    _authorize(actor, "rewards.add_couponcode", "export_coupon_codes", filters, at)
    rows = codes.select_related("reward", "reward_log__member")
    return _csv_chunks(COUPON_CODE_COLUMNS, rows, _coupon_code_cells)


def neutralised(value: object) -> str:
    """Return the text of a cell; prefix it with an apostrophe if a spreadsheet would run it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(FORMULA_SIGNS) else text


def _authorize(actor: Any, permission: str, action: str, filters: str, at: datetime) -> None:
    """Check the permission and write to the audit log, before the first row: a part leaks codes, too."""
    if actor is not None and not actor.has_perm(permission):
        raise DomainError("forbidden", "Your account may not export this.", status="forbidden")
    audit_log.note(actor, action, at=at, detail={"filters": filters})


def _csv_chunks(
    columns: Sequence[str], rows: QuerySet[Any], cells: Callable[[Any], Iterable[object]]
) -> Iterator[bytes]:
    writer = csv.writer(Echo())
    yield (BYTE_ORDER_MARK + writer.writerow(columns)).encode()
    for chunk in _chunks(rows):
        yield "".join(writer.writerow([neutralised(cell) for cell in cells(row)]) for row in chunk).encode()


class Echo:
    """File whose `write` returns its argument, so that `writerow` returns the line."""

    def write(self, line: str) -> str:
        return line


def _chunks(rows: QuerySet[Any]) -> Iterator[list[Model]]:
    """Yield the rows, newest first, in a query per chunk: no transaction stays open while a client reads."""
    rows = rows.order_by("-id")
    chunk = list(rows[:CHUNK_SIZE])
    while chunk:
        yield chunk
        chunk = list(rows.filter(id__lt=chunk[-1].pk)[:CHUNK_SIZE])


def _reward_log_cells(log: RewardLog, at: datetime) -> tuple[object, ...]:
    return (
        log.id,
        log.member.external_id,
        log.challenge.name,
        log.milestone.name if log.milestone else "",
        log.period_key,
        log.reward.name if log.reward else "",
        log.status_at(at).value,
        log.coupon_code,
        _time(log.reward_issued_at),
        _time(log.reward_expiry_at),
        _time(log.redeemed_at),
    )


def _coupon_code_cells(code: CouponCode) -> tuple[object, ...]:
    return (
        code.id,
        code.reward.name if code.reward else "",
        code.code,
        code.reward_log.member.external_id if code.reward_log else "",
        code.reward_log_id,
        _time(code.created_at),
    )


def _time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
