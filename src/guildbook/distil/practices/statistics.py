"""The statistics the miners share, vectorised over many candidates at once.

Everything here is a plain function of arrays; `docs/practices.md` says where each is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

Floats = NDArray[np.float64]

Z95: Final = 1.959963984540054
"""The 97.5 % point of the standard normal: half-width of a 95 % interval in standard errors."""


def tally(groups: NDArray[np.integer], weights: NDArray[np.number], size: int) -> Floats:
    """Sums of weights by group number, 0 to `size` − 1."""
    return np.bincount(groups, weights, size).astype(np.float64)


def two_sided(z: Floats) -> Floats:
    """Two-sided p-value of a standard normal statistic; NaN counts as no evidence (1)."""
    return np.nan_to_num(2.0 * ndtr(-np.abs(z)), nan=1.0)


def adjusted(p: Floats) -> Floats:
    """p-values after Benjamini–Hochberg control of the false-discovery rate, in the order given.

    Benjamini and Hochberg, *J. R. Stat. Soc. B* 57 (1995) 289–300: a test is reported at rate q when its
    adjusted value is at most q.
    """
    p = np.asarray(p, dtype=np.float64)
    m = p.size
    if m == 0:
        return p
    order = np.argsort(p, kind="stable")
    scaled = p[order] * m / np.arange(1, m + 1)
    out = np.empty(m)
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out


def simes(p: Floats, groups: NDArray[np.int64]) -> Floats:
    """One p-value for each group of tests of one thing (Simes, *Biometrika* 73 (1986) 751–754), by group number.

    Unlike the smallest p times the number of tests it costs little when the tests are nearly the same. A group
    without tests gets NaN.
    """
    size = int(groups.max()) + 1 if len(groups) else 0
    order = np.lexsort((p, groups))
    own, sorted_p = groups[order], p[order]
    count = np.bincount(groups, minlength=size)
    rank = np.arange(len(p)) - (np.cumsum(count) - count)[own] + 1
    out = np.full(size, np.inf)
    np.minimum.at(out, own, sorted_p * count[own] / rank)
    return np.where(np.isfinite(out), np.minimum(out, 1.0), np.nan)


def wilson(good: Floats, n: Floats) -> tuple[Floats, Floats]:
    """95 % score interval of a share (Wilson, *JASA* 22 (1927) 209–212). `n` zero gives [0, 1]."""
    n = np.asarray(n, dtype=np.float64)
    safe = np.maximum(n, 1.0)
    share = np.asarray(good, dtype=np.float64) / safe
    centre = share + Z95**2 / (2 * safe)
    half = Z95 * np.sqrt(share * (1 - share) / safe + Z95**2 / (4 * safe**2))
    scale = 1 + Z95**2 / safe
    low, high = np.clip((centre - half) / scale, 0.0, 1.0), np.clip((centre + half) / scale, 0.0, 1.0)
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)


def newcombe(good1: float, n1: float, good0: float, n0: float) -> tuple[float, float]:
    """95 % interval of the difference of two independent shares, first − second.

    Method 10 of Newcombe, *Statistics in Medicine* 17 (1998) 873–890: the two Wilson intervals combined.
    """
    low, high = wilson(np.array([good1, good0]), np.array([n1, n0]))
    share1, share0 = good1 / n1, good0 / n0
    difference = share1 - share0
    return (
        difference - float(np.hypot(share1 - low[0], high[1] - share0)),
        difference + float(np.hypot(high[0] - share1, share0 - low[1])),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference with its standard error and two-sided p; arrays over candidates."""

    value: Floats
    error: Floats
    p: Floats

    @property
    def low(self) -> Floats:
        """Lower end of the 95 % interval."""
        return self.value - Z95 * self.error

    @property
    def high(self) -> Floats:
        """Upper end of the 95 % interval."""
        return self.value + Z95 * self.error


