"""The few special functions that mining and dating need: to import scipy's for them would cost every command 0.1 s.

The incomplete beta function is the continued fraction (9) of DiDonato and Morris, "Algorithm 708", ACM TOMS 18 (1992),
by Lentz's method; the factor before it is written so that large parameters cancel before they are rounded, with
Stirling's series for the logarithm of gamma (NIST Digital Library of Mathematical Functions, 5.11.1).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from guildbook.columns.compiled import njit

Floats = NDArray[np.float64]

_TINY: Final = 1e-300
_EXACT: Final = 1e-16
_MOST: Final = 100_000
"""Steps of the continued fraction at most; it takes about the square root of the smaller parameter."""
_LARGE: Final = 10.0
"""From here on Stirling's series is exact to the last bit or two."""
_HALF_LOG_TWO_PI: Final = 0.9189385332046727


def ndtr(x: ArrayLike) -> Floats:
    """Share of the standard normal distribution below each x."""
    given = np.array(x, np.float64)  # a copy, and so writable: the kernels have one compiled form
    return _normal(given.ravel()).reshape(given.shape)


def stdtr(freedom: ArrayLike, t: ArrayLike) -> Floats:
    """Share of Student's t distribution with so many degrees of freedom (above 0) below each t."""
    both = np.array(np.broadcast_arrays(freedom, t), np.float64)
    return _student(both[0].ravel(), both[1].ravel()).reshape(both.shape[1:])


def fdtrc(over: float, under: float, x: float) -> float:
    """Share of the F distribution (degrees of freedom above 0 of numerator and denominator) above x, at least 0."""
    return float(_above(float(over), float(under), float(x)))


def gammaln(x: ArrayLike) -> Floats:
    """The natural logarithm of gamma of each x above 0."""
    given = np.array(x, np.float64)
    return _log_gamma(given.ravel()).reshape(given.shape)


def xlogy(x: ArrayLike, y: ArrayLike) -> Floats:
    """X ln y, and 0 where x is."""
    one, two = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    return one * np.log(np.where(one == 0, 1.0, two))


@njit(cache=True)
def _normal(x: Floats) -> Floats:
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = 0.5 * math.erfc(-x[i] * math.sqrt(0.5))
    return out


@njit(cache=True)
def _log_gamma(x: Floats) -> Floats:
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = math.lgamma(x[i])
    return out


@njit(cache=True)
def _student(freedom: Floats, t: Floats) -> Floats:
    out = np.empty(len(t))
    for i in range(len(t)):
        df, at = freedom[i], t[i]
        if math.isnan(df) or math.isnan(at) or df <= 0:
            out[i] = np.nan
        elif math.isinf(df):
            out[i] = 0.5 * math.erfc(-at * math.sqrt(0.5))
        else:
            square = at * at
            tail = 0.0
            if not math.isinf(square):
                tail = 0.5 * _beta(0.5 * df, 0.5, df / (df + square), square / (df + square))
            out[i] = tail if at < 0 else 1.0 - tail
    return out


@njit(cache=True)
def _above(over: float, under: float, x: float) -> float:
    if math.isinf(x):
        return 0.0
    whole = under + over * x
    return _beta(0.5 * under, 0.5 * over, under / whole, over * x / whole)


@njit(cache=True)
def _beta(a: float, b: float, x: float, y: float) -> float:
    """The regularised incomplete beta function of x = 1 − y."""
    if x <= 0.0:
        return 0.0
    if y <= 0.0:
        return 1.0
    off = x * b - y * a
    front = a * _log_ratio(off / a, x * (a + b) / a) + b * _log_ratio(-off / b, y * (a + b) / b)
    front += 0.5 * (math.log(a) + math.log(b) - math.log(a + b))
    front = math.exp(front - _HALF_LOG_TWO_PI + _stirling(a + b) - _stirling(a) - _stirling(b))
    if off <= 0.0:
        return front / _fraction(a, b, x, y)
    return 1.0 - front / _fraction(b, a, y, x)


@njit(cache=True)
def _log_ratio(above: float, ratio: float) -> float:
    """The logarithm of a ratio that is also known as 1 + `above`: exactly near 1, and near 0."""
    return math.log1p(above) if abs(above) < 0.5 else math.log(ratio)  # noqa: PLR2004 - where both are exact


@njit(cache=True)
def _stirling(x: float) -> float:
    """What the logarithm of gamma is above (x − ½) ln x − x + ½ ln 2π."""
    if x < _LARGE:
        return math.lgamma(x) - ((x - 0.5) * math.log(x) - x + _HALF_LOG_TWO_PI)
    z = 1.0 / (x * x)
    series = 1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188 - z * 691.0 / 360360))))
    return series / x


@njit(cache=True)
def _fraction(a: float, b: float, x: float, y: float) -> float:
    """The continued fraction below x = 1 − y, by the modified method of Lentz; for x below the mean."""
    left = a * y - b * x
    out = a / (a + 1.0) * (left + 1.0)
    c, d = out, 0.0
    for n in range(1, _MOST):
        top = (a + n - 1.0) * (a + b + n - 1.0) * n * (b - n) * (x / (a + 2.0 * n - 1.0)) ** 2
        low = n + n * (b - n) * x / (a + 2.0 * n - 1.0) + (a + n) / (a + 2.0 * n + 1.0) * (left + 1.0 + n * (1.0 + y))
        d = low + top * d
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = low + top / c
        if abs(c) < _TINY:
            c = _TINY
        out *= c * d
        if abs(c * d - 1.0) < _EXACT:
            break
    return out
