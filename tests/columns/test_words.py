from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.columns import WORD
from guildbook.columns.words import WordsOfRuns, as_words, digests, one_array, symbols, tight
from guildbook.model.ids import symbol

_TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=4)), max_size=30)


@given(_TEXTS, st.data())
def test_words_of_a_slice_say_the_same_and_keep_only_what_is_used(
    values: list[str | None], data: st.DataObject
) -> None:
    whole = pa.array(values, pa.string()).dictionary_encode()
    start = data.draw(st.integers(0, len(values)))
    length = data.draw(st.integers(0, len(values) - start))
    part = whole.slice(start, length)
    for made in (as_words(part), tight(part)):
        assert made.to_pylist() == part.to_pylist()
    used = {value for value in part.to_pylist() if value is not None}
    assert set(tight(part).dictionary.to_pylist()) == used
    assert set(as_words(part).dictionary.to_pylist()) >= used


@given(st.lists(_TEXTS.filter(len), min_size=1, max_size=6))
def test_each_run_has_its_own_words_in_order_of_appearance(runs: list[list[str | None]]) -> None:
    lengths = [len(run) for run in runs]
    starts = np.cumsum([0, *lengths[:-1]])
    words = WordsOfRuns(tight(pa.array([word for run in runs for word in run], pa.string())), starts)
    values = symbols(words.words)
    for place, run in enumerate(runs):
        own = list(dict.fromkeys(word for word in run if word is not None))
        made = words.cut(place, int(starts[place]), int(starts[place]) + len(run))
        assert words.of(place, values).tolist() == [symbol(word) for word in own]
        if not own:
            assert made is None
            continue
        assert made is not None
        made.validate(full=True)
        assert made.to_pylist() == run
        assert made.dictionary.to_pylist() == own
        assert made.type == WORD


def test_words_of_chunks_with_different_dictionaries() -> None:
    column = pa.chunked_array([pa.array(["a", "b"]).dictionary_encode(), pa.array(["b", None]).dictionary_encode()])
    assert as_words(column).to_pylist() == ["a", "b", "b", None]
    assert tight(column.slice(2)).dictionary.to_pylist() == ["b"]


@pytest.mark.parametrize("kind", [WORD, pa.string(), pa.int64(), pa.binary(16)])
def test_a_column_without_chunks_is_an_empty_array(kind: pa.DataType) -> None:
    array = one_array(pa.chunked_array([], kind))
    assert len(array) == 0
    assert array.type == kind


def test_symbols_are_the_models() -> None:
    words = ["", "a", "case:1", "é", "数", "x" * 300]
    assert symbols(pa.array(words)).tolist() == [symbol(word) for word in words]
    assert symbols(pa.array([], pa.string())).dtype == np.uint64


def test_digests_have_two_lanes() -> None:
    lanes = digests(pa.array(["a", "b", "a"]))
    assert lanes.shape == (3, 2)
    assert (lanes[0] == lanes[2]).all()
    assert (lanes[0] != lanes[1]).all()
