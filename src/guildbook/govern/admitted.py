"""The admitted set: the only thing a stage can read events from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from guildbook.columns import ADMITTED_SCHEMA
from guildbook.model.errors import DeniedError
from guildbook.model.grant import Grant, SegmentRef

Receipt = Callable[[Sequence[str], Sequence[SegmentRef]], None]
"""Told the ids about to be read and, of these, the segments read for the first time; raises when one is withdrawn."""


class Source(Protocol):
    """What of the store the gate reads admitted segments with."""

    def read_many(self, segment_ids: Sequence[str], columns: Sequence[str], /) -> Iterator[tuple[Any, pa.Table]]:
        """Some columns of each segment, or part of one, in the order given."""
        ...

    def case_reader(self, segment_ids: Sequence[str], /) -> Callable[[str], np.ndarray]:
        """Gives the sorted symbols of the cases in each of these segments."""
        ...


_Rows = Callable[[Sequence[str], Sequence[str]], list[tuple[SegmentRef, pa.Table]]]
_Cases = Callable[[Sequence[str]], dict[str, np.ndarray]]


class Admitted:
    """Segments a grant admits. Receipts are written before the bytes they speak of come out.

    It holds neither the store nor the gate, only two functions that ask, write the receipt and then read.
    """

    def __init__(
        self, store: Source, grant: Grant, receipt: Receipt, lineage: frozenset[tuple[str, str, str, str]] = frozenset()
    ) -> None:
        self.grant = grant
        self.lineage = lineage
        """(worker id, class, reason, clauses) of what is admitted: what an artefact made from it rests on."""
        self._rows, self._cases = _readers(store, grant, receipt)

    def table(self, columns: Sequence[str], segments: Collection[str] | None = None) -> pa.Table:
        """Columns of `ADMITTED_SCHEMA` from all admitted segments, or from the given ones.

        Rows come in no stated order. Raises `DeniedError` for a segment that is not admitted, and for one whose
        worker refused, left or was forgotten since: the gate is asked again at every reading.
        """
        wanted = [s.id for s in self.grant.segments] if segments is None else list(dict.fromkeys(segments))
        stored = [name for name in columns if name != "worker"]
        schema = pa.schema([ADMITTED_SCHEMA.field(name) for name in columns])
        if not wanted:
            return schema.empty_table()
        read = self._rows(wanted, stored or ["time"])
        whole = pa.concat_tables([part for _, part in read])
        held = {name: whole.column(name) for name in stored}
        if "worker" in columns:
            held["worker"] = _repeated([s.worker for s, _ in read], [part.num_rows for _, part in read])
        return pa.Table.from_arrays([held[name] for name in columns], schema=schema)

    def cases(self, segments: Sequence[str]) -> dict[str, np.ndarray]:
        """Sorted uint64 symbols of the cases in each of these segments: an index for finding what a case touches.

        Asked and receipted like any reading (as one of no events). Raises `DeniedError` as `table` does.
        """
        return self._cases(segments) if segments else {}


def _readers(store: Source, grant: Grant, receipt: Receipt) -> tuple[_Rows, _Cases]:
    """The two ways to read what a grant admits; whoever has them can do nothing else with the store."""
    known: dict[str, SegmentRef] = {}
    receipted: set[str] = set()
    indexed: set[str] = set()

    def by_id(wanted: Sequence[str]) -> dict[str, SegmentRef]:
        if not known:  # nobody may ever read: there may be millions
            known.update((segment.id, segment) for segment in grant.segments)
        for segment in wanted:
            if segment not in known:
                raise DeniedError(
                    f"Segment {segment} is not admitted for {grant.purpose}.",
                    "Ask govern for a grant that covers it.",
                )
        return known

    def rows(wanted: Sequence[str], columns: Sequence[str]) -> list[tuple[SegmentRef, pa.Table]]:
        held = by_id(wanted)
        receipt(wanted, [held[segment] for segment in wanted if segment not in receipted])
        receipted.update(wanted)
        return [(held[name], part) for name, (_, part) in zip(wanted, store.read_many(wanted, columns), strict=True)]

    def cases(wanted: Sequence[str]) -> dict[str, np.ndarray]:
        held = by_id(wanted)
        receipt(wanted, [replace(held[segment], rows=0) for segment in wanted if segment not in indexed])
        indexed.update(wanted)
        read = store.case_reader(wanted)
        return {segment: read(segment) for segment in wanted}

    return rows, cases


def _repeated(labels: Sequence[str], times: Sequence[int]) -> pa.DictionaryArray:
    """Each label as often as its number says, as one array with each label once in its dictionary."""
    place = {label: code for code, label in enumerate(dict.fromkeys(labels))}
    codes = np.repeat(np.array([place[label] for label in labels], np.int32), times)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(place), pa.string()))
