"""`measure frontier`, as people type it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., tuple[int, str, str]]
Ask = Callable[..., Any]


@pytest.fixture
def book(guildbook: Run, tmp_path: Path) -> None:
    """Claims that are looked at, and paid or refused."""
    out = ["case,time,worker,activity"]
    for case in range(150):
        way = [
            "open",
            "look",
            *(["ask"] if case % 3 == 0 else []),
            "pay" if case * case % 11 < 7 else "refuse",
            "close",
        ]
        day, minute = divmod(case, 28)
        for place, step in enumerate(way):
            who = ("Ada", "Bo", "Cy")[(case + place) % 3]
            out.append(f"C{case},2026-{1 + day:02d}-{1 + minute:02d}T09:{10 * place:02d}:00Z,{who},{step}")
    log = tmp_path / "claims.csv"
    log.write_text("\n".join(out) + "\n")
    assert guildbook("learn", log)[0] == 0


@pytest.mark.usefixtures("book")
def test_a_frontier_is_told_drawn_and_kept(guildbook: Run, guildbook_json: Ask, tmp_path: Path) -> None:
    words = ["measure", "frontier", "--seeds", 2, "--bound", "0.1", "--bound", "1", "--public", 2]
    words += ["--mechanism", "caps", "--mechanism", "withhold", "--mechanism", "gate", "--marked", "ask"]
    folder, drawn = tmp_path / "out", tmp_path / "chart.svg"
    found = guildbook_json(*words, "-o", folder, "--plot", drawn)
    assert drawn.read_text(encoding="utf-8").startswith("<svg")
    assert json.loads((folder / "frontier.json").read_text(encoding="utf-8")) == found
    assert (folder / "points.csv").read_text(encoding="utf-8").startswith("mechanism,level,S,")
    assert {(a["mechanism"], a["bound"]) for a in found["answers"]} == {
        (m, b) for m in ("caps", "withhold", "gate") for b in (0.1, 1.0)
    }
    withheld = yaml.safe_load((folder / "withhold-0.1.yaml").read_text(encoding="utf-8"))
    assert withheld["acts"]
    assert set(withheld["acts"]) <= {"look", "ask", "pay", "refuse", "close"}
    assert not (folder / "withhold-1.yaml").exists()
    before = {path: path.stat().st_mtime_ns for path in (folder / "runs").iterdir()}
    status, shown, said = guildbook(*words, "-o", folder)
    assert status == 0
    assert "× data caps" in shown
    assert "public cases teach alone" in said
    assert before == {path: path.stat().st_mtime_ns for path in (folder / "runs").iterdir()}


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--mechanism", "magic"], "no mechanism called 'magic'"),
        (["--marked", "dance", "--mechanism", "caps", "--seeds", "1"], "no act called 'dance'"),
        (["--against", "nothing"], "no S called 'nothing'"),
        (["--cost", "money"], "no cost called 'money'"),
        (["--plot", "chart.pdf"], "cannot be written"),
    ],
)
def test_mistakes_are_told_before_the_work(guildbook: Run, words: list[str], says: str) -> None:
    status, _, said = guildbook("measure", "frontier", *words)
    assert status != 0
    assert says in " ".join(said.split())


@pytest.mark.data
@pytest.mark.slow
def test_what_is_chosen_for_a_bound_beats_fewer_cases(guildbook: Run, guildbook_json: Ask, shared_data: Path) -> None:
    assert guildbook("learn", shared_data / "eventlogs" / "Helpdesk.xes.gz")[0] == 0
    words = ["--mechanism", "caps", "--mechanism", "withhold", "--mechanism", "gate", "--seeds", "2", "--bound", "0.05"]
    found = guildbook_json("measure", "frontier", *words, "--bound", "1")
    areas = found["areas"]["system"]["most"]
    assert areas["withhold"]["ratio_to_caps_by_lot"]["low"] > 1
    assert areas["gate"]["area"]["value"] > 0.95
    bound = {a["mechanism"]: a for a in found["answers"] if a["bound"] == 0.05}
    assert bound["withhold"]["held"]
    assert bound["withhold"]["A"]["low"] > 0.4
    assert bound["withhold"]["S_attacked"]["value"] >= found["S_public_alone"] - 1e-9
    kept = sorted((r["S"], r["A"]) for r in found["points"]["system"]["most"] if r["status"] == "frontier")
    assert [a for _, a in kept] == sorted(a for _, a in kept)
