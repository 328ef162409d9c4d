from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guildbook.plugins import ImportOptions
from guildbook.record.importers import _batches, _dom
from guildbook.record.importers._dialect import TextTable
from guildbook.record.importers.tabular import CsvImporter

Read = Callable[..., Any]
HEADER = (
    "episode",
    "time_ms",
    "type",
    "phase",
    "key_code",
    "char_code",
    "tag",
    "element_id",
    "classes",
    "text",
    "goal",
    "reward",
)


def click(field: tuple[str, str, str], text: str = "") -> list[tuple[Any, ...]]:
    """Down, up and click, each on its way down the page and up again."""
    return [(word, phase, "", "", *field, text) for word in ("mousedown", "mouseup", "click") for phase in (1, 3)]


def key(field: tuple[str, str, str], letter: str, text: str = "") -> list[tuple[Any, ...]]:
    """A letter typed; the field shows `text` when the key goes up."""
    code = ord(letter.upper())
    return [
        ("keydown", 1, code, 0, *field, ""),
        ("keypress", 1, ord(letter), ord(letter), *field, ""),
        ("keyup", 1, code, 0, *field, text),
    ]


BOX = ("INPUT_text", "", "to wide")
GO = ("BUTTON", "go", "")
ROW = ("DIV", "", "row")


def write(path: Path, cases: list[tuple[str, list[tuple[Any, ...]], str]]) -> Path:
    """Cases as (goal, rows from `type` to `text`, reward)."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        for number, (goal, rows, reward) in enumerate(cases):
            for place, row in enumerate(rows):
                table.writerow((f"c{number}", 100 * place, *row, goal, reward))
    return path


def shown(found: Any) -> list[tuple[str, str | None, str | None]]:
    return [(row["action"], row.get("element_name"), row.get("value_after")) for row in found.rows]


def test_one_click_and_one_entry_are_one_event_each(tmp_path: Path, read: Read) -> None:
    rows = [*click(BOX), *key(BOX, "B", "B"), *key(BOX, "o", "Bo"), *key(BOX, "b", "Bob"), *click(GO, "Send")]
    path = write(tmp_path / "log.csv", [(f"Write to number {n} please", rows, "1") for n in range(3)])
    found = read(CsvImporter(), path)
    assert found.error is None
    assert shown(found) == [("click", "to", None), ("enter", "to", "Bob"), ("click", "Send", None)] * 3
    entry = found.rows[1]
    assert entry["duration"] == 800_000
    assert entry["element_role"] == "INPUT_text"
    assert '"case:goal":"Write to number 0 please"' in entry["attributes"]
    assert found.rows[-1]["outcome"] == "1"
    assert "folded into interactions" in CsvImporter().describe(path, ImportOptions())


def test_keys_are_put_together_where_the_page_shows_nothing(tmp_path: Path, read: Read) -> None:
    back = [("keydown", 1, 8, 0, *BOX, ""), ("keyup", 1, 8, 0, *BOX, "")]
    path = write(tmp_path / "log.csv", [("Do it", [*key(BOX, "B"), *key(BOX, "p"), *back, *key(BOX, "v")], "1")] * 3)
    found = read(CsvImporter(), path)
    assert shown(found)[0] == ("enter", "to", "Bv")
    assert '"corrections":1' in found.rows[0]["attributes"]


def test_a_paste_leaves_the_value_open_unless_it_is_shown(tmp_path: Path, read: Read) -> None:
    paste = [("keydown", 1, 17, 0, *BOX, ""), ("keydown", 1, 86, 0, *BOX, ""), ("keyup", 1, 86, 0, *BOX, "")]
    path = write(tmp_path / "log.csv", [("Do it", [*key(BOX, "a"), *paste], "1")] * 2)
    assert shown(read(CsvImporter(), path))[0] == ("enter", "to", None)
    pasted = [*paste[:2], ("keyup", 1, 86, 0, *BOX, "Bob")]
    path = write(tmp_path / "shown.csv", [("Do it", pasted, "1")] * 2)
    assert shown(read(CsvImporter(), path))[0] == ("enter", "to", "Bob")


def test_a_field_that_shows_nothing_after_keys_is_empty_where_others_show_something(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "log.csv", [("Do it", key(BOX, "a", "a"), "1"), ("Do it", key(BOX, "a"), "0")])
    assert [value for _, _, value in shown(read(CsvImporter(), path))] == ["a", ""]


def test_other_events_keep_their_names(tmp_path: Path, read: Read) -> None:
    rows = [
        *[("scroll", 1, "", "", *ROW, "")] * 3,
        ("mousemove", 1, "", "", *ROW, ""),
        *click(ROW, "Ann"),
        *click(ROW, "Ann"),
        ("dblclick", 1, "", "", *ROW, "Ann"),
        ("mousedown", 1, "", "", *ROW, "Eve"),
        ("keydown", 1, 27, 0, "BODY", "", "", ""),
        ("drop", 1, "", "", *ROW, ""),
    ]
    found = read(CsvImporter(), write(tmp_path / "log.csv", [("Do it", rows, "1")] * 2))
    actions = [action for action, _, _ in shown(found)][:7]
    assert actions == ["scroll", "click", "double click", "press", "press keys", "drop", "scroll"]
    assert '"text":"Ann"' in found.rows[1]["attributes"]


def test_ids_made_by_programs_and_words_that_vary_are_no_names(tmp_path: Path, read: Read) -> None:
    made = ("BUTTON", "btn-48213", "primary large")
    rows = [[*click(made, word), *click(("A", "", ""), "Next")] for word in ("Ann", "Bob", "Eve")]
    found = read(CsvImporter(), write(tmp_path / "log.csv", [("Do it", row, "1") for row in rows]))
    assert {name for _, name, _ in shown(found)} == {"primary", "Next"}


def test_an_interaction_is_not_cut_where_batches_meet(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*click(BOX), *key(BOX, "B", "B"), *key(BOX, "o", "Bo")]
    path = write(tmp_path / "log.csv", [("Do it", rows, "1")] * 40)
    whole = read(CsvImporter(), path)
    monkeypatch.setattr(_batches, "SAMPLE", 50)
    monkeypatch.setattr(_batches, "ROWS", 37)
    cut = read(CsvImporter(), path)
    assert cut.chunks > whole.chunks
    assert cut.table.equals(whole.table)


def test_a_case_of_one_interaction_keeps_its_case_and_what_was_asked(tmp_path: Path, read: Read) -> None:
    goals = [f"Press the button number {n} now" for n in range(12)]
    found = read(CsvImporter(), write(tmp_path / "log.csv", [(goal, click(GO, "Send"), "1") for goal in goals]))
    assert len({row["case"] for row in found.rows}) == len(found.rows) == 12
    assert all(f'"case:goal":"{goal}"' in row["attributes"] for goal, row in zip(goals, found.rows, strict=True))
    assert all(row["outcome"] == "1" for row in found.rows)


def test_tables_of_other_things_are_let_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("case,time,activity\n1,2024-01-01 10:00,click\n")
    batch = next(iter(_batches.text_batches(TextTable(path))))
    assert _dom.fold_of(batch.columns, {}, path) is None
    assert list(_dom.Interactions([batch], {}, path)) == [batch]


def test_rows_that_are_no_events_are_still_rejected(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "log.csv", [("Do it", click(GO, "Send"), "1")] * 3)
    with path.open("a") as file:
        file.write("c9,not a time,click,1,,,BUTTON,go,,Send,Do it,1\n")
    found = read(CsvImporter(), path)
    assert len(found.table) == 3
    assert [r.reason for r in found.rejected] == ["unreadable time: 'not a time'"]
