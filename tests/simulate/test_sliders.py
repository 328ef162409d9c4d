"""Every parameter has a slider whose ends are of use."""

from __future__ import annotations

from guildbook.simulate.parameters import table
from guildbook.simulate.sliders import BEGINS, LEVERS, sliders


def test_every_parameter_has_one_slider_and_levers_come_first() -> None:
    found = sliders()
    assert sorted(each.name for each in found) == sorted(table())
    assert found[0].group == LEVERS
    assert set(BEGINS) <= set(table())
    assert all(each.group for each in found)
    groups = [each.group for each in found]
    assert groups == sorted(groups, key=groups.index)  # none in two pieces


def test_a_slider_reaches_its_default_and_stays_within_what_is_allowed() -> None:
    for each in sliders():
        assert each.about.low - each.step <= each.low <= each.default <= each.high <= each.about.high, each.name
        assert 0 < each.step <= (each.high - each.low), each.name
        if each.default:
            assert each.default >= (each.high - each.low) / 10, f"{each.name} would sit at its end"


def test_steps_are_round() -> None:
    for each in sliders():
        assert float(f"{each.step:.0e}") == each.step, each.name
