"""Evidence of practices: a few places in the traces for each, kept up to date from the touched traces alone.

The evidence of a practice is the first `SHOWN` joint traces that show it, in order of `symbol(key)`: a choice that
depends on the admitted set and on nothing else. `KEPT` are remembered, so that a few may go before everything must
be looked through again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from guildbook.distil.sums import Sums
from guildbook.distil.view import TraceView
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Practice, Span

SHOWN: Final = 8
KEPT: Final = 24

Shows = Mapping[str, Sequence[tuple[int, Sequence[int]]]]
"""For each practice id the traces that show it: (trace of the view, places of the events in it)."""


class Finder(Protocol):
    """Finds the first `limit` traces, in the view's order, that show each practice."""

    def __call__(self, practices: Sequence[Practice], view: TraceView, sums: Sums, limit: int) -> Shows:
        """For each practice id its traces in ascending order; practices that nothing shows may be left out."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is remembered of one practice: its first places in order of the traces' symbols."""

    spans: tuple[Span, ...]
    whole: bool
    """Whether these are all there are."""

    def to_json(self) -> list[Any]:
        """JSON-ready; `from_json` reads it back."""
        return [self.whole, [[span.episode, *span.events] for span in self.spans]]

    @classmethod
    def from_json(cls, data: Any) -> Evidence:
        """What `to_json` wrote."""
        whole, spans = data
        return cls(tuple(Span(str(row[0]), tuple(str(e) for e in row[1:])) for row in spans), bool(whole))


def look(finder: Finder, practices: Sequence[Practice], view: TraceView, sums: Sums) -> dict[str, Evidence]:
    """The evidence of each practice in the view."""
    found = finder(practices, view, sums, KEPT)
    out: dict[str, Evidence] = {}
    for practice in practices:
        rows = sorted(found.get(practice.id, ()))[:KEPT]
        spans = tuple(Span(view.keys[t], tuple(view.event_id(p) for p in places)) for t, places in rows)
        out[practice.id] = Evidence(spans, len(spans) < KEPT)
    return out


def merged(parts: Sequence[Mapping[str, Evidence]]) -> dict[str, Evidence]:
    """The evidence in views that have no trace in common, looked through one by one."""
    out: dict[str, Evidence] = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        found = [part[name] for part in parts if name in part]
        spans = sorted((span for one in found for span in one.spans), key=lambda span: symbol(span.episode))
        out[name] = Evidence(tuple(spans[:KEPT]), all(one.whole for one in found) and len(spans) < KEPT)
    return out


def updated(old: Evidence, touched: Collection[str], new: Evidence) -> Evidence | None:
    """The evidence after the touched traces changed; None when too little is known without looking at all traces.

    `new` is what the touched traces show now. Beyond the last trace that was remembered nothing is known unless
    the old evidence was whole.
    """
    last = symbol(old.spans[-1].episode) if old.spans else 0
    kept = [span for span in old.spans if span.episode not in touched]
    merged = sorted([*kept, *new.spans], key=lambda span: symbol(span.episode))
    if not old.whole:
        merged = [span for span in merged if symbol(span.episode) <= last]
    elif not new.whole:
        bound = symbol(new.spans[-1].episode)
        merged = [span for span in merged if symbol(span.episode) <= bound]
    whole = old.whole and new.whole and len(merged) < KEPT
    if not whole and len(merged) < SHOWN:
        return None
    return Evidence(tuple(merged[:KEPT]), whole)


def attached(practices: Sequence[Practice], evidence: Mapping[str, Evidence]) -> tuple[Practice, ...]:
    """The practices with the first `SHOWN` of their evidence."""
    return tuple(replace(p, evidence=evidence[p.id].spans[:SHOWN]) for p in practices)
