"""A measured value with its interval, from what each trace adds to a ratio."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its standard error and its interval; `n` traces it rests on."""

    value: float
    low: float
    high: float
    error: float
    n: int

    @classmethod
    def about(cls, value: float, error: float, n: int, level: float = LEVEL) -> Self:
        """The normal interval of this level."""
        reach = float(ndtri(0.5 + level / 2)) * error
        return cls(value, value - reach, value + reach, error, n)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Measured:
    """A ratio Σ num / Σ den over traces that are taken as drawn independently (T,)."""

    num: Floats
    den: Floats

    @property
    def value(self) -> float:
        """The ratio; 0 where there is nothing to divide by."""
        total = float(self.den.sum())
        return float(self.num.sum()) / total if total > 0 else 0.0

    def estimate(self, level: float = LEVEL) -> Estimate:
        """With the interval of the linearised ratio (Cochran, *Sampling Techniques*, 1977, § 6.3–6.4)."""
        return self._about(self.num - self.value * self.den, self.value, level)

    def minus(self, other: Measured, level: float = LEVEL) -> Estimate:
        """The difference of two ratios over the same traces, paired: what both find hard cancels."""
        mine = (self.num - self.value * self.den) / max(float(self.den.sum()), 1e-300)
        theirs = (other.num - other.value * other.den) / max(float(other.den.sum()), 1e-300)
        return self._spread(mine - theirs, self.value - other.value, level)

    def pick(self, traces: NDArray[Any]) -> Measured:
        """Over some of the traces."""
        return Measured(self.num[traces], self.den[traces])

    def _about(self, residual: Floats, value: float, level: float) -> Estimate:
        return self._spread(residual / max(float(self.den.sum()), 1e-300), value, level)

    def _spread(self, residual: Floats, value: float, level: float) -> Estimate:
        n = int(np.count_nonzero(self.den))
        error = float(np.sqrt((residual**2).sum() * n / (n - 1))) if n > 1 else 0.0
        return Estimate.about(value, error, n, level)
