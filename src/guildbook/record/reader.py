"""From what the user points at to redacted event chunks: find the importer, plan the inputs, read them.

Pure with respect to storage: nothing is written here, and what leaves has been redacted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final, overload

import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns import RAW_SCHEMA
from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, Importer, ImportOptions, Rejected, importer, importers, namesake
from guildbook.record.redact import redact, redact_rejected

HEAD: Final = 64 * 1024
"""Bytes of a file that importers see when asked whether they can read it."""
MOST_FILES: Final = 10_000
"""Files one folder may hold before the user has to say more exactly what is meant."""
DEEPEST: Final = 50
"""Levels of subfolders that are looked into."""
MOST_ROWS: Final = 65_536
"""Rows of a chunk."""
_SURE_OF_FOLDER: Final = 0.5
_ENDINGS: Final = re.compile(
    r"\.(?:bz2|csv|db|eml|gz|json|jsonl|jsonocel|mbox|ocel|parquet|pq|sqlite3?|tsv|txt|xes|xml|xz|zip|zst)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One input that will be read."""

    path: Path
    importer: Importer
    options: ImportOptions
    """The user's, with the namespace filled in."""
    description: str
    """One line for people: what was found and guessed."""
    fingerprint: str
    """Equal exactly when importing again would give the same events."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of a folder that will not be read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Plan(Sequence[Planned]):
    """The inputs to read, in order of name, and what was left aside."""

    inputs: tuple[Planned, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs)

    @overload
    def __getitem__(self, index: int) -> Planned: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Planned, ...]: ...
    def __getitem__(self, index: int | slice) -> Planned | tuple[Planned, ...]:
        return self.inputs[index]


def find(path: Path, *, only: str | None = None) -> Importer:
    """The importer that reads `path`: the one named `only`, else the surest, ties by name.

    Raises `InputError` when nothing fits or the path cannot be read, `UnknownNameError` for an unknown `only`.
    """
    _must_exist(path)
    if only is not None:
        return importer(only)
    best = _best(path)
    if best is None:
        known = ", ".join(f"{i.title} ({name})" for name, i in importers().items())
        raise InputError(
            f"{path} is nothing Guildbook knows how to read.",
            f"It reads: {known}. If this is one of them, say which with --as NAME.",
            "input-unknown",
        )
    return best[1]


def plan(paths: Iterable[Path | str], options: ImportOptions | None = None, *, only: str | None = None) -> Plan:
    """What reading `paths` means: folders expanded, an importer for each input, the same content only once.

    A folder that is one input (a repository, a Maildir) is planned whole; of any other every readable file is, down
    to the last subfolder. Hidden, unreadable and unknown files of a folder are listed in `skipped`. Raises
    `InputError` for a path that does not exist, that nothing can read, or that holds more than `MOST_FILES` files.
    """
    base = options or ImportOptions()
    work = _Planner(base, only)
    for path in paths:
        work.add(Path(os.path.expanduser(path)))  # noqa: PTH111 - Path's own raises for an unknown user
    return Plan(tuple(work.inputs), tuple(work.skipped))


def read(planned: Planned) -> Iterator[Chunk]:
    """The input's chunks, ready to be stored: worker filled in, checked, bounded, redacted.

    Events are `columns.RAW_SCHEMA`, at most `MOST_ROWS` each, with `worker`, `source` and `origin` never null and
    every time between `model.time.EARLIEST` and `LATEST`; other rows are in `rejected`. Raises `InputError` when the
    input cannot be read.
    """
    stand_in = planned.options.worker or f"unnamed-{planned.fingerprint[:8]}"
    for chunk in planned.importer.read(planned.path, planned.options):
        yield from _checked(chunk, planned.importer.name, stand_in)


def namespace(path: Path) -> str:
    """A path's name without the endings that say its format: `log.xes.gz` is `log`. Colons become dashes."""
    name = path.absolute().name
    while (stem := _ENDINGS.sub("", name)) != name and stem.strip("."):
        name = stem
    return name.replace(":", "-").encode("utf-8", "replace").decode().strip() or "input"


def _best(path: Path) -> tuple[float, Importer] | None:
    head = b"" if path.is_dir() else _head(path)
    named = namesake(path.suffix)
    if named is not None and named.sniff(path, head) >= 1:  # none can be surer, and there are many to load
        return 1.0, named
    scores = [(i.sniff(path, head), name, i) for name, i in importers().items()]
    score, _, best = min(scores, key=lambda s: (-s[0], s[1]))
    return (score, best) if score > 0 else None


def _head(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"{path} is neither a file nor a folder.", "Give the path of a file or folder.")
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error


def _must_exist(path: Path) -> None:
    try:
        missing = not path.exists()
    except (OSError, ValueError):
        missing = True
    if missing:
        raise InputError(f"There is no {str(path)!r}.", "Check the path.", "input-missing")


