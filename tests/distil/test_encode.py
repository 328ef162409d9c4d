from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from guildbook.distil.encode import encode
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table

Table = Callable[[Sequence[dict[str, Any]]], pa.Table]


def test_labels_of_rows(table: Table, monday: int) -> None:
    rows = [
        {"worker": "ann", "time": monday, "action": "Register", "attributes": {"lifecycle:transition": "START"}},
        {"worker": "ann", "time": monday, "app": "sheet", "action": "type", "element": "Cell 4", "document": "a.xlsx"},
        {"worker": "ann", "time": monday, "app": "sheet", "action": "type", "element": "Cell 5", "document": "b.ods"},
    ]
    events = encode(table(rows), Settings())
    assert [events.acts.texts[c] for c in events.act] == [
        "Register+START",
        "sheet: type Cell # (spreadsheet)",
        "sheet: type Cell # (spreadsheet)",
    ]


def test_plain_string_columns_and_chunks_give_the_same_sums(table: Table, monday: int) -> None:
    rows = [
        {"worker": w, "time": monday + n, "case": f"a:{n % 2}", "app": "mail", "to": ["bob"] if n % 3 else None}
        for n, w in enumerate("abcabcab")
    ]
    whole = table(rows)
    plain = whole
    for name in ("worker", "case", "app", "action"):
        plain = plain.set_column(plain.column_names.index(name), name, plain.column(name).cast(pa.string()))
    chunked = pa.concat_tables([table(rows[:3]), table(rows[3:])])
    digests = {summarise_table(t, Settings()).digest() for t in (whole, plain, chunked, whole.combine_chunks())}
    assert len(digests) == 1


def test_words_a_filtered_table_no_longer_uses_leave_no_trace(table: Table, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday + n, "case": f"a:{n}", "action": f"step {n:c}"} for n in range(65, 90)]
    few = table(rows).slice(3, 2)
    assert summarise_table(few, Settings()).digest() == summarise_table(table(rows[3:5]), Settings()).digest()


def test_words_that_stand_twice_in_a_dictionary_are_one(table: Table, monday: int) -> None:
    whole = table([{"worker": "ann", "time": monday + n, "action": "go"} for n in range(2)])
    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int32()), pa.array(["go", "go"]))
    doubled = whole.set_column(whole.column_names.index("action"), "action", twice)
    assert summarise_table(doubled, Settings()).digest() == summarise_table(whole, Settings()).digest()


def test_raw_tables_without_ids_or_workers_can_be_looked_at(table: Table, monday: int) -> None:
    whole = table([{"worker": None, "time": monday + n} for n in range(3)]).drop_columns(["id"])
    events = encode(whole, Settings())
    assert events.ids[:, 1].tolist() == [0, 1, 2]
    assert events.workers.texts == ("unknown",)


def test_people_addressed_are_asks(table: Table, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday, "to": ["bob", "dee"]}, {"worker": "bob", "time": monday + 1}]
    events = encode(table(rows), Settings())
    assert events.ask_event.tolist() == [0, 0]
    assert [events.workers.texts[c] for c in events.ask_worker] == ["bob", "dee"]
    kept = events.take(np.array([True, False]))
    assert (len(kept), kept.ask_event.tolist()) == (1, [0, 0])
    assert encode(table(rows), Settings()).take(np.array([False, True])).ask_event.tolist() == []


def test_ids_compare_as_their_bytes(table: Table, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday, "case": "a:1", "id": bytes([n] * 16)} for n in (200, 3, 90)]
    ids = encode(table(rows), Settings()).ids
    assert np.lexsort((ids[:, 1], ids[:, 0])).tolist() == [1, 2, 0]
