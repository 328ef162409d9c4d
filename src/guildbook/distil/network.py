"""Who hands work to whom, straight from the columns: one number for each pair of workers.

The same counts are in the sums' `handovers` with task, step and waiting; this is the short way for a table that is at
hand. Joint traces without a case do not count, since they are one worker's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from guildbook.distil.encode import event_ids
from guildbook.distil.kernels import pair_counts, row_order
from guildbook.distil.traces import unsigned

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Network:
    """`counts[a, b]`: how often an event of `workers[a]` is followed by one of `workers[b]` in a joint trace."""

    workers: tuple[str, ...]
    """In order of name."""
    counts: NDArray[np.int64]
    """(W, W); the diagonal is work that stays where it is."""


def handover_network(table: pa.Table) -> Network:
    """The network of a table with worker, case, time and, to break ties, seq and id."""
    table = table.filter(pc.is_valid(table.column("case"))) if table.column("case").null_count else table
    case, cases = _codes(table.column("case"))
    worker, texts = _codes(table.column("worker"))
    time = table.column("time").cast(pa.int64()).to_numpy()
    seq = np.full(len(table), -1, np.int64)
    if "seq" in table.column_names:
        seq = pc.fill_null(table.column("seq"), -1).to_numpy()
    size = len(cases), len(texts)
    ordered, counts = pair_counts(*_still(case, worker, time, seq), *size, 0)
    if not ordered:
        keys = np.column_stack([case.astype(np.uint64), unsigned(time), unsigned(seq), event_ids(table)])
        rows = row_order(np.ascontiguousarray(keys))
        _, counts = pair_counts(*_still(case[rows], worker[rows], time[rows], seq[rows]), *size, 1)
    names: list[str] = texts.to_pylist()
    used = np.bincount(worker, minlength=len(names)) > 0
    by_name = sorted(np.flatnonzero(used).tolist(), key=names.__getitem__)
    return Network(tuple(names[i] for i in by_name), counts[np.ix_(by_name, by_name)])


def _codes(column: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """A code for each row and the texts by code; no text is looked at in Python."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks)
    codes = whole.indices.to_numpy().astype(np.int32, copy=False)
    held = whole.dictionary.dictionary_encode()
    if len(held.dictionary) < len(whole.dictionary):  # a word that stands twice
        codes = held.indices.to_numpy().astype(np.int32)[codes]
    return codes, held.dictionary


def _still(
    case: Codes, worker: Codes, time: NDArray[np.int64], seq: NDArray[np.int64]
) -> tuple[Codes, Codes, NDArray[np.int64], NDArray[np.int64]]:
    """The columns as read-only views, as Arrow gives them: one compiled form, and nothing copied."""
    views = case.view(), worker.view(), np.ascontiguousarray(time).view(), np.ascontiguousarray(seq).view()
    for view in views:
        view.setflags(write=False)
    return views
