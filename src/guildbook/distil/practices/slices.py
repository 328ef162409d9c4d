"""The covariates of a task's traces factorised once, and what they multiply to with exposures inside a scope.

A comparison looks at the traces of its scope alone. What conditions and workers do to the outcome is told by all
traces, so that a narrow scope does not spend its few cases on telling that again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.practices.statistics import Floats, Partial, Products, Projection, Singles, inverse
from guildbook.distil.practices.traces import Flags, TaskTraces

KEPT = 64
"""Columns kept at once beside one set of covariates: bounds memory."""


@dataclass(frozen=True)
class Exposed:
    """Some exposures among the traces of a slice."""

    flags: Singles
    """(k, n)"""
    cross: Floats
    """(P, k): products with the covariates, the first their sums."""


class Base:
    """All traces in which a target is known, with conditions and workers as covariates where enough differ.

    `minimum`: how many traces must stand on each side of a covariate.
    """

    def __init__(self, traces: TaskTraces, valid: Flags, minimum: float) -> None:
        self.rows = np.flatnonzero(valid)
        self.weights = traces.weights[self.rows]
        ones = np.ones((len(self.rows), 1), dtype=bool)
        design = np.column_stack([ones, traces.holds[self.rows], traces.took_part[self.rows]]).astype(np.float32)
        size = self.weights @ design
        kept = (size >= minimum) & (size <= size[0] - minimum)
        kept[0] = True
        self._conditions = int(kept[: traces.holds.shape[1] + 1].sum())
        design = np.ascontiguousarray(design[:, kept])
        gram = (design.T @ (design * self.weights.astype(np.float32)[:, None])).astype(np.float64)
        self.wide = Projection(self.weights, design, gram, inverse(gram))
        self._minimum = minimum

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

    def beside(self, followed: list[Flags], *, workers: bool) -> Beside:
        """The covariates with or without workers, and those of some flags over all traces that vary enough."""
        own = self.wide if workers else self.narrow
        if not followed:
            return Beside(own, np.zeros((len(self.rows), 0), np.float32))
        columns = np.column_stack([flags[self.rows] for flags in followed])
        size = self.weights @ columns
        columns = columns[:, (size >= self._minimum) & (size <= self.total - self._minimum)].astype(np.float32)
        return Beside(own.extended(columns), columns)


@dataclass(frozen=True)
class Outcome:
    """A target among the traces of a base."""

    own: Floats
    """(n,): weighted."""
    shadow: Floats
    """(P,): products with the covariates."""
    square: float


@dataclass(frozen=True)
class Beside:
    """The covariates of a base, and others added to them."""

    projection: Projection
    added: Singles
    """(n, a): the last columns of the projection."""
    outcomes: dict[int, Outcome] = field(default_factory=dict[int, Outcome])
    rests: dict[int | bytes, Floats] = field(default_factory=dict["int | bytes", Floats])
    """What the covariates leave of targets and scopes."""

    def partial(self, key: int, y: Floats, flags: Flags, within: Flags) -> Partial:
        """`Projection.partial`; `key` tells the target from others."""
        rests = self._rest(key, y), self._rest(np.packbits(within).tobytes(), within.astype(np.float64))
        return self.projection.partial(y, flags, within, rests)

    def _rest(self, key: int | bytes, column: Floats) -> Floats:
        if key not in self.rests:
            if len(self.rests) >= KEPT:
                self.rests.clear()
            self.rests[key] = self.projection.rest(column[:, None])
        return self.rests[key]

    def outcome(self, key: int, own: Floats, y: Floats) -> Outcome:
        """The products of a target, weighted (`own`) and not."""
        if key not in self.outcomes:
            shadow = (own.astype(np.float32) @ self.projection.design).astype(np.float64)
            self.outcomes[key] = Outcome(own, shadow, float(own @ y))
        return self.outcomes[key]


class Slice:
    """The traces of a scope among those of a base."""

    def __init__(self, base: Base, rows: Flags) -> None:
        self.base = base
        self.inside = rows[base.rows]
        self.places = np.flatnonzero(self.inside)
        self.rows = base.rows[self.places]
        self.weights = base.weights[self.places]
        self.sums = (self.weights.astype(np.float32) @ base.wide.design[self.places]).astype(np.float64)
        self._exposed: dict[bytes, Exposed] = {}

    @cached_property
    def total(self) -> float:
        """Traces in all."""
        return float(self.weights.sum())

    def exposed(self, flags: Flags, listed: NDArray[np.int64]) -> Exposed:
        """The `listed` rows of `flags` (exposures, all traces)."""
        key = listed.tobytes()
        if key not in self._exposed:
            own = np.take(flags[listed], self.rows, axis=1).astype(np.float32)
            cross = (own * self.weights.astype(np.float32)) @ self.base.wide.design[self.places]
            self._exposed[key] = Exposed(own, np.ascontiguousarray(cross.T, dtype=np.float64))
        return self._exposed[key]

    def screen(self, key: int, y: Floats, exposed: Exposed, beside: Beside) -> tuple[Floats, Floats]:
        """`Products.screen` of the exposures inside. `y`: the target in all traces, which `key` tells from others."""
        size = len(beside.projection.gram) - beside.added.shape[1]
        outcome = beside.outcome(key, self.base.weights * y[self.base.rows], y[self.base.rows])
        scaled = beside.added[self.places] * self.weights.astype(np.float32)[:, None]
        own = outcome.own[self.places]
        products = Products(
            np.concatenate([exposed.cross[:size], (exposed.flags @ scaled).T]),
            outcome.shadow,
            (exposed.flags @ own.astype(np.float32)).astype(np.float64),
            outcome.square,
            np.concatenate([self.sums[:size], scaled.sum(axis=0)]).astype(np.float64),
            float(own.sum()),
        )
        return products.screen(self.base.total, beside.projection.inverse)
