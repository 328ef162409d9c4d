"""What routines a stream holds: their steps, variants, and where the value of each field comes from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.segment.find import Segments
from guildbook.distil.segment.stream import Step, Stream, words
from guildbook.model.ids import symbol

Ints = NDArray[np.int64]

LEAST: Final = 3
"""Performances below which nothing is called a routine."""
MOSTLY: Final = 0.6
"""Share of performances in which a field's value must come from the same step."""
SOME: Final = 0.2
"""Share of performances from which a step counts as one of several sources."""
ALWAYS: Final = 0.95
"""Share of performances with the same value that makes it a constant."""
OFTEN: Final = 0.3
"""Share of its performances in which a step is done that is told of a routine."""
VARIANTS: Final = 5
SHORT: Final = 2
"""Shorter contents are not looked for inside others."""
_HIDDEN: Final = re.compile(r"pass|pwd|\bpin\b|secret|token|cvv|ssn", re.IGNORECASE)
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_HOST: Final = re.compile(r"^[a-z]+://([^/\s]+).*$")


@dataclass(frozen=True)
class Field:
    """A step that gives a field its value."""

    step: Step
    kind: str
    """`read` (a copying step), `copied`, `part` (of what another step carried), `constant` or `input`."""
    sources: tuple[Step, ...]
    """Where the value was first seen in the performance, the commonest first."""
    value: str | None
    """Of a constant."""
    times: int
    """Performances in which the field was given a value."""
    held: float
    """Share of them for which what is said here holds."""


@dataclass(frozen=True)
class Variant:
    """One way through a routine."""

    steps: tuple[str, ...]
    times: int


