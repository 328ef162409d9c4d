"""Joint traces as the arrays a net takes, in an order that depends on what they hold alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.traces import RULE_LIMIT, Traces
from guildbook.model.time import DAY, SECOND

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Floats = NDArray[np.float32]

TIMES: Final = 12
"""Time features of a step."""
_POOL: Final = 16
"""Batches within which traces of like length are put together."""


@dataclass(frozen=True)
class Steps:
    """T traces, n steps."""

    offsets: Ints
    """(T + 1,)."""
    act: Ints
    """(n,): place in `texts`."""
    texts: tuple[str, ...]
    symbols: Keys
    """Of `texts`."""
    worker: Keys
    """(n,): who did it."""
    times: Floats
    """(n, TIMES): since the step before and since the start (logarithms), time of day, weekday, place."""
    rules: Ints
    """(T, RULE_LIMIT): conditions of each case, places in `rule_texts`; −1: no more."""
    rule_texts: tuple[str, ...]
    rule_symbols: Keys
    """Of `rule_texts`."""
    start: Ints
    """(T,): µs."""

    @classmethod
    def of(cls, traces: Traces) -> Steps:
        """These traces, in their order."""
        events = traces.events
        offsets, codes = traces.rules
        rules = np.full((len(traces), RULE_LIMIT), -1, np.int64)
        trace = np.repeat(np.arange(len(traces)), np.diff(offsets))
        rules[trace, np.arange(len(codes)) - offsets[trace]] = codes
        return cls(
            traces.offsets,
            traces.act,
            events.acts.texts,
            events.acts.symbols,
            traces.who,
            _times(traces),
            rules,
            events.conditions.texts,
            events.conditions.symbols,
            traces.time[traces.offsets[:-1]],
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def pick(self, rows: Ints) -> Steps:
        """These traces in this order, with only the texts they use, by name: nothing tells where they came from."""
        sizes = self.sizes[rows]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        places = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes) + np.repeat(self.offsets[rows], sizes)
        texts, symbols, act = _used(self.texts, self.symbols, self.act[places])
        rule_texts, rule_symbols, rules = _used(self.rule_texts, self.rule_symbols, self.rules[rows])
        return Steps(
            offsets,
            act,
            texts,
            symbols,
            self.worker[places],
            self.times[places],
            rules,
            rule_texts,
            rule_symbols,
            self.start[rows],
        )

    @property
    def sizes(self) -> Ints:
        """(T,): steps of each trace."""
        return np.diff(self.offsets)

    def fingerprints(self) -> Keys:
        """(T,): a number that stands for all a net can see of each trace."""
        place = np.arange(len(self.act)) - np.repeat(self.offsets[:-1], self.sizes)
        mixed = _mix(self.symbols[self.act]) + _mix(self.worker ^ np.uint64(0x5157))
        mixed += _mix(np.repeat(self.start, self.sizes).view(np.uint64))
        mixed += _mix(self.times.view(np.uint32).astype(np.uint64).sum(axis=1, dtype=np.uint64) ^ np.uint64(0x7433))
        steps = _mix(mixed + _mix(place.astype(np.uint64) + np.uint64(1)))
        out = np.add.reduceat(steps, self.offsets[:-1]) if len(self) else np.empty(0, np.uint64)
        seen = np.append(_mix(self.rule_symbols + np.uint64(3)), np.uint64(0))  # the last is for −1
        return out + seen[self.rules].sum(axis=1, dtype=np.uint64)

    def batches(self, size: int, rng: np.random.Generator | None = None) -> Iterator[Ints]:
        """The traces in groups of `size` of like length; shuffled by `rng`."""
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        chunks: list[Ints] = []
        for low in range(0, len(order), size * _POOL):
            near = order[low : low + size * _POOL]
            near = near[np.argsort(self.sizes[near], kind="stable")]
            chunks += [near[i : i + size] for i in range(0, len(near), size)]
        if rng is not None:
            rng.shuffle(chunks)
        yield from chunks

    def padded(self, rows: Ints, longest: int) -> Ints:
        """(len(rows), L): where each step of these traces stands; −1 after the end."""
        place = np.arange(min(int(self.sizes[rows].max(initial=0)), longest))
        return np.where(place < self.sizes[rows][:, None], self.offsets[rows][:, None] + place, -1)


def _times(traces: Traces) -> Floats:
    sizes = np.diff(traces.offsets)
    first = np.repeat(traces.time[traces.offsets[:-1]], sizes)
    before = np.diff(traces.time, prepend=traces.time[:1])
    before[traces.offsets[:-1]] = 0
    place = np.arange(len(traces.time)) - np.repeat(traces.offsets[:-1], sizes)
    out = np.zeros((len(traces.time), TIMES), np.float32)
    out[:, 0] = np.log1p(before / SECOND) / 5
    out[:, 1] = np.log1p((traces.time - first) / SECOND) / 5
    angle = (traces.time % DAY) * (2 * np.pi / DAY)
    out[:, 2], out[:, 3] = np.sin(angle), np.cos(angle)
    out[np.arange(len(out)), 4 + (traces.time // DAY + 3) % 7] = 1
    out[:, 11] = np.log1p(place) / 2
    return out


def _used(texts: tuple[str, ...], symbols: Keys, codes: Ints) -> tuple[tuple[str, ...], Keys, Ints]:
    """Only the texts that occur, by name, their symbols, and the codes of these; −1 stays."""
    used = sorted((texts[code], code) for code in np.unique(codes[codes >= 0]).tolist())
    place = np.full(len(texts) + 1, -1, np.int64)
    olds = np.array([code for _, code in used], np.int64)
    place[olds] = np.arange(len(used))
    return tuple(text for text, _ in used), symbols[olds], place[codes]


def _mix(values: NDArray[np.uint64]) -> Keys:
    """SplitMix64's finaliser: near numbers become far ones."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
