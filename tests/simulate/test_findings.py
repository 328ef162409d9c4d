"""Every file in examples/scenarios is what it says, and the findings that docs/simulate-experiments.md tells hold."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from guildbook.simulate import scenario, search, sensitivity, sweep
from guildbook.simulate.journal import Journal
from guildbook.simulate.players import players

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "examples" / "scenarios").glob("*.yaml"))
PLAIN = ("capital", "licence", "nothing")
KINDS: dict[str, Callable[[Path], Any]] = {
    "run": scenario.load, "compare": scenario.load, "sweep": sweep.load, "sensitivity": sensitivity.load,
    "search": search.load,
}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_by_which_command_it_is_run_and_can_be_read(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()[0].split()
    assert first[:3] == ["#", "guildbook", "simulate"]
    assert path.name in first[4:]
    assert KINDS[first[3]](path) is not None


def test_every_scenario_runs() -> None:
    plain = [
        scenario.load(path) for path in FILES if "-" not in path.stem and path.stem not in {"search", "sensitivity"}
    ]
    assert len(plain) >= 3
    with players(Journal(), jobs=1) as hands:
        for each in plain:
            tasks = sweep.Sweep(each.name, each.having(workers=500, months=30, seeds=1), ({},), {"base": {}}).tasks()
            assert hands.play(tasks)[0]["wage"] > 0


def test_a_search_and_the_weighing_of_assumptions_begin(tmp_path: Path) -> None:
    sought = search.load(ROOT / "examples" / "scenarios" / "search.yaml")
    small = replace(sought, base=sought.base.having(workers=300, months=13, seeds=1), budget=8, front=0)
    weighed = sensitivity.load(ROOT / "examples" / "scenarios" / "sensitivity.yaml")
    short = replace(weighed, base=weighed.base.having(months=2, world="one"), samples=2)
    with players(Journal(), jobs=1) as hands:
        assert search.found(small, hands).policy
        assert sensitivity.hung(short, hands).found


@pytest.fixture(scope="module")
def findings() -> ModuleType:
    path = ROOT / "benchmarks" / "simulate_findings.py"
    spec = importlib.util.spec_from_file_location("simulate_findings", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_findings"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_findings_hold_with_agents_and_without_chance(findings: ModuleType) -> None:
    """With one seed of few people; the benchmark has twenty of more."""
    with players(Journal(), jobs=1) as hands:
        found = findings.found(hands, 1, 3_000)
    assert len(found) == len(findings.CLAIMS)
    for claim, row in zip(findings.CLAIMS, found, strict=True):
        assert row["holds"], json.dumps(row)
        assert row["twin"] > claim.bound if claim.side == ">" else row["twin"] < claim.bound, json.dumps(row)


def test_the_docs_tell_every_finding(findings: ModuleType) -> None:
    text = (ROOT / "docs" / "simulate-experiments.md").read_text("utf-8")
    assert [claim.says for claim in findings.CLAIMS if f"| {claim.says} |" not in text] == []
