"""Tasks before jobs: what AI takes of a job, what that does to wages, and what comes back when its data dry up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model import UsageError
from guildbook.simulate import kernel as k
from guildbook.simulate import worldfile
from guildbook.simulate.calibration import Rates, placed
from guildbook.simulate.experiment import outcome, write
from guildbook.simulate.majors import majors
from guildbook.simulate.model import Model
from guildbook.simulate.occupations import Occupations, alone, complete
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.running import Run, averaged
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.tasks import Tasks, exposures
from guildbook.simulate.twin import Twin

WAGE = 60.0
SAME = Parameters(skill=0, spread=0, bias=0, noise=0, extraction=0, reach=0, tasks=4, task_spread=0)


def world(exposure: float = 0.5) -> Occupations:
    return complete(
        ("a", "b"), ("A", "B"), np.array([6, 4]), np.array([40.0, 80]), np.array([exposure, exposure / 2]), 0.5
    )


def told(months: int = 120, changes: Any = None, **p: float) -> Run:
    """The twin over the 22 groups."""
    return averaged(Scenario(workers=10_000, months=months, parameters=Parameters().having(**p), changes=changes or {}))


@settings(max_examples=50)
@given(
    exposure=st.lists(st.floats(0, 1), min_size=2, max_size=2), count=st.integers(2, 64), spread=st.floats(0, 1),
    rated=st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1)),
)  # fmt: skip
def test_tasks_spread_around_their_occupation(
    exposure: list[float], count: int, spread: float, rated: tuple[float, float] | None
) -> None:
    shares = None if rated is None else np.tile(np.sort(rated), (2, 1))
    plain = world()
    found = exposures(
        Occupations(
            plain.codes, plain.names, plain.jobs, plain.wage, np.array(exposure), plain.starts, plain.targets,
            plain.weights, rated=shares,
        ), count, spread,
    )  # fmt: skip
    assert found.shape == (2, count)
    assert ((found >= 0) & (found <= 1)).all()
    assert found.mean(axis=1) == pytest.approx(np.array(exposure), abs=1e-9)
    assert (np.diff(found, axis=1) >= -1e-9).all()


@pytest.mark.data
def test_tasks_are_as_exposed_as_they_are_rated(shared_data: Path) -> None:
    network = Scenario(world="network", data=shared_data / "labour").occupations()
    assert network.rated is not None
    found = exposures(network, 10, 0.5)
    assert found.mean(axis=1) == pytest.approx(network.exposure)
    none = 1 - network.rated[:, 1]
    assert found[none >= 0.1 + 1e-9, 0] == pytest.approx(0.0, abs=1e-9)
    assert found[network.rated[:, 0] >= 0.1 + 1e-9, -1] == pytest.approx(1.0)


def test_ratings_of_tasks_go_into_a_file_and_along_with_who_parts_from_a_group(tmp_path: Path) -> None:
    plain = majors()
    rated = replace(plain, rated=np.column_stack([plain.exposure / 3, np.minimum(plain.exposure * 1.5, 1.0)]))
    world = placed(rated, "43-9041", Rates(0.1, 0.9, None), title="Claims clerks", jobs=250_000, wage=51.0)
    worldfile.write(world, {}, tmp_path / "world.json")
    found = worldfile.read(tmp_path / "world.json")
    assert found.rated is not None
    assert found.rated[-1] == pytest.approx(found.rated[plain.codes.index("43-0000")])
    assert exposures(found, 8, 0.0).mean(axis=1) == pytest.approx(found.exposure)
    assert np.ptp(exposures(found, 8, 0.0)[-1]) > 0.1


@pytest.mark.parametrize("count", [0, 1])
def test_one_task_is_the_job(count: int) -> None:
    """To the digit."""
    harsh = {"best_ai": 8.0, "royalty": 0.2, "strike_substitute": 0.3}
    assert (told(60, **harsh, tasks=count, refocus=0.9).values == told(60, **harsh).values).all()


def test_how_tasks_are_cut_cannot_change_on_the_way() -> None:
    with pytest.raises(UsageError, match="tasks cannot change"):
        Scenario(parameters=Parameters(tasks=4), changes={5: {"tasks": 8}})


def test_tasks_are_taken_before_whole_jobs() -> None:
    """Where AI could not do a job it does some of its tasks; as it gets better, these go first."""
    whole, weak = told(best_ai=4.0), told(best_ai=4.0, tasks=8)
    assert weak.of("ai_tasks")[-1] > 0.05
    assert weak.of("ai_jobs").max() < 0.01 < whole.of("ai_jobs").max()
    rising: dict[str, Any] = {"best_ai": 4.0, "tasks": 8, "task_spread": 1, "reinvested": 0.9, "worth_of_capital": 0.02}
    for refocus in (0.1, 0.3):
        found = told(refocus=refocus, **rising)
        assert found.of("ai_jobs")[-1] > 0.1
        assert np.argmax(found.of("ai_tasks") > 0.02) < np.argmax(found.of("ai_jobs") > 0.02)


def test_taken_tasks_pay_for_the_capital_that_takes_more() -> None:
    """Capital feeds on revenue from tasks where whole jobs would never have been taken."""
    cheap: dict[str, Any] = {"best_ai": 3.0, "reinvested": 0.9, "worth_of_capital": 0.02}
    whole, tasks = told(**cheap), told(**cheap, tasks=8)
    assert whole.of("capital")[-1] < 1.05
    assert tasks.of("capital")[-1] > 10
    assert tasks.of("ai_tasks")[-1] > 0.1


def test_a_job_that_shares_its_tasks_with_ai_lasts_longer_the_more_freed_time_is_worth() -> None:
    """People with AI are more of a match for AI than people are."""
    jobs = [told(best_ai=6.0).of("ai_jobs")[-1]]
    jobs += [told(best_ai=6.0, tasks=8, refocus=each).of("ai_jobs")[-1] for each in (0.0, 0.5, 0.9)]
    assert (np.diff(jobs) < 0).all()
    assert jobs[2] < jobs[0] / 10


def test_the_most_exposed_tasks_go_first() -> None:
    twin = Twin(majors(), Parameters(best_ai=6.0, tasks=6))
    for _ in range(24):
        twin.month()
    by_ai = twin.economy.tasks.by_ai
    assert (np.diff(by_ai, axis=1) >= -1e-12).all()
    assert by_ai[:, -1].max() > 0.5
    assert by_ai[:, 0].max() < 0.1


def test_the_job_goes_when_what_is_left_no_longer_pays() -> None:
    """AI has half of the tasks and makes more of the other half than the worker is worth beyond what it costs."""
    for best, goes in ((3.0, False), (12.0, True)):
        model = Model(alone(WAGE, 0.5), SAME.having(best_ai=best, every=1, replacing=2), 500)
        model.economy.tasks.by_ai[:, 2:] = 1.0
        found = model.month()
        f, p = found.fallbacks, model.parameters
        made = f.kept[0] * p.plain * WAGE * (1 + p.phi * p.start) + f.mixed[0]
        assert (made - p.outside * WAGE < f.ai[0] - p.friction * WAGE) == goes
        assert (found.sums[0, k.TO_AI] > 400) == goes


def paid(p: Parameters, by_ai: float) -> tuple[float, Model, Any]:
    """What everybody earns in the first month, where AI does half of the tasks in so many of the jobs."""
    model = Model(alone(WAGE, 0.5), p, 500)
    model.economy.tasks.by_ai[:, 2:] = by_ai
    month = model.month()
    wage = model.workers.wage[model.workers.wage > 0]
    assert np.ptp(wage) < 1e-4
    return float(wage[0]), model, month.fallbacks


@pytest.mark.parametrize("refocus", [0.0, 0.5, 0.9])
def test_where_a_newcomer_could_work_with_the_same_ai_its_gain_is_the_firms(refocus: float) -> None:
    """The wage is paid for what is left of one's expertise: `r + β((1 − a)^(1 − ω)·φ·zg·h + k)`."""
    p = SAME.having(refocus=refocus, best_ai=2.0, every=100, outside=0.2)
    wage, _, found = paid(p, 1.0)
    assert found.rival[0] == k.DOMESTIC
    kept = 0.5 ** (1 - refocus)
    wanted = p.outside * WAGE + p.beta * (kept * p.phi * p.plain * WAGE * p.start + p.replacing * WAGE)
    assert wage == pytest.approx(wanted, rel=1e-4)
    assert wage < paid(p, 0.0)[0]


