"""The agents: nobody is lost, threads and policies change no draw, and the twin agrees."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.simulate import kernel as k
from guildbook.simulate.model import Model
from guildbook.simulate.occupations import Occupations, complete
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.twin import Twin

AT_WORK = Parameters(best_ai=3.0, psi=0.5, consent_substitute=0.8)


def three(stay: float = 0.5) -> Occupations:
    return complete(
        ("a", "b", "c"),
        ("A", "B", "C"),
        np.array([5, 3, 2]),
        np.array([40.0, 60, 100]),
        np.array([0.2, 0.4, 0.7]),
        stay,
    )


def run(model: Model, months: int) -> list[Any]:
    return [model.month() for _ in range(months)]


@settings(max_examples=15)
@given(
    workers=st.integers(1, 40_000), seed=st.integers(0, 1 << 40), best=st.floats(0, 5), every=st.integers(1, 14),
    outside=st.floats(0.1, 1), noise=st.floats(0, 1),
)  # fmt: skip
def test_nobody_is_lost_and_nothing_leaves_its_bounds(
    workers: int, seed: int, best: float, every: int, outside: float, noise: float
) -> None:
    model = Model(three(), Parameters(best_ai=best, every=every, outside=outside, noise=noise), workers, seed)
    force = len(model.workers)
    for _ in range(15):
        month = model.month()
        w, e = model.workers, model.economy
        held = np.bincount(w.occupation, weights=w.employed, minlength=3)
        assert (held == e.held).all()
        assert month.sums[:, k.EMPLOYED].sum() + month.hired.sum() + (w.employed == 0).sum() == force
        assert (month.vacancies >= 0).all()
        assert month.moved.sum() <= month.hired.sum()
        assert ((w.head >= 0) & (w.head <= 1)).all()
        assert ((e.outside >= 0) & (e.outside <= 1)).all()
        assert (e.by_ai >= 0).all()
        assert (w.wage[w.employed == 0] == 0).all()
        assert np.isfinite(month.sums).all()


def test_threads_change_not_a_digit() -> None:
    found = []
    before = numba.get_num_threads()
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            model = Model(three(), AT_WORK, 100_000, seed=7)
            months = run(model, 30)
            found.append((months, model))
    finally:
        numba.set_num_threads(before)
    (one, first), (two, second) = found
    for left, right in zip(one, two, strict=True):
        assert (left.sums == right.sums).all()
        assert (left.hired == right.hired).all()
    for name in ("occupation", "employed", "head", "bias", "wage"):
        assert (getattr(first.workers, name) == getattr(second.workers, name)).all()


def test_two_policies_draw_the_same_numbers() -> None:
    """Before a policy bites, worlds with and without it are the same worker by worker; so its effect is paired."""
    one = Model(three(), Parameters(), 50_000, seed=5)
    two = Model(three(), Parameters(licence=0.9), 50_000, seed=5)
    one.month()
    two.month()
    assert (one.workers.employed == two.workers.employed).all()
    assert (one.workers.skill == two.workers.skill).all()
    other = Model(three(), Parameters(), 50_000, seed=6)
    assert (one.workers.skill != other.workers.skill).mean() > 0.99


def test_a_worker_takes_few_bytes() -> None:
    model = Model(three(), Parameters(), 10_000)
    assert model.workers.nbytes / len(model.workers) <= 24


def test_the_twin_is_where_agents_go_without_chance() -> None:
    """With everybody alike and nobody misjudged nothing but the size of the population parts them."""
    p = Parameters(skill=0, bias=0, noise=0, spread=0, best_ai=0)
    workers, months = 400_000, 60
    twin = Twin(three(), p, workers)
    told = [twin.month() for _ in range(months)][-1]
    drawn = np.array([_summary(Model(three(), p, workers, seed), months) for seed in range(5)])
    wanted = _of(told, twin, workers)
    error = drawn.std(axis=0, ddof=1)
    apart = np.abs(drawn.mean(axis=0) - wanted)
    assert (apart <= 4 * error / np.sqrt(5) + 2e-4 * np.abs(wanted)).all(), (drawn.mean(axis=0), wanted, error)


def _summary(model: Model, months: int) -> list[float]:
    month = run(model, months)[-1]
    return _of(month, model, len(model.workers))


def _of(month: Any, world: Model | Twin, workers: float) -> list[float]:
    sums = month.sums.sum(axis=0)
    return [
        sums[k.EMPLOYED] / workers, sums[k.WAGES] / sums[k.EMPLOYED], sums[k.HEADS] / sums[k.EMPLOYED],
        month.vacancies.sum() / workers, *world.economy.outside, *(world.economy.held / workers),
    ]  # fmt: skip
