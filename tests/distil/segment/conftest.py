"""Small logs of made-up routines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pytest

from guildbook.columns import raw_table

Made = tuple[pa.Table, np.ndarray]


def routine(name: str, steps: int) -> list[tuple[str, str, str]]:
    """(app, action, element) of each step."""
    return [(("Mail", "Sheet", "Form")[i % 3], ("open", "type", "press")[i % 3], f"{name} {i}") for i in range(steps)]


def log(segments: Sequence[Sequence[tuple[str, str, str]]]) -> Made:
    """The events of these segments one after the other, a second apart, and which segment each is of."""
    rows = [step for steps in segments for step in steps]
    truth = np.repeat(np.arange(len(segments)), [len(steps) for steps in segments])
    apps, actions, elements = (list(column) for column in zip(*rows, strict=True))
    times = pa.array(np.arange(len(rows)) * 1_000_000, pa.timestamp("us", "UTC"))
    columns = {"app": apps, "action": actions, "element_name": elements, "time": times}
    return raw_table(columns, len(rows)), truth


@pytest.fixture(scope="session")
def make() -> Callable[..., Made]:
    """A log of `times` performances of the named routines, in random order."""

    def made(times: int = 60, seed: int = 1, **routines: int) -> Made:
        chance = np.random.default_rng(seed)
        kinds = [routine("the " + name, steps) for name, steps in routines.items()]
        return log([kinds[i] for i in chance.integers(0, len(kinds), times)])

    return made
