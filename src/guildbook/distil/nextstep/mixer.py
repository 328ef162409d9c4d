"""A small logistic mixer: how much each view is believed, and a bias a class.

The score of class w at a place is b[w] + c[g, w] + Σ_v (a[v, k_v] + d[g, v]) · s_v(w), and its probability the softmax
of the scores. s_v = ln P_v − ln P_u is what view v adds to the view u it rests on; ln P_v where it rests on none. It is
the log-linear pool of Genest and Zidek (*Statist. Sci.* 1 (1986) 114–135), with weights that depend on how often view v
has seen its context (k_v, a bin of doublings) and on the last activity (g). It is fitted by maximum likelihood with
quadratic penalties (a towards the same in all bins and that towards what all views alike would give, all others
towards 0), by L-BFGS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from guildbook.distil.nextstep.kernels import loss_and_slopes, scores

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Codes = NDArray[np.int32]

BINS: Final = 10
"""How often a context was seen: never, below 1, 1, 2–3, 4–7, … 128 and more."""
ITERATIONS: Final = 60
HEATS: Final = (-0.2, 1.1)
"""Bounds of the temperature's logarithm. Few places that were all foreseen are no ground for much more certainty."""


@dataclass(frozen=True)
class Sheet:
    """What the mixer sees of n places: K classes each, the likeliest by all views, the last all others together."""

    logp: Floats
    """(n, views, K): what each view says, or adds to another"""
    bins: Codes
    """(n, views)"""
    group: Codes
    """(n,): by the last activity."""
    cells: Codes
    """(n, K): the column of each class; all others together: the number of columns."""
    answer: Codes
    """(n,): which of the K classes came."""

    def __len__(self) -> int:
        return len(self.group)

    def pick(self, rows: NDArray[np.bool_] | slice) -> Sheet:
        """Some of the places."""
        return Sheet(self.logp[rows], self.bins[rows], self.group[rows], self.cells[rows], self.answer[rows])

    @classmethod
    def joined(cls, sheets: Sequence[Sheet]) -> Sheet:
        """The places of all, one after another."""
        names = ("logp", "bins", "group", "cells", "answer")
        return cls(*(np.concatenate([getattr(sheet, name) for sheet in sheets]) for name in names))


@dataclass(frozen=True, slots=True)
class Penalty:
    """Strength of the quadratic penalties, in events."""

    weight: float
    lean: float
    bias: float
    pull: float


PENALTIES: Final = (
    Penalty(1000, 3000, 1, 30),
    Penalty(300, 3000, 0.3, 10),
    Penalty(60, 400, 0.1, 5),
    Penalty(10, 60, 0.1, 1),
)
"""Those tried on the newest block, the strictest first."""


@dataclass(frozen=True)
class Mixer:
    """The fitted numbers."""

    weight: Floats
    """(views, BINS): a"""
    lean: Floats
    """(groups, views): d"""
    bias: Floats
    """(W + 1,): b"""
    pull: Floats
    """(groups, W + 1): c"""
    heat: float = 1.0
    """Temperature: scores are divided by it before the softmax."""

    @classmethod
    def even(cls, views: int, groups: int, width: int, believed: NDArray[Any] | None = None) -> Mixer:
        """All views alike, or each as much as is said, and no biases: where fitting begins."""
        weight = np.full(views, 1 / max(views, 1)) if believed is None else believed
        return cls(
            np.repeat(weight.astype(np.float32)[:, None], BINS, axis=1),
            np.zeros((groups, views), np.float32),
            np.zeros(width + 1, np.float32),
            np.zeros((groups, width + 1), np.float32),
        )

    def log_probabilities(self, sheet: Sheet) -> Floats:
        """(n, K) log-probabilities after mixing."""
        out = scores(sheet.logp, sheet.bins, sheet.group, sheet.cells, self.weight, self.lean, self.bias, self.pull)
        return out if self.heat == 1 else cooled(out, self.heat)

    def loss(self, sheet: Sheet) -> float:
        """Mean of −ln P of what came; NaN for no places."""
        if not len(sheet):
            return float("nan")
        logp = self.log_probabilities(sheet)
        return float(-logp[np.arange(len(sheet)), sheet.answer].mean())

    def fitted(
        self,
        sheet: Sheet,
        shares: Doubles,
        penalty: Penalty,
        believed: NDArray[Any] | None = None,
        iterations: int = ITERATIONS,
    ) -> Mixer:
        """Fitted to these places, each weighing its share, beginning with this mixer's numbers.

        A weight is what a view has in all bins and what is its bin's own, each held back: a bin that was seldom met
        in fitting is believed as the view is elsewhere.
        """
        views = len(self.weight)
        common = self.weight.mean(axis=1)
        start = (common, self.weight - common[:, None], self.lean, self.bias, self.pull)
        held = (penalty.weight, penalty.weight, penalty.lean, penalty.bias, penalty.pull)
        shapes = [array.shape for array in start]
        strength = np.concatenate([np.full(a.size, value) for a, value in zip(start, held, strict=True)])
        rest = np.zeros(len(strength))
        rest[:views] = 1 / max(views, 1) if believed is None else believed
        share = shares.astype(np.float32)
        total = max(float(shares.sum()), 1.0)

        def target(x: Doubles) -> tuple[float, Doubles]:
            a, own, d, b, c = (part.astype(np.float32) for part in _cut(x, shapes))
            flat = np.zeros(len(x), np.float64)
            da, down, dd, db, dc = _cut(flat, shapes)  # parts of `flat`, filled in place
            weight = a[:, None] + own
            loss = loss_and_slopes(
                sheet.logp, sheet.bins, sheet.group, sheet.cells, sheet.answer, share, weight, d, b, c, down, dd, db, dc
            )
            da[:] = down.sum(axis=1)
            away = x - rest
            return (loss + 0.5 * float((strength * away * away).sum())) / total, (flat + strength * away) / total

        begin = np.concatenate([a.ravel() for a in start]).astype(np.float64)
        found = minimize(target, begin, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 10})
        a, own, lean, bias, pull = (part.astype(np.float32) for part in _cut(found.x, shapes))
        return Mixer(a[:, None] + own, lean, bias, pull)

    def calibrated(self, sheet: Sheet) -> Mixer:
        """With the temperature that is likeliest on these places, which it was not fitted to."""
        if not len(sheet):
            return self
        logp = replace(self, heat=1.0).log_probabilities(sheet)
        rows = np.arange(len(sheet))

        def loss(log_heat: float) -> float:
            return float(-cooled(logp, float(np.exp(log_heat)))[rows, sheet.answer].mean())

        found = minimize_scalar(loss, bounds=HEATS, method="bounded", options={"xatol": 1e-3})
        return replace(self, heat=float(np.exp(found.x)))


def cooled(logp: Floats, heat: float) -> Floats:
    """Log-probabilities at a temperature (Guo et al., ICML 2017)."""
    z = logp / np.float32(heat)
    z -= z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def binned(weight: Floats) -> Codes:
    """The bin of how often a context was seen."""
    seen = np.floor(np.log2(np.maximum(weight, 0.5))) + 2
    return np.where(weight <= 0, 0, np.clip(seen, 1, BINS - 1)).astype(np.int32)


def _cut(x: Doubles, shapes: Sequence[tuple[int, ...]]) -> list[Doubles]:
    out: list[Doubles] = []
    at = 0
    for shape in shapes:
        size = int(np.prod(shape))
        out.append(x[at : at + size].reshape(shape))
        at += size
    return out
