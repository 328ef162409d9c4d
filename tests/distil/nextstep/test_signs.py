from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from guildbook.distil.nextstep.contexts import ROOT, all_contexts, key, lineage, parent
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.signs import Signs, doublings
from guildbook.distil.traces import Traces
from guildbook.model.time import HOUR, SECOND

Row = dict[str, Any]
Joined = Callable[[Sequence[Row]], Traces]
Log = Callable[..., list[Row]]


@pytest.fixture
def contexts(joined: Joined, words_log: Log) -> list[tuple[str, ...]]:
    return all_contexts(Signs(Places.of(joined(words_log(["abc"])))).attributes)


def test_nothing_after_a_place_is_looked_at(joined: Joined, words_log: Log, contexts: list[tuple[str, ...]]) -> None:
    word = "abacabad"
    whole = joined([row | {"attributes": {"case:kind": "any"}} for row in words_log([word])])
    for depth in range(1, len(word)):
        part = joined([row | {"attributes": {"case:kind": "any"}} for row in words_log([word])[:depth]])
        seen, now = Signs(Places.of(whole).pick(np.array([depth]))), Signs(Places.of(part).pick(np.array([depth])))
        for context in contexts:
            assert key(seen, context)[0] == key(now, context)[0], context


def test_every_context_rests_on_one_with_less_and_comes_after_it(contexts: list[tuple[str, ...]]) -> None:
    for place, context in enumerate(contexts):
        assert lineage(context)[-1] == ROOT
        above = parent(context)
        assert above is None or contexts.index(above) < place


def test_contexts_tell_apart_at_least_what_they_rest_on_tells_apart(
    joined: Joined, words_log: Log, contexts: list[tuple[str, ...]]
) -> None:
    signs = Signs(Places.of(joined(words_log(["abcabc", "acab", "bca", "abba", "aab"]))))
    for context in contexts:
        above = parent(context)
        if above is not None:
            pairs = np.column_stack([key(signs, context), key(signs, above)])
            assert len(np.unique(pairs, axis=0)) == len(np.unique(pairs[:, 0])), context


def test_what_cases_have_is_named_by_how_often(joined: Joined, words_log: Log) -> None:
    signs = Signs(Places.of(joined(words_log(["abc", "abcd"]))))
    assert set(signs.attributes) == {"kind", "size"}


def test_lengths_of_time_are_doublings() -> None:
    assert doublings(np.array([-1, 0, SECOND, 3 * SECOND, HOUR])).tolist() == [0, 1, 2, 3, 12]


def test_the_first_places_have_no_past(joined: Joined, words_log: Log) -> None:
    places = Places.of(joined(words_log(["ab"])))
    signs = Signs(places)
    assert places.depth.tolist() == [0, 1, 2]
    assert signs.micros_back(1).tolist() == [-1, -1, HOUR]
    assert signs.micros_since.tolist() == [-1, 0, HOUR]
    assert signs.part("hour").tolist()[0] == 24
    assert signs.part("worker").tolist()[0] == 0
