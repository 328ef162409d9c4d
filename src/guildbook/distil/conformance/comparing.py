"""One case held against what is usual: what it lacks, what it has too much, what came in another order or late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.aligning import MISSING, MOVED, REPEATED, UNEXPECTED, Edit, named
from guildbook.distil.buckets import bucket, centre_seconds, median_seconds
from guildbook.distil.conformance.kernels import align, nearest
from guildbook.distil.conformance.usual import Usual, usual
from guildbook.distil.sums import VARIANT_LIMIT, Sums
from guildbook.distil.traces import Traces
from guildbook.model import time as times
from guildbook.model.errors import InputError
from guildbook.model.process import Conformance, Deviation

Ints = NDArray[np.int64]

LATE: Final = "late"
_LATE_SHARE: Final = 0.05
"""A step is late when at most so many of the same moves took as long."""
_LATE_SEEN: Final = 20
_LATE_TIMES: Final = 2.0
"""And it took at least so many times the median."""
_SECOND: Final = 1e6


def conformance(traces: Traces, sums: Sums, titles: Mapping[int, str]) -> Conformance:
    """The only trace of `traces` against its task in `sums`. Raises `InputError` where the task is not in the sums."""
    task = int(traces.task[0])
    if task not in titles:
        raise InputError(
            "What was learnt does not hold the task of this case.", "Bring it up to date: guildbook learn", "no-task"
        )
    held = usual(sums, task)
    texts = [traces.events.acts.texts[code] for code in traces.act.tolist()]
    known = held.numbered(held.graph.numbers(traces.step))
    came = np.empty(len(known) + 1, np.int64)
    cost = int(align(known, held.between, came))
    found = named(_edits(held, known, came, texts, sums), texts)
    fitness = held.fit(cost, len(known))
    row, apart = nearest(known[:VARIANT_LIMIT], held.runs.offsets, held.steps, held.common)
    counts = held.runs.counts
    listed = [*_said(found, texts), *_late(traces, sums, task, texts)]
    lead = sums.profiles.head[:, 0] == np.uint64(task)
    return Conformance(
        case=str(traces.keys[0]),
        task=titles[task],
        steps=tuple(texts),
        fitness=fitness,
        rank=float(counts[held.fitness >= fitness - 1e-9].sum() / max(int(counts.sum()), 1)),
        cost=cost,
        nearest=tuple(sums.text(int(held.graph.codes[n])) for n in held.runs.run(row)) if row >= 0 else (),
        nearest_count=int(counts[row]) if row >= 0 else 0,
        nearest_distance=int(apart) if row >= 0 else len(known),
        deviations=tuple(sorted(listed, key=lambda d: (len(texts) if d.place is None else d.place, d.kind, d.step))),
        seconds=float(traces.lead[0]) / _SECOND,
        usual_seconds=median_seconds(sums.profiles.head[lead, 3], sums.profiles.counts[lead]),
    )


def _edits(held: Usual, steps: Ints, came: Ints, texts: Sequence[str], sums: Sums) -> list[Edit[str]]:
    """The edits of the alignment, in the order of the case."""
    start = held.size + 1
    kept: list[int] = []
    at = int(came[len(steps)])
    while at >= 0:
        kept.append(at)
        at = int(came[at])
    kept = _earliest(kept[::-1], steps)
    found: list[Edit[str]] = []
    edges = [(-1, start), *((place, int(steps[place])) for place in kept), (len(steps), start + 1)]
    for (place, one), (then, two) in pairwise(edges):
        lacking = [sums.text(int(held.graph.codes[number])) for number in held.way(one, two)]
        found += [Edit(MISSING, text, then) for text in lacking]
        found += [Edit(UNEXPECTED, texts[skipped], skipped) for skipped in range(place + 1, then)]
    return found


def _earliest(kept: Sequence[int], steps: Ints) -> list[int]:
    """Of a step done several times in a row the first is the usual one, and the others are repetitions."""
    out: list[int] = []
    before = -1
    for place in kept:
        same = [at for at in range(before + 1, place + 1) if steps[at] == steps[place]]
        out.append(same[0])
        before = place
    return out


def _said(found: Sequence[Edit[str]], texts: Sequence[str]) -> list[Deviation]:
    return [Deviation(edit.kind, edit.step, edit.place, _sentence(edit, texts)) for edit in found]


def _sentence(edit: Edit[str], texts: Sequence[str]) -> str:
    before = f"after “{texts[edit.place - 1]}”" if edit.place > 0 else "at the start"
    if edit.kind == MISSING:
        return f"“{edit.step}” is missing {before if edit.place < len(texts) else 'at the end'}."
    if edit.kind == MOVED:
        return f"“{edit.step}” comes {before}; usually it stands elsewhere."
    if edit.kind == REPEATED:
        return f"“{edit.step}” is done again {before}, which is not usual."
    return f"“{edit.step}” {before} is not usual."


def _late(traces: Traces, sums: Sums, task: int, texts: Sequence[str]) -> list[Deviation]:
    """Moves that took longer than nearly all of the same moves do."""
    keys, counts = sums.follows.keys, sums.follows.counts
    rows = slice(*np.searchsorted(keys[:, 0], np.array([task, task + 1], np.uint64)).tolist())
    keys, counts = keys[rows], counts[rows]
    own = bucket(traces.gap)
    found: list[Deviation] = []
    for place in range(len(texts) - 1):
        same = (keys[:, 1] == traces.step[place]) & (keys[:, 2] == traces.step[place + 1]) & (keys[:, 3] != 0)
        times_taken, often = keys[same, 3], counts[same]
        total = int(often.sum())
        longer = int(often[times_taken >= own[place]].sum())
        usual_time = median_seconds(times_taken, often)
        took = float(traces.gap[place]) / _SECOND
        if usual_time is None or total < _LATE_SEEN or longer > _LATE_SHARE * total or took < _LATE_TIMES * usual_time:
            continue
        order = np.argsort(times_taken, kind="stable")
        reached = np.cumsum(often[order])
        most = centre_seconds(times_taken[order][[int(np.searchsorted(reached, (1 - _LATE_SHARE) * total))]])[0]
        words = (
            f"“{texts[place + 1]}” came {times.words(took)} after “{texts[place]}”; "
            f"{100 * (1 - _LATE_SHARE):.0f} % of the time it takes at most {times.words(float(most))}."
        )
        found.append(Deviation(LATE, texts[place + 1], place + 1, words))
    return found
