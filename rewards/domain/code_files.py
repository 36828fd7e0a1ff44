"""Coupon codes out of whatever program exported them, a line at a time and in bounded memory.

CSV with or without a header, `;`, `,` or tab, a byte order mark, UTF-8 or (with its mark) UTF-16, any line
ends, quotes where they are needed, or simply one code a line. A code never spans lines, so that each line is
read by itself and one stray quote spoils one line.
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

LONGEST_LINE = 4096
LONGEST_CODE = 256
DELIMITERS = "\t;,"
# How a column of codes is called, in any case; anything else is a code already.
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
_UNDECODED = re.compile("[\udc80-\udcff]")
_IGNORED = str.maketrans("", "", " -_")
# A spreadsheet's own first line, which names the delimiter.
_NAMED_DELIMITER = re.compile(r'"?sep=(.?)"?', re.IGNORECASE)
# Stands for the delimiter of a file with one column; no code contains it, it is no visible sign.
_NONE = "\x1f"


class Reason(TextChoices):
    """Why a line gave no new code."""

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
    """A line by its number, from 1, and its code; `reason` says why it is none, or why it is not new."""

    number: int
    code: str
    reason: str = ""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_codes(stream: Readable, *, ends_for_certain: bool = True) -> Iterator[Line]:
    """The lines of a file of codes; blank ones and the header are left out.

    Where the stream's end may not be the file's (a pipe, a chunked body), a last line that does not end may
    be half a code: it is refused, or somebody would be given it.
    """
    layout: Layout | None = None
    delimiter = ""
    for number, text, flaw in _texts(stream, ends_for_certain):
        if flaw:
            yield _judged(number, text, flaw)
        elif layout:
            yield _judged(number, *layout.code_in(text))
        elif not delimiter and (named := _NAMED_DELIMITER.fullmatch(text)):
            delimiter = named[1]
        else:
            layout = Layout.of(text, delimiter)
            if not layout.header:
                yield _judged(number, *layout.code_in(text))


def _texts(stream: Readable, ends_for_certain: bool) -> Iterator[tuple[int, str, str]]:
    """Each line that is not blank, by its number, and why nothing can be read from it."""
    for number, raw in enumerate(_lines(stream), 1):
        text = (raw or "").strip()
        if raw is None:
            yield number, text, Reason.TOO_LONG.value
        elif text.strip(DELIMITERS + " "):
            cut = not ends_for_certain and not raw.endswith("\n")
            yield number, text, Reason.UNFINISHED.value if cut else ""


def listed_codes(values: Sequence[Any]) -> Iterator[Line]:
    """The same of a list; a line's number is the value's position, from 1."""
    for number, value in enumerate(values, 1):
        if isinstance(value, str):
            yield _judged(number, value.strip(), "")
        else:
            yield Line(number, "", Reason.NOT_TEXT.value)


def _judged(number: int, code: str, reason: str) -> Line:
    reason = reason or flaw_of(code)
    shown = code if not reason else code[:LONGEST_CODE].encode(errors="replace").decode().replace("\0", "?")
    return Line(number, shown, reason)


def flaw_of(code: str) -> str:
    """Why this text can be no code, as a `Reason`; empty when it can."""
    if not code:
        return Reason.NO_CODE.value
    if len(code) > LONGEST_CODE:
        return Reason.TOO_LONG.value
    if not code.isprintable():
        return (Reason.NOT_UTF8 if _UNDECODED.search(code) else Reason.INVISIBLE).value
    return ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file has its codes, as its first line shows."""

    delimiter: str
    column: int
    header: bool

    @classmethod
    def of(cls, first: str, named: str = "") -> "Layout":
        """`named`: the delimiter that the file told of itself."""
        delimiter = named or next((sign for sign in DELIMITERS if sign in first), "")
        try:
            cells = _cells(first, delimiter)
        except csv.Error:
            cells = []
        names = [cell.strip().casefold() for cell in cells]
        found = [index for index, name in enumerate(names) if name.translate(_IGNORED) in HEADERS]
        found += [index for index, name in enumerate(names) if _speaks_of_codes(name)]
        return cls(delimiter, found[0] if found else 0, bool(found))

    def code_in(self, text: str) -> tuple[str, str]:
        """The code of a line, and why it is none."""
        try:
            cells = _cells(text, self.delimiter)
        except csv.Error:
            return text, Reason.QUOTES.value
        if not self.delimiter and any(sign in cells[0] for sign in DELIMITERS):
            return text, Reason.COLUMNS.value
        code = cells[self.column].strip() if self.column < len(cells) else ""
        return (code, "") if code else (text, Reason.NO_CODE.value)


def _speaks_of_codes(name: str) -> bool:
    """“Unique voucher codes” is a header; with a digit, or a hyphen for the space, it may be a code."""
    words = name.split()
    return len(words) > 1 and not any(sign.isdigit() for sign in name) and not HEADERS.isdisjoint(words)


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' in text:
        return next(csv.reader([text], delimiter=delimiter or _NONE, strict=True, skipinitialspace=True))
    return text.split(delimiter) if delimiter else [text]


def _lines(stream: Readable) -> Iterator[str | None]:
    """Each line, or None for one that is too long; never more of it in memory than that."""
    text = _decoded(io.BufferedReader(_Raw(stream)))
    pieces = iter(lambda: text.readline(LONGEST_LINE), "")
    for piece in pieces:
        if len(piece) < LONGEST_LINE or piece.endswith("\n"):
            yield piece
        else:
            _skip_to_the_end_of_the_line(pieces)
            yield None


def _skip_to_the_end_of_the_line(pieces: Iterable[str]) -> None:
    for piece in pieces:
        if piece.endswith("\n"):
            return


def _decoded(raw: io.BufferedReader) -> io.TextIOWrapper:
    mark = raw.peek(2)[:2]
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return io.TextIOWrapper(raw, "utf-16", errors="replace")
    return io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape")


class _Raw(io.RawIOBase):
    """Anything that can be read, as Python's own readers want it."""

    def __init__(self, stream: Readable) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
