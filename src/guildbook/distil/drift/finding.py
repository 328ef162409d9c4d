"""Changes of the process over time, from the sums: found, dated, controlled for false discoveries, and put in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.drift.lasting import classes, lasting, medians, said
from guildbook.distil.drift.series import FOLLOWS, LASTS, OTHER, Series, series
from guildbook.distil.drift.splitting import Split, best_split, splits
from guildbook.distil.practices.statistics import adjusted
from guildbook.distil.sums import Sums
from guildbook.model.process import Change

MOST_CHANGES: Final = 40
_FIRST_MONDAY: Final = date(1900, 1, 1)
_GONE: Final = 0.05
"""A step has gone out of use when its share after is at most this part of that before; has come up when reversed."""
_NAMED: Final = 4
_FOLLOWING: Final = frozenset({"follows", "begins"})
_ABOUT: Final = 0.7
_FEW: Final = 0.01
"""Shares below it are told with a decimal."""


def changes(sums: Sums, named: Mapping[int, str], fdr: float) -> tuple[Change, ...]:
    """All changes, in the order of their dates.

    Every series gives one p-value, that of its best split; they are controlled together (Benjamini and Hochberg 1995).
    Later splits of a series must be as sure as its first had to be.
    """
    listed = series(sums)
    first = [best_split(found.counts) for found in listed]
    p = np.array([1.0 if split is None else split.p for split in first])
    controlled = adjusted(p)
    cut = float(p[controlled <= fdr].max(initial=0.0))
    told: list[Change] = []
    for i, found in enumerate(listed):
        if controlled[i] <= fdr:
            told += _told(sums, named, found, splits(found.counts, cut, _seed(found)), p)
    return tuple(sorted(_once(told), key=lambda c: (c.date, c.task, c.p, c.kind, c.activity))[:MOST_CHANGES])


def _seed(found: Series) -> int:
    return (found.task ^ (found.activity << 1) ^ len(found.kind)) & 0xFFFFFFFF


def _told(
    sums: Sums, named: Mapping[int, str], found: Series, placed: list[Split], family: NDArray[np.float64]
) -> list[Change]:
    edges = [0, *(split.at for split in placed), len(found.counts)]
    label = _labels(sums, found)
    out: list[Change] = []
    for i, split in enumerate(placed, 1):
        before, after = (
            found.counts[edges[i - 1] : edges[i]].sum(axis=0),
            found.counts[edges[i] : edges[i + 1]].sum(axis=0),
        )
        shares = [(before / before.sum()).tolist(), (after / after.sum()).tolist()]
        times = medians(sums, found, edges[i - 1 : i + 2]) if found.kind == LASTS else None
        kind = _kind(found, shares[0], shares[1]) if times is None else lasting(times)
        if not kind:
            continue
        moved = sorted(range(len(found.categories)), key=lambda k: (-abs(shares[1][k] - shares[0][k]), k))
        named_first = [k for k in moved if found.kind == LASTS or found.categories[k] != OTHER][:_NAMED]
        was, now = ([(label[k], round(side[k], 4)) for k in named_first] for side in shares)
        day = _monday(found, split.at)
        out.append(
            Change(
                kind=kind,
                task=named[found.task],
                activity=sums.text(found.activity),
                date=day,
                low=_monday(found, split.low),
                high=_monday(found, split.high),
                before=tuple(was),
                after=tuple(now),
                n_before=int(before.sum()),
                n_after=int(after.sum()),
                p=min(1.0, split.p * len(family) / max(1, int((family <= split.p).sum()))),
                words=_words(kind, sums.text(found.activity), day, was, now) if times is None else said(day, times),
            )
        )
    return out


def _kind(found: Series, before: list[float], after: list[float]) -> str:
    if found.kind == FOLLOWS:
        return "follows" if found.activity else "begins"
    if after[0] <= _GONE * before[0]:
        return "disappears"
    return "appears" if before[0] <= _GONE * after[0] else ""


def _labels(sums: Sums, found: Series) -> list[str]:
    if found.kind == LASTS:
        return classes(found.categories)
    return ["" if code in {0, OTHER} else sums.text(code) for code in found.categories]


def _monday(found: Series, period: int) -> str:
    return (_FIRST_MONDAY + timedelta(weeks=found.first + period * found.weeks)).isoformat()


def _words(kind: str, activity: str, day: str, was: list[tuple[str, float]], now: list[tuple[str, float]]) -> str:
    """One sentence about the category whose share changed most."""
    (label, old), (_, new) = was[0], now[0]
    rates = f"{_percent(new)} instead of {_percent(old)}"
    if kind == "disappears":
        return f"Since {day} “{activity}” is no longer done; it was {_percent(old)} of all steps."
    if kind == "appears":
        return f"Since {day} “{activity}” is done: {_percent(new)} of all steps."
    if kind == "begins":
        return f"Since {day} cases begin with “{label}” {rates} of the time."
    if not label:
        return f"Since {day} cases end after “{activity}” {rates} of the time."
    return f"Since {day} “{activity}” is followed by “{label}” {rates} of the time."


def _percent(share: float) -> str:
    return f"{100 * share:.{1 if 0 < share < _FEW else 0}f} %"


def _once(told: list[Change]) -> list[Change]:
    """Without what another change says already: that a step which is gone or new follows another less or more."""
    steps = {(c.task, c.activity): c for c in told if c.kind in {"appears", "disappears"}}
    out: list[Change] = []
    for change in told:
        causes = [steps.get((change.task, label)) for label in (change.activity, *_moved(change))]
        overlaps = any(c is not None and c.low <= change.high and change.low <= c.high for c in causes)
        if change.kind not in _FOLLOWING or not overlaps:
            out.append(change)
    return out


def _moved(change: Change) -> list[str]:
    """What follows otherwise than before, by about as much as what changed most."""
    gaps = {label: abs(new - old) for (label, old), (_, new) in zip(change.before, change.after, strict=True)}
    return [label for label, gap in gaps.items() if label and gap >= _ABOUT * max(gaps.values())]
