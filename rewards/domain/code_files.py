"""Read coupon codes from a file of any origin, line by line and in bounded memory.

Accepted are CSV with or without a header, separated by `;`, `,` or tab, and one code a line; UTF-8 with or
without a byte order mark, and UTF-16 with one; any line ends; quoted cells. A code never spans lines, so each
line is parsed by itself and a stray quote spoils that line only.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

LARGEST_FILE = 256 * 1024 * 1024  # bytes, some ten million codes; read in chunks
LONGEST_LINE = 4096
LONGEST_CODE = 256
DELIMITERS = "\t;,"
# Headers of a column of codes, in any letter case; `_mentions_codes` recognises longer ones.
# fmt: off
HEADERS = frozenset((
    "code", "codes", "coupon", "coupons", "couponcode", "couponcodes", "voucher", "vouchers",
    "vouchercode", "vouchercodes", "discountcode", "discountcodes", "promocode", "promocodes",
    "promotioncode", "gutschein", "gutscheine", "gutscheincode", "gutscheincodes", "rabattcode",
    "rabattcodes", "código", "códigos", "codigo", "cupón", "cupones", "códigodecupón",
    "códigopromocional", "bon", "codepromo", "codespromo", "codederéduction",
    "クーポン", "クーポンコード", "コード", "رمز", "كود", "رمزالقسيمة",
))
# fmt: on
# Bytes that are not UTF-8, as `surrogateescape` decodes them.
_UNDECODED = re.compile("[\udc80-\udcff]")
_IGNORED_IN_HEADERS = str.maketrans("", "", " -_")
# A first line in which a spreadsheet names the delimiter.
_DELIMITER_LINE = re.compile(r'"?sep=(.?)"?', re.IGNORECASE)
# Delimiter of a file with one column, for `csv`: a control character, so no valid code contains it.
_NO_DELIMITER = "\x1f"


class Reason(TextChoices):
    """Reason why a line gave no new code."""

    DUPLICATE = "duplicate", _("twice in this list")
    EXISTING = "existing", _("exists already")
    NO_CODE = "no_code", _("no code in this line")
    TOO_LONG = "too_long", _("longer than 256 characters")
    NOT_UTF8 = "not_utf8", _("not UTF-8: save the file as UTF-8")
    INVISIBLE = "invisible", _("contains an invisible character")
    QUOTES = "quotes", _("a quote is not closed")
    COLUMNS = "columns", _("more columns than the first line")
    NOT_TEXT = "not_text", _("not a text")
    SHARED = "shared", _("is, or was, the shared code of a reward")
    UNFINISHED = "unfinished", _("may be cut off: end the last line with a line break")


@dataclass(frozen=True, slots=True)
class Line:
    """A line's number, from 1, and its code; `reason`, a `Reason`, if it is no code or not a new one."""

    number: int
    code: str
    reason: str = ""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_codes(stream: Readable, *, ends_for_certain: bool = True) -> Iterator[Line]:
    """Yield the lines of a file of codes, without blank lines and the header.

    `ends_for_certain`: False for a pipe or a chunked body, which may end before the file does. A last line
    without a line break is then refused, because it may be half a code.
    """
    layout: Layout | None = None
    delimiter = ""
    for number, text, flaw in _texts(stream, ends_for_certain):
        if flaw:
            yield _checked_line(number, text, flaw)
        elif layout:
            yield _checked_line(number, *layout.code_in(text))
        elif not delimiter and (delimiter_line := _DELIMITER_LINE.fullmatch(text)):
            delimiter = delimiter_line[1]
        else:
            layout = Layout.of(text, delimiter)
            if not layout.header:
                yield _checked_line(number, *layout.code_in(text))


def _texts(stream: Readable, ends_for_certain: bool) -> Iterator[tuple[int, str, str]]:
    """Yield number and text of each line that is not blank, and the reason if it cannot be read."""
    for number, raw in enumerate(_lines(stream), 1):
        text = (raw or "").strip()
        if raw is None:
            yield number, text, Reason.TOO_LONG.value
        elif text.strip(DELIMITERS + " "):
            unfinished = not ends_for_certain and not raw.endswith("\n")
            yield number, text, Reason.UNFINISHED.value if unfinished else ""


