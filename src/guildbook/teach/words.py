"""Practices in plain words for a newcomer. Every number said here is one of the practice's own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from guildbook.model import Effect, Kind, Knowledge, Practice, Status, When
from guildbook.model import time as times
from guildbook.teach.text import clean, sheet, shorten

__all__ = ["KIND_WORDS", "clean", "effect", "evidence", "outline", "practice", "sheet", "shorten", "when"]

KIND_WORDS: Final[Mapping[Kind, str]] = {
    Kind.PEOPLE: "knowing people",
    Kind.QUALITY: "what a good job means",
    Kind.WORKFLOW: "better ways of working",
    Kind.TOOL: "skill with the tools",
}
STATUS_WORDS: Final[Mapping[Status, str]] = {
    Status.PROPOSED: "proposed, not yet reviewed by the people it came from",
    Status.REVIEWED: "reviewed by the people it came from",
    Status.RETIRED: "retired",
}
_COUNTED: Final[Mapping[str, str]] = {
    "good-rate": "cases",
    "share": "occurrences",
    "duration": "cases",
    "response": "requests",
}
_DOUBLE: Final = 2.0
_SMALL: Final = 0.02
_TINY_P: Final = 0.001
_NEARLY_ALL: Final = 99.0


def effect(found: Effect) -> str:
    """The measured difference: `in 412 cases: 83 % good instead of 66 %; 95 % interval +11 to +23 points`.

    Shares are compared in percentage points, times by their ratio (`model.Effect` defines both).
    """
    counted = f"in {found.n:,} {_COUNTED.get(found.metric, 'observations')}: "
    if found.metric in {"good-rate", "share"}:
        return counted + _share(found)
    if found.metric in {"duration", "response"}:
        return counted + _ratio(found)
    bounds = f"{found.low:+.3g} to {found.high:+.3g}"
    return f"{counted}{clean(found.metric)} differs by {found.difference:+.3g}; 95 % interval {bounds}"


def certainty(found: Effect) -> str:
    """How easily chance alone would show such a difference, after allowing for the number of comparisons."""
    if not math.isfinite(found.p):
        return "not tested"
    return "p < 0.001" if found.p < _TINY_P else f"p = {found.p:.2g}"


def when(condition: When) -> str:
    """The conditions as one phrase, empty when the practice always holds."""
    parts: list[str] = []
    if condition.task:
        parts.append(f"in the task “{clean(condition.task)}”")
    if condition.activity:
        parts.append(f"at the step “{clean(condition.activity)}”")
    if condition.after:
        parts.append(f"after {_listed(f'“{clean(step)}”' for step in condition.after)}")
    if condition.attributes:
        parts.append(f"where {_listed(_condition(name, value) for name, value in condition.attributes)}")
    return ", ".join(parts)


def evidence(found: Practice, limit: int | None = None) -> list[str]:
    """One line a place in the traces: the case or episode and its event ids; all of them unless `limit` is given."""
    shown = found.evidence[:limit]
    lines = [f"{clean(span.episode)}: {', '.join(clean(event) for event in span.events)}" for span in shown]
    if len(shown) < len(found.evidence):
        lines.append(f"and {len(found.evidence) - len(shown):,} more")
    return lines


def outline(found: Practice, knowledge: Knowledge, *, spans: int | None = None) -> list[tuple[str, list[str]]]:
    """A practice as headed parts, empty ones left out: what `practices show` prints and the tests read."""
    titles = {other.id: other.title for other in knowledge.practices}
    parts: list[tuple[str, list[str]]] = [
        ("When", [when(found.when)] if when(found.when) else []),
        ("Do", [clean(step) for step in found.do]),
        ("Instead of", [clean(step) for step in found.instead_of]),
        ("Effect", [f"{effect(found.effect)} ({certainty(found.effect)})"]),
        ("Learn first", [f"{clean(titles.get(other, other))} [{clean(other)}]" for other in found.prerequisites]),
        ("People", [clean(name) for name in found.people]),
        ("Seen in the work of", [f"{clean(name)} ({count:,} times)" for name, count in found.contributors]),
        ("Evidence", evidence(found, spans)),
    ]
    return [(head, lines) for head, lines in parts if lines]


def practice(found: Practice, knowledge: Knowledge, *, spans: int | None = None) -> str:
    """The whole practice as plain text: title, kind, layer and status, then the parts of `outline`."""
    status = STATUS_WORDS[found.status] + (f": no longer done since {clean(found.retired)}" if found.retired else "")
    head = f"{KIND_WORDS[found.kind]} · layer {found.layer} · {status} · {clean(found.id)}"
    lines = [clean(found.title), head]
    for name, entries in outline(found, knowledge, spans=spans):
        lines.append(f"\n{name}")
        numbered = name == "Do" and len(entries) > 1
        lines += [f"  {f'{i}. ' if numbered else ''}{entry}" for i, entry in enumerate(entries, 1)]
    return "\n".join(lines)


def _condition(name: str, value: str) -> str:
    """`product is marine`, `amount ≥5000`."""
    compared = value.startswith(("<", ">", "≤", "≥", "="))
    return f"{clean(name)} {clean(value)}" if compared else f"{clean(name)} is {clean(value)}"


def _share(found: Effect) -> str:
    good = " good" if found.metric == "good-rate" else ""
    places = 1 if abs(found.difference) < _SMALL else 0
    interval = f"95 % interval {_points(found.low)} to {_points(found.high)} points"
    if found.with_value is None or found.without_value is None:
        return f"{_points(found.difference)} points{' more good outcomes' if good else ''}; {interval}"
    return (
        f"{100 * found.with_value:.{places}f} %{good} instead of {100 * found.without_value:.{places}f} %; {interval}"
    )


def _ratio(found: Effect) -> str:
    change = f"{_times(found.difference, ' time')}; 95 % interval {_times(found.low)} to {_times(found.high)}"
    if found.with_value is None or found.without_value is None:
        return change
    return f"typically {times.words(found.with_value)} instead of {times.words(found.without_value)}, {change}"


def _points(share: float) -> str:
    places = 1 if abs(share) < _SMALL else 0
    return f"{100 * share:+.{places}f}".replace("-", "−")


def _times(log_ratio: float, unit: str = "") -> str:
    """A natural logarithm of a ratio in words: `38 % less`, `20 % more`, `3.1 times as long`."""
    if not math.isfinite(log_ratio):
        return "unbounded"
    factor = math.exp(min(log_ratio, 700.0))
    if factor >= _DOUBLE:
        return f"{factor:.2g} times as long"
    percent = 100 * abs(factor - 1)
    return f"{percent:.{1 if percent > _NEARLY_ALL else 0}f} % {'less' if factor < 1 else 'more'}{unit}"


def _listed(items: Iterable[str]) -> str:
    """`a, b and c`."""
    *head, last = list(items)
    return f"{', '.join(head)} and {last}" if head else last
