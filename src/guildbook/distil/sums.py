"""The sums: everything learnt from joint traces, as named tables that add and subtract exactly.

Keys are `model.ids.symbol` codes, so sums are alike in every book and on every machine. 0 stands for none.
`summarise` makes them; here is only the algebra, the digest and the bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.blocks import little, packed, unpacked
from guildbook.distil.labels import LABEL_VERSION
from guildbook.distil.tables import CountTable, Profiles
from guildbook.distil.versions import StateVersionError, way
from guildbook.model.errors import StoreError
from guildbook.model.ids import symbol

FORMAT: Final = 4
"""Of the tables' meaning and of the bytes; see also `labels.LABEL_VERSION`."""
MAGIC: Final = b"GBSUMS\x00"

START: Final = symbol("\x02start")
END: Final = symbol("\x03end")
REPEAT: Final = symbol("\x04repeat")
CUT: Final = symbol("\x05cut")
"""Stands at the end of a variant that was longer than `VARIANT_LIMIT`."""
VARIANT_LIMIT: Final = 64
MARKS: Final = 5
"""Zeros in each row of `profiles`, between its six sections."""
MAX_ORDER: Final = 8

WITH_CASE: Final = 1
WITHOUT_CASE: Final = 2

WORKER_PREFIX: Final = "worker:"
CONDITION_PREFIX: Final = "case:"

_WIDTHS: Final = {
    "vocab": 1,
    "contexts": 3,
    "follows": 4,
    "weeks": 4,
    "endings": 3,
    "leads": 3,
    "performers": 4,
    "handovers": 5,
    "takers": 4,
    "asks": 6,
    "askers": 5,
    "tenures": 3,
    "ways": 9,
    "batches": 4,
    "days": 2,
    "long": 2,
    "totals": 1,
}
_HEADS: Final = {"profiles": 5, "variants": 1}


def worker_symbol(label: str) -> int:
    """The symbol of a worker: kept apart from activities of the same text."""
    return symbol(WORKER_PREFIX + label)


def condition_symbol(text: str) -> int:
    """The symbol of a condition such as `product=marine`."""
    return symbol(CONDITION_PREFIX + text)


def _table(name: str) -> Callable[[], CountTable]:
    return lambda: CountTable.zero(_WIDTHS[name])


def _runs(name: str) -> Callable[[], Profiles]:
    return lambda: Profiles.zero(_HEADS[name])


