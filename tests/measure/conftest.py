"""Small and random work for the tests of measuring."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from guildbook.measure.work import Work, work

Maker = Callable[..., Work]


@pytest.fixture(scope="session")
def random_work() -> Maker:
    """Random work: so many traces of up to `longest` events, by `workers` people who share traces or do not."""

    def made(
        seed: int,
        traces: int = 60,
        workers: int = 5,
        acts: int = 5,
        longest: int = 8,
        tasks: int = 2,
        *,
        shared: bool = True,
    ) -> Work:
        rng = np.random.default_rng(seed)
        listed: list[tuple[str, list[tuple[str, str, int]]]] = []
        for number in range(traces):
            size = int(rng.integers(1, longest + 1))
            alone = int(rng.integers(workers))
            events: list[tuple[str, str, int]] = []
            for place in range(size):
                usual = (place + number % 2) % acts
                act = usual if rng.random() < 0.7 else int(rng.integers(acts))
                who = int(rng.integers(workers)) if shared else alone
                events.append((f"act {act}", f"worker {who}", number * 1_000 + place))
            listed.append((f"task {number % 2}", events))
        outcomes = [int(rng.integers(0, 3)) for _ in range(traces)]
        return work(listed, outcomes=outcomes, own=1_000_000)

    return made
