from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from guildbook.distil.neural.bench import bench
from guildbook.distil.neural.settings import NeuralSettings

Row = dict[str, Any]


def test_bench_learns_from_the_first_table_alone(
    tiny: NeuralSettings, table: Callable[[Sequence[Row]], pa.Table], cases: Callable[..., list[Row]]
) -> None:
    train, test = table(cases(60)), table(cases(10, first_day=20_050))
    alone = bench(train, test, "neural", neural=tiny)
    assert alone["n"] == 30
    assert alone["accuracy"] == pytest.approx(25 / 30, abs=0.1)  # what comes after the first step is chance
    assert set(alone) == {"accuracy", "top3", "log_loss", "ece", "n"}
    both = bench(train, test, "mixed", neural=tiny)
    assert both["n"] == 30
    assert both["net_used"] is False
    assert both["accuracy"] > 0.7
