"""The admitted set: the only thing a stage can read events from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from guildbook.columns import ADMITTED_SCHEMA
from guildbook.model.errors import DeniedError
from guildbook.model.grant import Grant, SegmentRef
from guildbook.store import Store

Receipt = Callable[[Sequence[str], Sequence[SegmentRef]], None]
"""Told the ids about to be read and, of these, the segments read for the first time; raises when one is withdrawn."""


class Admitted:
    """Segments a grant admits. Receipts are written before the bytes they speak of come out."""

    def __init__(
        self, store: Store, grant: Grant, receipt: Receipt, lineage: frozenset[tuple[str, str, str, str]] = frozenset()
    ) -> None:
        self.grant = grant
        self.lineage = lineage
        """(worker id, class, reason, clauses) of what is admitted: what an artefact made from it rests on."""
        self._store = store
        self._receipt = receipt
        self._by_id = {segment.id: segment for segment in grant.segments}
        self._receipted: set[str] = set()
        self._indexed: set[str] = set()

    def table(self, columns: Sequence[str], segments: Collection[str] | None = None) -> pa.Table:
        """Columns of `ADMITTED_SCHEMA` from all admitted segments, or from the given ones.

        Rows come in no stated order. Raises `DeniedError` for a segment that is not admitted, and for one whose
        worker refused, left or was forgotten since: the gate is asked again at every reading.
        """
        wanted = list(self._by_id) if segments is None else list(dict.fromkeys(segments))
        stored = [name for name in columns if name != "worker"]
        schema = pa.schema([ADMITTED_SCHEMA.field(name) for name in columns])
        if not wanted:
            return schema.empty_table()
        self._acknowledge(wanted)
        parts: list[pa.Table] = []
        labels: list[str] = []
        for name, (_, part) in zip(wanted, self._store.read_many(wanted, stored or ["time"]), strict=True):
            labels.append(self._by_id[name].worker)
            parts.append(part)
        whole = pa.concat_tables(parts)
        held = {name: whole.column(name) for name in stored}
        if "worker" in columns:
            held["worker"] = _repeated(labels, [part.num_rows for part in parts])
        return pa.Table.from_arrays([held[name] for name in columns], schema=schema)

    def cases(self, segments: Sequence[str]) -> dict[str, np.ndarray]:
        """Sorted uint64 symbols of the cases in each of these segments: an index for finding what a case touches.

        Asked and receipted like any reading (as one of no events). Raises `DeniedError` as `table` does.
        """
        if not segments:
            return {}
        self._check(segments)
        self._receipt(segments, [replace(self._by_id[s], rows=0) for s in segments if s not in self._indexed])
        self._indexed.update(segments)
        read = self._store.case_reader(segments)
        return {segment: read(segment) for segment in segments}

    def _acknowledge(self, wanted: Sequence[str]) -> None:
        self._check(wanted)
        new = [self._by_id[segment] for segment in wanted if segment not in self._receipted]
        self._receipt(wanted, new)
        self._receipted.update(segment.id for segment in new)

    def _check(self, wanted: Sequence[str]) -> None:
        for segment in wanted:
            if segment not in self._by_id:
                raise DeniedError(
                    f"Segment {segment} is not admitted for {self.grant.purpose}.",
                    "Ask govern for a grant that covers it.",
                )


def _repeated(labels: Sequence[str], times: Sequence[int]) -> pa.DictionaryArray:
    """Each label as often as its number says, as one array with each label once in its dictionary."""
    place = {label: code for code, label in enumerate(dict.fromkeys(labels))}
    codes = np.repeat(np.array([place[label] for label in labels], np.int32), times)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(place), pa.string()))
