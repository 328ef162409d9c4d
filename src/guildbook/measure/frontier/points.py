"""Points of help against replacement over traces and seeds: intervals, dominance, areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.estimate import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Axis = Literal["system", "weights", "attacked"]
AXES: Final[tuple[Axis, ...]] = ("system", "weights", "attacked")
Help = Literal["one", "most"]
HELPS: Final[tuple[Help, ...]] = ("most", "one")
Status = Literal["frontier", "undecided", "dominated"]

SURE: Final = 1.96
RESAMPLES: Final = 400
_LEAST_WIDTH: Final = 0.01
"""An axis that is narrower is no axis: nothing that is done moves S by more."""
_LEAST_AREA: Final = 0.005


@dataclass(frozen=True, eq=False)
class Cloud:
    """P points, each measured with R seeds on the same T traces."""

    mechanisms: tuple[str, ...]
    """(P,)"""
    levels: tuple[float, ...]
    """(P,)"""
    values: Mapping[str, Floats]
    """(P, R, T) by name: what each trace adds; `saved_one`, `saved_most`, `hits_one`, `hits_most` and the axes."""
    dens: Mapping[str, Floats]
    """(T,) by the same names: what it is divided by."""

    def estimate(self, name: str, point: int, level: float = 0.95) -> Estimate:
        """Of one point, over traces and seeds."""
        value = float(self.means(name)[point].mean())
        spread = self._spread(name)
        return Estimate.about(
            value, float(np.sqrt(spread[point, point])), int(np.count_nonzero(self.dens[name])), level
        )

    def means(self, name: str) -> Floats:
        """(P, R): the ratio of each point with each seed."""
        return self.values[name].sum(axis=2) / max(float(self.dens[name].sum()), 1e-300)

    @cached_property
    def _spreads(self) -> dict[str, Floats]:
        return {}

    def _spread(self, name: str) -> Floats:
        """(P, P): covariances of the ratios: of the traces, which all seeds share, plus of the seeds' mean."""
        if name not in self._spreads:
            self._spreads[name] = self._covariances(name)
        return self._spreads[name]

    def _covariances(self, name: str) -> Floats:
        den = self.dens[name]
        total, n = max(float(den.sum()), 1e-300), max(int(np.count_nonzero(den)), 2)
        ratios = self.means(name)
        mean = ratios.mean(axis=1)
        residual = (self.values[name].mean(axis=1) - mean[:, None] * den[None, :]) / total
        out = residual @ residual.T * (n / (n - 1))
        seeds = ratios.shape[1]
        if seeds > 1:
            centred = ratios - mean[:, None]
            out = out + centred @ centred.T / (seeds * (seeds - 1))
        return out

    def statuses(self, axis: Axis, helps: Help, which: Ints) -> list[Status]:
        """Of the points `which`, among themselves.

        `frontier`: no other is as good both ways and better one way. `dominated`: another is, and better beyond the
        paired 95 % interval of the difference. `undecided`: another is, within it.
        """
        low, high = self.means(axis).mean(axis=1)[which], self.means(f"saved_{helps}").mean(axis=1)[which]
        sure_low = _sure(self._spread(axis)[np.ix_(which, which)])
        sure_high = _sure(self._spread(f"saved_{helps}")[np.ix_(which, which)])
        less, more = (
            low[:, None] - low[None, :],
            high[None, :] - high[:, None],
        )  # [p, q]: by how much q is better than p
        better = (less >= 0) & (more >= 0) & ((less > 0) | (more > 0))
        clearly = better & ((less > sure_low) | (more > sure_high))
        return [
            "dominated" if clearly[p].any() else "undecided" if better[p].any() else "frontier"
            for p in range(len(which))
        ]

    def areas(
        self, axis: Axis, helps: Help, groups: Mapping[str, Sequence[str]], seed: int = 0
    ) -> dict[str, Any] | None:
        """The area under the most help at each S, by group of mechanisms, and its ratios to that of data caps.

        1 is the help of the model of everything at every S from the lowest of all to that model's. `ratio_to_caps` is
        None where data caps have no area to speak of; `by_lot` grants them, and them alone, that a model is drawn by
        lot for each case, so that everything between two caps can be had. Intervals: the middle 95 % of resamples of
        traces and seeds together. None where S can hardly be moved at all, or the caps are not there.
        """
        members = {name: np.array([m in group for m in self.mechanisms]) for name, group in groups.items()}
        full = [i for i, m in enumerate(self.mechanisms) if m == "caps" and self.levels[i] == 1]
        caps = np.array([m == "caps" for m in self.mechanisms])
        if not full:
            return None
        low, high = self.means(axis).mean(axis=1), self.means(f"saved_{helps}").mean(axis=1)
        if low[full[0]] - low.min() < _LEAST_WIDTH:
            return None
        drawn = [(low, high), *zip(*self._resampled(axis, helps, seed), strict=True)]
        plain = np.array([_area(one, other, caps, full[0]) for one, other in drawn])
        lots = np.array([_area(one, other, caps, full[0], mixed=True) for one, other in drawn])
        out: dict[str, Any] = {}
        for name, mask in members.items():
            found = np.array([_area(one, other, mask, full[0]) for one, other in drawn])
            out[name] = {
                "area": _around(found),
                "ratio_to_caps": _around(found / plain) if plain.min() > _LEAST_AREA else None,
                "ratio_to_caps_by_lot": _around(found / np.maximum(lots, _LEAST_AREA)),
            }
        return out

    def _resampled(self, axis: Axis, helps: Help, seed: int) -> tuple[Floats, Floats]:
        """(B, P) of S and of help, traces and seeds drawn anew each time."""
        rng = np.random.Generator(np.random.Philox([seed, 99]))
        points, seeds, traces = self.values[axis].shape
        weights = rng.multinomial(traces, np.full(traces, 1 / traces), RESAMPLES).astype(np.float64)
        which = rng.integers(0, seeds, (RESAMPLES, seeds))
        out: list[Floats] = []
        for name in (axis, f"saved_{helps}"):
            num = weights @ self.values[name].reshape(points * seeds, traces).T
            ratio = num / np.maximum(weights @ self.dens[name], 1e-300)[:, None]
            each = ratio.reshape(RESAMPLES, points, seeds)
            out.append(np.take_along_axis(each, which[:, None, :].repeat(points, 1), axis=2).mean(axis=2))
        return out[0], out[1]


