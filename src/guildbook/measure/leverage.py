"""What a model loses without some of those it was learnt from: leverage, as the counterfactual engine sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.engine import Engine
from guildbook.measure.estimate import Estimate, Measured
from guildbook.measure.model import Table
from guildbook.measure.trial import Policy, Trial

Bools = NDArray[np.bool_]

Metric = Literal["accuracy", "augmentation", "substitution"]
METRICS: Final[tuple[Metric, ...]] = ("accuracy", "augmentation", "substitution")


@dataclass(frozen=True, slots=True)
class Leverage:
    """v(N) − v(N∖C) of a coalition C, over the same held-back traces."""

    workers: tuple[str, ...]
    metric: Metric
    with_them: float
    without_them: float
    loss: Estimate
    touched: int
    """Training traces that were counted again."""
    model: str
    """Digest of the counts without them: those of a model that never had them."""
    hours: float | None = None
    """For augmentation: hours of the held-back work that are no longer saved."""
    by_task: tuple[tuple[str, Estimate], ...] = ()
    model_hash: str = ""
    """Of the book learnt without them, where it was worked out."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "workers": list(self.workers), "metric": self.metric, "with": self.with_them, "without": self.without_them,
            "loss": self.loss.to_dict(), "hours": self.hours, "touched": self.touched, "model": self.model,
            **({"model_hash": self.model_hash} if self.model_hash else {}),
            "by_task": [{"task": task} | loss.to_dict() for task, loss in self.by_task],
        }  # fmt: skip


def looks(engine: Engine, metric: Metric) -> Callable[[Table], Measured]:
    """How to measure a model."""
    return looks_at(engine.trial, engine.policy, metric)


def looks_at(trial: Trial, policy: Policy, metric: Metric) -> Callable[[Table], Measured]:
    """How to measure a model on this held-back work."""
    found: dict[Metric, Callable[[Table], Measured]] = {
        "accuracy": trial.accuracy,
        "augmentation": lambda model: trial.augmentation(model, policy),
        "substitution": lambda model: trial.substitution(model, policy).measured,
    }
    return found[metric]


def leverage(
    engine: Engine,
    coalitions: Sequence[Bools],
    metric: Metric = "augmentation",
    *,
    by_task: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Leverage]:
    """The leverage of each coalition (masks of workers), in the order given."""
    look = looks(engine, metric)
    base = look(engine.total)
    names = np.array(engine.train.workers, dtype=object)
    found = engine.sweep([~c for c in coalitions], lambda model: (look(model), model.digest()), progress)
    for coalition, (without, digest) in zip(coalitions, found, strict=True):
        loss = base.minus(without)
        hours = None
        if metric == "augmentation":
            hours = float(base.num.sum() - without.num.sum()) / 3.6e9
        yield Leverage(
            tuple(names[coalition].tolist()), metric, base.value, without.value, loss,
            len(engine.touched(coalition)), digest, hours,
            _by_task(engine, base, without) if by_task else (),
        )  # fmt: skip


def _by_task(engine: Engine, base: Measured, without: Measured) -> tuple[tuple[str, Estimate], ...]:
    tasks = engine.test.task
    return tuple(
        (engine.test.tasks[code], base.pick(tasks == code).minus(without.pick(tasks == code)))
        for code in np.unique(tasks).tolist()
    )
