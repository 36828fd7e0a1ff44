"""Tables as CSV downloads in which a spreadsheet finds no formula to run."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from rewards.domain.exports import BYTE_ORDER_MARK, Echo, neutralised


def spreadsheet_safe(cell: Any) -> str:
    """Return the cell as text; texts that look like a formula begin with an apostrophe, numbers stay."""
    return neutralised(cell) if isinstance(cell, str) else "" if cell is None else str(cell)


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([spreadsheet_safe(cell) for cell in row])


def csv_response(name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """Stream the rows as `name`.csv; the name goes into a header unescaped, so it must not be user input."""
    return StreamingHttpResponse(
        csv_lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )
