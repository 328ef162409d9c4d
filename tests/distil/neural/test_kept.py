from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil import nextstep
from guildbook.distil.neural.gate import Judged, Verdict
from guildbook.distil.neural.kept import MAGIC, Kept, Lesson, alone, from_bytes, mixed, to_bytes
from guildbook.distil.neural.mixed import Joined
from guildbook.distil.neural.pool import Pool
from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.nextstep.fitting import vocabulary
from guildbook.distil.nextstep.places import Places
from guildbook.distil.traces import Traces
from guildbook.model.errors import StoreError

Row = dict[str, Any]
Made = Callable[[Sequence[Row]], Traces]
Cases = Callable[..., list[Row]]


@pytest.fixture(scope="module")
def lesson(tiny: NeuralSettings, traces: Made, cases: Cases) -> Lesson:
    known = traces(cases(30))
    return Lesson(known, np.zeros(len(known.events), np.int64), 0, tiny, {"ann": "north"})


@pytest.fixture(scope="module")
def kept(lesson: Lesson) -> Kept:
    """As if the judging had let the net in."""
    state = alone(lesson).state
    return Kept(
        state, state, Judged(Verdict((0.1, 0.2, 0.15), (0.01, 0.0, 0.02)), Pool.even(vocabulary(lesson.traces)))
    )


def test_what_was_written_is_read(kept: Kept) -> None:
    data = to_bytes(kept)
    again = from_bytes(data, "cpu")
    assert to_bytes(again) == data
    assert again.verdict == kept.verdict
    assert again.state is not None
    assert again.state.settings.device == "cpu"
    for one in (Kept(kept.state), Kept(None, kept.judge, kept.judged)):
        assert to_bytes(from_bytes(to_bytes(one))) == to_bytes(one)


def test_the_net_and_the_counts_are_both_heard(kept: Kept, lesson: Lesson) -> None:
    counts = nextstep.fit(lesson.traces)
    both = kept.joined(counts)
    assert isinstance(both, Joined)
    history = nextstep.History.of(["open mail"], "ann")
    parts = both.parts(history)
    said = dict(both.predict(history))
    assert set(parts) == {"counts", "net"}
    for step, p in said.items():
        low, high = sorted(part[step] for part in parts.values())
        assert low * 0.9 <= p <= high * 1.1
    assert dict(both.predict(nextstep.History())) == dict(counts.predict(nextstep.History()))
    score = both.evaluate(lesson.traces)
    assert score.n == 90
    alone_ = Kept(kept.state).joined(counts)
    assert dict(alone_.predict(history)) == pytest.approx(parts["net"])
    assert Kept(None).joined(counts) is counts


def test_columns_may_come_in_another_order(kept: Kept, lesson: Lesson) -> None:
    assert kept.judged is not None
    rng = np.random.default_rng(5)
    even = kept.judged.pool
    shapes = even.mixer.bias.shape, even.mixer.pull.shape
    bias, pull = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    mixer = replace(even.mixer, bias=bias, pull=pull)
    pool = replace(even, mixer=mixer)
    turned = pool.symbols[::-1].copy()
    places = Places.of(lesson.traces, 1)
    assert kept.state is not None
    net = kept.state.view()
    said = [[net.opinion(places, symbols)] * 2 for symbols in (pool.symbols, turned)]
    straight, other = pool.mixed(said[0], places), pool.over(turned).mixed(said[1], places)
    assert other[:, :-1] == pytest.approx(straight[:, -2::-1], abs=1e-4)
    grown = np.append(pool.symbols, np.uint64(7))
    assert pool.over(grown).mixer.bias[-3:].tolist() == [0, *mixer.bias[-2:].tolist()]


def test_too_few_cases_leave_nothing_but_the_verdict(lesson: Lesson) -> None:
    found = mixed(lesson, nextstep.fit)
    assert (found.state, found.judge) == (None, None)
    assert found.verdict == Verdict()
    assert mixed(lesson, nextstep.fit, found, same=True).judged is found.judged


@given(place=st.integers(min_value=0), value=st.integers(0, 255), cut=st.integers(0, 3000))
def test_damage_is_an_error_or_harmless(kept: Kept, place: int, value: int, cut: int) -> None:
    data = bytearray(to_bytes(kept))
    data[place % 2500] = value
    with suppress(StoreError):
        from_bytes(bytes(data[: len(data) - cut]))


def test_another_layout_is_learnt_again(kept: Kept) -> None:
    with pytest.raises(StoreError, match="another version"):
        from_bytes(to_bytes(kept).replace(MAGIC, b"GBNET\x00\x00\x09", 1))
