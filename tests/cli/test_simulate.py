from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Run = Callable[..., tuple[int, str, str]]


def test_a_scenario_is_run_and_kept(guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("world: one\nworkers: 2000\nmonths: 24\nseeds: 2\n")
    found = guildbook_json("simulate", "run", path, "-o", tmp_path / "out", "--seeds", 3)
    assert found["seeds"] == [0, 1, 2]
    assert found["last_year"]["wage"]["low"] <= found["last_year"]["wage"]["median"] > 0
    assert pq.read_table(tmp_path / "out" / "months.parquet").num_rows == 24 * 4
    assert (tmp_path / "out" / "outcome.json").exists()
    status, out, _ = guildbook("simulate", "run", path)
    assert status == 0
    assert "unemployment" in out


def test_operators_and_tasks_are_told(guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "workers: 1000\nmonths: 18\nseeds: 2\nparameters: {tasks: 5, best_ai: 6}\n"
        "operators: [{name: big, capital: 0.7, data: 0.6}, {name: small, capital: 0.3, data: 0.4}]\n"
    )
    status, out, _ = guildbook("simulate", "run", path)
    assert status == 0
    assert "capital:small" in out
    assert "ai_tasks:13-0000" in out
    found = guildbook_json("simulate", "run", path)["parts"]
    assert found["capital:big"]["median"] >= 0.7
    assert len(found) == 22 + 6


def test_two_scenarios_are_compared(guildbook_json: Callable[..., Any], guildbook: Run, tmp_path: Path) -> None:
    one, two = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text("world: one\nworkers: 2000\nmonths: 36\nseeds: 3\n")
    two.write_text("world: one\nworkers: 2000\nmonths: 36\nseeds: 3\nparameters: {licence: 1.0}\n")
    found = guildbook_json("simulate", "compare", one, two)
    assert found["difference"]["wage"]["low"] > 0
    assert found["twin_difference"]["wage"] > 0
    assert guildbook("simulate", "compare", one, two, "-o", tmp_path / "c")[0] == 0
    assert (tmp_path / "c" / "comparison.json").exists()


def test_what_is_wrong_is_said(guildbook: Run, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("parameters: {licence: 2}\n")
    status, _, err = guildbook("simulate", "run", path)
    assert status == 2
    assert "licence" in err
    assert guildbook("simulate", "run", tmp_path / "none.yaml")[0] == 1
    assert guildbook("simulate", "run", "--threads", 10_000)[0] == 2


def test_parameters_are_listed_with_their_sources(guildbook_json: Callable[..., Any]) -> None:
    found = {each["name"]: each for each in guildbook_json("simulate", "parameters")}
    assert "del Rio-Chanona" in found["separation"]["source"]
    assert found["phi"]["source"] == "assumption"


def test_a_book_is_calibrated_and_its_world_runs(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path
) -> None:
    assert guildbook("learn", small_log)[0] == 0
    world = tmp_path / "world.json"
    status, out, err = guildbook(
        "simulate", "calibrate", "--book", "--occupation", "43-9041", "--jobs", 250_000, "--coverage", 0.5, "-o", world
    )
    assert status == 0, err
    assert "exposure" in out
    assert "world: world.json" in err
    (tmp_path / "s.yaml").write_text("world: world.json\nworkers: 2000\nmonths: 12\nseeds: 2\n")
    assert guildbook_json("simulate", "run", tmp_path / "s.yaml")["last_year"]["wage"]["median"] > 0
    plain = guildbook_json("simulate", "calibrate")
    assert plain["occupations"] == 22


def test_what_calibrate_refuses(guildbook: Run, tmp_path: Path) -> None:
    for words, code in (
        (("--book",), 2), (("--occupation", "43-9041"), 2), (("-o", tmp_path / "w.yaml"), 2), ((tmp_path / "gone",), 1),
        ((tmp_path, "--exposure", "mine"), 2),
    ):  # fmt: skip
        status, _, err = guildbook("simulate", "calibrate", *words)
        assert (status, "Error" in err) == (code, True)
