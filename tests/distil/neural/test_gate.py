from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from guildbook.distil.neural.gate import BLOCKS, Verdict, in_order, judge
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.views import Opinion
from guildbook.distil.traces import Traces

Row = dict[str, Any]
Made = Callable[[Sequence[Row]], Traces]
Cases = Callable[..., list[Row]]


class Told:
    """Gives what came a probability, by the trace's place in time; notes what it was asked to learn from."""

    name = "told"

    def __init__(self, right: Callable[[NDArray[np.float64]], NDArray[np.float64]], starts: NDArray[np.int64]) -> None:
        self.right, self.starts = right, np.sort(starts)
        self.learnt: list[tuple[int, int]] = []

    def opinion(self, places: Places, symbols: NDArray[np.uint64]) -> Opinion:
        began = places.traces.time[places.traces.offsets[places.trace]]
        right = self.right(np.searchsorted(self.starts, began) / len(self.starts))
        p = np.repeat(((1 - right) / len(symbols))[:, None], len(symbols) + 1, axis=1)
        p[np.arange(len(p)), places.columns(symbols)] = right
        return Opinion(np.log(p).astype(np.float32), np.ones(len(p), np.float32))

    def fit(self, traces: Traces, born: NDArray[np.int64] | None = None) -> Told:
        rounds = 1 if born is None else int(born[traces.order].max()) + 1
        self.learnt.append((len(traces), rounds))
        return self


@pytest.fixture(scope="module")
def known(traces: Made, cases: Cases) -> Traces:
    return traces(cases(400))


def starts(traces: Traces) -> NDArray[np.int64]:
    return traces.time[traces.offsets[:-1]]


def judged(known: Traces, net: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Verdict:
    counts = Told(lambda when: np.full(len(when), 0.6), starts(known))
    return judge(known, counts.fit, Told(net, starts(known)).fit).verdict


def test_every_block_is_foretold_from_what_was_before(known: Traces) -> None:
    views = [Told(lambda when: np.full(len(when), 0.6), starts(known)) for _ in range(2)]
    judge(known, views[0].fit, views[1].fit)
    sizes = [size for size, _ in views[0].learnt]
    assert len(sizes) == BLOCKS
    assert 0.55 * len(known) < sizes[0] <= 0.6 * len(known)
    assert np.ptp(np.diff(sizes)) <= 1
    assert [rounds for _, rounds in views[0].learnt] == [1] * BLOCKS
    assert views[1].learnt == [(size, number + 1) for number, size in enumerate(sizes)]


def test_one_that_always_helps_is_let_in(known: Traces) -> None:
    found = judged(known, lambda when: np.full(len(when), 0.9))
    assert found.helps
    assert found.won == len(found.gains) == BLOCKS - 1


def test_one_that_helped_for_a_while_is_left_out(known: Traces) -> None:
    """Much better at first, then worse: the mean is for it, most stretches of time are not."""
    found = judged(known, lambda when: np.where(when < 0.8, 0.99, 0.2))
    assert not found.helps
    assert judged(known, lambda when: np.where(when < 0.93, 0.2, 0.99)).helps is False


def test_what_decides() -> None:
    assert Verdict((0.1, 0.1, 0.1), (0.0, 0.0, 0.0)).helps
    assert Verdict((0.1, 0.1, 0.1), (-0.02, 0.0, 0.01)).helps
    assert not Verdict((0.1, 0.1, 0.1), (-0.01, -0.01, -0.01)).helps
    assert not Verdict((0.5, -0.1, -0.1)).helps
    assert not Verdict((0.3, 0.01, 0.01, -0.1)).helps
    assert not Verdict().helps
    said = Verdict((0.2, 0.1, -0.1)).to_dict()
    assert (said["blocks"], said["blocks_won"], said["net_used"]) == (3, 2, False)
    assert said["gain"] == pytest.approx(1 / 15)
    assert said["gain_error"] == pytest.approx(np.std([0.2, 0.1, -0.1], ddof=1) / np.sqrt(3))


def test_the_order_of_events_does_not_matter(traces: Made, cases: Cases) -> None:
    rows = cases(30)
    one, other = (in_order(traces(some)) for some in (rows, rows[::-1]))
    assert one.keys == other.keys
    assert starts(one).tolist() == sorted(starts(one).tolist())
    assert np.array_equal(one.step, other.step)
    assert np.array_equal(one.offsets, other.offsets)
    assert len(in_order(traces([]))) == 0
    assert (
        judge(traces([]), Told(np.zeros_like, starts(one)).fit, Told(np.zeros_like, starts(one)).fit).verdict
        == Verdict()
    )
