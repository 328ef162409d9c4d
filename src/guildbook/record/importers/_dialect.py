"""How a delimited text file is written: encoding, delimiter, quoting; and its rows, with the line each begins on."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from guildbook.model.errors import InputError
from guildbook.record.importers._pieces import Limits, Pieces

MOST_COLUMNS: Final = 2_000
LONGEST_LINE: Final = 1 << 20
"""Characters; a longer line is cut into pieces, which then have the wrong number of fields."""
_LONGEST_HEADER: Final = 1 << 18
_HEAD: Final = 1 << 16
_DELIMITERS: Final = ",;\t|"
_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LOOKED_AT: Final = 60  # rows
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HINT: Final = "sep="  # Excel's own first line
_ENDS: Final = ("\n", "\r")
_MOSTLY: Final = 0.3
_MOST_CONTROLS: Final = 0.02
_CONTROLS: Final = dict.fromkeys([code for code in range(32) if chr(code) not in "\t\n\r\f"] + [0xFFFD])


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written."""

    encoding: str
    delimiter: str
    escape: str | None = None
    skip: int = 0
    """Lines before the header."""
    unnamed: bool = False
    """The header lacks the name of the first column, as tables written by R do."""

    def __str__(self) -> str:
        """For people."""
        name = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "Latin-1, since it is not UTF-8"}
        return f"{name.get(self.encoding, self.encoding.upper())}, {_NAMES[self.delimiter]}"


class TextTable:
    """The header and rows of a delimited file. Raises `InputError` when it is no table."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.path = path
        self.pieces = Pieces(path, limits)
        self._source = _PieceReader(self.pieces)
        raw = io.BufferedReader(self._source, _HEAD)
        head = _fill(raw)
        if not head.strip():
            raise InputError(f"{path} is empty.", "Give a file with a header and rows.", "input-empty")
        self.dialect = dialect_of(head, path)
        self._text = io.TextIOWrapper(raw, self.dialect.encoding, errors="surrogateescape", newline="")
        self._line = 0
        self.header = self._header()
        if self.dialect.unnamed:
            self.header.insert(0, "")
        self._reader: Any = csv.reader(
            iter(partial(self._text.readline, LONGEST_LINE), ""),
            delimiter=self.dialect.delimiter,
            escapechar=self.dialect.escape,
        )

    @property
    def nul(self) -> bool:
        """Whether a zero byte may be among the text read so far."""
        return self._source.nul

    def rows(self) -> Iterator[tuple[int, list[str] | str]]:
        """(line, fields) in order; for a row the reader cannot make sense of, (line, what is wrong)."""
        reader, before, width = self._reader, self._line, len(self.header)
        line = before + 1
        while True:
            try:
                for row in reader:
                    if row:
                        # Some writers end every row with a delimiter.
                        while len(row) > width and not row[-1]:
                            del row[-1]
                        yield line, row
                    line = before + reader.line_num + 1
            except csv.Error as error:
                yield line, str(error)
                line = before + reader.line_num + 1
            else:
                return

    def _header(self) -> list[str]:
        for _ in range(self.dialect.skip):
            self._text.readline(_LONGEST_HEADER)
            self._line += 1
        lines: list[str] = []
        size = 0
        # A quoted name may hold line ends, so lines are taken until the quotes are even.
        while size < _LONGEST_HEADER and (text := self._text.readline(_LONGEST_HEADER)):
            self._line += 1
            lines.append(text)
            size += len(text)
            if text.endswith(_ENDS) and "".join(lines).strip() and "".join(lines).count('"') % 2 == 0:
                break
        if size >= _LONGEST_HEADER or sum(t.count(self.dialect.delimiter) for t in lines) > 4 * MOST_COLUMNS:
            raise self._too_wide()
        found = next((r for r in csv.reader(lines, delimiter=self.dialect.delimiter) if r), [])
        if len(found) > MOST_COLUMNS:
            raise self._too_wide()
        return found

    def _too_wide(self) -> InputError:
        return InputError(
            f"The header of {self.path} has more than {MOST_COLUMNS:,} columns or {_LONGEST_HEADER >> 10} KiB.",
            "Keep the columns that say who did what and when, and import that.",
            "input-wide",
        )


def dialect_of(head: bytes, path: Path) -> Dialect:
    """From the first bytes of the (unpacked) file. Raises `InputError` when they are not text."""
    encoding = _encoding(head)
    text = head.decode(encoding, "replace" if encoding != "utf-16" else "ignore")
    if len(text.translate(_CONTROLS)) < (1 - _MOST_CONTROLS) * len(text):
        raise InputError(f"{path} is not text.", "Give a CSV, TSV or other delimited text file.", "input-binary")
    first, _, rest = text.partition("\n")
    if first.lower().startswith(_HINT) and len(first.strip()) == len(_HINT) + 1:
        mark = first[len(_HINT)]
        return Dialect(encoding, mark, _escape(rest), 1, _is_unnamed(rest, mark))
    mark = _delimiter(text)
    return Dialect(encoding, mark, _escape(text), 0, _is_unnamed(text, mark))


def _is_unnamed(text: str, mark: str) -> bool:
    """Whether every row has one field more than the header, and it is not an empty one at the end."""
    rows = _rows(_whole_lines(text), mark, _escape(text))
    return len(rows) > 1 and all(len(row) == len(rows[0]) + 1 and row[-1] for row in rows[1:])


def _encoding(head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    zeros = head.count(0)
    if zeros > _MOSTLY * len(head):
        # Western text in UTF-16 has a zero byte in every pair; which half tells the order.
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    try:
        head[: max(len(head) - 3, 1)].decode("utf-8")  # the last character may be cut
    except UnicodeDecodeError as error:
        return "utf-8" if error.start >= len(head) - 6 else "cp1252"
    return "utf-8"


def _delimiter(text: str) -> str:
    """The one that cuts the first rows into the most columns, the same number in nearly every row."""
    lines = _whole_lines(text)
    scores: list[tuple[float, str]] = []
    for mark in _DELIMITERS:
        widths = [len(row) for row in _rows(lines, mark)]
        common, times = Counter(widths).most_common(1)[0] if widths else (0, 0)
        steady = times / max(len(widths), 1)
        scores.append((steady * steady * (common - 1), mark))
    return max(scores, key=lambda s: s[0])[1]


def _whole_lines(text: str) -> list[str]:
    """The first lines, less the last one, which may be cut."""
    lines = text.splitlines(keepends=True)
    return lines[:-1][: 4 * _LOOKED_AT] or lines


def _rows(lines: list[str], mark: str, escape: str | None = None) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=mark, escapechar=escape):
            if row:
                rows.append(row)
            if len(rows) >= _LOOKED_AT:
                break
    except csv.Error:
        pass  # the rows before the defect tell enough
    return rows


def _escape(text: str) -> str | None:
    """A backslash when quotes inside quotes are written with one and never doubled."""
    return "\\" if '\\"' in text and '""' not in text.replace(',""', "").replace('\n""', "") else None


def _fill(raw: io.BufferedReader[Any]) -> bytes:
    """The first bytes, left in the buffer; a short read of a packed file is repeated."""
    head = b""
    for _ in range(4):
        more = raw.peek(_HEAD)
        if len(more) <= len(head):
            break
        head = more
    return head


class _PieceReader(io.RawIOBase):
    """`Pieces` as a raw stream."""

    def __init__(self, pieces: Pieces) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")
        self.nul = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._rest:
            piece = next(self._pieces, b"")
            self.nul = self.nul or b"\0" in piece
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
