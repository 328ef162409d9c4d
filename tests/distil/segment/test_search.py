from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.segment.length import CUT, HEAL, WORTH, gain, row, whole
from guildbook.distil.segment.search import BLOCK, SAMPLE, borders

symbols = st.lists(st.integers(0, 4), min_size=4, max_size=40).map(lambda v: np.array(v, np.int64))


@given(symbols, st.data())
def test_the_gain_of_a_move_is_the_difference_of_the_lengths(symbol: np.ndarray, data: st.DataObject) -> None:
    n = len(symbol)
    cut = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    cut[0] = True
    gaps = np.array(sorted(data.draw(st.sets(st.integers(1, n - 1), min_size=1))), np.int64)
    weight = np.zeros(n)
    held = row(symbol, weight)
    before = whole(held, cut)
    gains = {move: gain(held, cut, gaps, move) for move in (CUT, HEAL)}
    for move, value in gains.items():
        changed = cut.copy()
        changed[gaps] = move == CUT
        worth = WORTH * (int(changed.sum()) - int(cut.sum()))
        assert value == pytest.approx(whole(row(symbol, weight), changed) - before - worth, abs=1e-6)


@given(symbols)
def test_borders_never_lengthen_the_description(symbol: np.ndarray) -> None:
    fixed = np.zeros(len(symbol), dtype=bool)
    fixed[0] = True
    found = borders(symbol, np.zeros(len(symbol)), fixed, fixed)
    assert found.cut[0]
    assert found.bits <= found.plain


def test_a_long_row_is_cut_as_its_sample_is() -> None:
    symbol = np.tile(np.arange(11), SAMPLE // 5)
    assert len(symbol) > SAMPLE + BLOCK
    fixed = np.zeros(len(symbol), dtype=bool)
    fixed[0] = True
    cut = borders(symbol, np.where(symbol == 3, 0.2, 0.0), fixed, ~fixed & False).cut
    assert np.flatnonzero(cut)[1:].tolist() == np.flatnonzero(symbol == 3).tolist()