def listed_codes(values: Sequence[Any]) -> Iterator[Line]:
    """Yield a line for each value of a list; its number is the value's position, from 1."""
    for number, value in enumerate(values, 1):
        if isinstance(value, str):
            yield _checked_line(number, value.strip(), "")
        else:
            yield Line(number, "", Reason.NOT_TEXT.value)


def _checked_line(number: int, code: str, reason: str) -> Line:
    """Build the line; the text of a refused one is shortened and made storable, for the report."""
    reason = reason or flaw_of(code)
    shown = code if not reason else code[:LONGEST_CODE].encode(errors="replace").decode().replace("\0", "?")
    return Line(number, shown, reason)


def flaw_of(code: str) -> str:
    """Return the `Reason` why this text cannot be a code, "" if it can (docs/rules.md, Sources)."""
    if not code:
        return Reason.NO_CODE.value
    if len(code) > LONGEST_CODE:
        return Reason.TOO_LONG.value
    if not code.isprintable():
        return (Reason.NOT_UTF8 if _UNDECODED.search(code) else Reason.INVISIBLE).value
    return ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Layout of a file, as its first line shows it: the column of the codes, and whether it has a header."""

    delimiter: str
    column: int
    header: bool

    @classmethod
    def of(cls, first_line: str, delimiter: str = "") -> "Layout":
        """Detect the layout. `delimiter`: the one that the file names itself, "" if it names none."""
        delimiter = delimiter or next((sign for sign in DELIMITERS if sign in first_line), "")
        try:
            cells = _cells(first_line, delimiter)
        except csv.Error:
            cells = []
        names = [cell.strip().casefold() for cell in cells]
        columns = [
            index for index, name in enumerate(names) if name.translate(_IGNORED_IN_HEADERS) in HEADERS
        ]
        columns += [index for index, name in enumerate(names) if _mentions_codes(name)]
        return cls(delimiter, columns[0] if columns else 0, bool(columns))

    def code_in(self, text: str) -> tuple[str, str]:
        """Return the code of a line and "", or the line itself and the reason why it has none."""
        try:
            cells = _cells(text, self.delimiter)
        except csv.Error:
            return text, Reason.QUOTES.value
        if not self.delimiter and any(sign in cells[0] for sign in DELIMITERS):
            return text, Reason.COLUMNS.value
        code = cells[self.column].strip() if self.column < len(cells) else ""
        return (code, "") if code else (text, Reason.NO_CODE.value)


def _mentions_codes(name: str) -> bool:
    """Recognise a header such as “Unique voucher codes”; with a digit or hyphens it may be a code."""
    words = name.split()
    return len(words) > 1 and not any(sign.isdigit() for sign in name) and not HEADERS.isdisjoint(words)


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' in text:
        return next(
            csv.reader([text], delimiter=delimiter or _NO_DELIMITER, strict=True, skipinitialspace=True)
        )
    return text.split(delimiter) if delimiter else [text]


def _lines(stream: Readable) -> Iterator[str | None]:
    """Yield each line, and None for one longer than `LONGEST_LINE`, which is never held in memory."""
    text = _decoded(io.BufferedReader(_RawStream(stream)))
    pieces = iter(lambda: text.readline(LONGEST_LINE), "")
    for piece in pieces:
        if len(piece) < LONGEST_LINE or piece.endswith("\n"):
            yield piece
        else:
            _skip_rest_of_line(pieces)
            yield None


def _skip_rest_of_line(pieces: Iterable[str]) -> None:
    for piece in pieces:
        if piece.endswith("\n"):
            return


def _decoded(raw: io.BufferedReader) -> io.TextIOWrapper:
    mark = raw.peek(2)[:2]
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return io.TextIOWrapper(raw, "utf-16", errors="replace")
    return io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape")


class _RawStream(io.RawIOBase):
    """Adapter from anything with `read` to what `io.BufferedReader` expects."""

    def __init__(self, stream: Readable) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
