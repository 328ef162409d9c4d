from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil.nextstep.kernels import likeliest, loss_and_slopes
from guildbook.distil.nextstep.mixer import BINS, PENALTIES, Mixer, Sheet, binned, cooled

VIEWS, GROUPS, WIDTH = 3, 2, 4


def sheet(seed: int, n: int = 40) -> Sheet:
    rng = np.random.default_rng(seed)
    logp = np.log(rng.dirichlet(np.ones(WIDTH), (n, VIEWS))).astype(np.float32)
    return Sheet(
        logp,
        rng.integers(0, BINS, (n, VIEWS)).astype(np.int32),
        rng.integers(0, GROUPS, n).astype(np.int32),
        np.tile(np.arange(WIDTH, dtype=np.int32), (n, 1)),
        rng.integers(0, WIDTH, n).astype(np.int32),
    )


def numbers(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = ((VIEWS, BINS), (GROUPS, VIEWS), (WIDTH + 1,), (GROUPS, WIDTH + 1))
    return [rng.normal(0, 0.3, shape).astype(np.float32) for shape in shapes]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000))
def test_slopes_are_those_of_the_loss(seed: int) -> None:
    seen, at = sheet(seed), numbers(seed + 1)
    share = np.random.default_rng(seed).random(len(seen)).astype(np.float32)

    def loss(arrays: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
        slopes = [np.zeros(a.shape) for a in arrays]
        fields = seen.logp, seen.bins, seen.group, seen.cells, seen.answer
        return loss_and_slopes(*fields, share, *arrays, *slopes), slopes

    value, slopes = loss(at)
    weight, lean, bias, pull = at
    mixed = Mixer(weight, lean, bias, pull).log_probabilities(seen)
    assert value == pytest.approx(-(share * mixed[np.arange(len(seen)), seen.answer]).sum(), rel=1e-4)
    rng = np.random.default_rng(seed + 2)
    way = [rng.normal(0, 1, a.shape) for a in at]
    small = 1e-2
    ahead, behind = (
        loss([(a + sign * small * w).astype(np.float32) for a, w in zip(at, way, strict=True)])[0] for sign in (1, -1)
    )
    steepness = sum(float((s * w).sum()) for s, w in zip(slopes, way, strict=True))
    assert (ahead - behind) / (2 * small) == pytest.approx(steepness, rel=0.02, abs=0.1)


def test_the_better_view_is_believed_and_fitting_is_repeatable() -> None:
    seen = sheet(5, 2000)
    seen.logp[:, 0] = np.log(0.1)
    seen.logp[np.arange(2000), 0, seen.answer] = np.log(0.7)
    even = Mixer.even(VIEWS, GROUPS, WIDTH)
    one, two = (even.fitted(seen, np.ones(2000), PENALTIES[1]) for _ in range(2))
    assert np.array_equal(one.weight, two.weight)
    assert one.weight[0].mean() > 0.6
    assert one.weight[1].mean() < 0.3
    assert one.loss(seen) < even.loss(seen)


def test_temperature_mends_too_much_confidence() -> None:
    rng = np.random.default_rng(3)
    truth = rng.dirichlet(np.ones(WIDTH), 4000)
    answer = np.array([rng.choice(WIDTH, p=p) for p in truth], np.int32)
    logp = np.log(truth)[:, None, :].astype(np.float32)
    seen = sheet(1, 4000)
    seen = Sheet(logp, seen.bins[:, :1], seen.group, seen.cells, answer)
    sure = Mixer.even(1, GROUPS, WIDTH)
    sure = Mixer(sure.weight * 2, sure.lean, sure.bias, sure.pull)
    assert sure.calibrated(seen).heat == pytest.approx(2, rel=0.1)
    assert sure.calibrated(seen.pick(np.zeros(4000, dtype=bool))).heat == 1


def test_a_temperature_of_one_changes_nothing() -> None:
    logp = sheet(2).logp[:, 0]
    assert cooled(logp, 1.0) == pytest.approx(logp, abs=1e-5)
    assert np.exp(cooled(logp, 3.0)).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_bins_are_doublings() -> None:
    weights = np.array([0, 0.2, 0.9, 1, 1.9, 2, 3, 4, 127, 128, 1e6], np.float32)
    assert binned(weights).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 8, 9, 9]


@given(st.lists(st.lists(st.integers(0, 9), min_size=6, max_size=6), min_size=1, max_size=5), st.integers(1, 6))
def test_the_likeliest_columns(rows: list[list[int]], most: int) -> None:
    found = likeliest(np.array(rows, np.float32), most)
    for row, chosen in zip(rows, found.tolist(), strict=True):
        assert chosen == sorted(sorted(range(6), key=lambda w: (-row[w], w))[:most])