@dataclass(frozen=True)
class Sums:
    """Counts over joint traces and worker-days. `Sums()` is zero; `+` and `-` are exact."""

    vocab: CountTable = field(default_factory=_table("vocab"))
    """symbol: its uses, so that a text vanishes with its last use."""
    contexts: CountTable = field(default_factory=_table("contexts"))
    """order 0–8, hash of the last `order` symbols (START included), next activity or END."""
    follows: CountTable = field(default_factory=_table("follows"))
    """task, a (0: start), b (0: end), bucket of the time from a's start to b's."""
    weeks: CountTable = field(default_factory=_table("weeks"))
    """task, a (0: start), b (0: end), week of a's start (of b's where a is the start): `week_number`."""
    endings: CountTable = field(default_factory=_table("endings"))
    """variant (the first half of its hash in `variants`), outcome, bucket of the time from first to last event."""
    leads: CountTable = field(default_factory=_table("leads"))
    """task, week of the first event, bucket of the time from first to last event: joint traces."""
    performers: CountTable = field(default_factory=_table("performers"))
    """task, activity, worker, bucket of the event's own time."""
    handovers: CountTable = field(default_factory=_table("handovers"))
    """task, from worker, to worker, activity received, bucket of waiting."""
    takers: CountTable = field(default_factory=_table("takers"))
    """task, condition (0: any), activity, worker who took it up from another after a minute or more, and who did not do
    most of the joint trace: occurrences."""
    asks: CountTable = field(default_factory=_table("asks"))
    """task, condition (0: any), asking activity, person asked, bucket until they act (0: never), outcome."""
    askers: CountTable = field(default_factory=_table("askers"))
    """task, asking activity, worker who asks, person asked, bucket until they act (0: never)."""
    tenures: CountTable = field(default_factory=_table("tenures"))
    """task, worker who did most, week of the first event: joint traces."""
    ways: CountTable = field(default_factory=_table("ways"))
    """task, worker, a, p1, p2, p3, p4, b, bucket of the time from a to b."""
    batches: CountTable = field(default_factory=_table("batches"))
    """task, activity, run length (1, 2, 3: 3–4, 4: 5–8, 5: 9+), bucket of own time; counts events."""
    days: CountTable = field(default_factory=_table("days"))
    """worker, day number since 1970: events."""
    long: CountTable = field(default_factory=_table("long"))
    """worker, week (`units.SHIFT` added): episodes without a case that are too long to be told whole; such a week is
    cut by what is done in it instead of by idle gaps."""
    totals: CountTable = field(default_factory=_table("totals"))
    """`WITH_CASE` or `WITHOUT_CASE`: joint traces."""
    profiles: Profiles = field(default_factory=_runs("profiles"))
    """(task, outcome, active bucket, lead bucket, hour of the first event); conditions 0 distinct activities with
    REPEAT marks 0 workers, who did most first 0 who was told (addressed or given a copy) at once 0 who was told later
    only 0 who did each activity first (`kernels.trace_tokens`)."""
    variants: Profiles = field(default_factory=_runs("variants"))
    """(task); all activities in order, at most `VARIANT_LIMIT` and then CUT."""
    texts: Mapping[int, str] = field(default_factory=dict[int, str])
    """The text of every symbol in `vocab`."""

    @classmethod
    def zero(cls) -> Sums:
        """The sum of nothing."""
        return cls()

    def __add__(self, other: Sums) -> Sums:
        return self._combined(other, lambda a, b: a + b)

    def __sub__(self, other: Sums) -> Sums:
        return self._combined(other, lambda a, b: a - b)

    def text(self, code: int) -> str:
        """The text of a symbol; empty for none and for marks."""
        return self.texts.get(int(code), "")

    def tables(self) -> dict[str, CountTable | Profiles]:
        """All tables by name, in the order of the bytes."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "texts"}

    @property
    def events(self) -> int:
        """Number of events."""
        return self.days.total()

    @property
    def workers(self) -> int:
        """Number of workers with an event."""
        return len(np.unique(self.days.keys[:, 0]))

    @property
    def traces(self) -> int:
        """Number of joint traces, with and without a case."""
        return self.totals.total()

    @property
    def cases(self) -> int:
        """Number of joint traces that have a case."""
        return self.totals.where(c0=WITH_CASE).total()

    @cached_property
    def occurrences(self) -> CountTable:
        """(task, activity): joint traces it occurs in, as `profiles` say."""
        profiles = self.profiles
        marks = np.flatnonzero(profiles.tokens == 0)  # of each row the first two stand about its activities
        starts, lengths = marks[0::MARKS] + 1, marks[1::MARKS] - marks[0::MARKS] - 1
        row = np.repeat(np.arange(len(profiles), dtype=np.int32), lengths)
        within = np.arange(len(row), dtype=np.int32) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        found = pa.array(profiles.tokens[within]).dictionary_encode()
        words = found.dictionary.to_numpy()
        tasks, task = np.unique(profiles.head[:, 0], return_inverse=True)
        cell = task[row] * len(words) + found.indices.to_numpy()
        size = len(tasks) * len(words)
        counts = np.bincount(cell, profiles.counts[row], size).astype(np.int64)
        counts[np.tile(words == np.uint64(REPEAT), len(tasks))] = 0
        keys = np.column_stack([np.repeat(tasks, len(words)), np.tile(words, len(tasks))])
        return CountTable.from_unique(keys, counts)

    def digest(self) -> str:
        """SHA-256 over versions, tables and texts: equal sums have equal digests."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256(f"{FORMAT}.{LABEL_VERSION}".encode())
        for name, array in self._arrays():
            sha.update(f"\x00{name}:{array.shape}".encode())
            sha.update(little(array))
        for code in sorted(self.texts):
            text = self.texts[code].encode("utf-8", "surrogatepass")
            sha.update(f"\x00{code}:{len(text)}:".encode() + text)
        return sha.hexdigest()

    def to_bytes(self) -> bytes:
        """Magic, a JSON header, then each array's bytes (zstd)."""
        listed, blocks = self._packed
        header = {
            "format": FORMAT,
            "labels": LABEL_VERSION,
            "arrays": listed,
            "texts": {str(code): self.texts[code] for code in sorted(self.texts)},
        }
        head = json.dumps(header, separators=(",", ":")).encode()
        return b"".join([MAGIC, len(head).to_bytes(8, "little"), head, *blocks])

    @cached_property
    def _packed(self) -> tuple[list[dict[str, Any]], list[bytes]]:
        return packed(self._arrays())

    def settle(self) -> None:
        """Work out what `digest` and `to_bytes` will be asked for, in a thread of its own while others use the sums.

        Nearly all of it is hashing and compressing, which other Python threads need not wait for.
        """
        self.digest()
        _ = self._packed

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Sums:
        """What `to_bytes` wrote, now or in an earlier format that tells as much.

        Raises `StateVersionError` for any other version and `StoreError` for damage.
        """
        header, body = _header(data)
        steps = way(header.get("format"), FORMAT)
        if header.get("labels") != LABEL_VERSION:
            raise StateVersionError("it names steps in another way")
        try:
            arrays = unpacked(header["arrays"], body)
            texts = {int(code): str(text) for code, text in header["texts"].items()}
            for step in steps:
                arrays, texts = step(arrays, texts)
            return cls(**_rebuilt(arrays), texts=texts)
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise _damaged() from error

    def _arrays(self) -> list[tuple[str, NDArray[np.uint64] | NDArray[np.int64]]]:
        out: list[tuple[str, NDArray[np.uint64] | NDArray[np.int64]]] = []
        for name, table in self.tables().items():
            if isinstance(table, CountTable):
                out += [(f"{name}.keys", table.keys), (f"{name}.counts", table.counts)]
            else:
                parts = zip(("head", "offsets", "tokens", "counts"), table.arrays(), strict=True)
                out += [(f"{name}.{part}", array) for part, array in parts]
        return out

    def _combined(self, other: Sums, combine: Callable[[Any, Any], Any]) -> Sums:
        ours, theirs = self.tables(), other.tables()
        tables = {name: combine(ours[name], theirs[name]) for name in ours}
        codes = tables["vocab"].keys[:, 0].tolist()
        texts = {code: self.texts[code] if code in self.texts else other.texts[code] for code in codes}
        return Sums(**tables, texts=texts)


def _damaged() -> StoreError:
    return StoreError("What was learnt cannot be read back: its bytes are damaged.", "Learn again.", "sums-damaged")


def _header(data: bytes | memoryview) -> tuple[dict[str, Any], memoryview]:
    start = len(MAGIC) + 8
    data = memoryview(data)
    if bytes(data[: len(MAGIC)]) != MAGIC or len(data) < start:
        raise _damaged()
    size = int.from_bytes(data[len(MAGIC) : start], "little")
    try:
        header = json.loads(bytes(data[start : start + size]))
    except ValueError as error:
        raise _damaged() from error
    if not isinstance(header, dict):
        raise _damaged()
    return header, data[start + size :]


def _rebuilt(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for name in _WIDTHS:
        tables[name] = CountTable(arrays[f"{name}.keys"], arrays[f"{name}.counts"])
    for name in _HEADS:
        parts = [arrays[f"{name}.{part}"] for part in ("head", "offsets", "tokens", "counts")]
        tables[name] = Profiles(parts[0], parts[1], parts[2], parts[3])
    return tables
