"""Logs of one task whose steps change on a known Monday, or never."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums
from guildbook.model.time import DAY, HOUR

Row = dict[str, Any]
FIRST = date(2024, 1, 1)


@pytest.fixture(scope="session")
def changing(table: Callable[[Sequence[Row]], pa.Table]) -> Callable[..., Sums]:
    """Sums of `weeks` weeks: from week `at` on a check is followed by a review `after` instead of `before` of times.

    With `gone` notes are no longer taken from then on; then steps are `hours` apart instead of one.
    """

    def made(
        seed: int,
        *,
        weeks: int = 40,
        at: int = 25,
        before: float = 0.3,
        after: float = 0.7,
        gone: bool = False,
        hours: int = 1,
    ) -> Sums:
        chance = np.random.default_rng(seed)
        monday = (FIRST - date(1970, 1, 1)).days * DAY
        rows: list[Row] = []
        for number in range(weeks * 12):
            moment = monday + int(chance.integers(0, weeks * 7 * 24)) * HOUR
            late = moment >= monday + at * 7 * DAY
            reviewed = chance.random() < (after if late else before)
            noted = chance.random() < 0.5 and not (gone and late)
            steps = ["register", *(["note"] if noted else []), "check", *(["review"] if reviewed else []), "decide"]
            rows += [
                {
                    "worker": "ann",
                    "time": moment + place * (hours if late else 1) * HOUR,
                    "case": f"order:{number}",
                    "action": step,
                }
                for place, step in enumerate(steps)
            ]
        return summarise_table(table(rows), Settings())

    return made