def frontier(low: Floats, high: Floats) -> Ints:
    """The points that none other dominates, by rising S; their help rises too."""
    order = np.lexsort((-high, low))
    kept: list[int] = []
    for point in order.tolist():
        if not kept or high[point] > high[kept[-1]]:
            kept.append(point)
    return np.array(kept, np.int64)


def _area(low: Floats, high: Floats, mask: NDArray[np.bool_], full: int, *, mixed: bool = False) -> float:
    """∫ of the most help at or under each S, over the S there are, as a share of the help of the whole model."""
    begin, end = float(low.min()), float(low[full])
    if end <= begin or high[full] <= 0:
        return 0.0
    where = np.flatnonzero(mask & (low <= end))
    if not len(where):
        return 0.0
    kept = where[frontier(low[where], high[where])]
    if mixed:
        kept = kept[_hull(low[kept], high[kept])]
    edges, tops = np.append(low[kept], end), np.append(high[kept], high[kept[-1]])
    sides = (tops[:-1] + tops[1:]) / 2 if mixed else tops[:-1]
    return float((sides * np.diff(edges)).sum() / ((end - begin) * high[full]))


def _hull(low: Floats, high: Floats) -> Ints:
    """The points of a rising frontier that no mixture of two others beats."""
    kept: list[int] = []
    for point in range(len(low)):
        while len(kept) > 1:
            one, two = kept[-2], kept[-1]
            turn = (low[two] - low[one]) * (high[point] - high[one]) - (high[two] - high[one]) * (low[point] - low[one])
            if turn < 0:
                break
            kept.pop()
        kept.append(point)
    return np.array(kept, np.int64)


def _sure(spread: Floats) -> Floats:
    each = np.diag(spread)
    return SURE * np.sqrt(np.maximum(each[:, None] + each[None, :] - 2 * spread, 0.0))


def _around(drawn: Floats) -> dict[str, float]:
    """The first, with the middle 95 % of the others."""
    low, high = np.quantile(drawn[1:], [0.025, 0.975])
    return {"value": float(drawn[0]), "low": float(low), "high": float(high)}
