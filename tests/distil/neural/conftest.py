"""Small worlds in which the next step depends on the last steps and on who did them; all of it needs torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from guildbook.distil.encode import encode
from guildbook.distil.neural import NeuralSettings, available
from guildbook.distil.settings import Settings
from guildbook.distil.traces import Traces, join
from guildbook.model.time import DAY, MINUTE

Row = dict[str, Any]
NEEDS_TORCH = ["test_bench.py", "test_device.py", "test_kept.py", "test_state.py", "test_stored.py", "test_view.py"]
collect_ignore = [] if available() else NEEDS_TORCH
"""These import torch; where it is missing, `test_extra.py` says so."""


@pytest.fixture(scope="session")
def tiny() -> NeuralSettings:
    """A net that trains in a second."""
    return NeuralSettings(units=24, epochs=12, later_epochs=4, batch=16, rate=1e-2, least_replay=8, dropout=0.1)


@pytest.fixture(scope="session")
def traces(table: Callable[[Sequence[Row]], pa.Table]) -> Callable[[Sequence[Row]], Traces]:
    """Joint traces of rows."""
    return lambda rows: join(encode(table(rows), Settings()))


@pytest.fixture(scope="session")
def cases() -> Callable[..., list[Row]]:
    """`cases(count, first_day=…, people=…, words=…)`: one case a quarter of a day.

    Half open a mail, do the first word and then the second, the others reject a claim and write a letter.
    """
    return _cases


def _cases(
    count: int,
    first_day: int = 20_000,
    people: Sequence[str] = ("ann", "bob"),
    words: tuple[str, str] = ("approve invoice", "pay supplier"),
) -> list[Row]:
    rng = np.random.default_rng([first_day])
    rows: list[Row] = []
    for number in range(count):
        approved = bool(rng.random() < 0.5)
        steps = ["open mail", words[0], words[1]] if approved else ["open mail", "reject claim", "write letter"]
        who = people[int(rng.integers(len(people)))]
        start = first_day * DAY + number * DAY // 4
        rows += [
            {"worker": who, "time": start + place * MINUTE, "case": f"bill:{first_day}-{number}", "action": step}
            for place, step in enumerate(steps)
        ]
    return rows
