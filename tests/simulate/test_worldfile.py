"""A world in a file is the world that was written, and what is wrong with one is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from guildbook.model import InputError
from guildbook.simulate import worldfile
from guildbook.simulate.majors import majors
from guildbook.simulate.occupations import Floats
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.running import averaged
from guildbook.simulate.scenario import Scenario, load
from guildbook.simulate.twin import Twin


def test_a_world_comes_back_as_it_was(tmp_path: Path) -> None:
    world = majors()
    measured = replace(world, reached=world.exposure * 0.5, data_exponent=np.where(world.exposure > 0.5, 0.4, np.nan))
    for each in (world, measured):
        worldfile.write(each, {"by": "test"}, tmp_path / "world.json")
        found = worldfile.read(tmp_path / "world.json")
        assert worldfile.digest(found) == worldfile.digest(each)
        assert found.names == each.names
    assert worldfile.digest(world) != worldfile.digest(measured)
    assert json.loads((tmp_path / "world.json").read_text())["made"] == {"by": "test"}


def test_a_scenario_runs_in_a_world_beside_it(tmp_path: Path) -> None:
    """With nothing measured it is the built-in world, digit by digit; what was measured changes what comes out."""
    worldfile.write(majors(), {}, tmp_path / "w.json")
    (tmp_path / "s.yaml").write_text("world: w.json\nmonths: 24\n")
    found, plain = load(tmp_path / "s.yaml"), Scenario(months=24)
    assert (averaged(found).values == averaged(plain).values).all()
    (tmp_path / "moved").mkdir()
    worldfile.write(majors(), {}, tmp_path / "moved" / "other.json")
    (tmp_path / "moved" / "s.yaml").write_text("world: other.json\nmonths: 24\n")
    assert load(tmp_path / "moved" / "s.yaml").digest() == found.digest()
    worldfile.write(replace(majors(), reached=np.zeros(22)), {}, tmp_path / "none.json")
    (tmp_path / "none.yaml").write_text("world: none.json\nmonths: 24\n")
    untouched = averaged(load(tmp_path / "none.yaml"))
    assert untouched.of("outside")[-1] == 0.0
    assert untouched.of("wage")[-1] > averaged(found).of("wage")[-1]


def test_a_measured_exponent_is_used_where_it_was_measured() -> None:
    """Where AI hangs more on traces, losing them costs it more."""
    world = majors()
    outputs: list[Floats] = []
    for exponent in (0.1, np.nan, 0.9):
        column = np.full(22, np.nan)
        column[3] = exponent
        twin = Twin(replace(world, data_exponent=column), Parameters(consent_substitute=0.1), 1e6)
        outputs.append([twin.month() for _ in range(48)][-1].fallbacks.ai_output)
    assert outputs[0][3] > outputs[1][3] > outputs[2][3]
    others = np.arange(22) != 3
    assert outputs[0][others] == pytest.approx(outputs[2][others], rel=0.2)


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [("wage", None, "cannot be read"), ("exposure", 2, "exposure"), ("reached", -1, "reached"), ("jobs", "x", "x"),
     ("data_exponent", 99, "over 10"), ("wage", 0, "no wage")],
)  # fmt: skip
def test_what_is_wrong_with_an_occupation_is_named(column: str, value: object, named: str) -> None:
    said = worldfile.to_dict(majors(), {})
    said["occupations"][0][column] = value
    with pytest.raises(InputError, match=named):
        worldfile.of(said)


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [("guildbook_world", 9, "form 9"), ("occupations", [], "begins in"), ("moves", 3, "cannot be read"),
     ("moves", [[0, 99, 0.1]], "leads out"), ("moves", [[99, 0, 0.1]], "begins in"),
     ("moves", [[0, 1, -0.1]], "leads out")],
)  # fmt: skip
def test_what_is_wrong_with_a_world_is_named(key: str, value: object, named: str) -> None:
    said = worldfile.to_dict(majors(), {}) | {key: value}
    with pytest.raises(InputError, match=named):
        worldfile.of(said)


def test_what_is_no_world_is_named(tmp_path: Path) -> None:
    for text in ("", "[1]", "{", '{"a": 1}'):
        (tmp_path / "w.json").write_text(text)
        with pytest.raises(InputError):
            worldfile.read(tmp_path / "w.json")
    with pytest.raises(InputError, match=r"gone\.json"):
        worldfile.read(tmp_path / "gone.json")
