"""Teams: who works on the same cases and hands work to one another more than their amount of work lets one expect.

The network is read off the sums: two people are tied by each joint trace that both took part in, the more the fewer
took part (Newman, *Phys. Rev. E* 64 (2001) 016132), and by each hand-over between them. Communities are those of
greatest modularity (Newman and Girvan, *Phys. Rev. E* 69 (2004) 026113).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.groups_kernels import moved, shared
from guildbook.distil.sums import MARKS, Sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

RESOLUTIONS: Final = (0.5, 1.0, 1.5, 2.2, 3.2)
"""How finely a division is looked for; `surprise` decides which of them is told."""
LEAST: Final = 0.15
"""Least assortativity of a division: below it all work with all."""
CLEAR: Final = 0.5
"""Least assortativity of a division of a community by itself."""
FEWEST: Final = 2
"""People of a team."""
BY_CHANCE: Final = 1.5
"""Over √(ties a person): what modularity a network without communities can have, with room for ties that come in
cases. The constant is 0.97 for ties that come singly (Reichardt and Bornholdt, *Physica D* 224 (2006) 20–26)."""


def ties(sums: Sums, workers: Keys) -> Floats:
    """(W, W) symmetric: how much each two of the workers (sorted symbols) work together; the diagonal is 0."""
    profiles = sums.profiles
    zeros = np.flatnonzero(profiles.tokens == 0)
    marks = zeros[1::MARKS]
    lengths = zeros[2::MARKS] - marks - 1
    several = lengths > 1
    lengths, counts = lengths[several], profiles.counts[several]
    starts = np.cumsum(lengths) - lengths
    tokens = np.repeat(marks[several] + 1 - starts, lengths) + np.arange(int(lengths.sum()))
    out = shared(starts, lengths, places(workers, profiles.tokens[tokens]), counts, len(workers))
    handed = sums.handovers.by(1, 2)
    giver, taker = places(workers, handed.keys[:, 0]), places(workers, handed.keys[:, 1])
    both = (giver >= 0) & (taker >= 0) & (giver != taker)
    cells = giver[both] * len(workers) + taker[both]
    once = np.bincount(cells, handed.counts[both], len(workers) ** 2).reshape(len(workers), len(workers))
    return out + once + once.T


def places(sorted_symbols: Keys, wanted: Keys) -> Ints:
    """Where each wanted symbol stands among the sorted ones; −1: nowhere."""
    if not len(sorted_symbols):
        return np.full(len(wanted), -1, np.int64)
    found = np.minimum(np.searchsorted(sorted_symbols, wanted), len(sorted_symbols) - 1)
    return np.where(sorted_symbols[found] == wanted, found, -1).astype(np.int64)


def communities(weights: Floats) -> Ints:
    """(W,) community numbers, −1 for people without ties; 0 for all others where no division is worth telling.

    Of the divisions at several resolutions that are modular enough the one of greatest `surprise` is taken. Beside a
    large community small ones weigh too little to be told apart, so each is looked at again by itself.
    """
    tied = weights.sum(axis=1) > 0
    out = np.where(tied, 0, -1).astype(np.int64)
    out[tied] = _parted(np.ascontiguousarray(weights[np.ix_(tied, tied)]), LEAST)
    return out


def _parted(weights: Floats, least: float) -> Ints:
    """Community numbers of a network in which all are tied."""
    labels = np.zeros(len(weights), np.int64)
    if len(weights) < 2 * FEWEST or weights.sum() <= 0:
        return labels
    chance = BY_CHANCE / float(np.sqrt(weights.sum() / len(weights)))
    found = [divided(weights, resolution) for resolution in RESOLUTIONS]
    worth = [d for d in found if modularity(weights, d) >= chance and assortativity(weights, d) >= least]
    if not worth:
        return labels
    best = max(worth, key=lambda division: surprise(weights, division))
    for community in range(int(best.max()) + 1):
        members = np.flatnonzero(best == community)
        labels[members] = labels.max() + 1 + _parted(np.ascontiguousarray(weights[np.ix_(members, members)]), CLEAR)
    return dense(labels)


def divided(weights: Floats, resolution: float) -> Ints:
    """Communities by moving people, then whole communities, then people again (Blondel et al. 2008, refined)."""
    labels = np.arange(len(weights), dtype=np.int64)
    while True:
        labels = dense(moved(weights, labels, resolution))
        whole = _aggregated(weights, labels)
        above = dense(moved(whole, np.arange(len(whole), dtype=np.int64), resolution))
        if int(above.max(initial=-1)) + 1 == len(whole):
            return labels
        labels = above[labels]


def _aggregated(weights: Floats, labels: Ints) -> Floats:
    """The network of communities; inner ties are on the diagonal, twice."""
    member = np.zeros((len(labels), int(labels.max(initial=-1)) + 1))
    member[np.arange(len(labels)), labels] = 1.0
    return np.ascontiguousarray(member.T @ weights @ member)


def dense(labels: Ints) -> Ints:
    """The labels as 0, 1, … in order of first appearance."""
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[number]


def _shares(weights: Floats, labels: Ints) -> tuple[float, float]:
    """(share of all ties that are inside communities, share expected from how much each person is tied)."""
    whole = _aggregated(weights, labels)
    total = whole.sum()
    if total <= 0:
        return 0.0, 0.0
    return float(whole.trace() / total), float(((whole.sum(axis=1) / total) ** 2).sum())


def modularity(weights: Floats, labels: Ints) -> float:
    """The share of ties inside communities beyond what is expected."""
    inside, expected = _shares(weights, labels)
    return inside - expected


def assortativity(weights: Floats, labels: Ints) -> float:
    """Modularity as a share of the greatest it could be with communities of these sizes.

    Newman, *Phys. Rev. E* 67 (2003) 026126: 0 is chance, 1 is no tie across.
    """
    inside, expected = _shares(weights, labels)
    return (inside - expected) / (1.0 - expected) if expected < 1.0 else 0.0


def surprise(weights: Floats, labels: Ints) -> float:
    """How unlikely it is that so many ties are inside communities, in nats a tie.

    The binary divergence of Traag, Aldecoa and Delvenne, *Phys. Rev. E* 92 (2015) 022816, which has no resolution
    limit, with the expectation that respects how much each person is tied.
    """
    inside, expected = _shares(weights, labels)
    if not 0.0 < expected < 1.0 or inside <= expected:
        return 0.0
    outside = (1.0 - inside) * np.log((1.0 - inside) / (1.0 - expected)) if inside < 1.0 else 0.0
    return float(inside * np.log(inside / expected) + outside)
