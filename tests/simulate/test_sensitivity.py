"""Indices against functions whose indices are known, through the code that asks the simulator."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from guildbook.model import InputError, UsageError
from guildbook.simulate.journal import Journal
from guildbook.simulate.occupations import Floats
from guildbook.simulate.operators import Operator
from guildbook.simulate.parameters import ASSUMPTION, Parameters, table
from guildbook.simulate.players import players
from guildbook.simulate.ranges import LEVERS, swept
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.sensitivity import hung, indices, load, of

SEVEN, TENTH = 7.0, 0.1
SILENT = {"helper", "task_spread", "rent", "elasticity", "passed_on", "spent", "competition"}
"""What says nothing by default."""


def ishigami(points: Floats) -> Floats:
    """Ishigami and Homma (1990), and beside it one that hangs on the first alone, and a constant."""
    first, second, third = points[:, 0], points[:, 1], points[:, 2]
    known = np.sin(first) + SEVEN * np.sin(second) ** 2 + TENTH * third**4 * np.sin(first)
    return np.column_stack([known, 3 * first, np.full(len(points), 2.0)])


NAMES: list[str] = ["one", "two", "three", "idle"]
OVER = dict.fromkeys(NAMES, (-math.pi, math.pi))


def test_sobols_indices_of_a_function_that_has_them_in_closed_form() -> None:
    found, alone, constant = indices(OVER, ishigami, "sobol", 4096, seed=3)
    pi4, pi8 = math.pi**4, math.pi**8
    first = 0.5 * (1 + TENTH * pi4 / 5) ** 2
    second, joint = SEVEN**2 / 8, TENTH**2 * pi8 * 8 / 225
    total = first + second + joint
    for index, single, both in zip(found, (first, second, 0, 0), (first + joint, second, joint, 0), strict=True):
        assert index.alone == pytest.approx(single / total, abs=0.03)
        assert index.joint == pytest.approx(both / total, abs=0.03)
        assert abs(index.alone - single / total) < 2 * index.alone_error + 1e-9
    assert [index.parameter for index in found] == list(OVER)
    assert (alone[0].alone, alone[0].joint) == pytest.approx((1, 1), abs=0.02)
    assert all(index.joint == pytest.approx(0, abs=1e-9) for index in alone[1:])
    assert all(index == type(index)(index.parameter, 0, 0, 0, 0) for index in constant)


def test_morris_tells_what_matters_and_how_far_it_is_from_straight() -> None:
    found, alone, constant = indices(OVER, ishigami, "morris", 200, seed=3)
    assert [index.joint > 0.1 for index in found] == [True, True, True, False]
    assert found[3].alone == 0
    assert alone[0].alone == pytest.approx(6 * math.pi)  # across its range
    assert alone[0].joint == pytest.approx(0, abs=1e-9)
    assert all(index.alone == 0 for index in constant)


def test_the_same_seed_gives_the_same_indices() -> None:
    assert indices(OVER, ishigami, "sobol", 64, seed=5) == indices(OVER, ishigami, "sobol", 64, seed=5)
    assert indices(OVER, ishigami, "sobol", 64, seed=5) != indices(OVER, ishigami, "sobol", 64, seed=6)


def test_what_cannot_matter_does_not() -> None:
    """Without AI its capital is nothing to anybody; β divides what there is."""
    asked = of({
        "base": {"world": "one", "months": 24, "workers": 1_000, "parameters": {"best_ai": 0}}, "samples": 32,
        "over": {"beta": [0.3, 0.7], "phi": [0.4, 0.8], "worth_of_capital": [0.1, 2], "wear": [0.001, 0.1]},
    })  # fmt: skip
    with players(Journal(), jobs=1) as here:
        found = hung(asked, here)
    said = found.to_dict()
    by_name = {each["parameter"]: each for each in said["indices"]["wage"]}
    assert by_name["worth_of_capital"]["total"] == by_name["wear"]["total"] == 0
    assert by_name["beta"]["total"] > 0.3
    assert [each["total"] for each in said["indices"]["ai_jobs"]] == [0, 0, 0, 0]
    assert said["runs"] == 32 * 6
    rows = found.table()
    assert rows.num_rows == 32 * 6
    tried = json.loads(rows["parameters"][7].as_py())
    assert tried["beta"] == rows["at_beta"][7].as_py()
    assert all(rows[name].null_count == 0 for name in rows.schema.names if name != "seed")


def test_agents_can_be_asked_and_a_number_of_months_is_whole() -> None:
    asked = of({
        "base": {"world": "one", "months": 13, "workers": 300, "seeds": 2}, "method": "morris", "samples": 2,
        "over": {"every": [6, 24], "phi": [0.4, 0.8]}, "agents": True, "measures": ["wage"],
    })  # fmt: skip
    with players(Journal(), jobs=1) as here:
        found = hung(asked, here)
    assert len(found.tasks) == 2 * 3 * 2
    assert {task.seed for task in found.tasks} == {0, 1}
    assert all(isinstance(task.scenario.parameters.every, int) for task in found.tasks)
    assert set(found.to_dict()["indices"]["wage"][0]) == {"parameter", "mu_star", "mu_star_error", "sigma"}


def test_every_assumption_has_a_range_about_its_default() -> None:
    over = swept(Scenario())
    for name, (value, about) in table().items():
        if name in over:
            low, high = over[name]
            assert about.source == ASSUMPTION, name
            assert about.low <= low <= value <= high <= about.high, name
            assert low < high, name
            assert high - low < about.high - about.low, name
        else:
            off = value == 0 or name in {
                "helper",
                "task_spread",
                "rent",
                "elasticity",
                "passed_on",
                "spent",
                "competition",
            }
            assert about.source != ASSUMPTION or name in LEVERS or off, name
    assert len(over) > 30
    assert set(over) <= set(table())
    assert set(LEVERS) <= set(table())


def test_what_belongs_to_a_mechanism_is_swept_where_that_is_on() -> None:
    goods = Scenario(parameters=Parameters(goods=1))
    assert set(swept(goods)) - set(swept(Scenario())) == {"elasticity", "passed_on"}
    later = Scenario(changes={12: {"goods": 1}})
    assert swept(later) == swept(goods)
    several = Scenario(operators=(Operator("one", 0.5), Operator("two", 0.5)))
    assert set(swept(several)) - set(swept(Scenario())) == {"competition"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("method: guess", "guess"), ("samples: 100", "100"), ("measures: [luck]", "luck"),
        ("over: {phy: [0, 1]}", "phy"),
        ("over: {phi: [0, 9]}", "phi"), ("over: {phi: [1, 0]}", "phi"), ("over: {phi: 1}", "phi"), ("seed: -1", "seed"),
        ("agents: 3", "agents"), ("bases: {}", "bases"), ("over: {phi: [a, b]}", "phi"), ("base: 3", "base"),
        ("base: {changes: {3: {phi: .4}}}", "phi"), ("- 1", "no sensitivity"), ("over: [phi]", "phi"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises((InputError, UsageError), match=named):
        load(path)
