"""Writing the office to disk: the events to import in one folder, the truth in another."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from guildbook.columns import RAW_SCHEMA
from guildbook.record.office.generate import generate
from guildbook.record.office.options import USUAL, Options
from guildbook.record.office.truth import Truth, truth

Format = Literal["parquet", "csv"]
EVENTS: Final = "events"
"""Folder of the files to import."""
TRUTH: Final = "truth"
"""Folder of `truth.json` and `people.csv`, beside it: importing the first never reads the second."""
_NESTED: Final = ("objects", "element_bounds")


def write(
    folder: Path,
    *,
    seed: int,
    events: int = 20_000,
    people: int | None = None,
    weeks: int = 6,
    form: Format = "parquet",
    options: Options = USUAL,
) -> list[Path]:
    """Write `folder/events/office.parquet` (or `.csv`) and the truth; returns the paths.

    They are, in that order: the events, `folder/truth/truth.json` and `folder/truth/people.csv`: worker, team, role and
    experience of everyone.

    The CSV has no `objects` and no `element_bounds`, which a flat file cannot hold. Files appear whole or not at all.
    Raises `UsageError` for sizes that cannot be and `OSError` when the disk refuses.
    """
    there = folder / EVENTS / f"office.{form}"
    there.parent.mkdir(parents=True, exist_ok=True)
    unfinished = there.with_suffix(".part")
    tables = (c.events for c in generate(seed=seed, events=events, people=people, weeks=weeks, options=options))
    if form == "csv":
        _write_csv(unfinished, tables)
    else:
        with pq.ParquetWriter(unfinished, RAW_SCHEMA, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table)
    unfinished.replace(there)
    known = truth(seed, events=events, people=people, weeks=weeks, options=options)
    answers = folder / TRUTH / "truth.json"
    answers.parent.mkdir(parents=True, exist_ok=True)
    answers.write_text(json.dumps(known.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [there, answers, _write_people(answers.with_name("people.csv"), known)]


def _write_people(path: Path, known: Truth) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("worker", "team", "role", "experience"))
        rows.writerows((p.name, f"branch {p.branch + 1}", p.role, p.experience) for p in known.people)
    return path


def _write_csv(path: Path, tables: Iterator[pa.Table]) -> None:
    names = [n for n in RAW_SCHEMA.names if n not in _NESTED]
    flat = pa.schema([(n, _flat_type(RAW_SCHEMA.field(n).type)) for n in names])
    with pacsv.CSVWriter(path, flat) as writer:
        for table in tables:
            columns = [_flat(table[n]) for n in names]
            writer.write_table(pa.Table.from_arrays(columns, schema=flat))


def _flat_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    return pa.string() if pa.types.is_timestamp(kind) else kind


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        naive = column.cast(pa.int64()).cast(pa.timestamp("us"))
        return pc.binary_join_element_wise(pc.strftime(naive, format="%Y-%m-%dT%H:%M:%S"), "Z", "")
    return column.cast(_flat_type(column.type))
