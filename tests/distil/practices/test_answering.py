"""Who answers more surely, and to whom one goes with what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.practices import mine
from guildbook.distil.practices.answering import difference
from guildbook.distil.sums import Sums

Make = Callable[..., Sums]


def test_who_answers_more_surely_is_named(sums_of: Make, written: Any) -> None:
    rng = np.random.default_rng(1)
    for person, share in (("Ann", 0.98), ("Bob", 0.6), ("Cyd", 0.65)):
        written.asks += [
            ("claim", "", "chat: ask cover", person, 3000.0 if rng.random() < share else -1.0) for _ in range(80)
        ]
    (found,) = mine(sums_of(written=written))
    assert found.people == ("Ann",)
    assert found.effect.metric == "share"
    assert 0.2 < found.effect.low < found.effect.difference < found.effect.high < 0.5
    assert "of the asks were answered instead of" in found.title


def test_to_whom_one_goes_with_a_topic(sums_of: Make, written: Any, trace_type: Any) -> None:
    traces: list[Any] = []
    rng = np.random.default_rng(2)
    for subject, people in (("approval", ["Eve"] * 19 + ["Bob"]), ("invoice", ["Ann", "Bob", "Cyd", "Eve"])):
        for i in range(120):
            person = people[i % len(people)]
            seconds = float(np.exp(rng.normal(8, 1)))
            traces.append(trace_type(["mail: send"], conditions=(f"subject={subject}",), task="thread"))
            written.asks += [("thread", c, "mail: send", person, seconds) for c in ("", f"subject={subject}")]
    sums = sums_of(traces, written)
    (found,) = mine(sums)
    assert found.people == ("Eve",)
    assert found.when.attributes == (("subject", "approval"),)
    assert found.title.startswith("When you write about “approval”, turn to Eve: 95 % of such messages go there")


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_difference_of_shares(n1: int, n0: int, data: st.DataObject) -> None:
    k1, k0 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n0))
    there, back = (
        difference(*(np.array([float(v)]) for v in values)) for values in ((n1, k1, n0, k0), (n0, k0, n1, k1))
    )
    assert there.value[0] == pytest.approx(k1 / n1 - k0 / n0)
    assert there.value[0] == pytest.approx(-back.value[0])
    assert there.error[0] == pytest.approx(back.error[0])
    assert 0.0 <= there.p[0] <= 1.0
    assert there.error[0] > 0.0
