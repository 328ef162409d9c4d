from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.state import NeuralLearner
from guildbook.distil.neural.view import NeuralView
from guildbook.distil.nextstep.places import Places
from guildbook.distil.sums import END
from guildbook.distil.traces import Traces
from guildbook.model.ids import symbol
from guildbook.model.time import DAY, MINUTE

Row = dict[str, Any]
Made = Callable[[Sequence[Row]], Traces]
Cases = Callable[..., list[Row]]
SYMBOLS = np.array(
    [symbol(t) for t in ("open mail", "approve invoice", "pay supplier", "reject claim", "write letter", "never")]
    + [END],
    np.uint64,
)


@pytest.fixture(scope="module")
def view(tiny: NeuralSettings, traces: Made, cases: Cases) -> NeuralView:
    return NeuralLearner(tiny).fit(traces(cases(60)))


def one(steps: Sequence[str], worker: str = "ann") -> list[Row]:
    return [
        {"worker": worker, "time": 20_000 * DAY + place * MINUTE, "case": "bill:1", "action": step}
        for place, step in enumerate(steps)
    ]


def said(view: NeuralView, known: Traces) -> NDArray[np.float64]:
    return np.exp(view.opinion(Places.of(known), SYMBOLS).logp.astype(np.float64))


def test_every_row_is_a_distribution(view: NeuralView, traces: Made, cases: Cases) -> None:
    known = traces(cases(9))
    opinion = view.opinion(Places.of(known), SYMBOLS)
    assert opinion.logp.shape == (4 * 9, len(SYMBOLS) + 1)
    assert np.isfinite(opinion.logp).all()
    assert np.exp(opinion.logp.astype(np.float64)).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert opinion.weight.tolist() == [1.0] * len(opinion.logp)


def test_it_has_learnt(view: NeuralView, traces: Made) -> None:
    p = said(view, traces(one(["open mail", "approve invoice", "pay supplier"])))
    assert np.argmax(p, axis=1)[[0, 2, 3]].tolist() == [0, 2, 6]
    assert p[1, [1, 3]].sum() > 0.9


def test_blocks_say_the_same_as_the_whole(view: NeuralView, traces: Made, cases: Cases) -> None:
    places = Places.of(traces(cases(7)))
    whole = view.opinion(places, SYMBOLS).logp
    rows = np.array([3, 4, 5, 11, 20])
    assert view.opinion(places.pick(rows), SYMBOLS).logp == pytest.approx(whole[rows], abs=1e-4)


def test_nothing_later_is_looked_at(view: NeuralView, traces: Made) -> None:
    a = said(view, traces(one(["open mail", "approve invoice", "pay supplier"])))
    b = said(view, traces(one(["open mail", "approve invoice", "write letter", "open mail"])))
    assert a[:3] == pytest.approx(b[:3], abs=1e-5)


def test_an_activity_never_seen_is_taken_for_one_of_like_name(view: NeuralView, traces: Made) -> None:
    p = said(view, traces(one(["open mail", "Approve the invoices"])))
    assert int(np.argmax(p[2])) == 2
    q = said(view, traces(one(["open mail", "rejected claims"])))
    assert int(np.argmax(q[2])) == 4


def test_unknown_workers_and_columns_are_allowed(view: NeuralView, traces: Made) -> None:
    p = said(view, traces(one(["open mail", "approve invoice"], worker="somebody new")))
    assert int(np.argmax(p[2])) == 2
    assert 0 < p[2, 5] < 0.02
    assert 0 < p[2, -1] < 0.02
    none = view.opinion(Places.of(traces(one(["open mail"]))), np.empty(0, np.uint64))
    assert none.logp.shape == (2, 1)


def test_nets_of_several_groups_are_weighed(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    """Two groups do different things after the same: each is told by its own net."""
    rows = cases(30, people=("ann",)) + cases(30, people=("bob",), first_day=20_050, words=("approve invoice", "never"))
    view = NeuralLearner(tiny, {"ann": "north", "bob": "south"}).fit(traces(rows))
    assert int(np.argmax(said(view, traces(one(["open mail", "approve invoice"], "ann")))[2])) == 2
    assert int(np.argmax(said(view, traces(one(["open mail", "approve invoice"], "bob")))[2])) == 5


def test_without_any_training_all_is_alike(tiny: NeuralSettings, traces: Made) -> None:
    p = said(NeuralLearner(tiny).fit(traces([])), traces(one(["open mail"])))
    assert p == pytest.approx(1 / (len(SYMBOLS) + 1))
