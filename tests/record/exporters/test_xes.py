"""Import after export is the identity on what XES carries; what it cannot carry is replaced, never broken markup."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.columns import ADMITTED_SCHEMA
from guildbook.plugins import ImportOptions
from guildbook.record.exporters.xes import export_xes
from guildbook.record.importers.xes import XesImporter

Halves = Callable[[pa.Table], list[pa.Table]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("xes")


def round_trip(kit: Any, tables: list[pa.Table], folder: Path) -> list[dict[str, Any]]:
    out = io.BytesIO()
    assert export_xes(tables, out) == sum(t.num_rows for t in tables)
    path = folder / "log.xes"
    path.write_bytes(out.getvalue())
    return kit.imported(XesImporter(), path)


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_identity(data: st.DataObject, kit: Any, halves: Halves, folder: Path) -> None:
    table = kit.admitted(data.draw(kit.rows()))
    assert kit.compared(round_trip(kit, halves(table), folder)) == kit.compared(table.to_pylist())


def test_what_xml_cannot_write_is_replaced(kit: Any, folder: Path) -> None:
    row = {
        "time": 0,
        "seq": 0,
        "worker": "a\0b",
        "action": "\x1b[31mred",
        "case": "k:\uffff",
        "attributes": '{"a":"\\u0001"}',
    }
    found = round_trip(kit, [kit.admitted([row])], folder)[0]
    assert (found["worker"], found["action"], found["case"]) == ("a\ufffdb", "\ufffd[31mred", "k:\ufffd")
    assert found["attributes"] == '{"a":"\ufffd"}'


def test_order_spread_and_days_without_a_case(kit: Any, folder: Path) -> None:
    rows = [
        {"time": t, "seq": 0, "worker": w, "action": "x", "case": c}
        for t, w, c in [(5, "ann", "k:1"), (90_000_000_000, "bob", None), (3, "bob", "k:1"), (1, "bob", None)]
    ]
    out = io.BytesIO()
    export_xes([kit.admitted(rows[:2]), kit.admitted(rows[2:])], out)
    text = out.getvalue().decode()
    assert text.count("<trace>") == 3
    assert 'value="bob 1970-01-01"' in text
    assert text.index('value="bob"') < text.index('value="ann"')
    assert text.count('value="complete"') == 4
    assert sum(r["case"] is None for r in round_trip(kit, [kit.admitted(rows)], folder)) == 2


def test_case_attributes_stand_on_the_trace(kit: Any) -> None:
    rows = [
        {
            "time": n,
            "seq": n,
            "action": "x",
            "case": "k:1",
            "attributes": f'{{"case:a":1,"case:b":{n},"case:outcome":1}}',
        }
        for n in range(2)
    ]
    out = io.BytesIO()
    export_xes([kit.admitted(rows)], out)
    text = out.getvalue().decode()
    assert text.count('key="a"') == 1
    assert text.count('key="case:b"') == 2
    assert text.count('key="case:outcome"') == 2


def test_nothing(kit: Any, folder: Path) -> None:
    assert round_trip(kit, [], folder) == []
    with pytest.raises(ValueError, match="admitted"):
        export_xes([pa.table({"a": [1]})], io.BytesIO())


@pytest.mark.data
def test_a_real_log(kit: Any, folder: Path, shared_data: Path) -> None:
    tables = [c.events for c in XesImporter().read(shared_data / "eventlogs" / "Helpdesk.xes.gz", ImportOptions())]
    whole = pa.concat_tables(tables)
    ids = pa.array([n.to_bytes(16) for n in range(whole.num_rows)], pa.binary(16))
    events = pa.Table.from_arrays([ids, *whole.columns], schema=ADMITTED_SCHEMA)
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as out:
        export_xes([events], out)
    path = folder / "again.xes.gz"
    path.write_bytes(packed.getvalue())
    assert kit.compared(kit.imported(XesImporter(), path)) == kit.compared(whole.to_pylist())
