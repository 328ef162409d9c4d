from __future__ import annotations

import numpy as np

from guildbook.columns import raw_table
from guildbook.distil.segment.stream import generalised, read


def test_rows_of_a_sheet_give_way_and_fields_of_a_form_stay() -> None:
    names = [name for row in range(2, 22) for name in (f"A{row}", "input_1_0", f"B{row}", "input_1_1")]
    table = raw_table({"app": ["Any"] * 80, "action": ["type"] * 80, "element_id": names}, 80)
    stream = read(table)
    assert sorted(stream.names) == ["Any type A#", "Any type B#", "Any type input_1_0", "Any type input_1_1"]
    keys = stream.key.reshape(20, 4)
    assert (keys[:, 0] == keys[:, 2]).all()
    assert (keys[:, 1] == -1).all()
    assert len(np.unique(keys[:, 0])) == 20


def test_content_is_no_part_of_what_was_done() -> None:
    table = raw_table({"action": ["type"] * 6, "value_after": ["ann", "ben", "ann", "", None, "x"]}, 6)
    stream = read(table)
    assert stream.names == ("type",)
    assert stream.value[0] == stream.value[2] != stream.value[1]
    assert stream.value[3:].tolist() == [-1, -1, -1]


def test_attributes_speak_where_no_element_does() -> None:
    said = ['{"control":"save","x":1}', '{"control":"open","x":2}'] * 10
    assert sorted(read(raw_table({"action": ["click"] * 20, "attributes": said}, 20)).names) == [
        "click open",
        "click save",
    ]


def test_addresses_lose_their_query() -> None:
    assert generalised("url", "https://a.example/form/7?name=ann#x") == "https://a.example/form/#"