@dataclass(frozen=True)
class Routine:
    """A task as it was done, again and again."""

    id: str
    title: str
    times: int
    events: int
    workers: tuple[str, ...]
    variants: tuple[Variant, ...]
    """The commonest first."""
    fields: tuple[Field, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def routines(
    stream: Stream,
    found: Segments,
    task: Ints,
    table: pa.Table,
    workers: list[str] | None = None,
    titles: Sequence[str] | None = None,
) -> list[Routine]:
    """The routines of a stream, the one with the most performances first.

    `task`: of each segment; `table`: the rows the stream was read from; `workers`: whose each row is; `titles`: of
    each task, if they have one.
    """
    texts, code = words(table, "value_after")
    kept = np.flatnonzero(~found.loose)
    order = kept[np.argsort(found.segment[kept], kind="stable")]
    segment = found.segment[order]
    borders = np.flatnonzero(np.diff(segment)) + 1
    performances: dict[int, Ints] = {
        int(found.segment[rows[0]]): rows for rows in np.split(order, borders) if len(rows)
    }
    out: list[Routine] = []
    for kind in range(int(task.max(initial=-1)) + 1):
        own: list[Ints] = [rows for number, rows in performances.items() if task[number] == kind]
        if len(own) < LEAST:
            continue
        ways = Counter(tuple(stream.symbol[rows].tolist()) for rows in own)
        ranked = sorted(ways.items(), key=lambda way: (-way[1], way[0]))[:VARIANTS]
        fields = _fields(stream, own, texts, code)
        whose = sorted({workers[row] for rows in own for row in rows.tolist()}) if workers else []
        title = _title(stream, own, fields) if titles is None else titles[kind]
        content = "\n".join(sorted({stream.names[s] for s in ranked[0][0]}))
        out.append(
            Routine(
                f"{symbol('routine:' + content):016x}"[:12],
                title,
                len(own),
                sum(len(rows) for rows in own),
                tuple(whose),
                tuple(Variant(tuple(str(stream.steps[s]) for s in way), times) for way, times in ranked),
                tuple(fields),
            )
        )
    return sorted(out, key=lambda routine: (-routine.times, routine.id))


def title_of(stream: Stream, own: list[Ints], contents: tuple[Sequence[str], Ints]) -> str:
    """A title for performances given by their rows. `contents`: the texts events carry, and each row's code."""
    return _title(stream, own, _fields(stream, own, *contents))


def _fields(stream: Stream, own: list[Ints], texts: Sequence[str], code: Ints) -> list[Field]:
    """Where the values of a routine's steps come from, for the steps that are often done, in their usual order."""
    given: dict[int, list[str]] = {}
    sources: dict[int, Counter[tuple[int, str]]] = {}
    place: Counter[int] = Counter()
    for rows in own:
        seen: dict[int, str] = {}
        for i, row in enumerate(rows.tolist()):
            step = int(stream.symbol[row])
            said = int(code[row])
            if said < 0:
                continue
            value = texts[said].strip()
            place[step] += i
            given.setdefault(step, []).append(value)
            from_ = _source(stream, step, value, seen)
            if from_ is not None:
                sources.setdefault(step, Counter())[from_] += 1
            seen.pop(step, None)
            seen[step] = value
    told = {step: values for step, values in given.items() if len(values) >= OFTEN * len(own)}
    ranked = sorted(told, key=lambda step: (place[step] / len(given[step]), step))
    return [_field(stream, step, given[step], sources.get(step, Counter())) for step in ranked]


def _field(stream: Stream, step: int, values: Sequence[str], sources: Counter[tuple[int, str]]) -> Field:
    """What is said of a step's values as a whole."""
    told = stream.steps[step]
    commonest, same = Counter(values).most_common(1)[0]
    origins = Counter[int]()
    ways = Counter[str]()
    for (source, way), times in sorted(sources.items()):
        if times >= SOME * len(values):
            origins[source] += times
            ways[way] += times
    share = origins.total() / len(values)
    steps = tuple(stream.steps[source] for source, _ in origins.most_common()) if share >= MOSTLY else ()
    if same >= ALWAYS * len(values) and len(values) >= LEAST:
        shown = None if _HIDDEN.search(told.element) else commonest
        return Field(told, "constant", steps, shown, len(values), round(same / len(values), 3))
    if steps:
        return Field(told, ways.most_common(1)[0][0], steps, None, len(values), round(share, 3))
    return Field(told, "read" if _reads(told) else "input", (), None, len(values), 1.0)


def _reads(step: Step) -> bool:
    return "copy" in step.action.lower()


def _source(stream: Stream, step: int, value: str, seen: Mapping[int, str]) -> tuple[int, str] | None:
    """The step that first carried this value, or one it is a part of, on another element."""
    if _reads(stream.steps[step]):
        return None
    element = stream.steps[step].place, stream.steps[step].element
    others = [(s, v) for s, v in seen.items() if (stream.steps[s].place, stream.steps[s].element) != element]
    equal = next((s for s, v in others if v == value), None)
    if equal is not None:
        return equal, "copied"
    part = next((s for s, v in others if len(v) > len(value) >= SHORT and value in v), None)
    return None if part is None else (part, "part")


def _title(stream: Stream, own: list[Ints], fields: Sequence[Field]) -> str:
    """Verb, object and app: what is moved where, or else what is mostly done."""
    moves = Counter(
        (_object(source), _object(f.step), f.step.app)
        for f in fields
        for source in f.sources[:1]
        if _object(source) != _object(f.step)
    )
    if moves:
        source, target, app = min(moves, key=lambda move: (-moves[move], move))
        return f"Copy from {source} to {target}" + (f" in {app}" if app and app not in target else "")
    steps = Counter(int(s) for rows in own for s in stream.symbol[rows].tolist())
    step = stream.steps[max(steps.items(), key=lambda item: (item[1], -item[0]))[0]]
    verb = _HUMP.sub(" ", step.action).lower().capitalize()
    thing = _object(step)
    title = verb if not thing or thing == step.app else f"{verb} {step.element or thing}"
    return title + (f" in {step.app}" if step.app else "")


def _object(step: Step) -> str:
    """What a step is about: the host of an address, a document, else the app."""
    return _HOST.sub(r"\1", step.place) or step.app or step.element
