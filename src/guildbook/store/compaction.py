"""Merging small segments into larger ones."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final

import numpy as np
import pyarrow as pa

from guildbook.columns.ids import add_digests
from guildbook.columns.schema import EVENT_SCHEMA
from guildbook.columns.words import one_array
from guildbook.model.errors import StoreError
from guildbook.store import files
from guildbook.store.drafting import Draft
from guildbook.store.reading import read_tables, segment_rows
from guildbook.store.rows import CompactReport, SegmentRow
from guildbook.store.vault import Vault

_MOST: Final = 1_000_000
"""Rows of a merged segment at most, which bounds memory."""


def compact(vault: Vault, small: int, at_least: int) -> CompactReport:
    """Merge the segments of a worker, month and terms that have fewer than `small` rows, where there are `at_least`.

    The digests of what goes and what comes are compared; events are neither lost nor doubled.
    """
    with vault.writing():
        files.recover(vault.home, vault.engine)
        with vault.look() as connection:
            rows = [row for row in segment_rows(connection) if row.rows < small]
        before = after = merged = 0
        draft = Draft(vault, {row.worker for row in rows})
        for _, group in groupby(sorted(rows, key=_same_place), key=_same_place):
            for part in _runs(list(group)):
                if len(part) < at_least:
                    continue
                made = _merge(vault, part, draft)
                before, after, merged = before + len(part), after + len(made), merged + sum(r.rows for r in made)
            draft.publish(now=False)
        draft.publish()
        return CompactReport(before, after, merged)


def _same_place(row: SegmentRow) -> tuple[str, str, str]:
    return row.worker, row.month, row.terms


def _runs(rows: list[SegmentRow]) -> Iterable[list[SegmentRow]]:
    """Consecutive segments that together stay below one round."""
    run: list[SegmentRow] = []
    size = 0
    for row in sorted(rows, key=lambda r: (r.first, r.id)):
        if run and size + row.rows > _MOST:
            yield run
            run, size = [], 0
        run.append(row)
        size += row.rows
    if run:
        yield run


def _merge(vault: Vault, rows: list[SegmentRow], draft: Draft) -> list[SegmentRow]:
    names = EVENT_SCHEMA.names
    whole = pa.concat_tables([table for _, table in read_tables(vault, rows, names)])
    columns = {name: one_array(whole[name]) for name in names}
    events = pa.table({n: c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for n, c in columns.items()})
    made = draft.write(rows[0].worker, [rows[0].terms], events, np.zeros(events.num_rows, np.int64))
    if add_digests(row.digest for row in made) != add_digests(row.digest for row in rows):
        raise StoreError(
            f"Merging the segments of {rows[0].worker} in {rows[0].month} would change what they hold.",
            "Nothing was changed; run `guildbook doctor` to see which is damaged.",
            "digest",
        )
    draft.replaces(segments=rows)
    return made
