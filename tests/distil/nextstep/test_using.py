"""Predicting one history: reasons, completions, bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from guildbook.distil.nextstep import History, NextStep, Step, complete, fit, from_bytes, reasons, to_bytes
from guildbook.distil.nextstep.places import Places
from guildbook.distil.traces import Traces
from guildbook.model.time import DAY, HOUR

Row = dict[str, Any]


@pytest.fixture(scope="module")
def traces(joined: Callable[[Sequence[Row]], Traces], words_log: Callable[..., list[Row]]) -> Traces:
    return joined(words_log(["abc", "abc", "adbe", "abc"] * 20))


@pytest.fixture(scope="module")
def model(traces: Traces) -> NextStep:
    return fit(traces)


def test_a_history_read_from_a_trace_looks_as_the_trace_does(traces: Traces, model: NextStep) -> None:
    places = Places.of(traces)
    said = model.opinion(places, model.symbols).logp
    for one in (0, 2):
        history = History.of_trace(traces.pick(np.arange(len(traces)) == one))
        row = int(((places.trace == one) & (places.depth == len(history.steps))).nonzero()[0][0])
        assert model.opinion(history.place(), model.symbols).logp[0] == pytest.approx(said[row], abs=1e-4)


def test_reasons_are_counts_in_words(model: NextStep) -> None:
    history = History((Step("a", "ann", 20_300 * DAY), Step("b", "bob", 20_300 * DAY + HOUR)), "word", ("kind=short",))
    assert model.predict(history)[0][0] == "c"
    found = reasons(model, history, "c")
    assert found
    assert all(0 < one.count <= one.seen for one in found)
    assert found == sorted(found, key=lambda one: -one.influence)
    assert any("b" in one.context for one in found)
    assert reasons(model, history, "never heard of") == []


def test_every_context_has_words(model: NextStep) -> None:
    from guildbook.distil.nextstep.contexts import all_contexts
    from guildbook.distil.nextstep.reasons import worded

    full = History(
        tuple(Step(letter, "ann", 20_000 * DAY + n * HOUR, "bob") for n, letter in enumerate("abca")),
        "word",
        ("kind=short", "size≥2"),
    )
    for history in (History(), History.of(["a"]), full):
        for context in all_contexts(["kind"])[1:]:
            assert worded(context, history)
    assert worded(("acts2", "worker", "gap"), full) == "after c, a; done by ann; about 60 min after the step before"
    assert worded(("acts3",), History.of(["a", "b"])) == "after a, b at the start"
    assert worded(("hour", "weekday"), full) == "in the hour from 03:00 UTC; on a Friday"


def test_completion_goes_to_the_end(model: NextStep) -> None:
    ways = complete(model, History.of(["a"], "ann"))
    assert ways[0].ended
    assert ways[0].steps == ("b", "c")
    assert ways == sorted(ways, key=lambda way: -way.probability)
    assert 0 < sum(way.probability for way in ways) <= 1
    assert complete(model, History.of(["a"]), steps=1, beam=1)[0].steps == ("b",)
    assert not complete(model, History.of(["a"]), steps=1, beam=1)[0].ended


def test_bytes_and_back(model: NextStep) -> None:
    again = from_bytes(to_bytes(model))
    assert again is not None
    history = History.of(["a", "d"], "bob")
    assert again.predict(history) == model.predict(history)
    assert to_bytes(again) == to_bytes(model)
    assert from_bytes(b"") is None
    assert from_bytes(to_bytes(model)[:200]) is None
