"""The statistics the miners share, vectorised over many candidates at once.

Everything here is a plain function of arrays; `docs/practices.md` says where each is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.special import ndtr, stdtr

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]

Z95: Final = 1.959963984540054
"""The 97.5 % point of the standard normal: half-width of a 95 % interval in standard errors."""


def tally(groups: NDArray[np.integer], weights: NDArray[np.number], size: int) -> Floats:
    """Sums of weights by group number, 0 to `size` − 1."""
    return np.bincount(groups, weights, size).astype(np.float64)


ALL: Final = 1e-6
"""Being within that the covariates tell up to this share adds nothing to them."""
FEW: Final = 5
"""Fewer cases of either outcome on a side tell nothing of its variance."""
LARGE: Final = 1_500
"""Rows from which `Projection.partial` leaves leverages aside."""


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


@dataclass(frozen=True)
class Projection:
    """Covariates factorised once, so that many exposures and outcomes can be adjusted for them."""

    weights: Floats
    """(n,) counts of equal rows."""
    design: Singles
    """(n, P): the covariates, the first a column of ones. For flags single precision counts exactly up to 2²⁴."""
    gram: Floats
    """(P, P): weighted products of the columns."""
    inverse: Floats
    """Of the gram, with a ridge that lets columns depend on one another."""

    def extended(self, columns: NDArray[np.bool_] | Floats | Singles) -> Projection:
        """The same with more covariates (n, k)."""
        added = columns.astype(np.float32)
        gram = self.bordered(added)
        return Projection(self.weights, np.column_stack([self.design, added]), gram, inverse(gram))

    def beside(self, added: Singles) -> Floats:
        """The inverse with more covariates (n, k), from the inverse without: by blocks, for small k."""
        gram, size = self.bordered(added), len(self.gram)
        solved = self.inverse @ gram[:size, size:]
        corner = inverse(gram[size:, size:], -solved.T @ gram[:size, size:])
        out = np.empty_like(gram)
        out[size:, size:] = corner
        out[:size, size:] = -solved @ corner
        out[size:, :size] = out[:size, size:].T
        out[:size, :size] = self.inverse - out[:size, size:] @ solved.T
        return out

    def bordered(self, added: Singles) -> Floats:
        """The gram with more covariates (n, k)."""
        scaled = added * self.weights[:, None].astype(np.float32)
        size = len(self.gram)
        gram = np.empty((size + added.shape[1], size + added.shape[1]))
        gram[:size, :size] = self.gram
        gram[:size, size:] = self.design.T @ scaled
        gram[size:, :size] = gram[:size, size:].T
        gram[size:, size:] = added.T @ scaled
        return gram

    def partial(
        self,
        y: Floats,
        exposures: NDArray[np.bool_] | Floats,
        within: Flags | None = None,
        rests: tuple[Floats, Floats] | None = None,
    ) -> Partial:
        """Least-squares effect of each column of `exposures` (n, F) on `y` (n,), adjusted for the covariates.

        For an outcome of 0 and 1 the effect is a risk difference. The covariates are projected out of both sides
        (Frisch and Waugh, *Econometrica* 1 (1933) 387–401; Lovell, *JASA* 58 (1963) 993–1010). Errors are robust
        to unequal variance in the jackknife-like form HC3 (MacKinnon and White, *J. Econometrics* 29 (1985)
        305–325), which stays honest in small samples; from `LARGE` rows on, where leverages are small, in the
        form HC1. p is of t with n − P − 1 degrees of freedom, but no more than the smaller side has, as in Welch's
        test at its most careful: a few cases tell little of their own variance.

        `within`: the rows (n,) in which done and not done are compared; exposures hold nowhere else. The others
        help to tell what the covariates do, and being within is a covariate itself.

        Where an outcome of 0 and 1 is all but the same wherever it was done, errors are at least those of equal
        variance under no effect: a side without variance would vouch for itself. `rests`: `self.rest` of `y` and of
        `within`, where these are known.
        """
        weights = self.weights[:, None]
        n = float(self.weights.sum())
        x = exposures.astype(np.float64)
        rest_x = self.rest(x)
        rest_y = self.rest(y[:, None]) if rests is None else rests[0]
        own, freedom, leverage = n, n - self.design.shape[1] - 1, np.zeros((len(y), 1))
        if within is not None:
            own = float(self.weights @ within)
            rest_w = self.rest(within.astype(np.float64)[:, None]) if rests is None else rests[1]
            size = float((weights * rest_w**2).sum())
            if size > ALL * own:
                rest_x = rest_x - rest_w * ((weights * rest_w * rest_x).sum(axis=0) / size)
                rest_y = rest_y - rest_w * ((weights * rest_w * rest_y).sum(axis=0) / size)
                freedom, leverage = freedom - 1, rest_w**2 / size
        square = (weights * rest_x**2).sum(axis=0)
        done = self.weights @ x
        freedom = np.maximum(np.minimum(freedom, np.minimum(done, own - done) - 1), 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.where((done > 0) & (done < own), np.clip(square / (done * (1 - done / own)), 0.0, 1.0), 0.0)
            value = np.where(kept > 0, (weights * rest_x * rest_y).sum(axis=0) / square, 0.0)
            residual = rest_y - rest_x * value
            if len(y) < LARGE:
                residual /= np.maximum(1.0 - self._leverage - leverage - rest_x**2 / square, 1e-3)
            else:
                residual *= np.sqrt(n / max(n - self.design.shape[1] - 1, 1.0))
            error = np.sqrt((weights * (rest_x * residual) ** 2).sum(axis=0)) / square
            alike = np.sqrt(float((weights * rest_y**2).sum()) / max(n - self.design.shape[1], 1.0) / square)
            error = np.where(self._sparse(y, x), np.maximum(error, alike), error)
            p = np.where((kept > 0) & (error > 0), 2.0 * stdtr(freedom, -np.abs(value / error)), 1.0)
        return Partial(Difference(value, np.where(kept > 0, error, np.nan), np.nan_to_num(p, nan=1.0)), kept)

    def _sparse(self, y: Floats, x: Floats) -> Flags:
        """(F,): whether fewer than `FEW` of either value of a 0/1 outcome are among those who did it."""
        if not ((y == 0.0) | (y == 1.0)).all():
            return np.zeros(x.shape[1], dtype=bool)
        done, ones = self.weights @ x, (self.weights * y) @ x
        return np.minimum(ones, done - ones) < FEW

    def rest(self, columns: Floats) -> Floats:
        """(n, k): what the covariates leave of the columns."""
        cross = self.design.T @ (columns * self.weights[:, None]).astype(np.float32)
        return columns - (self.design @ (self.inverse @ cross).astype(np.float32)).astype(np.float64)

    @cached_property
    def _leverage(self) -> Floats:
        return (self.design * (self.design @ self.inverse.astype(np.float32))).sum(axis=1, dtype=np.float64)[:, None]


@dataclass(frozen=True, slots=True)
class Products:
    """Weighted products of covariates (P), exposures (F), one outcome, and being within a part of the rows."""

    cross: Floats
    """(P, F): of covariates and exposures, the first covariate being ones."""
    shadow: Floats
    """(P,): of covariates and the outcome."""
    product: Floats
    """(F,): of exposures and the outcome."""
    square: float
    """Of the outcome with itself."""
    within: Floats
    """(P,): of covariates and being within, the first its number."""
    inside: float
    """Of the outcome and being within."""

    def screen(self, n: float, inverse: Floats) -> tuple[Floats, Floats]:
        """(standard errors from nothing, share of variance kept) of the effect of each flag, quickly.

        As `Projection.partial`, with errors that are the same for all rows: products are all that is needed. `n`:
        sum of weights; `inverse`: of the covariates' gram.
        """
        done, own = self.cross[0], float(self.within[0])
        solved, fit, part = inverse @ self.cross, inverse @ self.shadow, inverse @ self.within
        square = done - (self.cross * solved).sum(axis=0)
        product = self.product - self.shadow @ solved
        left = float(self.square - self.shadow @ fit)
        apart = own - float(self.within @ part)
        if apart > ALL * own:
            step = done - self.within @ solved
            shift = self.inside - float(self.within @ fit)
            square = square - step**2 / apart
            product = product - step * shift / apart
            left -= shift**2 / apart
        freedom = max(n - len(self.shadow) - 1, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = square / (done * (1 - done / own))
            noise = np.maximum(max(left, 0.0) - product**2 / square, 1e-12) / freedom
            z = product / np.sqrt(noise * np.maximum(square, 1e-9))
        return z, np.where(np.isfinite(kept), kept, 0.0)


def project(covariates: NDArray[np.bool_] | Floats, weights: Floats) -> Projection:
    """The projection on `covariates` (n, P) and a column of ones; `weights` (n,) are counts of equal rows."""
    design = np.ones((len(weights), covariates.shape[1] + 1), np.float32)
    design[:, 1:] = covariates
    gram = (design.T @ (design * weights[:, None].astype(np.float32))).astype(np.float64)
    return Projection(weights, design, gram, inverse(gram))


def inverse(gram: Floats, more: Floats | None = None) -> Floats:
    """The inverse of a gram, with a ridge that lets columns depend on one another, and of what more is added."""
    ridged = gram.copy()
    ridged.flat[:: len(gram) + 1] += 1e-7 * np.maximum(gram.diagonal(), 1.0)
    return np.linalg.inv(ridged if more is None else ridged + more).astype(np.float64)


def partial(
    y: Floats, exposures: NDArray[np.bool_] | Floats, covariates: NDArray[np.bool_] | Floats, weights: Floats
) -> Partial:
    """`Projection.partial` for covariates that are used once."""
    return project(covariates, weights).partial(y, exposures)
