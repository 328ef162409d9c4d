"""How well numbers tell good from bad: area under the receiver operating characteristic, with its interval."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z95: Final = 1.959964


def auc(scores: Floats, good: NDArray[np.bool_], folds: NDArray[np.int64] | None = None) -> tuple[float, float, float]:
    """(area, lower, upper end of the 95 % interval); 0.5 from 0 to 1 where one side is missing.

    The area is the share of pairs of a good and a bad one that are ranked right, ties by half; its variance that of
    DeLong, DeLong and Clarke-Pearson (*Biometrics* 44 (1988) 837–845), the interval on the logit scale, so that it
    stays within 0 and 1. Where all are ranked alike the variance is Hanley and McNeil's (*Radiology* 143 (1982) 29–36).

    `scores` are (n,), or (r, n) of r rounds of cross-validation with `folds` (r, n): then only pairs that one model
    ranked are looked at. Across folds a model that missed more bad ones ranks its own too high, and the area comes out
    too small (Parker, Günter and Bedo, *BMC Bioinformatics* 8 (2007) 326; Airola et al., *CSDA* 55 (2011) 1828–1844).
    """
    rounds = np.atleast_2d(scores)
    groups = np.zeros(rounds.shape, np.int64) if folds is None else folds
    placed, times = np.zeros(len(good)), np.zeros(len(good))
    right = pairs = 0.0
    for own, group in zip(rounds, groups, strict=True):
        for fold in np.unique(group):
            high, low = np.flatnonzero(good & (group == fold)), np.flatnonzero(~good & (group == fold))
            if len(high) and len(low):
                placed[high] += (above := _placed(own[high], own[low]))
                placed[low] += 1.0 - _placed(own[low], own[high])
                times[high] += 1
                times[low] += 1
                right, pairs = right + float(above.sum()) * len(low), pairs + len(high) * len(low)
    if not pairs:
        return 0.5, 0.0, 1.0
    known = times > 0
    each = placed[known] / times[known]
    sides = each[good[known]], each[~good[known]]
    area, variance = right / pairs, sum(_variance(side) / len(side) for side in sides)
    inside = min(max(area, 0.5 / len(good)), 1 - 0.5 / len(good))
    if variance <= 0:
        variance = _binormal(inside, len(sides[0]), len(sides[1]))
    centre = np.log(inside / (1 - inside))
    half = Z95 * float(np.sqrt(variance)) / (inside * (1 - inside))
    ends = 1.0 / (1.0 + np.exp(-np.array([centre - half, centre + half])))
    return area, min(area, float(ends[0])), max(area, float(ends[1]))


def _binormal(area: float, good: int, bad: int) -> float:
    """The variance of an area between exponential distributions."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    return (area * (1 - area) + (good - 1) * (one - area**2) + (bad - 1) * (two - area**2)) / (good * bad)


def _placed(these: Floats, among: Floats) -> Floats:
    """For each of these the share of the others that are less, ties by half."""
    ranked = np.sort(among)
    less = np.searchsorted(ranked, these, side="left")
    not_more = np.searchsorted(ranked, these, side="right")
    return (less + not_more) / (2.0 * len(among))


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
