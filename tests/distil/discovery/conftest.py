"""Sums of logs given as whole sequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums
from guildbook.model.time import HOUR

Row = dict[str, Any]


@pytest.fixture(scope="session")
def sums_of(table: Callable[[Sequence[Row]], pa.Table], monday: int) -> Callable[..., Sums]:
    """Sums of sequences of steps with how often each is gone; steps are an hour apart, or as `hours` says."""

    def made(runs: Mapping[str, int], *, outcomes: Mapping[str, str] | None = None, hours: int = 1) -> Sums:
        rows: list[Row] = []
        number = 0
        for run, times in runs.items():
            for _ in range(times):
                number += 1
                steps = run.split()
                here: list[Row] = [
                    {"worker": "ann", "time": monday + place * hours * HOUR, "case": f"order:{number}", "action": step}
                    for place, step in enumerate(steps)
                ]
                here[-1]["outcome"] = (outcomes or {}).get(run)
                rows += here
        return summarise_table(table(rows), Settings())

    return made


@pytest.fixture(scope="session")
def large(sums_of: Callable[..., Sums]) -> Sums:
    """400 activities, most of them rare, around a main way of 14."""
    chance = np.random.default_rng(5)
    runs: dict[str, int] = {}
    for _ in range(1_500):
        steps: list[str] = []
        for step in range(14):
            if chance.random() > 0.05:
                steps.append(f"main{step:02}")
            while chance.random() < 0.35:
                steps.append(f"rare{(14 * int(chance.exponential(9)) + step) % 386:03}")
        run = " ".join(steps or ["main00"])
        runs[run] = runs.get(run, 0) + 1
    for place in range(0, 386, 6):
        run = " ".join(["main00", *(f"rare{n:03}" for n in range(place, min(place + 6, 386))), "main13"])
        runs[run] = runs.get(run, 0) + 1
    return sums_of(runs)