def mantel_haenszel(good1: Floats, n1: Floats, good0: Floats, n0: Floats) -> Difference:
    """The risk difference common to strata (last axis), exposed − unexposed.

    Weights of Mantel and Haenszel (*JNCI* 22 (1959) 719–748), variance of Greenland and Robins (*Biometrics*
    41 (1985) 55–68), which holds for few large strata and for many sparse ones. A stratum with one side
    empty has no weight; with no weight at all the value is NaN and p is 1.
    """
    n = n1 + n0
    usable = (n1 > 0) & (n0 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(usable, n1 * n0 / n, 0.0)
        share = np.where(usable, (good1 * n0 - good0 * n1) / n, 0.0)
        noise = np.where(
            usable,
            (good1 * (n1 - good1) * n0**3 + good0 * (n0 - good0) * n1**3) / (n1 * n0 * n**2),
            0.0,
        )
        total = weight.sum(axis=-1)
        value = np.where(total > 0, share.sum(axis=-1) / total, np.nan)
        error = np.where(total > 0, np.sqrt(noise.sum(axis=-1)) / total, np.nan)
        z = np.where(error > 0, value / error, np.where(value == 0, 0.0, np.inf))
    return Difference(value, error, two_sided(np.where(total > 0, z, 0.0)))


def welch(n1: Floats, mean1: Floats, var1: Floats, n0: Floats, mean0: Floats, var0: Floats) -> Difference:
    """Difference of two means with unequal variances, first − second (Welch, *Biometrika* 34 (1947) 28–35).

    `var` are unbiased sample variances. Fewer than two values on a side: NaN and p = 1.
    """
    n1, n0 = np.asarray(n1, np.float64), np.asarray(n0, np.float64)
    usable = (n1 > 1) & (n0 > 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        part1, part0 = var1 / n1, var0 / n0
        error = np.sqrt(part1 + part0)
        value = np.asarray(mean1 - mean0, np.float64)
        freedom = (part1 + part0) ** 2 / (part1**2 / (n1 - 1) + part0**2 / (n0 - 1))
        t = value / error
        p = 2.0 * stdtr(freedom, -np.abs(t))
    p = np.where(usable & (error > 0), np.nan_to_num(p, nan=1.0), np.where(usable & (value != 0), 0.0, 1.0))
    return Difference(np.where(usable, value, np.nan), np.where(usable, error, np.nan), p)


def pooled_means(n1: Floats, sum1: Floats, square1: Floats, n0: Floats, sum0: Floats, square0: Floats) -> Difference:
    """The difference of means common to strata (last axis), first − second, from counts, sums and sums of squares.

    Strata are weighted by n1·n0/(n1+n0) as in Mantel–Haenszel; the variance within each side is pooled over
    the strata (one value a side, so that strata of a single value count), Welch-like in keeping the sides
    apart. Normal p, so both sides should hold some tens of values.
    """
    usable = (n1 > 0) & (n0 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(usable, n1 * n0 / (n1 + n0), 0.0)
        total = weight.sum(axis=-1)
        gap = np.where(usable, sum1 / n1 - sum0 / n0, 0.0)
        value = np.where(total > 0, (weight * gap).sum(axis=-1) / total, np.nan)
        noise = _within(n1, sum1, square1, usable), _within(n0, sum0, square0, usable)
        part = np.where(usable, weight**2 / n1, 0.0).sum(axis=-1), np.where(usable, weight**2 / n0, 0.0).sum(axis=-1)
        error = np.sqrt(noise[0] * part[0] + noise[1] * part[1]) / total
    return Difference(value, error, two_sided(np.where((total > 0) & (error > 0), value / error, 0.0)))


def _within(n: Floats, total: Floats, square: Floats, usable: NDArray[np.bool_]) -> Floats:
    """Variance within strata, pooled over those that count."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = np.where(usable, square - total**2 / n, 0.0).sum(axis=-1)
        freedom = np.where(usable, n - 1, 0.0).sum(axis=-1)
        return np.where(freedom > 0, np.maximum(rest, 0.0) / freedom, np.nan)


@dataclass(frozen=True, slots=True)
class Partial:
    """Effects of many exposures on one outcome, each adjusted for the same covariates."""

    effect: Difference
    kept: Floats
    """Share of each exposure's variance that the covariates leave, 0 to 1: near 0 there is nothing to compare."""


def partial(y: Floats, exposures: Floats, covariates: Floats, weights: Floats) -> Partial:
    """Least-squares effect of each column of `exposures` (n, F) on `y` (n,), adjusted for `covariates` (n, P).

    For an outcome of 0 and 1 the effect is a risk difference. The covariates are projected out of both sides
    (Frisch and Waugh, *Econometrica* 1 (1933) 387–401; Lovell, *JASA* 58 (1963) 993–1010), which serves every
    exposure with one factorisation. Errors are robust to unequal variance in the jackknife-like form HC3
    (MacKinnon and White, *J. Econometrics* 29 (1985) 305–325), which stays honest in small samples; p is of t
    with n − P − 2 degrees of freedom. `weights` (n,) are counts of equal rows. A column of ones is added, and a
    ridge of 10⁻⁷ lets columns depend on one another.
    """
    n = float(weights.sum())
    base = np.column_stack([np.ones(len(y)), covariates])
    weighted = base * weights[:, None]
    gram = base.T @ weighted
    gram[np.diag_indices_from(gram)] += 1e-7 * np.maximum(gram.diagonal(), 1.0)
    solved = np.linalg.solve(gram, np.column_stack([weighted.T @ exposures, weighted.T @ y, base.T]))
    width = exposures.shape[1]
    rest_x = exposures - base @ solved[:, :width]
    rest_y = y - base @ solved[:, width]
    leverage = (base * solved[:, width + 1 :].T).sum(axis=1)
    square = (weights[:, None] * rest_x**2).sum(axis=0)
    mean = (weights @ exposures) / n
    spread = (weights @ exposures**2) / n - mean**2
    freedom = max(n - base.shape[1] - 1, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(spread > 0, np.clip(square / n / spread, 0.0, 1.0), 0.0)
        value = np.where(kept > 0, (rest_x.T @ (weights * rest_y)) / square, 0.0)
        residual = rest_y[:, None] - rest_x * value
        residual /= np.maximum(1.0 - leverage[:, None] - rest_x**2 / square, 1e-3)
        error = np.sqrt((weights[:, None] * rest_x**2 * residual**2).sum(axis=0)) / square
        p = np.where((kept > 0) & (error > 0), 2.0 * stdtr(freedom, -np.abs(value / error)), 1.0)
    return Partial(Difference(value, np.where(kept > 0, error, np.nan), np.nan_to_num(p, nan=1.0)), kept)
