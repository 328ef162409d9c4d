"""How well numbers tell good from bad: area under the receiver operating characteristic, with its interval."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z95: Final = 1.959964


def auc(scores: Floats, good: NDArray[np.bool_]) -> tuple[float, float, float]:
    """(area, lower, upper end of the 95 % interval); 0.5 from 0 to 1 where one side is missing.

    The area is the share of pairs of a good and a bad one that are ranked right, ties by half; its variance that of
    DeLong, DeLong and Clarke-Pearson (*Biometrics* 44 (1988) 837–845), the interval on the logit scale, so that it
    stays within 0 and 1.
    """
    high, low = scores[good], scores[~good]
    if not len(high) or not len(low):
        return 0.5, 0.0, 1.0
    right_of_good, right_of_bad = _placed(high, low), 1.0 - _placed(low, high)
    area = float(right_of_good.mean())
    variance = _variance(right_of_good) / len(high) + _variance(right_of_bad) / len(low)
    inside = min(max(area, 0.5 / len(scores)), 1 - 0.5 / len(scores))
    centre = np.log(inside / (1 - inside))
    half = Z95 * float(np.sqrt(variance)) / (inside * (1 - inside))
    ends = 1.0 / (1.0 + np.exp(-np.array([centre - half, centre + half])))
    return area, float(ends[0]), float(ends[1])


def _placed(these: Floats, among: Floats) -> Floats:
    """For each of these the share of the others that are less, ties by half."""
    ranked = np.sort(among)
    less = np.searchsorted(ranked, these, side="left")
    not_more = np.searchsorted(ranked, these, side="right")
    return (less + not_more) / (2.0 * len(among))


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