def test_tasks_done_by_ai_raise_or_lower_wages_by_who_the_rival_is() -> None:
    """It depends: against a newcomer they lower it; against AI alone a mix that makes more raises it."""
    newcomer = SAME.having(best_ai=2.0, every=100)
    assert paid(newcomer, 1.0)[0] < paid(newcomer, 0.0)[0]
    for best, higher in ((5.0, True), (2.0, False)):
        p = SAME.having(best_ai=best, every=100, replacing=2)
        wage, model, found = paid(p, 1.0)
        assert found.rival[0] == k.AI
        made = found.kept[0] * p.plain * WAGE * (1 + p.phi * p.start) + found.mixed[0]
        surplus = made - p.outside * WAGE - found.ai[0]
        assert wage == pytest.approx(p.outside * WAGE + p.beta * max(surplus, 0), rel=1e-4)
        assert (wage > paid(p, 0.0)[0]) == higher
        assert len(model.economy.occupations) == 1


def test_what_is_set_free_is_worth_something_elsewhere() -> None:
    tasks = Tasks(alone(), Parameters(tasks=4))
    tasks.by_ai[:, 1:] = 1.0
    assert tasks.left[0] == 0.25
    for refocus, kept in ((0.0, 0.25), (0.5, 0.5), (0.95, 0.25**0.05)):
        assert tasks.kept(Parameters(refocus=refocus))[0] == pytest.approx(kept)


