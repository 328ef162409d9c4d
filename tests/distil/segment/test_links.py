from __future__ import annotations

import numpy as np

from guildbook.distil.segment.links import links, order


def test_a_stream_without_noise_is_one_thread() -> None:
    symbol = np.tile(np.arange(9), 20)
    assert links(symbol).tolist() == list(range(-1, 179))
    strands, thread = order(symbol)
    assert len(strands) == 1
    assert set(thread.tolist()) == {0}


def test_two_rounds_that_interleave_are_two_strands() -> None:
    which = np.random.default_rng(1).integers(0, 2, 1_200)
    symbol = np.empty(1_200, np.int64)
    for side in (0, 1):
        places = np.flatnonzero(which == side)
        symbol[places] = np.arange(len(places)) % 20 + 20 * side
    before = links(symbol)
    linked = before >= 0
    assert linked.mean() > 0.95
    assert (which[linked] == which[before[linked]]).mean() > 0.95
    assert len(order(symbol)[0]) >= 2


def test_what_breaks_in_is_a_loose_end() -> None:
    chance = np.random.default_rng(2)
    symbol = np.tile(np.arange(20), 30)
    at = np.sort(chance.choice(np.arange(1, 600), 80, replace=False))
    noisy = np.insert(symbol, at, 20 + chance.integers(0, 15, 80))
    _, thread = order(noisy)
    assert (thread[noisy >= 20] < 0).mean() > 0.85
    assert (thread[noisy < 20] < 0).mean() < 0.05
