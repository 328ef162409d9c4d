"""pyDVL on the same game: it trains the back-off model anew for every coalition. Run by `shapley.py`, in its own venv.

python _peers_dvl.py GAME.npz PERMUTATIONS
"""

from __future__ import annotations

import json
import sys
import warnings
from time import perf_counter, process_time
from typing import Any, Self

import numpy as np

from guildbook.measure.engine import Engine
from guildbook.measure.model import Shape, Table
from guildbook.measure.work import Split, Work

warnings.simplefilter("ignore")

from pydvl.valuation import (  # noqa: E402 - its imports warn
    Dataset,
    MaxUpdates,
    ModelUtility,
    PermutationSampler,
    ShapleyValuation,
    SupervisedScorer,
)


class Backoff:
    """The counted model behind the interface that pyDVL asks for; a data point is a worker."""

    engine: Engine

    def __init__(self) -> None:
        self.table: Table | None = None

    def fit(self, x: Any, _: Any = None) -> Self:
        """Train on the traces of these workers."""
        inside = np.zeros(len(self.engine.train.workers), dtype=bool)
        inside[np.asarray(x, np.int64)[:, 0]] = True
        self.table = Table.of(self.engine.train.of(inside), self.engine.shape)
        return self

    def predict(self, x: Any) -> Any:
        """Asked for by the interface, not by the score."""
        return np.zeros(len(x))

    def score(self, *_: Any) -> float:
        """Accuracy on the work held back."""
        return 0.0 if self.table is None else self.engine.accuracy(self.table).value


def work_of(data: Any) -> Work:
    """The work that `shapley.py` wrote."""
    columns = {name: data[name] for name in ("act", "worker", "time", "own", "agent", "task", "outcome")}
    names = {name: tuple(data[name].tolist()) for name in ("acts", "workers", "tasks", "keys")}
    return Work(offsets=data["offsets"], **columns, **names)


def main() -> None:
    """Time it and print the values."""
    data = np.load(sys.argv[1])
    engine = Engine.of(Split.newest(work_of(data)), shape=Shape(int(data["order"]), int(data["least"])))
    Backoff.engine = engine
    people = np.flatnonzero(engine.train.present)
    points = Dataset(people[:, None].astype(np.float64), np.zeros(len(people)))
    _ = engine.total, engine.trial.places
    Backoff().fit(points.data().x[:2]).score()
    utility = ModelUtility(Backoff(), SupervisedScorer(Backoff(), points, default=0.0), show_warnings=False)
    valuation = ShapleyValuation(
        utility, PermutationSampler(seed=0), MaxUpdates(int(sys.argv[2])), progress=False
    )  # fmt: skip
    began, worked = perf_counter(), process_time()
    valuation.fit(points)
    wall, cpu = perf_counter() - began, process_time() - worked
    found = valuation.result
    print(
        json.dumps(
            {"wall": wall, "cpu": cpu, "permutations": int(found.counts.max()), "sum": float(found.values.sum())}
        )
    )


if __name__ == "__main__":
    main()