def test_traces_of_a_task_that_nobody_does_run_dry() -> None:
    twin = Twin(alone(WAGE, 0.4), SAME.having(best_ai=0.0, friction=5.0))
    twin.economy.tasks.by_ai[:, -1] = 1.0
    for _ in range(240):
        twin.month()
    traces = twin.economy.operators.whole[0]
    assert traces[-1] < 0.02
    assert (traces[:-1] > 0.9).all()


@pytest.mark.parametrize("lever", [{"consent_substitute": 0.0}, {"strike_substitute": 1.0}])
@pytest.mark.parametrize("count", [0, 8])
def test_ai_gets_worse_and_work_comes_back_when_data_dry_up(lever: dict[str, float], count: int) -> None:
    """AI is only as good as the data behind it."""
    p = {"best_ai": 7.0, "tasks": count, "reinvested": 0.0}
    kept, dried = told(240, **p), told(240, {60: lever}, **p)
    assert (kept.values[:60] == dried.values[:60]).all()
    assert dried.of("traces")[-1] < 0.05 < kept.of("traces")[-1]
    what = "ai_tasks" if count else "ai_jobs"
    peak = dried.of(what)[:90].max()
    assert peak > 0.05
    assert dried.of(what)[-1] < peak / 10
    assert dried.of(what)[-1] < kept.of(what)[-1] / 10
    assert dried.of("ai_jobs")[-1] < 0.01


def test_capital_alone_takes_tasks_too() -> None:
    """AI improves task by task by capital as by data."""
    poor, rich = (told(best_ai=4.0, tasks=8, reinvested=0.9, worth_of_capital=price) for price in (1.0, 0.05))
    assert rich.of("capital")[-1] > 2 * poor.of("capital")[-1]
    assert rich.of("ai_tasks")[-1] > poor.of("ai_tasks")[-1]


@settings(max_examples=8)
@given(
    workers=st.integers(1, 5_000), seed=st.integers(0, 1 << 40), best=st.floats(0, 12), count=st.integers(2, 9),
    refocus=st.floats(0, 0.95), reach=st.floats(0, 1),
)  # fmt: skip
def test_nobody_is_lost_and_all_that_is_made_is_somebodys(
    workers: int, seed: int, best: float, count: int, refocus: float, reach: float
) -> None:
    p = Parameters(best_ai=best, tasks=count, refocus=refocus, reach=reach, every=3)
    model = Model(world(), p, workers, seed)
    for _ in range(12):
        by_ai = model.economy.tasks.by_ai
        month = model.month()
        w, e, f = model.workers, model.economy, month.fallbacks
        assert month.sums[:, k.EMPLOYED].sum() + month.hired.sum() + (w.employed == 0).sum() == len(w)
        assert ((e.tasks.by_ai >= 0) & (e.tasks.by_ai <= 1)).all()
        assert np.isfinite(month.sums).all()
        assert (f.best >= 0).all()
        # What AI's tasks make is what firms keep of it and what the operator earns.
        people = month.sums[:, k.EMPLOYED] + e.by_far
        made = (f.ai_output * e.by_ai).sum() + ((by_ai * f.offers.output).mean(axis=1) * people).sum()
        kept = (f.ai * e.by_ai).sum() + (f.mixed * people).sum()
        assert month.earned.made == pytest.approx(made)
        assert month.earned.revenue == pytest.approx(made - kept, abs=1e-6)


