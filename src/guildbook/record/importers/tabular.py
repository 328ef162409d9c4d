"""Tables: CSV, TSV and their like, and Parquet. Columns are guessed, the guess is shown, `--map` corrects it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guildbook.columns import raw_table
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions, Rejected
from guildbook.record import portable
from guildbook.record.importers._batches import Batch, parquet_batches, text_batches
from guildbook.record.importers._dialect import TextTable
from guildbook.record.importers._dom import Interactions
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._guess import guess
from guildbook.record.importers._own_parquet import is_own, own_chunks
from guildbook.record.importers._pieces import Limits
from guildbook.record.importers._table_rows import TableRows

_VERSION: Final = "table-2"
_PARQUET: Final = b"PAR1"
_GZIP: Final = b"\x1f\x8b"
_ENDINGS: Final = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_MAYBE: Final = (".txt", ".tab", ".dat", ".txt.gz")
_OTHERS: Final = (_GZIP, _PARQUET, b"<", b"{", b"[", b"SQLite")
_MARKS: Final = (b",", b";", b"\t", b"|")


class CsvImporter:
    """Delimited text, gzipped or not."""

    name: Final = "csv"
    title: Final = "CSV table"

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits

    def sniff(self, path: Path, head: bytes) -> float:
        """By the name; text of another name that looks like a table is a weak yes."""
        named = path.name.lower()
        if named.endswith(_ENDINGS):
            return 0.9 if head or path.is_file() else 0.0
        if head.startswith(_OTHERS):
            return 0.0
        lines = head.replace(b"\0", b"").splitlines()[:3]
        counts = [max(line.count(mark) for mark in _MARKS) for line in lines]
        even = len(counts) > 1 and min(counts) >= 1 and len(set(counts)) == 1
        return (0.5 if named.endswith(_MAYBE) else 0.2) if even else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """The dialect and the mapping."""
        table = TextTable(path, self._limits)
        return f"{self.title} ({table.dialect}): {_described(text_batches(table), path, options)}"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Over the file's bytes, the options, and the version of this mapping."""
        return file_fingerprint(path, options, _VERSION)

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Chunks of about 50,000 rows; the first is smaller, since the guess is made from it."""
        return _chunks(text_batches(TextTable(path, self._limits)), path, options, self.name)


class ParquetImporter:
    """Parquet files, whoever wrote them; those Guildbook exported come back as they were.

    Also the folder of a portable export, if it is just what was signed.
    """

    name: Final = "parquet"
    title: Final = "Parquet table"

    def sniff(self, path: Path, head: bytes) -> float:
        """By the magic bytes, or a folder's manifest."""
        if path.is_dir():
            return float(portable.is_portable(path))
        if head:
            return 1.0 if head.startswith(_PARQUET) else 0.0
        return 0.8 if path.suffix.lower() == ".parquet" and path.is_file() else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """The mapping; of a portable export who signed it."""
        if path.is_dir():
            signers = ", ".join(f"the {by} {key[:16]}…" for by, key in portable.read(path).signers)
            return f"Portable export, every field as it was; signed by {signers}"
        if is_own(path):
            return f"{self.title}: events that Guildbook exported, every field as it was"
        return f"{self.title}: {_described(parquet_batches(path), path, options)}"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Over the file's bytes, the options, and the version of this mapping."""
        return file_fingerprint(path / portable.MANIFEST if path.is_dir() else path, options, _VERSION)

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Chunks of about 50,000 rows. Raises `InputError` for a portable export that was changed."""
        if path.is_dir() and portable.is_portable(path):
            path = portable.read(path).events
        if is_own(path):
            return own_chunks(path)
        return _chunks(parquet_batches(path), path, options, self.name)


def _described(batches: Iterator[Batch], path: Path, options: ImportOptions) -> str:
    seen: list[int] = []
    folded = Interactions(_counted(batches, seen), options.mapping, path)
    batch = next(iter(folded), None)
    if batch is None:
        raise _no_rows(path)
    more = "; browser events folded into interactions" if len(batch.lines) < sum(seen) else ""
    return guess(batch.columns, folded.mapping, path).describe() + more


def _counted(batches: Iterator[Batch], seen: list[int]) -> Iterator[Batch]:
    for batch in batches:
        seen.append(len(batch.lines))
        yield batch


def _chunks(batches: Iterator[Batch], path: Path, options: ImportOptions, name: str) -> Iterator[Chunk]:
    rows: TableRows | None = None
    waiting: list[Rejected] = []
    folded = Interactions(batches, options.mapping, path)
    for batch in folded:
        waiting += batch.rejected
        if not batch.lines:
            continue
        if rows is None:
            rows = TableRows(guess(batch.columns, folded.mapping, path), options.namespace, name)
        events, bad = rows.events(batch.columns, batch.lines)
        yield Chunk(events, tuple(sorted([*waiting, *bad], key=lambda r: r.line or 0)), batch.progress)
        waiting = []
    if rows is None:
        raise _no_rows(path)
    if waiting:
        yield Chunk(raw_table({}, 0), tuple(waiting), 1.0)


def _no_rows(path: Path) -> InputError:
    return InputError(f"{path} has a header but no row that fits it.", "Give a file with events in it.", "input-empty")
