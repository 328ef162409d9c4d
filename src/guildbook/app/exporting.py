"""Events out again, in open formats, behind a grant for `export`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from guildbook.columns import ADMITTED_SCHEMA
from guildbook.govern import Admitted, Gate
from guildbook.model.errors import DeniedError, InputError, UsageError
from guildbook.model.purpose import Purpose
from guildbook.record.exporters.ocel import export_ocel_json, export_ocel_sqlite
from guildbook.record.exporters.parquet import export_parquet
from guildbook.record.exporters.xes import export_xes

FORMS = ("xes", "ocel-json", "ocel-sqlite", "parquet")


def export(gate: Gate, form: str, output: Path, worker: str | None) -> tuple[int, int]:
    """Write what is permitted; returns (events, segments refused). Nothing permitted is a `DeniedError`."""
    if form not in FORMS:
        raise UsageError(f"There is no export format called {form!r}.", f"Formats: {', '.join(FORMS)}.")
    admitted = gate.grant(Purpose.EXPORT, stage="record", artefact=f"export:{form}", worker=worker)
    if not admitted.grant.segments:
        raise DeniedError(
            "No worker has permitted the purpose export.",
            "guildbook permit --worker NAME --purpose export, or state it at import: --terms export.",
        )
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        write_events(form, _tables(admitted), unfinished)
        unfinished.replace(output)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}.", "Give another -o FILE.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return sum(s.rows for s in admitted.grant.segments), admitted.grant.refused


def _tables(admitted: Admitted) -> Iterator[pa.Table]:
    for segment in admitted.grant.segments:
        yield admitted.table(ADMITTED_SCHEMA.names, [segment.id])


def write_events(form: str, tables: Iterator[pa.Table], path: Path) -> None:
    """Write events in one of `FORMS`. Raises `OSError`."""
    if form == "ocel-sqlite":
        export_ocel_sqlite(tables, path)
        return
    write = {"xes": export_xes, "ocel-json": export_ocel_json, "parquet": export_parquet}[form]
    with path.open("wb") as out:
        write(tables, out)
