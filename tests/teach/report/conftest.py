"""Filtered maps and variants of a made log with as many activities as wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from guildbook.distil.discovery import discover
from guildbook.distil.encode import encode
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import trace_sums
from guildbook.distil.traces import join
from guildbook.distil.variants import explore
from guildbook.model.process import FilteredMap, Variants

Made = tuple[FilteredMap, Variants]


@pytest.fixture(scope="session")
def discovered() -> Callable[[int], Made]:
    """The map and variants of a log in which a way of ten steps is common and all other activities are rare."""

    @cache
    def made(activities: int, cases: int = 1_200) -> Made:
        chance = np.random.default_rng(activities)
        columns: dict[str, list[Any]] = {"case": [], "action": [], "time": []}
        for case in range(cases):
            steps = list(range(10 + case * 5, min(15 + case * 5, activities)))  # so that each occurs at least once
            for step in range(10):
                steps += [step] if chance.random() > 0.06 else []
                while activities > 10 and chance.random() < 0.4:
                    steps.append(10 + (step + 10 * int(chance.exponential(activities / 40))) % (activities - 10))
            for place, step in enumerate(steps or [0]):
                columns["case"].append(f"made:{case}")
                columns["action"].append(f"{'mail' if step % 3 else 'claims'}: take step {step:03} of the work")
                columns["time"].append((case * 1_000 + place * 17) * 60_000_000)
        times = pa.array(columns.pop("time"), pa.int64()).cast(pa.timestamp("us", "UTC"))
        texts = {name: pa.array(values).dictionary_encode() for name, values in columns.items()}
        worker = pa.array(["ann"] * len(times)).dictionary_encode()
        sums = trace_sums(join(encode(pa.table(texts | {"worker": worker, "time": times}), Settings())))
        return discover(sums)[0], explore(sums)[0]

    return made