@dataclass(slots=True)
class _Planner:
    """The state of one `plan`: what was found so far."""

    options: ImportOptions
    only: str | None
    inputs: list[Planned] = field(default_factory=list[Planned])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    met: int = 0

    def add(self, path: Path) -> None:
        """Plan what the user named; it has to be something."""
        _must_exist(path)
        if not path.is_dir():
            self._take(path, find(path, only=self.only))
            return
        whole = self._whole_folder(path)
        if whole and (whole[0] >= _SURE_OF_FOLDER or self.only):
            self._take(path, whole[1])
            return
        before = len(self.inputs)
        repeated = self._walk(path)
        if len(self.inputs) == before and not repeated:
            if not whole:
                raise InputError(
                    f"The folder {path} holds nothing Guildbook knows how to read.",
                    "Name a file in it and say what it is with --as NAME.",
                    "input-unknown",
                )
            self._take(path, whole[1])

    def _whole_folder(self, path: Path) -> tuple[float, Importer] | None:
        if self.only is None:
            return _best(path)
        wanted = importer(self.only)
        score = wanted.sniff(path, b"")
        return (score, wanted) if score > 0 else None

    def _walk(self, folder: Path) -> int:
        """Plan the readable files below a folder; how many held what was already planned."""
        self.met = 0
        return sum(self._try(path) for path in self._files(folder, DEEPEST))

    def _files(self, folder: Path, levels: int) -> Iterator[Path]:
        """Files below a folder in order of name; subfolders that are one input come as such."""
        try:
            with os.scandir(folder) as listing:
                entries = sorted(islice(listing, MOST_FILES + 1), key=lambda e: e.name)
        except OSError as error:
            self.skipped.append(Skipped(folder, f"cannot be read: {error.strerror}"))
            return
        self.met += len(entries)
        if self.met > MOST_FILES:
            raise InputError(
                f"There are more than {MOST_FILES:,} files at {folder} and beside it.",
                "Name the files or subfolders that are meant.",
                "input-too-many",
            )
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                self.skipped.append(Skipped(path, "hidden"))
            elif entry.is_symlink() and not entry.is_file():
                self.skipped.append(Skipped(path, "a link to a folder, or to nothing"))
            elif entry.is_dir():
                whole = self._whole_folder(path)
                if whole and whole[0] >= _SURE_OF_FOLDER:
                    yield path
                elif not levels:
                    self.skipped.append(Skipped(path, f"more than {DEEPEST} folders deep"))
                else:
                    yield from self._files(path, levels - 1)
            else:
                yield path

    def _try(self, path: Path) -> bool:
        """Plan a file found in a folder, or note why not; true when its content was already planned."""
        try:
            if self.only is None:
                best = _best(path)
            else:
                best = self._whole_folder(path) if path.is_dir() else self._if_fits(path)
            if best is None:
                self.skipped.append(Skipped(path, "of no known kind"))
                return False
            return not self._take(path, best[1])
        except InputError as error:
            self.skipped.append(Skipped(path, str(error)))
            return False

    def _if_fits(self, path: Path) -> tuple[float, Importer] | None:
        wanted = importer(self.only or "")
        score = wanted.sniff(path, _head(path))
        return (score, wanted) if score > 0 else None

    def _take(self, path: Path, found: Importer) -> bool:
        # The fingerprint is that of the content: a log that was renamed is still the same log.
        fingerprint = found.fingerprint(path, self.options)
        if (found.name, fingerprint) in self.seen:
            self.skipped.append(Skipped(path, "the same content as another input"))
            return False
        self.seen.add((found.name, fingerprint))
        options = self.options if self.options.namespace else replace(self.options, namespace=namespace(path))
        self.inputs.append(Planned(path, found, options, found.describe(path, options), fingerprint))
        return True


def _checked(chunk: Chunk, source: str, stand_in: str) -> Iterator[Chunk]:
    if not chunk.events.schema.equals(RAW_SCHEMA):
        raise InputError(
            f"The importer {source} gave columns that are not those of an event.",
            "This is a fault of the importer: tell whoever made it.",
            "importer-schema",
        )
    kept, refused = _events_only(chunk.events)
    named = _filled(_filled(_filled(kept, "worker", stand_in), "source", source), "origin", "unknown")
    rejected = tuple(redact_rejected(r) for r in (*chunk.rejected, *refused))
    clean = redact(named)
    starts = range(0, max(clean.num_rows, 1), MOST_ROWS)
    for start in starts:
        last = start == starts[-1]
        yield Chunk(clean.slice(start, MOST_ROWS), rejected if last else (), chunk.progress)


def _events_only(events: pa.Table) -> tuple[pa.Table, list[Rejected]]:
    """The rows that are events, having an action and a time that can be; and the others, as rejected."""
    when = events.column("time").cast(pa.int64())
    in_range = pc.and_(pc.greater_equal(when, clock.EARLIEST), pc.less(when, clock.LATEST))
    fine = pc.and_(pc.fill_null(in_range, fill_value=False), pc.is_valid(events.column("action")))
    if not events.num_rows or pc.all(fine).as_py():
        return events, []
    refused = events.filter(pc.invert(fine)).select(["time", "action", "case", "worker"])
    shown = refused.set_column(0, "time", refused.column("time").cast(pa.int64())).to_pylist()
    return events.filter(fine), [Rejected(None, _why(row["time"]), str(row)) for row in shown]


def _why(micros: int | None) -> str:
    if micros is None:
        return "no time"
    return "no action" if clock.EARLIEST <= micros < clock.LATEST else "time outside the years 1900 to 2199"


def _filled(events: pa.Table, name: str, value: str) -> pa.Table:
    """The events with `value` where the column is null or empty."""
    words = events.column(name).cast(pa.string())
    blank = pc.fill_null(pc.equal(words, ""), fill_value=True)
    if not pc.any(blank).as_py():
        return events
    filled = pc.if_else(blank, value, words).dictionary_encode().unify_dictionaries()
    return events.set_column(RAW_SCHEMA.get_field_index(name), RAW_SCHEMA.field(name), filled)
