"""Scenarios, seeds and policies; what is kept; and the essays' claims."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from guildbook.model import InputError, UsageError
from guildbook.simulate.experiment import compared, outcome, write
from guildbook.simulate.parameters import Parameters, table
from guildbook.simulate.running import FIELDS, averaged, ends, simulated
from guildbook.simulate.scenario import Scenario, load, of

SMALL = Scenario(workers=4_000, months=24, seeds=3)


def test_a_scenario_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "deal.yaml"
    path.write_text(
        "about: a licence from the second year on\nparameters: {phi: 0.7}\nchanges: {12: {licence: 0.8}}\nmonths: 36\n"
    )
    found = load(path)
    assert (found.name, found.months, found.parameters.phi) == ("deal", 36, 0.7)
    assert found.parameters_in(11).licence == 0
    assert found.parameters_in(12).licence == 0.8
    assert of(found.to_dict() | {"changes": found.changes}).digest() == found.digest()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("months: soon", "soon"), ("wages: 3", "wages"), ("parameters: {phy: 1}", "phy"), ("world: moon", "moon"),
        ("parameters: {beta: 2}", "beta"), ("parameters: {beta: yes}", "beta"), ("world: network", "network"),
        ("changes: {400: {beta: .1}}", "400"), ("- a", "no scenario"), ("a: [", "cannot be read"),
        ("workers: 0", "workers"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_scenario_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises((InputError, UsageError), match=named):
        load(path)


def test_runs_are_kept_and_not_run_again_unless_they_are_other_ones(tmp_path: Path) -> None:
    first = outcome(SMALL, tmp_path)
    kept = sorted(tmp_path.rglob("seed-*.parquet"))
    assert len(kept) == 3
    kept[1].write_bytes(b"torn")
    before = kept[0].stat().st_mtime_ns
    again = outcome(SMALL, tmp_path)
    assert kept[0].stat().st_mtime_ns == before
    for one, other in zip(first.runs, again.runs, strict=True):
        assert (one.values == other.values).all()
    other = outcome(SMALL.having(parameters=Parameters(phi=0.7)), tmp_path)
    assert len(sorted(tmp_path.rglob("seed-*.parquet"))) == 6
    files = write([first, other], tmp_path)
    assert all(path.stat().st_size for path in files)


def test_every_row_says_how_to_get_it_again() -> None:
    rows = outcome(SMALL).table()
    assert rows.num_rows == 24 * 4
    assert set(rows["seed"].to_pylist()) == {0, 1, 2, None}
    for name in ("scenario", "scenario_hash", "data_hash", "version", "parameters", "setting", "workers", "month"):
        assert rows[name].null_count == 0
    assert Parameters(**json.loads(rows["parameters"][0].as_py())) == SMALL.parameters
    assert json.loads(rows["setting"][0].as_py())["changes"] == {}
    assert all(np.isfinite(rows[name].to_numpy()).all() for name in FIELDS)


def test_chance_cancels_between_two_policies() -> None:
    """A paired difference scatters far less than either world does."""
    one = outcome(SMALL)
    two = outcome(SMALL.having(parameters=Parameters(licence=0.5)))
    place = list(FIELDS).index("wage")
    apart = compared(one, two)["wage"]
    alone = np.ptp(ends(one.runs)[:, place])
    assert apart.high - apart.low < alone / 2
    assert apart.low > 0


def test_a_change_bites_when_it_is_made() -> None:
    changed = SMALL.having(changes={12: {"licence": 1.0}})
    one, two = simulated(SMALL, 4), simulated(changed, 4)
    assert (one.values[:12] == two.values[:12]).all()
    assert (one.of("wage")[13:] < two.of("wage")[13:]).all()


def test_every_parameter_says_where_it_comes_from() -> None:
    for name, (value, about) in table().items():
        assert about.low <= value <= about.high, name
        assert about.what
        assert about.source


def end(name: str, **parameters: float) -> float:
    """A field in the last of fifteen years, without chance."""
    found = averaged(Scenario(parameters=Parameters().having(**parameters)))
    return float(ends([found])[0][list(FIELDS).index(name)])


def test_expertise_that_leaves_heads_lowers_wages_though_no_ai_has_a_job() -> None:
    before, after = end("wage", extraction=0, best_ai=0), end("wage", best_ai=0)
    assert end("ai_jobs") < 1e-5
    assert 0.6 < after / before < 0.85


def test_a_collective_licence_restores_most_of_it() -> None:
    before, after = end("wage", extraction=0, best_ai=0), end("wage", best_ai=0)
    licensed = end("wage", licence=0.8, best_ai=0)
    assert 0.7 < (licensed - after) / (before - after) < 1


def test_what_complements_expertise_raises_wages() -> None:
    assert end("wage", psi=1.5, best_ai=0) > end("wage", extraction=0, best_ai=0) * 1.1


def test_a_licence_without_limits_to_consent_can_give_jobs_to_ai() -> None:
    """It takes the cheap newcomer away, who is AI's rival too."""
    assert end("ai_jobs", licence=0.8) > end("ai_jobs") + 0.01
    assert end("ai_jobs", licence=0.8, consent_substitute=0) < 0.001


def test_consent_to_substitution_has_a_threshold() -> None:
    jobs = [end("ai_jobs", best_ai=6, licence=0.8, consent_substitute=m) for m in (0.0, 0.1, 0.2, 0.3, 0.6, 1.0)]
    steps = np.diff(jobs)
    assert (steps >= 0).all()
    assert jobs[1] < 0.05 * jobs[-1]
    assert jobs[3] > 0.5 * jobs[-1]
    assert steps.argmax() == 2


def test_capital_that_feeds_on_its_own_revenue_gives_ai_most_of_its_jobs() -> None:
    dear, cheap = end("ai_jobs", licence=0.8), end("ai_jobs", licence=0.8, worth_of_capital=0.01)
    assert cheap > 4 * dear > 0
    assert end("capital", licence=0.8, worth_of_capital=0.01, royalty=1.0) == pytest.approx(1.0)


def test_a_strike_on_everything_does_less_against_ai_than_one_on_what_substitutes() -> None:
    """Expertise that stays in heads makes no cheap newcomers either, who are what AI has to beat."""
    everything = end("ai_jobs", best_ai=5, strike_substitute=0.5, strike_augment=0.9)
    substitution = end("ai_jobs", best_ai=5, strike_substitute=0.5)
    assert substitution < everything < end("ai_jobs", best_ai=5, strike_augment=0.9)
