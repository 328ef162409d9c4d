"""Which joint traces show a practice, and that none is told without enough of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from guildbook.distil.practices.matching import Matcher, Pattern
from guildbook.distil.practices.prerequisites import dependents, layered
from guildbook.distil.sums import Sums
from guildbook.distil.view import TraceView
from guildbook.model.knowledge import Practice

LEAST: Final = 5
"""Fewer spans, and there is no practice."""


def find(
    practices: Sequence[Practice],
    view: TraceView,
    sums: Sums,  # noqa: ARG001 - the form that distil.evidence asks of a finder
    limit: int,
    *,
    titles: Mapping[int, str] | None = None,
) -> dict[str, list[tuple[int, list[int]]]]:
    """For each practice id the first `limit` traces of the view that show it, with the places of the events that do.

    Whether a trace shows a practice depends on that trace alone, so what is known of the others stays true when
    some are touched. `titles`: as `mine` had them.
    """
    matcher = Matcher(view)
    found: dict[str, list[tuple[int, list[int]]]] = {}
    for practice in practices:
        traces, places = matcher.spans(Pattern.of(practice, titles or {}), limit)
        found[practice.id] = [
            (trace, np.unique(row[row >= 0]).tolist()) for trace, row in zip(traces.tolist(), places, strict=True)
        ]
    return found


def supported(practices: Sequence[Practice]) -> list[Practice]:
    """The practices that have at least `LEAST` spans of evidence and rest on none that has not, in layers."""
    bare = frozenset(p.id for p in practices if len(p.evidence) < LEAST)
    gone = dependents(practices, bare)
    return layered([p for p in practices if p.id not in gone])
