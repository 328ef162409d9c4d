from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from guildbook.columns.classes import UNKNOWN, classes, parts, parts_of_runs
from guildbook.columns.ids import add_digests, digest, digests_of_runs
from guildbook.columns.schema import ID

_WORD = st.one_of(st.none(), st.sampled_from(["Mail", " mail", "SAP  GUI", "", "x"]))
_ROWS = st.lists(st.tuples(_WORD, _WORD, st.integers(-9, 9)), min_size=1, max_size=30)


def _events(rows: list[tuple[str | None, str | None, int]]) -> pa.Table:
    return pa.table(
        {
            "id": pa.array([bytes([place] * 16) for place in range(len(rows))], ID.type),
            "time": pa.array([time for _, _, time in rows], pa.timestamp("us", tz="UTC")),
            "app": pa.array([app for app, _, _ in rows], pa.string()),
            "source": pa.array([source for _, source, _ in rows], pa.string()).dictionary_encode(),
        }
    )


def test_an_app_counts_before_a_source_and_names_are_alike_whatever_their_case() -> None:
    names, code = classes(_events([("Mail", "s", 0), (None, " SAP\tGUI ", 0), (None, None, 0), ("MAIL ", None, 0)]))
    assert [names[place] for place in code.tolist()] == ["mail", "sap gui", UNKNOWN, "mail"]
    assert names == sorted(names)


@given(rows=_ROWS, data=st.data())
def test_parts_of_runs_are_those_of_each_run_and_add_up(
    rows: list[tuple[str | None, str | None, int]], data: st.DataObject
) -> None:
    events = _events(rows)
    later = data.draw(st.sets(st.integers(1, len(rows) - 1))) if len(rows) > 1 else set[int]()
    starts = np.array([0, *sorted(later)], np.int64)
    runs = [events.slice(a, b - a) for a, b in zip(starts.tolist(), [*starts[1:].tolist(), len(rows)], strict=True)]
    found = parts_of_runs(events, starts)
    assert found == [parts(run) for run in runs]
    assert digests_of_runs(events["id"], starts) == [digest(run["id"]) for run in runs]
    for run, held in zip(runs, found, strict=True):
        assert [name for name, *_ in held] == classes(run)[0]
        assert sum(count for _, count, *_ in held) == run.num_rows
        assert add_digests(each for *_, each in held) == digest(run["id"])
        times = run["time"].cast(pa.int64()).to_pylist()
        assert (min(p[2] for p in held), max(p[3] for p in held)) == (min(times), max(times))


def test_no_events_have_no_parts() -> None:
    assert parts(_events([("a", None, 0)]).slice(1)) == []
