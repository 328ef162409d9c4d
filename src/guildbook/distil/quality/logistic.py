"""Logistic regression with a ridge penalty: few hundred columns, a few thousand rows, the same digits everywhere.

Newton's method on the penalised log-likelihood (le Cessie and van Houwelingen, *Applied Statistics* 41 (1992)
191–201), with halved steps where a full one would not help. The intercept is not penalised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PENALTIES: Final = (1.0, 4.0, 16.0, 64.0)
"""Tried on inner folds, on columns of unit variance."""
_STEPS: Final = 30
_HALVINGS: Final = 12
_ENOUGH: Final = 1e-7


@dataclass(frozen=True)
class Fit:
    """A fitted model: logits are `intercept + columns @ slopes` of the raw columns."""

    intercept: float
    slopes: Floats
    penalty: float

    def logits(self, columns: Floats) -> Floats:
        """(n,) of columns (n, p)."""
        return self.intercept + columns @ self.slopes


def fit(columns: Floats, good: Floats, penalty: float) -> Fit:
    """The model of `good` (n,), 0 or 1, on columns (n, p); columns that do not vary get no slope."""
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    known = spread > 1e-9  # noqa: PLR2004 - beyond rounding
    design = np.column_stack([np.ones(len(columns)), (columns[:, known] - mean[known]) / spread[known]])
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 1e-6
    beta = _maximum(design, good, ridge)
    slopes = np.zeros(columns.shape[1])
    slopes[known] = beta[1:] / spread[known]
    return Fit(float(beta[0] - mean @ slopes), slopes, penalty)


def chosen(columns: Floats, good: Floats, folds: NDArray[np.int64]) -> Fit:
    """The model with the penalty that does best (log-loss) on folds held out of it, ties for the larger."""
    losses = [_held_out(columns, good, folds, penalty) for penalty in PENALTIES]
    best = len(PENALTIES) - 1 - int(np.argmin(losses[::-1]))
    return fit(columns, good, PENALTIES[best])


def _held_out(columns: Floats, good: Floats, folds: NDArray[np.int64], penalty: float) -> float:
    loss = 0.0
    for fold in range(int(folds.max()) + 1):
        own = folds == fold
        model = fit(columns[~own], good[~own], penalty)
        loss -= float(_likelihood(model.logits(columns[own]), good[own]))
    return loss


def _likelihood(logits: Floats, good: Floats) -> float:
    return float(good @ logits - np.logaddexp(0.0, logits).sum())


def _maximum(design: Floats, good: Floats, ridge: Floats) -> Floats:
    def worth(beta: Floats) -> float:
        return _likelihood(design @ beta, good) - 0.5 * float(ridge @ beta**2)

    beta = np.zeros(design.shape[1])
    value = worth(beta)
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30.0, 30.0)))
        slope = design.T @ (good - chance) - ridge * beta
        bend = (design * (chance * (1.0 - chance))[:, None]).T @ design
        bend[np.diag_indices_from(bend)] += ridge
        step = np.linalg.solve(bend, slope)
        for _ in range(_HALVINGS):
            tried = worth(beta + step)
            if tried >= value:
                break
            step *= 0.5
        else:
            return beta
        beta, gain, value = beta + step, tried - value, tried
        if gain < _ENOUGH:
            break
    return beta
