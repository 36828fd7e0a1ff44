"""Tables of figures as CSV that a spreadsheet opens without running anything."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from rewards.domain.exports import BYTE_ORDER_MARK, Echo, neutralised


def harmless(cell: Any) -> str:
    """A number of ours is a number; what somebody typed might be a formula."""
    return neutralised(cell) if isinstance(cell, str) else "" if cell is None else str(cell)


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def download(name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """`name` is of our own making: it stands in a header."""
    return StreamingHttpResponse(
        lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )
