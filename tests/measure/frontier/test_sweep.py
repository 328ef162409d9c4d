"""A sweep goes on where it stopped, and says the same each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from guildbook.measure.engine import Engine
from guildbook.measure.frontier.found import find
from guildbook.measure.frontier.points import frontier
from guildbook.measure.frontier.sweep import MECHANISMS, Settings, Sweep

SETTINGS = Settings(bounds=(0.1, 1.0), seeds=2, public=3, tried=60, tries=5)


def test_all_mechanisms(engine: Engine, tmp_path: Path) -> None:
    done: list[float] = []
    found = find(engine, SETTINGS, tmp_path, done.append)
    assert done == sorted(done)
    assert done[-1] == 1
    said = found.to_dict()
    assert {a["mechanism"] for a in said["answers"]} == set(MECHANISMS)
    whole = {a["mechanism"]: a for a in said["answers"] if a["bound"] == 1}
    gated = next(a for a in said["answers"] if a["mechanism"] == "gate" and a["bound"] == 0.1)
    assert gated["A"] == whole["gate"]["A"]
    assert gated["S_weights"] == whole["gate"]["S_weights"]
    assert gated["S_system"]["value"] < whole["gate"]["S_system"]["value"]
    for answer in said["answers"]:
        assert answer["S_system"]["value"] <= answer["S_weights"]["value"] + 1e-9
        assert answer["S_weights"]["value"] <= answer["S_attacked"]["value"] + 1e-9
        assert answer["S_attacked"]["value"] >= said["S_public_alone"] - 1e-9
    rows = found.rows()
    kept = [row for row in rows if row["status"] == "frontier"]
    order = frontier(np.array([r["S"] for r in kept]), np.array([r["A"] for r in kept]))
    assert {(kept[i]["S"], kept[i]["A"]) for i in order.tolist()} == {(r["S"], r["A"]) for r in kept}
    areas = said["areas"]["system"]["most"]
    assert areas["constrained"]["area"]["value"] >= areas["withhold"]["area"]["value"]
    assert json.loads(json.dumps(said)) == said

    again = find(engine, SETTINGS, tmp_path)
    assert again.to_dict() == said
    one = next(tmp_path.glob("withhold-0-*.npz"))
    one.unlink()
    assert find(engine, SETTINGS, tmp_path).to_dict() == said
    assert one.exists()
    assert not list(tmp_path.glob("*.partial"))


def test_other_settings_are_another_sweep(engine: Engine, tmp_path: Path) -> None:
    few = Settings(("caps", "gate"), (0.1,), 1, 0, 60)
    Sweep(engine, few, tmp_path).run()
    assert len(list(tmp_path.iterdir())) == 2
    Sweep(engine, Settings(("caps", "gate"), (0.2,), 1, 0, 60), tmp_path).run()
    assert len(list(tmp_path.iterdir())) == 3  # the caps know no bound
    Sweep(engine, Settings(("caps",), (0.2,), 1, 1, 60), tmp_path).run()
    assert len(list(tmp_path.iterdir())) == 4


def test_without_public_cases_nothing_is_attacked(engine: Engine) -> None:
    found = find(engine, Settings(("caps",), (1.0,), 1, 0, 60))
    (answer,) = found.answers()
    assert answer.attacked.value == pytest.approx(answer.weights.value)
    assert found.public_alone == 0
