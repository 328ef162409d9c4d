"""Which practice is written in terms of which, and so in which layer each stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from guildbook.model.knowledge import Practice


def layered(practices: Sequence[Practice]) -> list[Practice]:
    """The practices with layers: 1 + the highest layer among prerequisites; in order of layer, then as given.

    Prerequisites that are not among the practices fall away with whatever needed them: such a practice is left
    out. A circle, which the miners cannot make, would be left out as well.
    """
    layers: dict[str, int] = {}
    waiting = list(practices)
    while waiting:
        ready = [p for p in waiting if all(q in layers for q in p.prerequisites)]
        if not ready:
            break
        for p in ready:
            layers[p.id] = 1 + max((layers[q] for q in p.prerequisites), default=0)
        waiting = [p for p in waiting if p.id not in layers]
    placed = [replace(p, layer=layers[p.id]) for p in practices if p.id in layers]
    return sorted(placed, key=lambda p: p.layer)


def dependents(practices: Sequence[Practice], ids: frozenset[str]) -> frozenset[str]:
    """`ids` and all that rests on them, at any distance."""
    gone = set(ids)
    needs: Mapping[str, tuple[str, ...]] = {p.id: p.prerequisites for p in practices}
    grown = True
    while grown:
        more = {name for name, wants in needs.items() if name not in gone and gone & set(wants)}
        gone |= more
        grown = bool(more)
    return frozenset(gone)
