from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil.nextstep.contexts import all_contexts, key, lineage
from guildbook.distil.nextstep.counts import age_weights, count, levels_at, levels_for, opinions
from guildbook.distil.nextstep.fitting import vocabulary
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.signs import Signs
from guildbook.distil.traces import Traces

Row = dict[str, Any]
Joined = Callable[[Sequence[Row]], Traces]
Log = Callable[..., list[Row]]

words = st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=8)


def plainly(keys: list[list[int]], answers: list[int], weights: list[float], width: int, at: int) -> list[float]:
    """Witten–Bell read plainly: `keys` from the root on, each a context per place; what is said at place `at`."""
    p = [1 / width] * width
    for column in keys:
        followed = dict.fromkeys(range(width), 0.0)
        for code, answer, weight in zip(column, answers, weights, strict=True):
            if code == column[at]:
                followed[answer] += weight
        total, types = sum(followed.values()), sum(min(c, 1) for c in followed.values())
        if total:
            p = [(followed[w] + types * p[w]) / (total + types) for w in range(width)]
    return p


@settings(deadline=None, max_examples=30)
@given(seen=words, half_life=st.sampled_from([None, 0.5]))
def test_opinions_are_the_formula(joined: Joined, words_log: Log, seen: list[str], half_life: float | None) -> None:
    traces = joined(words_log(seen))
    places = Places.of(traces)
    signs, symbols = Signs(places), vocabulary(traces)
    answers = places.columns(symbols).astype(np.int32)
    width = len(symbols) + 1
    counted = count(signs, all_contexts(signs.attributes), answers, width)
    weights = age_weights(places.trace / len(traces), half_life)
    kept = {context: one.filled(weights) for context, one in counted.items()}
    at = len(places) - 1
    here = np.arange(len(places))
    for levels in (levels_at(counted, weights, here), levels_for(kept, signs)):
        for index, p, seen_there in opinions(levels, slice(0, len(places)), width):
            context = levels[index].context
            keys = [key(signs, one).tolist() for one in reversed(lineage(context)) if one in counted]
            expected = plainly(keys, answers.tolist(), weights.tolist(), width, at)
            assert p[at].tolist() == pytest.approx(expected, rel=1e-4)
            same = key(signs, context) == key(signs, context)[at]
            assert seen_there[at] == pytest.approx(weights[same].sum(), rel=1e-5)


def test_older_traces_weigh_less_and_later_ones_nothing() -> None:
    weights = age_weights(np.array([0.0, 0.5, 0.9]), 0.25, now=0.5)
    assert weights.tolist() == [0.25, 0, 0]
    assert age_weights(np.array([0.0, 0.4, 0.5]), None, now=0.5).tolist() == [1, 1, 0]


def test_counts_of_two_parts_add_up(joined: Joined, words_log: Log) -> None:
    traces = joined(words_log(["abc", "abd", "acb", "bca"]))
    places = Places.of(traces)
    signs = Signs(places)
    answers = places.columns(vocabulary(traces)).astype(np.int32)
    for one in count(signs, all_contexts([]), answers, 6).values():
        half = (places.trace < 2).astype(float)
        assert np.array_equal(one.weighed(half) + one.weighed(1 - half), one.weighed(np.ones(len(half))))
