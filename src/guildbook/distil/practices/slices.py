"""Some traces of a task: their covariates factorised once, and what these multiply to with exposures and outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices.statistics import Floats, Products, Projection, Singles, inverse
from guildbook.distil.practices.traces import Flags, TaskTraces


@dataclass(frozen=True)
class Exposed:
    """Some exposures among the traces of a slice."""

    flags: Singles
    """(k, n)"""
    cross: Floats
    """(P, k): products with the covariates, the first their sums."""


@dataclass(frozen=True)
class Outcome:
    """A target among the traces of a slice."""

    own: Floats
    """(n,): weighted."""
    shadow: Floats
    """(P,): products with the covariates."""
    square: float


class Covariates:
    """Conditions and workers of all traces of a task."""

    def __init__(self, traces: TaskTraces) -> None:
        self.weights = traces.weights
        self.conditions = traces.holds.shape[1]
        ones = np.ones((len(traces.weights), 1), dtype=bool)
        self.design: Singles = np.column_stack([ones, traces.holds, traces.took_part]).astype(np.float32)


class Slice:
    """The traces of some `rows`, with conditions and workers as covariates where at least `minimum` differ."""

    def __init__(self, covariates: Covariates, rows: Flags, minimum: float) -> None:
        self.rows = np.flatnonzero(rows)
        self.weights = covariates.weights[self.rows]
        weights = self.weights.astype(np.float32)
        design = covariates.design[self.rows]
        size = weights @ design
        kept = (size >= minimum) & (size <= size[0] - minimum)
        kept[0] = True
        self._conditions = int(kept[: covariates.conditions + 1].sum())
        design = design if kept.all() else np.ascontiguousarray(design[:, kept])
        gram = (design.T @ (design * weights[:, None])).astype(np.float64)
        self.wide = Projection(self.weights, design, gram, inverse(gram))
        self._exposed: dict[bytes, Exposed] = {}
        self._outcomes: dict[int, Outcome] = {}

    @cached_property
    def total(self) -> float:
        """Traces in all."""
        return float(self.weights.sum())

    @cached_property
    def narrow(self) -> Projection:
        """The projection on conditions alone."""
        size = self._conditions
        gram = np.ascontiguousarray(self.wide.gram[:size, :size])
        return Projection(self.weights, np.ascontiguousarray(self.wide.design[:, :size]), gram, inverse(gram))

    def exposed(self, flags: Flags, listed: NDArray[np.int64]) -> Exposed:
        """The `listed` rows of `flags` (exposures, all traces)."""
        key = listed.tobytes()
        if key not in self._exposed:
            own = np.take(flags[listed], self.rows, axis=1).astype(np.float32)
            cross = (own * self.weights.astype(np.float32)) @ self.wide.design
            self._exposed[key] = Exposed(own, np.ascontiguousarray(cross.T, dtype=np.float64))
        return self._exposed[key]

    def outcome(self, key: int, y: Floats) -> Outcome:
        """A number for each of all traces; `key` tells these from others."""
        if key not in self._outcomes:
            own = self.weights * y[self.rows]
            self._outcomes[key] = Outcome(own, own @ self.wide.design, float(own @ y[self.rows]))
        return self._outcomes[key]

    def screen(
        self, outcome: Outcome, exposed: Exposed, added: Flags | None, *, workers: bool = True
    ) -> tuple[Floats, Floats]:
        """`Projection.screen` of the exposures beside the covariates and `added` ones (n, a)."""
        base = self.wide if workers else self.narrow
        size = len(base.gram)
        products = Products(
            exposed.cross[:size],
            outcome.shadow[:size],
            (exposed.flags @ outcome.own.astype(np.float32)).astype(np.float64),
            outcome.square,
        )
        if added is None or not added.shape[1]:
            return products.screen(self.total, base.inverse)
        columns = added.T.astype(np.float32)
        more = (columns * self.weights.astype(np.float32)) @ exposed.flags.T
        products = Products(
            np.concatenate([products.cross, more]),
            np.concatenate([products.shadow, columns @ outcome.own]),
            products.product,
            products.square,
        )
        return products.screen(self.total, base.beside(columns.T))


def informative(flags: Flags, weights: Floats, minimum: float) -> Flags:
    """The columns that vary enough to matter."""
    size = weights @ flags
    return flags[:, (size >= minimum) & (size <= weights.sum() - minimum)]
