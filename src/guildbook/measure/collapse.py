"""A made-up collapse: a model that is trained on its own traces, generation after generation.

Each window a model is counted from the windows just before it, and writes a growing share of the cases; people do
the rest, as they do in the work given. As models do that write the likely, it never takes a step that came in less than
`TAIL` of the cases that stood where it stands (as in min-p sampling). It shows what the alarm is for, and how soon it
goes off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.columns.compiled import njit
from guildbook.measure.kernels import NONE
from guildbook.measure.model import Shape, Table
from guildbook.measure.work import Work, joined
from guildbook.measure.writing import WRITER, written

TAIL: Final = 0.1


def collapse(
    work: Work,
    windows: int,
    cases: int,
    *,
    size: int,
    share: float = 0.95,
    begins: int = 6,
    order: int = 6,
    seed: int = 0,
) -> Work:
    """`windows` windows of `cases` cases each, `size` µs long.

    From window number `begins` on the model's share grows in equal steps to `share`, where it is half-way to the end.
    With `share` 0 it is healthy work: cases of the given work, drawn without order.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    known = work.workers if WRITER in work.workers else (*work.workers, WRITER)
    people = replace(work, workers=known)
    parts: list[Work] = []
    for number in range(windows):
        grown = max(0, number - begins + 1) / max(1, (windows - begins) // 2)
        by_model = round(cases * share * min(1.0, grown))
        made = people.pick(rng.choice(len(people), cases - by_model, replace=True).astype(np.int64))
        if by_model:
            table = Table.of(parts[-1], Shape(order))
            _prune(table.totals, table.heads, table.counts, table.links, TAIL)
            # Cases that go round in circles are cut by how long people's are: by the model's own they would double.
            made = joined(made, written(table, people, by_model, seed * 1_000 + number))
        parts.append(_moved(made, number * size, size, rng))
    whole = parts[0]
    for part in parts[1:]:
        whole = joined(whole, part)
    return whole


def adopted(work: Work, share: float, seed: int) -> Work:
    """The same work, in which more and more cases are marked as done by AI though nothing else changes.

    The share grows from nought to `share` from the first case to the last.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    marked: NDArray[np.bool_] = rng.random(len(work)) < share * np.linspace(0, 1, len(work))
    return replace(work, agent=work.agent | marked[work.trace])


@njit(cache=True, nogil=True)
def _prune(totals: Any, heads: Any, counts: Any, links: Any, tail: float) -> None:
    """Take out of each context what is rare there; what is commonest stays in any case."""
    for context in range(len(heads)):
        least, most = tail * totals[context], np.int64(0)
        pair = heads[context]
        while pair != NONE:
            most = max(most, counts[pair])
            pair = links[pair]
        pair = heads[context]
        while pair != NONE:
            if counts[pair] < least and counts[pair] < most:
                totals[context] -= counts[pair]
                counts[pair] = 0
            pair = links[pair]


def _moved(part: Work, start: int, size: int, rng: np.random.Generator) -> Work:
    """Cases that begin somewhere in a window, each as long as it was."""
    begins = start + np.sort(rng.integers(0, size, len(part)))
    return replace(part, time=part.time - part.begun[part.trace] + begins[part.trace])
