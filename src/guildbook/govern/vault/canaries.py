"""Canaries: cases that never happened, put into the copies of a vault. A model that knows one was trained on a copy.

Exposure is that of Carlini and others, "The Secret Sharer" (USENIX Security 2019): how far up a canary stands, by the
model's perplexity, among random cases drawn in the same way and put in nowhere; log₂ of their number less log₂ of the
rank. For a model that never saw it a canary is one more random case, so rank ÷ number is a p-value, exact whatever the
model; those of several canaries are combined by Simes (1986).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SEED: Final = 32
"""Bytes of a seed."""
OWN: Final = 4
"""Canaries of a vault: they are in each of its copies …"""
EACH: Final = 4
"""… beside others that are in that copy alone."""
TIMES: Final = 3
"""How often each is in a copy, so that dropping what occurs once or twice does not drop them."""
REFERENCES: Final = 16_383
"""Random cases they are held against: with so many one canary that stands first among them raises the alarm."""
ALARM: Final = 0.001
"""Chance of a false alarm at most, over all canaries of a vault and its copies."""
SHORTEST: Final = 6
LONGEST: Final = 12
STRANGE: Final = 3
"""Steps of a canary at least that five people never did in that order."""
_TRIES: Final = 40


@dataclass(frozen=True, slots=True)
class Ground:
    """What canaries are made of: labels, and which follow which, each done so by at least five people."""

    labels: tuple[str, ...]
    starts: tuple[int, ...]
    """Labels a case begins with."""
    follows: tuple[tuple[int, ...], ...]
    """By label, those that follow it."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Ground:
        """The ground that `to_dict` wrote."""
        return cls(
            tuple(data["labels"]), tuple(data["starts"]), tuple(tuple(each) for each in data["follows"])
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exposure:
    """How well a model knows some canaries."""

    canaries: int
    most: float
    """Bits, of the canary it knows best; `log₂(REFERENCES + 1)` is all there can be."""
    median: float
    p: float
    """Chance of as much by accident."""


def ground(labels: tuple[str, ...], acts: Ints, workers: Ints, offsets: Ints, least: int) -> Ground:
    """The ground of some cases. `acts`, `workers`: codes, case after case; `offsets`: where each case begins.

    What fewer than `least` people did is left out: a canary must tell nothing of anybody.
    """
    begins = np.zeros(len(acts), np.bool_)
    begins[offsets[:-1][np.diff(offsets) > 0]] = True
    size, people = len(labels), int(workers.max()) + 1 if len(workers) else 1
    common = _common(acts, workers, people, least)
    first = _common(acts[begins], workers[begins], people, least)
    follows = np.flatnonzero(~begins)
    pairs = _common(acts[follows - 1] * size + acts[follows], workers[follows], people, least)
    names = sorted((labels[code], code) for code in common.tolist())
    place = {code: i for i, (_, code) in enumerate(names)}
    after: list[list[int]] = [[] for _ in names]
    for pair in pairs.tolist():
        one, other = divmod(pair, size)
        if one in place and other in place:
            after[place[one]].append(place[other])
    starts = sorted(place[code] for code in first.tolist() if code in place) or list(range(len(names)))
    return Ground(tuple(labels[code] for _, code in names), tuple(starts), tuple(tuple(sorted(each)) for each in after))


def walks(seed: bytes, purpose: str, number: int, of: Ground) -> tuple[Ints, Ints]:
    """So many cases that never happened, from a seed: codes into the labels, case after case, and where each begins.

    The same from the same seed, and for another purpose others. Half of the steps are usual ones, the others come
    from anywhere. Fewer, or none, where there are too few labels for it.
    """
    size = len(of.labels)
    usual = np.array(sorted(one * size + other for one, each in enumerate(of.follows) for other in each), np.int64)
    steps, lengths = np.zeros((0, LONGEST), np.int64), np.zeros(0, np.int64)
    for turn in range(_TRIES if size >= STRANGE else 0):
        walked, long = _walked(seed, f"{purpose}:{turn}", number, of)
        inside = np.arange(1, LONGEST) < long[:, None]
        strange = ~np.isin(walked[:, :-1] * size + walked[:, 1:], usual) & inside
        fits = strange.sum(axis=1) >= STRANGE
        steps, lengths = np.concatenate([steps, walked[fits]]), np.concatenate([lengths, long[fits]])
        if len(lengths) >= number:
            break
    steps, lengths = steps[:number], lengths[:number]
    return steps[np.arange(LONGEST) < lengths[:, None]], np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def drawn(seed: bytes, purpose: str, number: int, of: Ground) -> list[tuple[str, ...]]:
    """As `walks`, in words."""
    codes, offsets = walks(seed, purpose, number, of)
    told = [of.labels[code] for code in codes.tolist()]
    return [tuple(told[i:j]) for i, j in pairwise(offsets.tolist())]


def exposure(canaries: Floats, references: Floats) -> Exposure:
    """Of canaries and random cases by their perplexity. A tie counts for the model."""
    m, k = len(references), len(canaries)
    if not k or not m:
        return Exposure(k, 0.0, 0.0, 1.0)
    rank = np.sort(1 + np.searchsorted(np.sort(references), canaries, side="right"))
    bits = math.log2(m + 1) - np.log2(rank)
    simes = float((k * rank / (m + 1) / np.arange(1, k + 1)).min())
    return Exposure(k, float(bits.max()), float(np.median(bits)), min(1.0, simes))


def alarmed(found: Sequence[Exposure]) -> bool:
    """Whether a model knows canaries of a vault or of any of its copies."""
    return bool(found) and min(each.p for each in found) * len(found) <= ALARM


def commitment(seed: bytes) -> str:
    """What the log says of a seed: later nobody can say it was another."""
    return hashlib.sha256(b"guildbook-canaries-1\n" + seed).hexdigest()


def _common(codes: Ints, workers: Ints, people: int, least: int) -> Ints:
    """Codes that at least so many people have."""
    pairs = np.unique(codes * people + workers)
    found, counts = np.unique(pairs // people, return_counts=True)
    return found[counts >= least]


def _walked(seed: bytes, purpose: str, number: int, of: Ground) -> tuple[Ints, Ints]:
    """(number, LONGEST) codes, and how many of each row count."""
    stream = hashlib.shake_256(b"guildbook-canaries-1\n" + seed + purpose.encode())
    chance = np.frombuffer(stream.digest(number * LONGEST * 8), "<u4").reshape(number, LONGEST, 2).astype(np.int64)
    size = np.array([len(each) for each in of.follows], np.int64)
    begin = np.concatenate([[0], np.cumsum(size)])
    flat = np.array([other for each in of.follows for other in each] or [0], np.int64)
    lengths = SHORTEST + chance[:, 0, 0] % (LONGEST - SHORTEST + 1)
    here = np.array(of.starts, np.int64)[chance[:, 0, 1] % len(of.starts)]
    steps = [here]
    for place in range(1, LONGEST):
        coin, luck = chance[:, place, 0] % 2 == 0, chance[:, place, 1]
        usual = flat[np.minimum(begin[here] + luck % np.maximum(size[here], 1), len(flat) - 1)]
        here = np.where(coin & (size[here] > 0), usual, luck % len(of.labels))
        steps.append(here)
    return np.stack(steps, axis=1), lengths