@pytest.mark.parametrize(
    "how", [{"best_ai": 4.0, "noise": 0}, {"best_ai": 6.0, "noise": 0.2, "every": 1, "friction": 0.3}]
)
def test_agents_and_the_twin_agree_on_tasks(how: dict[str, float]) -> None:
    """Looks are taken every month where AI takes jobs, too: agents are looked at in turn, the twin at any time."""
    p = Parameters(skill=0, bias=0, spread=0, tasks=4).having(**how)
    workers, months = 40_000, 36
    wanted = _told(Twin(world(), p, workers), months, workers)
    drawn = np.array([_told(Model(world(), p, workers, seed), months, workers) for seed in range(4)])
    apart = np.abs(drawn.mean(axis=0) - wanted)
    assert wanted[3] > 0.1
    assert (apart <= 4 * drawn.std(axis=0, ddof=1) / 2 + 1e-3 * np.abs(wanted)).all(), (drawn, wanted)


def _told(twin: Model | Twin, months: int, workers: float) -> list[float]:
    month = [twin.month() for _ in range(months)][-1]
    sums, e = month.sums.sum(axis=0), twin.economy
    return [
        sums[k.EMPLOYED] / workers, sums[k.WAGES] / sums[k.EMPLOYED], e.capital, *e.tasks.by_ai.mean(axis=1),
        *(e.held / workers),
    ]  # fmt: skip


def test_threads_change_not_a_digit_of_tasks() -> None:
    found = []
    before = numba.get_num_threads()
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            model = Model(world(), Parameters(best_ai=6.0, tasks=4, every=3), 40_000, seed=7)
            months = [model.month().sums for _ in range(12)]
            found.append((np.array(months), model.economy.tasks.by_ai, model.workers.wage))
    finally:
        numba.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert (one == other).all()


@pytest.mark.data
def test_rated_tasks_of_539_occupations_are_taken_and_told(shared_data: Path) -> None:
    """By their own ratings: tasks that nobody thinks exposed stay with people."""
    p = Parameters(best_ai=5.0, tasks=10)
    scenario = Scenario(world="network", data=shared_data / "labour", workers=50_000, months=24, parameters=p)
    found = averaged(scenario)
    assert len(found.more) == 539
    assert 0.05 < found.of("ai_tasks")[-1] < 0.6
    twin = Twin(scenario.occupations(), p, 50_000)
    for _ in range(24):
        twin.month()
    tasks = twin.economy.tasks
    assert (tasks.by_ai[tasks.exposure == 0] == 0).all()
    assert tasks.by_ai[tasks.exposure > 0.9].mean() > 0.3
    assert scenario.digest() != scenario.having(parameters=p.having(tasks=11)).digest()


def test_rows_tell_which_occupation_shares_its_tasks(tmp_path: Path) -> None:
    small = Scenario(workers=3_000, months=18, seeds=2, parameters=Parameters(best_ai=6.0, tasks=5))
    first, again = outcome(small, tmp_path), outcome(small, tmp_path)
    each = first.runs[1].of("ai_tasks:43-0000")
    assert each[-1] > 0
    assert (again.runs[1].of("ai_tasks:43-0000") == each).all()
    plain = outcome(small.having(parameters=Parameters()), tmp_path)
    assert not plain.runs[0].more
    files = write([first, plain], tmp_path)
    assert "ai_tasks:43-0000" in files[1].read_text("utf-8").partition("\n")[0]
