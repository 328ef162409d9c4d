from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from guildbook.record.office import Truth, generate, truth, write


def test_parquet_holds_the_events_and_the_truth_lies_elsewhere(tmp_path: Path) -> None:
    events, answers, people = write(tmp_path, seed=7, events=2_000)
    assert events.parent != answers.parent
    assert list(events.parent.iterdir()) == [events]
    expected = pa.concat_tables([c.events for c in generate(seed=7, events=2_000)])
    assert pq.read_table(events).cast(expected.schema).equals(expected)
    known = truth(7, events=2_000)
    assert Truth.from_dict(json.loads(answers.read_text("utf-8"))) == known
    assert people.parent == answers.parent
    with people.open(encoding="utf-8", newline="") as file:
        rows = [(row["worker"], row["team"], row["role"], row["experience"]) for row in csv.DictReader(file)]
    assert rows == [(p.name, f"branch {p.branch + 1}", p.role, p.experience) for p in known.people]


def test_csv_holds_all_but_the_nested_columns(tmp_path: Path) -> None:
    events, _, _ = write(tmp_path, seed=7, events=2_000, form="csv")
    expected = pa.concat_tables([c.events for c in generate(seed=7, events=2_000)])
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        read = con.execute(
            'select epoch_us(time::timestamptz), duration, worker, "case", outcome, attributes from read_csv(?)',
            [str(events)],
        )
        rows = read.fetchall()
    times = expected["time"].cast(pa.int64()).to_pylist()
    columns = [expected[c].to_pylist() for c in ("duration", "worker", "case", "outcome", "attributes")]
    assert rows == list(zip(times, *columns, strict=True))
