"""The variants of a task: how often, how they end, how long they take, where they differ, and how they begin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.aligning import edits, in_words
from guildbook.distil.buckets import centre_seconds
from guildbook.distil.discovery.graph import Graph, Sequences, graph, sequences
from guildbook.distil.maps import ELLIPSIS, titles
from guildbook.distil.outcomes import BAD, GOOD
from guildbook.distil.sums import Sums
from guildbook.model.ids import short_id
from guildbook.model.process import Branch, Variant, Variants

Ints = NDArray[np.int64]

SHOWN: Final = 50
MOST_DIFFERENCES: Final = 8
_RARE: Final = 0.005
"""Share of the episodes below which a beginning is no branch of its own."""
_Z95: Final = 1.959963984540054


def explore(sums: Sums, named: Mapping[int, str] | None = None, shown: int = SHOWN) -> tuple[Variants, ...]:
    """The variants of every task, the commonest task first."""
    named = titles(sums) if named is None else named
    found = [variants(sums, task, title, shown) for task, title in named.items()]
    return tuple(sorted(found, key=lambda one: (-one.episodes, one.task)))


def variants(sums: Sums, task: int, title: str, shown: int = SHOWN) -> Variants:
    """The `shown` commonest variants of one task, and the tree of the beginnings of all."""
    found = graph(sums, task)
    runs = sequences(sums, found)
    total = int(runs.counts.sum())
    texts = [sums.text(int(code)) for code in found.codes]
    top = runs.ranked[:shown].tolist()
    endings = _Endings(sums, found)
    main = _steps(runs, top[0], texts) if top else ()
    listed = tuple(_variant(runs, row, texts, main, total, endings) for row in top)
    return Variants(
        id=short_id("task", sums.text(task)),
        task=title,
        episodes=total,
        kinds=len(runs),
        shown=sum(variant.count for variant in listed) / total if total else 0.0,
        variants=listed,
        tree=_tree(runs, texts, max(1, math.ceil(_RARE * total))),
    )


def wilson(good: int, total: int) -> tuple[float, float, float] | tuple[None, None, None]:
    """A rate with its 95 % interval (Wilson, J. Am. Stat. Assoc. 22 (1927) 209–212); nothing of nothing."""
    if not total:
        return None, None, None
    rate, square = good / total, _Z95**2
    middle = (rate + square / (2 * total)) / (1 + square / total)
    reach = _Z95 * math.sqrt(rate * (1 - rate) / total + square / (4 * total**2)) / (1 + square / total)
    # Rounding must not put the rate itself outside.
    return rate, min(rate, max(0.0, middle - reach)), max(rate, min(1.0, middle + reach))


class _Endings:
    """Outcomes and times of the variants of one task, in the order of `Sequences`."""

    def __init__(self, sums: Sums, found: Graph) -> None:
        rows = sums.variants.head[:, 0] == np.uint64(found.task)
        self._kinds = sums.variants.hashes[rows, 0]
        self._table = sums.endings

    def of(self, row: int) -> tuple[Ints, Ints, Ints]:
        """(outcome, bucket of time, count) of one variant."""
        kind = self._kinds[row]
        keys = self._table.keys
        low, high = np.searchsorted(keys[:, 0], kind, "left"), np.searchsorted(keys[:, 0], kind, "right")
        return keys[low:high, 1].astype(np.int64), keys[low:high, 2].astype(np.int64), self._table.counts[low:high]


def _variant(
    runs: Sequences, row: int, texts: list[str], main: tuple[str, ...], total: int, endings: _Endings
) -> Variant:
    steps = _steps(runs, row, texts)
    outcome, bucket, counts = endings.of(row)
    good, bad = (int(counts[outcome == code].sum()) for code in (GOOD, BAD))
    rate, low, high = wilson(good, good + bad)
    quarter, half, most = _quartiles(bucket, counts)
    count = int(runs.counts[row])
    differs = in_words(edits(main, steps))
    more = len(differs) - MOST_DIFFERENCES
    return Variant(
        steps=steps,
        count=count,
        share=count / total,
        good=good,
        bad=bad,
        good_rate=rate,
        good_low=low,
        good_high=high,
        median_seconds=half,
        low_seconds=quarter,
        high_seconds=most,
        differs=differs if more <= 0 else (*differs[:MOST_DIFFERENCES], f"and {more} more"),
    )


def _steps(runs: Sequences, row: int, texts: list[str]) -> tuple[str, ...]:
    return tuple(ELLIPSIS if step < 0 else texts[step] for step in runs.run(row))


def _quartiles(bucket: Ints, counts: Ints) -> tuple[float | None, float | None, float | None]:
    known = bucket > 0
    if not known.any():
        return None, None, None
    order = np.argsort(bucket[known], kind="stable")
    reached = np.cumsum(counts[known][order])
    places = [int(np.searchsorted(reached, share * int(reached[-1]))) for share in (0.25, 0.5, 0.75)]
    low, half, high = (float(s) for s in centre_seconds(bucket[known][order][places]))
    return low, half, high


def _tree(runs: Sequences, texts: list[str], least: int) -> tuple[Branch, ...]:
    """The beginnings that at least so many episodes share, commonest first."""
    everything = [(runs.run(row), int(runs.counts[row])) for row in range(len(runs))]
    return _branches(everything, 0, texts, least)


def _branches(held: list[tuple[list[int], int]], depth: int, texts: list[str], least: int) -> tuple[Branch, ...]:
    by_step: dict[int, list[tuple[list[int], int]]] = {}
    for steps, count in held:
        if len(steps) > depth:
            by_step.setdefault(steps[depth], []).append((steps, count))
    sizes = {step: sum(count for _, count in members) for step, members in by_step.items()}
    return tuple(
        Branch(
            ELLIPSIS if step < 0 else texts[step],
            sizes[step],
            sum(count for steps, count in by_step[step] if len(steps) == depth + 1),
            _branches(by_step[step], depth + 1, texts, least),
        )
        for step in sorted(sizes, key=lambda step: (-sizes[step], step))
        if sizes[step] >= least
    )
