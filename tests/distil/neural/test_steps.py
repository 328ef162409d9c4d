from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from guildbook.distil.neural.steps import Steps
from guildbook.distil.traces import Traces

Row = dict[str, Any]
Made = Callable[[Sequence[Row]], Traces]


def rows() -> list[Row]:
    return [
        {"worker": "ann", "time": 10, "case": "bill:1", "action": "a", "attributes": {"case:kind": "x"}},
        {"worker": "bob", "time": 20, "case": "bill:1", "action": "b"},
        {"worker": "ann", "time": 15, "case": "bill:2", "action": "a"},
    ]


def fingerprint(traces: Made, changed: list[Row]) -> int:
    return int(Steps.of(traces(changed)).fingerprints().sum(dtype=np.uint64))


@pytest.mark.parametrize(
    "change",
    [
        {"worker": "cyd"},
        {"time": 3_000_000},
        {"action": "c"},
        {"case": "bill:2"},
        {"attributes": {"case:kind": "y"}},
        {"attributes": None},
    ],
)
def test_a_fingerprint_changes_with_all_that_a_net_sees(traces: Made, change: Row) -> None:
    changed = rows()
    changed[0] |= change
    assert fingerprint(traces, changed) != fingerprint(traces, rows())


def test_a_fingerprint_does_not_depend_on_the_order_of_rows_or_on_other_traces(traces: Made) -> None:
    assert fingerprint(traces, rows()[::-1]) == fingerprint(traces, rows())
    alone = fingerprint(traces, rows()[:2]) + fingerprint(traces, rows()[2:])
    assert alone % 2**64 == fingerprint(traces, rows())
    assert fingerprint(traces, []) == 0


def test_padding_and_batches_cover_every_step_once(traces: Made) -> None:
    steps = Steps.of(traces(rows()))
    order = np.argsort(steps.start)
    assert steps.padded(order, 9).tolist() == [[steps.offsets[order[0]], steps.offsets[order[0]] + 1], [
        steps.offsets[order[1]],
        -1,
    ]]  # fmt: skip
    assert steps.padded(order, 1).shape == (2, 1)
    seen = np.concatenate(list(steps.batches(1, np.random.default_rng(0))))
    assert sorted(seen.tolist()) == [0, 1]
