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


def test_what_was_copied_is_known_by_its_mark() -> None:
    def clip(mark: str) -> list[dict[str, str]]:
        return [
            {"id": "bob", "type": "person", "qualifier": "to"},
            {"id": f"clip:{mark}", "type": "clip", "qualifier": ""},
        ]

    table = raw_table(
        {
            "action": ["copy", "click", "paste", "copy", "paste", "type"],
            "objects": [clip("ab"), None, clip("ab"), clip("cd"), [], [{"id": "p", "type": "page", "qualifier": ""}]],
            "value_after": [None, None, None, None, None, "claim 4711"],
        },
        6,
    )
    value = read(table).value
    assert value[0] == value[2] >= 0
    assert value[3] not in {-1, value[0], value[5]}
    assert value[[1, 4]].tolist() == [-1, -1]
    assert value[5] >= 0
    assert read(table.drop(["objects"])).value.tolist() == [-1, -1, -1, -1, -1, value[5]]
