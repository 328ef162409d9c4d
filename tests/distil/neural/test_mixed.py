from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from guildbook.distil.neural.mixed import Fitted, evaluate, fit
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.views import Opinion
from guildbook.distil.traces import Traces
from guildbook.model.time import DAY

Row = dict[str, Any]
Made = Callable[[Sequence[Row]], Traces]
Cases = Callable[..., list[Row]]


@dataclass(frozen=True)
class Told:
    """A view that gives the right answer a fixed probability, now and then another one, and shares out the rest."""

    right: float
    wrong_every: int = 0
    name: str = "told"

    def opinion(self, places: Places, symbols: np.ndarray[Any, np.dtype[np.uint64]]) -> Opinion:
        p = np.full((len(places), len(symbols) + 1), (1 - self.right) / len(symbols))
        column = places.columns(symbols)
        if self.wrong_every:
            astray = (places.traces.offsets[places.trace] + places.depth) % self.wrong_every == 0
            column = np.where(astray, (column + 1) % len(symbols), column)
        p[np.arange(len(p)), column] = self.right
        return Opinion(np.log(p).astype(np.float32), np.ones(len(p), np.float32))

    def fit(self, traces: Traces) -> Told:
        return self

    def __call__(self, traces: Traces, born: np.ndarray[Any, np.dtype[np.int64]]) -> Told:
        return self


def mixed(traces: Traces, counts: Told, net: Told) -> Fitted:
    return fit(traces, counts.fit, net)


@pytest.fixture(scope="module")
def known(traces: Made, cases: Cases) -> Traces:
    return traces(cases(400))


def test_a_net_that_knows_more_is_mixed_in(known: Traces) -> None:
    found = mixed(known, Told(0.5, wrong_every=3), Told(0.9))
    assert found.view.net is not None
    assert found.verdict.gain > 2 * found.verdict.error > 0
    assert found.verdict.won == len(found.verdict.gains) == 5
    together, alone = (evaluate(view, found.symbols, known) for view in (found.view, found.view.counts))
    assert together.accuracy == 1.0 > alone.accuracy
    assert together.log_loss < alone.log_loss


@pytest.mark.parametrize("net", [Told(0.3, wrong_every=4), Told(1 / 7), Told(0.9, wrong_every=4)])
def test_a_net_that_does_not_help_is_left_out(known: Traces, net: Told) -> None:
    """One that errs with the counts but is less sure, one that knows nothing, and the counts once more."""
    found = mixed(known, Told(0.9, wrong_every=4), net)
    assert found.view.net is None
    assert found.verdict.to_dict()["net_used"] is False
    places = Places.of(known, 1)
    counts = found.view.counts.opinion(places, found.symbols).logp
    assert np.array_equal(found.view.opinion(places, found.symbols).logp, counts)


def test_too_little_to_judge_by_leaves_the_counts_alone(traces: Made, cases: Cases) -> None:
    found = mixed(traces(cases(20)), Told(0.2), Told(0.9))
    assert found.view.net is None
    assert found.verdict.helps is False
    assert found.verdict.gains == ()


def test_with_many_activities_the_rare_ones_keep_their_shares(traces: Made) -> None:
    rows = [
        {
            "worker": "ann",
            "time": number * DAY // 9 + place,
            "case": f"c:{number}",
            "action": f"step {(number + place) % 40}",
        }
        for number in range(300)
        for place in range(3)
    ]
    known = traces(rows)
    found = mixed(known, Told(0.4), Told(0.9))
    assert found.view.net is not None
    places = Places.of(known.pick(np.arange(300) < 10), 1)
    logp = found.view.opinion(places, found.symbols).logp.astype(np.float64)
    assert logp.shape == (30, 42)
    assert np.exp(logp).sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert np.array_equal(np.argmax(logp, axis=1), places.columns(found.symbols))
