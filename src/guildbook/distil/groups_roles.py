"""Roles: who does the same steps of the same tasks, in about the same shares, whoever they work with.

People are points whose coordinates are the square roots of the shares their steps have in all they do, so that
distances are Hellinger distances (Rao, *Qüestiió* 19 (1995) 23–63) and rare steps count. They are merged by average
linkage. The number of roles is that of the best mean silhouette (Rousseeuw, *J. Comput. Appl. Math.* 20 (1987) 53–65);
among numbers that are about as good, that of the shortest description (Schwarz, *Ann. Stat.* 6 (1978) 461–464).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.groups_kernels import merged
from guildbook.distil.practices.statistics import tally
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable
from guildbook.distil.topics import Topics

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

SEEN: Final = 30
"""Events from which a person helps to shape the roles; others are placed in what is found."""
FEWEST: Final = 5
"""Events below which nobody has a role: so few say little."""
MOST_ROLES: Final = 40
NEAR: Final = 0.05
"""Silhouettes that differ less are about as good."""
STRUCTURE: Final = 0.3
"""Least mean silhouette of a division (0.25 is where Kaufman and Rousseeuw, *Finding Groups in Data* (1990), begin to
see any structure): below it all do the same."""
VARIED: Final = 0.9
"""Share of the spread between people that the dimensions of the description hold."""


@dataclass(frozen=True)
class Doings:
    """What each person does, as counts."""

    workers: Keys
    """(W,) sorted"""
    steps: Keys
    """(F, 2): task or topic, activity"""
    counts: Floats
    """(W, F)"""

    @classmethod
    def of(cls, sums: Sums, about: Topics | None = None) -> Doings:
        """Everyone with an event, from the performers, and with topics also what each was asked about.

        Where all that is seen are mails, it is these that tell what somebody does.
        """
        table = sums.performers.by(2, 0, 1)
        known = table.keys[:, 0] != 0
        if about is not None and about.words:
            asked = sums.asks.by(3, 1, 2)
            topical = np.isin(asked.keys[:, 1], about.main)
            acting = np.isin(asked.keys[:, 0], table.keys[known, 0])
            table = table + CountTable(asked.keys[topical & acting], asked.counts[topical & acting])
            known = table.keys[:, 0] != 0
        keys, counts = table.keys[known], table.counts[known]
        workers, row = np.unique(keys[:, 0], return_inverse=True)
        # A task and an activity as one number: symbols are hashes already.
        mixed = keys[:, 1] * np.uint64(0x9E3779B97F4A7C15) ^ keys[:, 2]
        _, first, column = np.unique(mixed, return_index=True, return_inverse=True)
        cells = tally(row * len(first) + column, counts, len(workers) * len(first))
        return cls(workers, keys[first, 1:], cells.reshape(len(workers), len(first)))

    def most(self, limit: int) -> Doings:
        """Of the people those with most events."""
        if len(self.workers) <= limit:
            return self
        kept = np.sort(np.lexsort((self.workers, -self.counts.sum(axis=1)))[:limit])
        return Doings(self.workers[kept], self.steps, self.counts[kept])


def roles(doings: Doings) -> Ints:
    """(W,) role numbers, −1 for who did too little; 0 for all others where all do the same."""
    events = doings.counts.sum(axis=1)
    out = np.where(events >= FEWEST, 0, -1).astype(np.int64)
    shaping = events >= SEEN
    if shaping.sum() < 3:  # noqa: PLR2004 - two people are alike or not, and there is nobody to tell
        return out
    points = np.sqrt(doings.counts[shaping] / events[shaping, None])
    out[shaping] = found = clustered(points)
    rest = (events >= FEWEST) & ~shaping
    if rest.any() and found.max() > 0:
        out[rest] = _placed(doings.counts[rest], doings.counts[shaping], found)
    return out


def clustered(points: Floats) -> Ints:
    """The cluster of each point (n, d), numbered by first appearance; all 0 where there is no structure."""
    n = len(points)
    square = (points**2).sum(axis=1)
    distance = np.maximum(square[:, None] + square - 2 * points @ points.T, 0.0)
    np.fill_diagonal(distance, 0.0)
    pairs, _ = merged(np.sqrt(distance))
    plane = _plane(points)
    most = min(MOST_ROLES, n - 1)
    tried = {k: cut(pairs, n, k) for k in range(2, most + 1)}
    good = {k: silhouette(distance, labels) for k, labels in tried.items()}
    best = max(good.values(), default=0.0)
    one = np.zeros(n, np.int64)
    near = [k for k, value in good.items() if value >= max(best - NEAR, STRUCTURE)]
    # One cluster comes first, and of equally long descriptions the first is taken.
    return min([one, *(tried[k] for k in near)], key=lambda labels: description(plane, labels))


def cut(pairs: Ints, n: int, k: int) -> Ints:
    """The labels of n points when k clusters are left, numbered by first appearance."""
    parent = np.arange(n)
    for low, high in pairs[: n - k].tolist():
        parent[high] = low
    for i in range(n):  # what is merged always goes to a lower place, whose own is settled by then
        parent[i] = parent[parent[i]]
    return np.unique(parent, return_inverse=True)[1].astype(np.int64)


def silhouette(distance: Floats, labels: Ints) -> float:
    """Mean over points of (b − a) / max(a, b): mean distance to its own cluster, a, and to the nearest other, b."""
    member = np.zeros((len(labels), int(labels.max()) + 1))
    member[np.arange(len(labels)), labels] = 1.0
    size = member.sum(axis=0)
    away = distance @ member
    own = np.arange(len(labels)), labels
    a = away[own] / np.maximum(size[labels] - 1, 1)
    away /= size
    away[own] = np.inf
    b = away.min(axis=1)
    with np.errstate(invalid="ignore"):
        value = np.where((size[labels] > 1) & (np.maximum(a, b) > 0), (b - a) / np.maximum(a, b), 0.0)
    return float(value.mean())


def _plane(points: Floats) -> Floats:
    """The points in the dimensions that hold most of their spread."""
    centred = points - points.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    if values.sum() <= 0:
        return np.zeros((len(points), 1))
    size = int(np.searchsorted(np.cumsum(values) / values.sum(), VARIED)) + 1
    return vectors[:, :size] * np.sqrt(values[:size])


def description(points: Floats, labels: Ints) -> float:
    """The length in nats of saying where all points are: normal about their cluster's centre, alike in all directions.

    Minus the logarithm of the likelihood and half a logarithm of n for each parameter, as in Pelleg and Moore,
    *ICML* (2000) 727–734.
    """
    n, d = points.shape
    size = np.bincount(labels)
    k = len(size)
    centres = np.array([np.bincount(labels, points[:, i], k) / size for i in range(d)]).T
    scatter = max(float(((points - centres[labels]) ** 2).sum()), 1e-12)
    variance = scatter / (d * max(n - k, 1))
    fit = -n * d / 2 * np.log(2 * np.pi * variance) - d * (n - k) / 2 + float((size * np.log(size / n)).sum())
    return 0.5 * (k - 1 + k * d + 1) * float(np.log(n)) - float(fit)


def _placed(counts: Floats, known: Floats, labels: Ints) -> Ints:
    """The role under which what a person did is likeliest."""
    size = int(labels.max()) + 1
    whole = np.array([known[labels == role].sum(axis=0) for role in range(size)])
    common = (known.sum(axis=0) + 1.0) / (known.sum() + known.shape[1])
    shares = (whole + 20.0 * common) / (whole.sum(axis=1, keepdims=True) + 20.0)
    return np.argmax(counts @ np.log(shares).T, axis=1).astype(np.int64)
