"""A day in real applications is recorded by every source of ours, and `learn` finds how it is done well."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from day_mailbox import PASSWORD
from recorded_day import WANTED, Day, absent

from guildbook.distil.knowledge import derive
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.model.knowledge import Kind

WAYS = {
    "Bo": [False, True, True, False, False, True, False, True, True, False],
    "Ada": [False, True, False, True, False, True, True, False, False, True],
}
"""Whether each claim is done well: each worker does five so and five clumsily, by turns.

Both begin clumsily: what was in front between the shifts counts as time of the first claim, some ten seconds, which on
a claim that takes three would hide in so few what there is. So the effect is found, and its size is somewhat too large.
"""
EACH = 10
FEWEST = 8
"""Cases a comparison rests on: a day has no twenty claims of each kind."""
SHUFFLES = 8

pytestmark = [
    pytest.mark.desktop, pytest.mark.browser, pytest.mark.office, pytest.mark.imap, pytest.mark.shells, pytest.mark.slow
]  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    """What came of the day."""

    events: list[dict[str, Any]]
    """In order."""
    table: pa.Table
    learnt: dict[str, Any]
    practices: list[dict[str, Any]]
    verdicts: list[str]
    took: dict[str, float]
    """Seconds of each shift's claims."""


@pytest.fixture(scope="module")
def day(missing_part: Callable[[str, str], NoReturn], tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    if (lacking := absent()) is not None:
        missing_part(lacking[0], f"{lacking[1]} not present")
    folder: Path = tmp_path_factory.mktemp("day")
    with Day(folder, count=2 * EACH) as day:
        assert day.sources == list(WANTED)
        took = {worker: day.shift(worker, EACH, good=ways)["seconds"] for worker, ways in WAYS.items()}
        day.guildbook("config", "set", "distil.min_cases", str(FEWEST))
        learnt = day.guildbook("learn")
        listed = day.guildbook("practices", "list")
        practices = [day.guildbook("practices", "show", each["id"]) for each in listed]
        for worker in WAYS:
            day.guildbook("permit", "--worker", worker, "--purpose", "export")
        day.guildbook("export", "--format", "parquet", "-o", str(folder / "day.parquet"))
        raw = b"".join(path.read_bytes() for path in (folder / "book").rglob("*") if path.is_file())
    assert PASSWORD.encode() not in raw.replace(json.dumps(f"echo {PASSWORD}").encode(), b"")
    table = pq.read_table(folder / "day.parquet").sort_by("time")
    return Recorded(table.to_pylist(), table, learnt, practices, list(day.office.verdicts.values()), took)


def claims(day: Recorded, worker: str) -> list[list[dict[str, Any]]]:
    """A worker's events by claim; each ends with the command that asks what became of it."""
    out: list[list[dict[str, Any]]] = [[]]
    for event in day.events:
        if event["worker"] == worker:
            out[-1].append(event)
            if event["action"] == "claims":
                out.append([])
    assert len(out) == EACH + 1
    return out[:EACH]


@pytest.mark.parametrize("worker", list(WAYS))
def test_every_source_tells_its_part(day: Recorded, worker: str) -> None:
    mine = [event for event in day.events if event["worker"] == worker]
    assert {event["source"] for event in mine} >= {"browser", "desktop", "git", "mail", "sheets", "shell"}
    assert sum(event["element_name"] == "Settle claim" for event in mine) >= EACH
    assert sum(event["source"] == "git" and event["action"] == "commit" for event in mine) >= EACH
    outcomes = [own[-1]["outcome"] for own in claims(day, worker)]
    place = list(WAYS).index(worker) * EACH
    verdicts = day.verdicts[place : place + EACH]
    assert outcomes == [{"accepted": "good", "rejected": "bad"}[verdict] for verdict in verdicts]
    assert all(said == "good" for said, good in zip(outcomes, WAYS[worker], strict=True) if good)


@pytest.mark.parametrize("worker", list(WAYS))
def test_the_two_ways_differ_in_what_was_recorded(day: Recorded, worker: str) -> None:
    well = {
        ("chromium", "copy", None),
        ("chromium", "paste", "Search"),
        ("chromium", "click", "Find policy"),
        ("chromium", "click", "Check figures"),
    }
    for own, good in zip(claims(day, worker), WAYS[worker], strict=True):
        steps = {(e["app"], e["action"], e["element_name"]) for e in own}
        assert (well <= steps) is good
        assert not (well & steps) or good
        assert (("chromium", "click", "Next page") in steps) is not good
        copies, pastes = (
            [o["id"] for e in own if e["action"] == action for o in e["objects"] or [] if o["type"] == "clip"]
            for action in ("copy", "paste")
        )
        assert bool(set(copies) & set(pastes)) is good
    cells = [e for e in day.events if e["source"] == "sheets" and e["worker"] == worker]
    assert any("=SUM(" in (event["value_after"] or "") for event in cells)


def test_learn_finds_how_it_is_done_well(day: Recorded) -> None:
    assert day.learnt["practices"]["workflow"] + day.learnt["practices"]["tool"] >= 1, day.took
    found = [p for p in day.practices if p["kind"] == "workflow" and "chromium: click Find policy" in p["do"]]
    assert len(found) == 1, [p["title"] for p in day.practices]
    (practice,) = found
    assert set(practice["do"]) >= {
        "chromium: copy generic", "chromium: paste Search", "chromium: click Find policy",
        "chromium: click Check figures",
    }  # fmt: skip
    assert practice["do"].index("chromium: paste Search") < practice["do"].index("chromium: click Check figures")
    assert "chromium: click Next page" in practice["instead_of"]
    assert not set(practice["do"]) & set(practice["instead_of"])
    effect = practice["effect"]
    assert effect["metric"] == "duration"
    assert effect["low"] <= effect["difference"] <= effect["high"] < 0
    assert effect["p"] <= 0.05
    assert effect["n"] >= 2 * FEWEST
    assert effect["with_value"] < effect["without_value"]
    assert not [p for p in day.practices if set(p["do"]) & set(practice["instead_of"])]


def test_the_evidence_is_claims_done_well_by_both(day: Recorded) -> None:
    (practice,) = [p for p in day.practices if "chromium: click Find policy" in p["do"]]
    by_id = {event["id"].hex(): event for event in day.events}
    assert len(practice["evidence"]) >= 5
    shown = [by_id[event] for each in practice["evidence"] for event in each["events"]]
    assert {event["worker"] for event in shown} == set(WAYS)
    good = {
        event["id"].hex()
        for worker, ways in WAYS.items()
        for own, well in zip(claims(day, worker), ways, strict=True)
        if well
        for event in own
    }
    assert {event["id"].hex() for event in shown} <= good
    assert {name for name, _ in practice["contributors"]} == set(WAYS)


def test_where_neither_way_is_quicker_none_is_told(day: Recorded) -> None:
    """The same steps in the same order, but each claim at the pace of another, drawn by lot."""
    chance = np.random.default_rng(1)
    settings = Settings(min_cases=FEWEST)
    as_it_was = derive(summarise_table(day.table, settings), settings).practices
    assert sum(p.kind is Kind.WORKFLOW for p in as_it_was) == 1
    told = 0
    for _ in range(SHUFFLES):
        found = derive(summarise_table(at_another_pace(day, chance), settings), settings).practices
        told += any(p.kind in {Kind.WORKFLOW, Kind.TOOL} for p in found)
    assert told == 0


def at_another_pace(day: Recorded, chance: np.random.Generator) -> pa.Table:
    """The day's events with each claim as long as another of the day; within a claim times are stretched alike."""
    rows = [event | {"time": event["time"].timestamp()} for event in day.events]
    by_id = {row["id"]: row for row in rows}
    every = [[by_id[event["id"]] for event in own] for worker in WAYS for own in claims(day, worker)]
    lengths = np.array([own[-1]["time"] - own[0]["time"] for own in every])
    ratio = chance.permutation(lengths) / lengths
    for worker, own_ratio in zip(WAYS, np.split(ratio, len(WAYS)), strict=True):
        now = before = 0.0
        place = 0
        for row in (row for row in rows if row["worker"] == worker):
            pace = float(own_ratio[min(place, EACH - 1)])
            gap = row["time"] - before if before else row["time"]
            before = row["time"]
            now = now + gap * pace if now else row["time"]
            row["time"] = now
            if row["duration"] is not None:
                row["duration"] = round(row["duration"] * pace)
            place += row["action"] == "claims"
    times = pa.array([round(row["time"] * 1e6) for row in rows], pa.int64()).cast(day.table.schema.field("time").type)
    durations = pa.array([row["duration"] for row in rows], day.table.schema.field("duration").type)
    table = day.table.set_column(day.table.column_names.index("time"), "time", times)
    return table.set_column(table.column_names.index("duration"), "duration", durations)
