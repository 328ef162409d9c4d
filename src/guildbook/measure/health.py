"""The health of a body of work over time: what is new in it, who contributes, how much of it AI does, how varied it is.

Windows are made comparable before they are compared: each is drawn down to the same number of cases, and what is new in
it is looked for in the same number of cases of the windows before it. Otherwise a busy week would look richer, and a
long history would make everything look old.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.work import Work
from guildbook.model.time import DAY

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST: Final = 20
"""Cases below which a window is not looked at."""
BACK: Final = 4
"""Windows in which something must have been seen not to be new."""
DRAWS: Final = 10
LENGTHS: Final = (DAY, 7 * DAY, 28 * DAY, 91 * DAY)
ENOUGH: Final = 50
"""Cases that a window has in the median where its length is not given."""
MANY: Final = 16
"""Windows there are at least where their length is not given, if there can be."""


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of time. What is None could not be told: there are too few cases in it, or none before it."""

    begins: int
    """µs UTC."""
    cases: int
    events: int
    workers: int
    """People who did anything."""
    per_worker: float
    """Events by people, for each of them."""
    ai: float
    """Share of the steps that AI did."""
    new_steps: float | None
    """Share of steps that nobody had taken after the same two steps in the windows before."""
    new_variants: float | None
    """Share of cases that went as none had gone in the windows before."""
    entropy: float | None
    """Bits of a next step when the two before it are known."""
    variety: float | None
    """Bits of the way a case goes."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


def length(work: Work) -> int:
    """A length of windows that suits the work, µs: the shortest with enough cases in each, and enough of them."""
    fits = [each for each in LENGTHS if np.median(np.bincount(_place(work, each))) >= ENOUGH]
    many = [each for each in fits if int(_place(work, each).max(initial=0)) + 1 >= MANY]
    return (many or fits or list(LENGTHS))[0]


def windows(work: Work, size: int, seed: int = 0, progress: Callable[[float], None] = lambda _: None) -> list[Window]:
    """The windows of that size in µs from the first case to the last, a last one that is cut short left out.

    A case belongs to the window in which it began.
    """
    if not len(work):
        return []
    place = _place(work, size)
    last = int(place.max())
    counts = np.bincount(place)
    whole = counts[:last] if last else counts
    usable = whole >= LEAST
    level = int(whole[usable].min()) if usable.any() else 0
    grams, offsets = _grams(work)
    variant = _variants(work)
    found: list[Window] = []
    for number in range(len(whole)):
        inside = np.flatnonzero(place == number)
        before = [np.flatnonzero(place == w) for w in np.flatnonzero(usable[:number])[-BACK:].tolist()]
        drawn = _drawn(inside, before, level, seed, number, grams, offsets, variant) if usable[number] else _NOTHING
        found.append(_window(work, inside, int(work.begun.min()) + number * size, drawn))
        progress((number + 1) / len(whole))
    return found


_Drawn = tuple[float | None, float | None, float | None, float | None]
_NOTHING: Final[_Drawn] = (None, None, None, None)


def _place(work: Work, size: int) -> Ints:
    return (work.begun - work.begun.min()) // size if len(work) else np.empty(0, np.int64)


def _window(work: Work, inside: Ints, begins: int, drawn: _Drawn) -> Window:
    rows = np.isin(work.trace, inside)
    people = rows & ~work.agent
    who = len(np.unique(work.worker[people]))
    by_people, events = int(people.sum()), int(rows.sum())
    share = float(work.agent[rows].mean()) if events else 0.0
    return Window(begins, len(inside), events, who, by_people / who if who else 0.0, share, *drawn)


def _drawn(
    inside: Ints, before: list[Ints], level: int, seed: int, number: int, grams: Ints, offsets: Ints, variant: Ints
) -> _Drawn:
    """Means over draws of the same number of cases, so that all windows are told by as much."""
    rng = np.random.Generator(np.random.Philox(key=[seed, number]))
    told = np.zeros((DRAWS, 4))
    for draw in range(DRAWS):
        chosen = rng.permutation(inside)[:level]
        mine, ways = _rows(grams, offsets, chosen), variant[chosen]
        told[draw, 2:] = _conditional(mine), _bits(np.unique(ways, return_counts=True)[1])
        if len(before) == BACK:
            past = np.concatenate([rng.permutation(each)[:level] for each in before])
            known = np.unique(_rows(grams, offsets, past)[:, 1])
            told[draw, 0] = float((~np.isin(mine[:, 1], known)).mean())
            told[draw, 1] = float((~np.isin(ways, variant[past])).mean())
    steps, ways, entropy, variety = (float(each) for each in told.mean(axis=0))
    return (steps, ways, entropy, variety) if len(before) == BACK else (None, None, entropy, variety)


def _rows(grams: Ints, offsets: Ints, traces: Ints) -> Ints:
    sizes = offsets[traces + 1] - offsets[traces]
    starts = np.repeat(offsets[traces] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return grams[starts + np.arange(int(sizes.sum()))]


def _grams(work: Work) -> tuple[Ints, Ints]:
    """((n + T, 2) codes of each place: its context, and its context with what came; (T + 1,) where a trace starts).

    A context is the task and the two steps before; what comes last is the end.
    """
    size = len(work.acts) + 2  # START and END besides
    start, end = size - 2, size - 1
    sizes = np.diff(work.offsets) + 1
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    came = np.full(int(offsets[-1]), end, np.int64)
    inside = np.ones(len(came), dtype=bool)
    inside[offsets[1:] - 1] = False
    came[inside] = work.act
    first = offsets[:-1]
    one, two = np.full(len(came), start, np.int64), np.full(len(came), start, np.int64)
    one[1:] = came[:-1]
    one[first] = start
    two[1:] = one[:-1]
    two[first] = start
    context = (np.repeat(work.task.astype(np.int64), sizes) * size + two) * size + one
    return np.column_stack([context, context * size + came]), offsets


def _variants(work: Work) -> Ints:
    """(T,): equal numbers for cases of one task that went the same way."""
    seen: dict[tuple[int, bytes], int] = {}
    bounds, tasks = work.offsets.tolist(), work.task.tolist()
    found = [
        seen.setdefault((task, work.act[low:high].tobytes()), len(seen))
        for task, low, high in zip(tasks, bounds[:-1], bounds[1:], strict=True)
    ]
    return np.array(found, np.int64)


def _conditional(rows: Ints) -> float:
    """H(next | context) in bits: that of both together less that of the context."""
    both, context = (np.unique(rows[:, column], return_counts=True)[1] for column in (1, 0))
    return max(0.0, _bits(both) - _bits(context))


def _bits(counts: Ints) -> float:
    share = counts / max(int(counts.sum()), 1)
    return float(-(share * np.log2(share)).sum())
