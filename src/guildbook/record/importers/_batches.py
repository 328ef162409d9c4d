"""Rows of a table in batches of columns, whatever file they come from."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from guildbook.model.errors import InputError
from guildbook.plugins import Rejected
from guildbook.record.importers._dialect import MOST_COLUMNS, TextTable
from guildbook.record.importers._fingerprint import unreadable
from guildbook.record.importers._header import check_header, distinct

SAMPLE: Final = 8_192
"""Rows of the first batch, from which the mapping is guessed."""
ROWS: Final = 49_152
REJECTS: Final = 8_192
MOST_CELLS: Final = 2_000_000
"""Of a batch, so that wide tables do not take more memory than narrow ones."""
MOST_BYTES: Final = 64 << 20
"""Of text for a batch."""
SHOWN: Final = 500
_EMPTY: Final = ("", "nan", "NaN")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a table, in order."""

    columns: Mapping[str, pa.Array]
    lines: list[int]
    """Where each row stands in the file, from 1."""
    rejected: tuple[Rejected, ...]
    progress: float


def text_batches(table: TextTable) -> Iterator[Batch]:
    """A delimited file; every column as strings, empty ones null. What precedes a defect is given before it is raised.

    Rows with another number of fields than the header, NUL bytes or bytes that are not of the file's encoding are
    rejected.
    """
    check_header(table.header, table.path)
    gathered = _Gathered(distinct(table.header))
    rows = rows_of(len(table.header))
    most, taken = min(SAMPLE, rows), 0
    try:
        for line, row in table.rows():
            gathered.add(line, row)
            heavy = table.pieces.given - taken > MOST_BYTES
            if len(gathered.rows) >= most or len(gathered.rejected) >= REJECTS or heavy:
                yield gathered.take(table)
                most, taken = rows, table.pieces.given
    except InputError:
        yield gathered.take(table)
        raise
    if gathered.rows or gathered.rejected:
        yield gathered.take(table)


def parquet_batches(path: Path) -> Iterator[Batch]:
    """A Parquet file; columns keep their types, dictionaries unpacked. Raises `InputError` when it is damaged."""
    with opened(path) as file:
        names = distinct(file.schema_arrow.names)
        total, first = file.metadata.num_rows, 0
        for batch in file.iter_batches(batch_size=rows_of(len(names))):
            columns = {name: _unpacked(column) for name, column in zip(names, batch.columns, strict=True)}
            last = first + batch.num_rows
            yield Batch(columns, list(range(first + 1, last + 1)), (), min(1.0, last / total))
            first = last


def rows_of(columns: int) -> int:
    """How many rows of that many columns make a batch."""
    return max(1, min(ROWS, MOST_CELLS // max(columns, 1)))


@contextmanager
def opened(path: Path) -> Generator[pq.ParquetFile]:
    """A Parquet file whose defects, found while it is read, are raised as `InputError`."""
    try:
        with pq.ParquetFile(path) as file:
            if len(file.schema_arrow.names) > MOST_COLUMNS:
                what = f"{path} has {len(file.schema_arrow.names):,} columns; at most {MOST_COLUMNS:,} are read."
                raise InputError(what, "Keep those that say who did what and when.", "input-wide")
            yield file
    except pa.ArrowNotImplementedError as error:
        what = f"{path} uses a form of Parquet that is not read: {_first_line(error)}"
        raise InputError(what, "Write it anew with plain types.") from error
    except pa.ArrowInvalid as error:
        what = f"{path} is no Parquet file that can be read: {_first_line(error)}"
        raise InputError(what, "Fetch it again.") from error
    except OSError as error:
        if path.is_file() and error.errno is None:
            raise InputError(f"{path} is damaged: {_first_line(error)}", "Fetch it again.") from error
        raise unreadable(path, error) from error


def _unpacked(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_binary(column.type) or pa.types.is_fixed_size_binary(column.type):
        return pa.array([None if v is None else v.hex() for v in column.to_pylist()], pa.string())
    kind = column.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        column = column.cast(pa.string())
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    if pa.types.is_string(column.type):
        return _no_empty(column)
    return column


def _no_empty(column: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.is_in(column, pa.array(_EMPTY)), pa.scalar(None, pa.string()), column)


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200]


class _Gathered:
    """Rows of text on their way to a batch."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self.rows: list[list[str]] = []
        self.lines: list[int] = []
        self.rejected: list[Rejected] = []

    def add(self, line: int, row: list[str] | str) -> None:
        """A row, or what the reader says is wrong with it."""
        if isinstance(row, str):
            self._reject(line, f"unreadable row: {row}", [])
        elif len(row) != len(self._names):
            self._reject(line, f"{len(row)} fields, where the header has {len(self._names)}", row)
        else:
            self.rows.append(row)
            self.lines.append(line)

    def take(self, table: TextTable) -> Batch:
        """What was gathered; empty afterwards."""
        if table.nul:
            self._sift("NUL byte", lambda text: "\0" in text)
        try:
            columns = self._columns()
        except UnicodeEncodeError:
            self._sift(f"bytes that are not {table.dialect.encoding}", _undecoded)
            columns = self._columns()
        batch = Batch(columns, self.lines, tuple(sorted(self.rejected, key=_line)), table.pieces.progress)
        self.rows, self.lines, self.rejected = [], [], []
        return batch

    def _columns(self) -> dict[str, pa.Array]:
        turned = zip(*self.rows, strict=True) if self.rows else ((),) * len(self._names)
        return {
            name: _no_empty(pa.array(values, pa.string())) for name, values in zip(self._names, turned, strict=True)
        }

    def _sift(self, reason: str, bad: Callable[[str], bool]) -> None:
        rows, lines = self.rows, self.lines
        self.rows, self.lines = [], []
        for line, row in zip(lines, rows, strict=True):
            if any(bad(text) for text in row):
                self._reject(line, reason, row)
            else:
                self.rows.append(row)
                self.lines.append(line)

    def _reject(self, line: int, reason: str, row: list[str]) -> None:
        text = ", ".join(row)[:SHOWN].replace("\0", "\ufffd")
        self.rejected.append(Rejected(line, reason, text.encode("utf-8", "replace").decode("utf-8")))


def _undecoded(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def _line(rejected: Rejected) -> int:
    return rejected.line or 0
