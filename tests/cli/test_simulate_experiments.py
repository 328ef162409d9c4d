from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Run = Callable[..., tuple[int, str, str]]
BASE = "base: {world: one, workers: 500, months: 14, seeds: 2}\n"


def test_a_sweep_is_run_shown_and_kept(guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(BASE + "grid: {phi: [0.4, 0.6]}\npolicies: {a: {}, b: {licence: 1}}\n")
    found = guildbook_json("simulate", "sweep", path, "-o", tmp_path / "out", "--jobs", 1, "--seeds", 3)
    assert [point["at"]["phi"] for point in found["points"]] == [0.4, 0.6]
    assert pq.read_table(tmp_path / "out" / "sweep.parquet").num_rows == 2 * 2 * 4
    assert (tmp_path / "out" / "sweep.csv").exists()
    status, out, err = guildbook("simulate", "sweep", path, "-o", tmp_path / "out", "--jobs", 1)
    assert status == 0
    assert "licence" not in out
    assert "12 runs" in err
    assert len(out.splitlines()) == 5
    status, out, err = guildbook("simulate", "sweep", path, "--jobs", 1, "--twin", "--months", 13)
    assert status == 0
    assert "4 runs" in err


def test_assumptions_are_weighed(guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(BASE + "samples: 4\nover: {phi: [0.4, 0.6], wear: [0.01, 0.02]}\n")
    found = guildbook_json("simulate", "sensitivity", path, "--jobs", 1, "-o", tmp_path / "out")
    assert found["indices"]["wage"][0]["parameter"] == "phi"
    assert pq.read_table(tmp_path / "out" / "sensitivity.parquet").num_rows == 16
    status, out, _ = guildbook("simulate", "sensitivity", path, "--jobs", 1)
    assert status == 0
    assert "total_error" in out
    assert guildbook("simulate", "sensitivity", path, "--samples", 5)[0] == 1
    path.write_text(BASE + "method: morris\nsamples: 2\nover: {phi: [0.4, 0.6], wear: [0.01, 0.02]}\n")
    status, out, _ = guildbook("simulate", "sensitivity", path, "--jobs", 1, "--agents")
    assert status == 0
    assert "sigma" in out


def test_a_policy_is_sought(guildbook: Run, guildbook_json: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(BASE + "levers: [licence, consent_augment]\nbudget: 16\nfront: 1\n")
    found = guildbook_json("simulate", "search", path, "--jobs", 1, "-o", tmp_path / "out")
    assert set(found["policy"]) == {"licence", "consent_augment"}
    assert pq.read_table(tmp_path / "out" / "search.parquet").num_rows == found["runs"]
    status, out, err = guildbook("simulate", "search", path, "--jobs", 1, "-o", tmp_path / "out", "--budget", 16)
    assert status == 0
    assert "With agents, 2 seeds" in err
    assert "lever" in out


def test_what_is_wrong_is_said(guildbook: Run, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("gird: {}\n")
    for command in ("sweep", "sensitivity", "search"):
        status, _, err = guildbook("simulate", command, path)
        assert status == 1
        assert "gird" in err
