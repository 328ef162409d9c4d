"""How well next steps were predicted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

CALIBRATION_BINS: Final = 15


@dataclass(frozen=True)
class Score:
    """Figures over n places; NaN for no places."""

    accuracy: float
    top3: float
    log_loss: float
    """Mean of −ln P of what came, in nats."""
    ece: float
    """Expected calibration error of the likeliest step: Σ over 15 bins of equal width of |share right − mean
    probability| · share of the places (Naeini et al., AAAI 2015)."""
    n: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class Tally:
    """Adds up predictions block by block."""

    def __init__(self) -> None:
        self._hits = self._top3 = self._n = 0
        self._loss = 0.0
        self._bins = np.zeros((3, CALIBRATION_BINS))

    def add(self, logp: Floats, answers: Ints) -> None:
        """Log-probabilities (n, V + 1), the last column for anything unknown, and the column that came."""
        if not len(answers):
            return
        best = np.argsort(-logp[:, :-1], axis=1, kind="stable")[:, :3]
        same = best == answers[:, None]
        sure = np.exp(logp[np.arange(len(best)), best[:, 0]].astype(np.float64))
        place = np.minimum((sure * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
        self._hits += int(same[:, 0].sum())
        self._top3 += int(same.sum())
        self._loss -= float(logp[np.arange(len(answers)), answers].astype(np.float64).sum())
        self._n += len(answers)
        for row, values in enumerate((np.ones(len(sure)), sure, same[:, 0])):
            self._bins[row] += np.bincount(place, values, CALIBRATION_BINS)

    def score(self) -> Score:
        """The figures of all that was added."""
        if not self._n:
            return Score(np.nan, np.nan, np.nan, np.nan, 0)
        n = self._n
        ece = float(np.abs(self._bins[2] - self._bins[1]).sum()) / n
        return Score(self._hits / n, self._top3 / n, self._loss / n, ece, n)
