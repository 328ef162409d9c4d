from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil.nextstep import fit, from_bytes, to_bytes
from guildbook.distil.nextstep.features import WIDEST, Plan, Scale
from guildbook.distil.nextstep.fitting import vocabulary
from guildbook.distil.nextstep.forest import TREES, Forest
from guildbook.distil.nextstep.growing import filled, grow, leaves
from guildbook.distil.nextstep.places import Places
from guildbook.distil.traces import Traces

Row = dict[str, Any]
Log = Callable[..., list[Row]]
Joined = Callable[[Sequence[Row]], Traces]


def grown(bins: np.ndarray, answers: np.ndarray, least: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    most = 2 * len(bins) // least + 3
    feature, cut, below = np.full(most, -1, np.int32), np.zeros(most, np.int32), np.zeros(most, np.int32)
    rows = np.arange(len(bins))
    width = int(answers.max()) + 1
    made = grow(bins, answers, rows, bins.shape[1], least, 10, seed, width, feature, cut, below, 0)
    return feature[:made], cut[:made], below[:made]


cases = st.integers(20, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 63), min_size=2 * n, max_size=2 * n),
        st.lists(st.integers(0, 3), min_size=n, max_size=n),
        st.integers(1, 9),
    )
)


@settings(deadline=None, max_examples=50)
@given(cases)
def test_every_leaf_has_as_many_places_as_asked(case: tuple[list[int], list[int], int]) -> None:
    values, labels, least = case
    bins, answers = np.array(values, np.uint8).reshape(-1, 2), np.array(labels, np.int32)
    feature, cut, below = grown(bins, answers, least)
    leaf = leaves(bins, np.zeros(len(bins), np.int32), feature, cut, below)
    assert (feature[leaf] == -1).all()
    assert set(leaf.tolist()) == set(np.flatnonzero(feature == -1).tolist())
    assert np.bincount(leaf)[leaf].min() >= min(least, len(bins))


def test_the_cut_that_tells_most_is_taken() -> None:
    bins = np.column_stack([np.arange(40) * 7 % 40, np.arange(40)]).astype(np.uint8)
    answers = (np.arange(40) >= 25).astype(np.int32)
    feature, cut, below = grown(bins, answers, 5)
    assert (feature[0], cut[0]) == (1, 24)
    assert feature.tolist() == [1, -1, -1]
    assert below[0] == 1


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 3), st.sampled_from([0.5, 1.0, 2.0])), min_size=1),
)
def test_leaves_count_what_came(places: list[tuple[int, int, float]]) -> None:
    leaf, answers = (np.array(column, np.int32) for column in list(zip(*places, strict=True))[:2])
    weights = np.array([weight for *_, weight in places])
    twice = np.concatenate([leaf, np.where(leaf < 0, -1, 4 - leaf)]).astype(np.int32)
    offsets, columns, counts = filled(twice, answers, weights, 5, 4, 0.0)
    for node in range(5):
        expected = np.zeros(4)
        for at, answer, weight in places:
            expected[answer] += weight * ((at == node) + (at >= 0 and 4 - at == node))
        found = np.zeros(4)
        found[columns[offsets[node] : offsets[node + 1]]] = counts[offsets[node] : offsets[node + 1]]
        assert found == pytest.approx(expected)


def test_features_of_a_place_look_at_nothing_later(joined: Joined, words_log: Log) -> None:
    rows = words_log(["abca", "bcab"] * 4)
    traces, shorter = joined(rows), joined([row for row in rows if row["seq"] < 2])
    places, fewer = Places.of(traces), Places.of(shorter)
    scale = Scale.of(Plan.of(places, vocabulary(traces)), places)
    early = places.depth <= 2
    one, two = scale.table(places.pick(early)), scale.table(fewer)
    assert np.array_equal(one.names, two.names)
    assert np.array_equal(one.numbers, two.numbers)
    assert one.numbers.max() < WIDEST


def test_a_name_never_seen_is_told_apart(joined: Joined, words_log: Log) -> None:
    traces = joined(words_log(["abab"] * 8))
    places = Places.of(traces)
    scale = Scale.of(Plan.of(places, vocabulary(traces)), places)
    table = scale.table(Places.of(joined(words_log(["zz"])), 2))
    assert (table.names[:, 0] == len(scale.listed[0])).all()
    group = np.zeros(len(places), np.int32)
    ranks = scale.ranks(scale.table(places), group, 1, places.columns(vocabulary(traces)).astype(np.int32))
    assert table.bins(ranks, np.zeros(len(table.names), np.int32)).shape == (1, len(scale.listed) + len(scale.edges))


def test_trees_find_a_cut_that_no_context_has(joined: Joined, words_log: Log) -> None:
    """What follows depends on whether eleven or more events were before: no context counts so far and so exactly."""
    traces = joined(words_log(["a" * n + ("b" if n < 11 else "c") for n in range(4, 18)] * 20))
    places = Places.of(traces, 1)
    symbols = vocabulary(traces)
    answers = places.columns(symbols).astype(np.int32)
    group = np.zeros(len(places), np.int32)
    scale = Scale.of(Plan.of(places, symbols), places)
    table = scale.table(places)
    forest = Forest.grown(scale, table, group, 1, answers)
    nodes = forest.nodes(table, group)
    assert nodes.shape == (TREES, len(places))
    counted = forest.counted(nodes, answers, np.ones(len(places)), len(symbols) + 1)
    parent = np.full((len(places), len(symbols) + 1), 1 / (len(symbols) + 1), np.float32)
    p, weight = counted.opinion(nodes, parent)
    assert p.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert (weight > 0).all()
    b, c = (symbols.tolist().index(code) for code in _codes(traces, "b", "c"))
    assert (p[answers == b, b] > p[answers == b, c]).all()
    assert (p[answers == c, c] > p[answers == c, b]).all()


def _codes(traces: Traces, *labels: str) -> list[int]:
    words = traces.events.acts
    return [int(words.symbols[words.texts.index(label)]) for label in labels]


def test_a_model_with_trees_is_kept_whole(joined: Joined, words_log: Log) -> None:
    traces = joined(words_log(["abc", "abd", "abcd", "bca"] * 20))
    model = fit(traces)
    assert model.forest is not None
    again = from_bytes(to_bytes(model))
    assert again is not None
    places = Places.of(traces)
    one, two = model.opinion(places, model.symbols), again.opinion(places, again.symbols)
    assert np.array_equal(one.logp, two.logp)
    assert to_bytes(again) == to_bytes(model)
