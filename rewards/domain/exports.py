"""Reward logs and coupon codes as CSV, streamed in pieces, and every export in the history.

A marketer opens the file in a spreadsheet, which runs what looks like a formula. A member's identifier or an
uploaded code may be anything, so that such cells begin with an apostrophe.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from access.domain import audit_log
from core.errors import DomainError
from rewards.models import CouponCode, RewardLog

AT_ONCE = 2000
# What begins a formula; the full-width signs become the others when a Japanese spreadsheet reads them.
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
    logs: QuerySet[RewardLog], actor: Any, *, at: datetime, asked: str = ""
) -> Iterator[bytes]:
    """These reward logs, newest first, as pieces of a CSV file; `asked` is how they were chosen, in words.

    Raises `DomainError` `forbidden` unless the actor may view reward logs; None: a command on the server.
    """
    _begin(actor, "rewards.view_rewardlog", "export_reward_logs", asked, at)
    rows = logs.select_related("member", "challenge", "milestone", "reward")
    return _pieces(REWARD_LOG_COLUMNS, rows, lambda log: _reward_log(log, at))


def export_coupon_codes(
    codes: QuerySet[CouponCode], actor: Any, *, at: datetime, asked: str = ""
) -> Iterator[bytes]:
    """The same of coupon codes and of who has them. A free code is money: only who may upload may export."""
    _begin(actor, "rewards.add_couponcode", "export_coupon_codes", asked, at)
    return _pieces(COUPON_CODE_COLUMNS, codes.select_related("reward", "reward_log__member"), _coupon_code)


def neutralised(value: object) -> str:
    """The text of a cell, which no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(FORMULA_SIGNS) else text


def _begin(actor: Any, permission: str, action: str, asked: str, at: datetime) -> None:
    """Noted before the first row leaves: an export that was broken off took something along, too."""
    if actor is not None and not actor.has_perm(permission):
        raise DomainError("forbidden", "Your account may not export this.", status="forbidden")
    audit_log.note(actor, action, at=at, detail={"filters": asked})


def _pieces(
    columns: Sequence[str], rows: QuerySet[Any], cells: Callable[[Any], Iterable[object]]
) -> Iterator[bytes]:
    writer = csv.writer(Echo())
    yield (BYTE_ORDER_MARK + writer.writerow(columns)).encode()
    for some in _chunks(rows):
        yield "".join(writer.writerow([neutralised(cell) for cell in cells(row)]) for row in some).encode()


class Echo:
    """A file that hands back what is written: `writerow` then answers the line."""

    def write(self, line: str) -> str:
        return line


def _chunks(rows: QuerySet[Any]) -> Iterator[list[Model]]:
    """By id, newest first, each piece a query of its own: no transaction stays open while a client reads."""
    rows = rows.order_by("-id")
    some = list(rows[:AT_ONCE])
    while some:
        yield some
        some = list(rows.filter(id__lt=some[-1].pk)[:AT_ONCE])


def _reward_log(log: RewardLog, at: datetime) -> tuple[object, ...]:
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


def _coupon_code(code: CouponCode) -> tuple[object, ...]:
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
