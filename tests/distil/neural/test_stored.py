from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.state import NeuralState, train
from guildbook.distil.neural.stored import MAGIC, from_bytes, to_bytes
from guildbook.distil.traces import Traces
from guildbook.model.errors import StoreError

Row = dict[str, Any]


@pytest.fixture(scope="module")
def state(
    tiny: NeuralSettings, traces: Callable[[Sequence[Row]], Traces], cases: Callable[..., list[Row]]
) -> NeuralState:
    return train(traces(cases(6)), tiny, {"ann": "north"})


def test_what_was_written_is_read(state: NeuralState) -> None:
    data = to_bytes(state)
    again = from_bytes(data)
    assert to_bytes(again) == data
    assert (again.groups, again.rounds, again.settings) == (state.groups, state.rounds, state.settings)
    assert again.shards[0].labels == state.shards[0].labels


def test_another_version_is_learnt_again(state: NeuralState) -> None:
    with pytest.raises(StoreError, match="another version") as caught:
        from_bytes(to_bytes(state).replace(b'"format":2', b'"format":9', 1))
    assert caught.value.code == "neural-version"


@pytest.mark.parametrize("cut", [0, 5, len(MAGIC) + 4, 40, -1])
def test_what_is_cut_off_is_damaged(state: NeuralState, cut: int) -> None:
    with pytest.raises(StoreError) as caught:
        from_bytes(to_bytes(state)[:cut])
    assert caught.value.code == "neural-damaged"


@given(place=st.integers(min_value=0), value=st.integers(0, 255), more=st.binary(max_size=2))
def test_damage_is_an_error_or_harmless(state: NeuralState, place: int, value: int, more: bytes) -> None:
    data = bytearray(to_bytes(state))
    data[place % min(len(data), 1500)] = value
    try:
        found = from_bytes(bytes(data) + more)
    except StoreError:
        return
    assert len(found.shards) == len(state.shards)
