"""The search where the best policy is known, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from guildbook.model import InputError, UsageError
from guildbook.simulate.journal import Journal
from guildbook.simulate.occupations import Floats, alone
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.players import Players, Task, players
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.search import Found, Search, Tried, found, load, of, optimum, plain

HEAD, PHI, PSI = 0.8, 0.6, 0.3
ALIKE = Parameters(
    skill=0, spread=0, bias=0, noise=0, reach=0, best_ai=0, start=HEAD, learning=0, forgetting=0, keeps_within=1,
    keeps_across=1, phi=PHI, psi=PSI, friction=5, extraction=1.0, rot=0.05,
)  # fmt: skip
"""Everybody alike and nothing learnt: what is outside comes to rest where extraction and staleness meet."""


def at_rest(consent: float, p: Parameters = ALIKE) -> float:
    """X where `κ·m·g·(x₀ + X)(H − X) = δX·X`."""
    pace = p.extraction * consent * float(alone().exposure[0])
    roots = np.roots([pace, p.rot - pace * (HEAD - p.seed_expertise), -pace * p.seed_expertise * HEAD])
    return float(roots[(roots > 0) & (roots < HEAD)][0])


def made(outside: float) -> float:
    """Output against what anybody makes, where X < h."""
    return 1 + PHI * HEAD + PSI * HEAD * outside


def test_the_best_policy_where_it_is_known_in_closed_form() -> None:
    """What is outside lowers wages, since ψh < φ, and raises output: the bound on output binds, and says how much."""
    least = 0.98
    rest = (least * made(at_rest(1)) - made(0)) / (PSI * HEAD)
    exact = ALIKE.rot * rest / (float(alone().exposure[0]) * (ALIKE.seed_expertise + rest) * (HEAD - rest))
    assert 0.1 < exact < 0.9
    search = Search(
        "known", Scenario(world="one", parameters=ALIKE, months=150, workers=1_000), {"consent_augment": (0, 1)},
        least=least, budget=128, front=0, agents=False,
    )  # fmt: skip
    with players(Journal(), jobs=1) as here:
        come = found(search, here)
    assert come.policy["consent_augment"] == pytest.approx(exact, rel=0.02)
    assert come.after["outside"] == pytest.approx(rest, rel=0.02)
    assert come.after["income"] > come.before["income"]
    assert come.to_dict()["keeps_output"]


def test_with_a_licence_in_reach_workers_lose_nothing_by_sharing() -> None:
    """The licence keeps what is outside from being used against them: then as much as can be is best outside."""
    search = Search(
        "licensed", Scenario(world="one", parameters=ALIKE, months=120, workers=1_000),
        {"consent_augment": (0, 1), "licence": (0, 1), "royalty": (0, 1)}, least=0.9, budget=150, front=0, agents=False,
    )  # fmt: skip
    with players(Journal(), jobs=1) as here:
        come = found(search, here)
    assert come.policy["licence"] == pytest.approx(1, abs=1e-3)
    assert come.policy["consent_augment"] == pytest.approx(1, abs=1e-2)
    assert come.policy["royalty"] == 0  # nobody pays any: it is where it was


def circle(policies: Floats) -> tuple[Floats, Floats]:
    """Most for workers is at (1, 1), most output at (0, 0)."""
    return policies.sum(axis=1), 1 - (policies**2).sum(axis=1)


def test_the_front_of_two_aims_is_found_and_holds_nothing_that_is_beaten() -> None:
    tried = Tried(circle)
    bounds = [(0.0, 1.0), (0.0, 1.0)]
    for least in (-2.0, -0.5, 0.0, 0.5, 0.9):
        best = optimum(bounds, tried, least, 800, seed=1)
        gain, output = tried.known[best]
        assert output >= least - 1e-9
        assert gain == pytest.approx(min(2.0, np.sqrt(2 * (1 - least))), abs=0.01)  # x = y on the circle
    front = tried.front()
    figures = np.array([tried.known[name] for name in front])
    assert (np.diff(figures[:, 0]) < 0).all()
    assert (np.diff(figures[:, 1]) > 0).all()
    everything = np.array(list(tried.known.values()))
    for gain, output in figures[::7]:
        assert not ((everything > [gain, output]).all(axis=1)).any()


def test_a_bound_that_cannot_be_kept_gives_what_comes_nearest() -> None:
    tried = Tried(circle)
    best = optimum([(0.0, 1.0), (0.0, 1.0)], tried, 1.5, 400, seed=1)
    assert best == pytest.approx((0, 0), abs=1e-2)


def test_a_lever_that_does_not_matter_goes_back_to_where_it_was_if_it_may() -> None:
    def first(policies: Floats) -> tuple[Floats, Floats]:
        return policies[:, 0], np.ones(len(policies))

    levers = [(0.0, 1.0), (0.0, 1.0), (0.5, 1.0)]
    assert plain((1.0, 0.7, 0.8), (0.0, 0.2, 0.0), levers, Tried(first), 0.9) == (1.0, 0.2, 0.8)


def searched(here: Players) -> Found:
    search = of({
        "base": {"workers": 800, "months": 24, "seeds": 3}, "levers": ["licence", "consent_substitute"],
        "from": 6, "budget": 32, "front": 1, "output": 0.95,
    })  # fmt: skip
    return found(search, here)


def test_what_is_found_is_checked_on_agents_and_is_the_same_again(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal, players(journal, jobs=1) as here:
        once = searched(here)
    said = once.to_dict()
    assert said["agents"]["seeds"] == 3
    assert said["agents"]["difference"]["income"]["low"] > 0
    assert 0 <= said["agents"]["keeps_output"] <= 3
    assert said["policy"]["licence"] > 0.9
    assert said["front"][0]["income"] >= said["front"][-1]["income"]
    rows = once.table()
    assert rows.num_rows == said["runs"] == len(once.tasks)
    assert all(rows[name].null_count == 0 for name in rows.schema.names if name != "seed")
    last = once.tasks[-1].scenario
    assert last.parameters_in(5) == once.search.base.parameters
    assert last.parameters_in(6).licence == said["policy"]["licence"]

    lines = (tmp_path / "runs.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "runs.jsonl").write_text("".join(lines[: len(lines) // 2]) + lines[-1][:20])  # killed half-way
    with Journal(tmp_path) as journal, players(journal, jobs=1) as here:
        assert len(journal) == len(lines) // 2
        again = searched(here)
    assert again.to_dict() == said
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == len(lines)


def test_a_search_begins_with_what_there_is() -> None:
    search = of({"base": {"parameters": {"royalty": 0.2}}, "levers": {"royalty": [0.1, 0.5]}})
    assert search.now() == {"royalty": 0.2}
    assert Task(search.at({"royalty": np.float64(0.3)}), None).scenario.parameters.royalty == 0.3
    assert json.dumps(search.base.to_dict())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("goal: luck", "luck"), ("output: much", "much"), ("levers: [phi]", "phi"), ("levers: {phy: [0, 1]}", "phy"),
        ("from: 200", "200"), ("budget: 0", "budget"), ("agents: 1", "agents"), ("- 1", "no search"),
        ("base: {changes: {30: {licence: 1}}}", "licence"), ("front: -1", "front"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises((InputError, UsageError), match=named):
        load(path)
