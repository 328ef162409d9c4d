from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.office.names import draw_names


@given(st.integers(0, 2**32), st.integers(0, 30_000))
def test_names_are_unique_and_the_same_for_the_same_draw(seed: int, count: int) -> None:
    names = draw_names(np.random.default_rng(seed), count)
    assert len(set(names)) == len(names) == count
    assert names == draw_names(np.random.default_rng(seed), count)
    assert all(len(n.split()) >= 2 for n in names)
