from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from guildbook.columns import raw_table
from guildbook.distil.segment import Segments, read
from guildbook.distil.segment.routines import Routine, routines
from guildbook.record import reader


def told(rows: list[dict[str, Any]], segment: list[int], workers: list[str] | None = None) -> list[Routine]:
    """The routines of these events, cut as said, all of one task."""
    names = sorted({name for row in rows for name in row})
    table = raw_table({name: [row.get(name) for row in rows] for name in names}, len(rows))
    cut = Segments(np.array(segment), np.zeros(len(rows), dtype=bool), 1, 0.0, 1.0)
    return routines(read(table), cut, np.zeros(max(segment) + 1, np.int64), table, workers)


def performance(i: int) -> list[dict[str, Any]]:
    name, town = f"Name{chr(97 + i)}", f"Town{chr(97 + i)}"
    return [
        {"app": "Sheet", "action": "copy", "element_id": f"A{i + 2}", "value_after": f"{name} {town}"},
        {"app": "Form", "action": "paste", "element_name": "name", "value_after": f"{name} {town}"},
        {"app": "Form", "action": "edit", "element_name": "name", "value_after": name},
        {"app": "Form", "action": "type", "element_name": "comment", "value_after": f"free text {i * 37}"},
        {"app": "Form", "action": "type", "element_name": "password", "value_after": "hunter2"},
        {"app": "Form", "action": "press", "element_name": "save", "value_after": "Save"},
    ]


def test_where_values_come_from() -> None:
    rows = [row for i in range(8) for row in performance(i)]
    (routine,) = told(rows, np.repeat(np.arange(8), 6).tolist())
    fields = {(f.step.action, f.step.element): f for f in routine.fields}
    assert routine.title == "Copy from Sheet to Form"
    assert fields["copy", "A#"].kind == "read"
    assert fields["paste", "name"].kind == "copied"
    assert [str(source) for source in fields["paste", "name"].sources] == ["Sheet: copy A#"]
    assert fields["edit", "name"].kind == "part"
    assert fields["type", "comment"].kind == "input"
    assert (fields["press", "save"].kind, fields["press", "save"].value) == ("constant", "Save")


def test_a_secret_is_a_constant_without_its_value() -> None:
    rows = [row for i in range(8) for row in performance(i)]
    (routine,) = told(rows, np.repeat(np.arange(8), 6).tolist())
    assert [f.value for f in routine.fields if f.step.element == "password"] == [None]
    assert "hunter2" not in str(routine.to_dict())


def test_the_same_routine_by_two_people_is_one_and_keeps_its_variants() -> None:
    rows = [row for i in range(8) for row in performance(i)[: 6 - i % 2]]
    segment = [i for i in range(8) for _ in range(6 - i % 2)]
    workers = ["Ada" if number < 4 else "Bo" for number in segment]
    (routine,) = told(rows, segment, workers)
    assert routine.workers == ("Ada", "Bo")
    assert [(len(v.steps), v.times) for v in routine.variants] == [(5, 4), (6, 4)]


def test_what_is_done_twice_is_no_routine() -> None:
    rows = [row for i in range(2) for row in performance(i)]
    assert told(rows, np.repeat(np.arange(2), 6).tolist()) == []


def real(path: Path) -> Routine:
    """The one routine of a log of one task, cut as its own truth says."""
    chunks = [chunk for item in reader.plan((path,)) for chunk in reader.read(item)]
    table = pa.concat_tables([chunk.events for chunk in chunks]).unify_dictionaries()
    cases = np.unique(table.column("case").to_pylist(), return_inverse=True)[1]
    cut = Segments(cases, np.zeros(len(cases), dtype=bool), 1, 0.0, 1.0)
    (routine,) = routines(read(table), cut, np.zeros(int(cases.max()) + 1, np.int64), table)
    return routine


@pytest.mark.data
def test_the_reimbursement_form_is_filled_from_two_sheets(shared_data: Path) -> None:
    routine = real(shared_data / "uilogs" / "Reimbursement_segmented.csv")
    pasted = {f.step.element: f for f in routine.fields if f.step.action == "paste"}
    wanted = {
        "q3_name[first] first_3": ("A#", "Student details"),
        "q3_name[last] last_3": ("A#", "Student details"),
        "q6_studentId input_6": ("B#", "Student details"),
        "q4_email input_4": ("G#", "Student details"),
        "q7_phoneNumber[area] input_7_area": ("H#", "Student details"),
        "q5_address[addr_line1] input_5_addr_line1": ("C#:F#", "Student details"),
        "q10_bankName input_10": ("B#", "Reimbursement details"),
        "q11_accountNumber input_11": ("C#", "Reimbursement details"),
        "q12_reimbursementDetails[0][] input_12_0_3": ("D#", "Reimbursement details"),
        "q12_reimbursementDetails[0][] input_12_0_8": ("E#", "Reimbursement details"),
    }
    for field, (column, sheet) in wanted.items():
        (source,) = pasted[field].sources
        assert (source.element, sheet in source.place) == (column, True), field
    assert pasted["q12_reimbursementDetails[0][] input_12_0_0"].kind == "constant"


@pytest.mark.data
def test_the_student_record_is_filled_from_one_sheet(shared_data: Path) -> None:
    routine = real(shared_data / "uilogs" / "StudentRecord_segmented.csv")
    sources = {
        f.step.element: [source.element for source in f.sources] for f in routine.fields if f.step.action == "paste"
    }
    assert sources["SingleLine"] == ["A#", "B#"]
    assert sources["date Date-date"] == ["C#"]
    assert sources["countrycode PhoneNumber"] == ["D#"]
    assert sources["Email"] == ["E#"]
    assert sources["SingleLine1"] == ["F#"]
    assert all(sources[f"Address_{part}"] == ["G#"] for part in ("AddressLine1", "City", "Region", "ZipCode"))
