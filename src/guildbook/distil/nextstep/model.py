"""The next-step model: counts of many contexts, mixed. Fitted on traces alone, and the same for the same traces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.contexts import ROOT, Context, lineage
from guildbook.distil.nextstep.counts import Follows, Level, levels_for, opinions
from guildbook.distil.nextstep.forest import Forest, Standing
from guildbook.distil.nextstep.history import History
from guildbook.distil.nextstep.kernels import gather, likeliest
from guildbook.distil.nextstep.mixer import Mixer, Sheet, binned
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.score import Score, Tally
from guildbook.distil.nextstep.signs import Signs
from guildbook.distil.nextstep.views import Opinion
from guildbook.distil.sums import START
from guildbook.distil.traces import Traces

Floats = NDArray[np.float32]
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

MOST: Final = 16
"""Classes that are mixed one by one at each place; the others together."""
GROUPS: Final = 64
GROUND: Final[Context] = ("acts1",)
"""The context that the trees rest on."""
BEGINNING: Final[Context] = ("acts1", "task")
"""The context that tells what a case begins with."""
_CELLS: Final = 4_000_000
"""Probabilities held at a time."""
_FLOOR: Final = 1e-9


@dataclass(frozen=True)
class NextStep:
    """What may come next, from counts alone. It is a `View` itself."""

    symbols: Keys
    """(V,): what may come next, commonest first, ties by text. END is one of them."""
    texts: dict[int, str]
    """Of the symbols; END has none."""
    follows: dict[Context, Follows]
    """What followed each kind of context, each kind after the one it rests on."""
    groups: Keys
    """Last activities with weights of their own, ascending."""
    mixer: Mixer
    half_life: float | None = None
    """Share of the training time in which what was counted loses half its weight; None: never."""
    doubt: float = 0.01
    """Share that the plain mean of the views has whatever the mixer says: few places are no ground for certainty."""
    forest: Forest | None = None
    """Trees, whose view comes after those of the contexts."""
    name: str = "counts"

    @property
    def width(self) -> int:
        """Columns of an opinion: the symbols and one for everything else."""
        return len(self.symbols) + 1

    @cached_property
    def views(self) -> list[Context]:
        """The contexts whose opinions are mixed, in the order of the mixer's weights; the trees come after them."""
        return [context for context in self.follows if context != ROOT]

    def opinion(self, places: Places, symbols: Keys) -> Opinion:
        """What comes next at these places, in the columns of `symbols`."""
        parts = [self._mixed(look) for look in self._looks(places)]
        logp = np.concatenate(parts) if parts else np.empty((0, self.width), np.float32)
        first = places.depth == 0
        if first.any():
            logp[first] = self._beginning(places.pick(first))
        if not np.array_equal(symbols, self.symbols):
            logp = recast(logp, self.symbols, symbols)
        return Opinion(logp, np.ones(len(logp), np.float32))

    def evaluate(self, traces: Traces) -> Score:
        """Predict every event from the second on and the end of every trace."""
        tally = Tally()
        places = Places.of(traces, 1)
        answers = places.columns(self.symbols)
        for look in self._looks(places):
            tally.add(self._mixed(look), answers[look.rows])
        return tally.score()

    def predict(self, history: History) -> list[tuple[str, float]]:
        """Activities that may come next, likeliest first; "" is the end."""
        p = np.exp(self.opinion(history.place(), self.symbols).logp[0, :-1].astype(np.float64))
        ranked = np.argsort(-p, kind="stable")
        return [(self.texts.get(int(self.symbols[i]), ""), float(p[i])) for i in ranked.tolist()]

    def _beginning(self, places: Places) -> Floats:
        """(n, V + 1) log-probabilities of what cases of the task begin with.

        The mixer is fitted on what follows a step; before the first there is nothing to weigh but the task.
        """
        known = [context for context in lineage(BEGINNING) if context in self.follows]
        levels = levels_for({context: self.follows[context] for context in reversed(known)}, Signs(places))
        *_, (_, p, _) = opinions(levels, slice(0, len(places)), self.width)
        return np.log(np.maximum(p, _FLOOR))

    def _looks(self, places: Places) -> Iterator[Look]:
        signs = Signs(places)
        group = group_of(signs, self.groups)
        yield from looks(levels_for(self.follows, signs), len(places), self.width, group, self.standing(places, group))

    def standing(self, places: Places, group: Codes) -> Standing | None:
        """Where these places stand in the trees."""
        if self.forest is None:
            return None
        return Standing(self.forest, self.forest.nodes(self.forest.scale.table(places), group))

    def _mixed(self, look: Look) -> Floats:
        """(n, V + 1) log-probabilities."""
        mixed = self.mixer.log_probabilities(look.sheet)
        plain = normalised(look.base)
        if mixed.shape[1] == self.width:
            out = mixed  # every class was mixed, in the order of the columns
        else:
            others = plain.copy()
            np.put_along_axis(others, look.sheet.cells[:, :-1], -np.inf, axis=1)
            out = normalised(others) + mixed[:, -1:]
            np.put_along_axis(out, look.sheet.cells[:, :-1], mixed[:, :-1], axis=1)
        return np.logaddexp(out + np.float32(np.log1p(-self.doubt)), plain + np.float32(np.log(self.doubt)))


@dataclass(frozen=True)
class Look:
    """What the views say at some places, ready to be mixed."""

    rows: slice
    sheet: Sheet
    """Answers are 0."""
    base: Floats
    """(n, V + 1): the mean of the views' log-probabilities."""
    weights: Floats
    """(n, views): how often each context was seen."""


def looks(
    levels: Sequence[Level], size: int, width: int, group: Codes, trees: Standing | None = None
) -> Iterator[Look]:
    """The places in blocks that fit in memory."""
    step = max(32, _CELLS // max(1, (len(levels) + 1) * width))
    for low in range(0, size, step):
        yield look_at(levels, slice(low, min(low + step, size)), width, group, trees)


def look_at(levels: Sequence[Level], rows: slice, width: int, group: Codes, trees: Standing | None = None) -> Look:
    """What the levels, and the trees after them, say at one block of places. The root is no view of its own.

    A view's part of the sheet is what it adds to the view it rests on: ln P − ln P′.
    """
    size, views = rows.stop - rows.start, len(levels) - 1 + (trees is not None)
    dense = np.empty((views, size, width), np.float32)
    weights = np.empty((size, views), np.float32)
    above = [level.above - 1 for level in levels[1:]]
    ground: tuple[int, Floats] = 0, np.empty((size, width), np.float32)
    for index, p, weight in opinions(list(levels), rows, width):
        if index:
            np.log(np.maximum(p, _FLOOR), out=dense[index - 1])
            weights[:, index - 1] = weight
        if trees is not None and levels[index].context in (ROOT, GROUND):
            ground = index, p
    if trees is not None:
        p, weights[:, -1] = trees.opinion(rows, ground[1])
        np.log(np.maximum(p, _FLOOR), out=dense[-1])
        above.append(ground[0] - 1)
    base = dense.mean(axis=0) if views else np.full((size, width), -np.log(width), np.float32)
    most = min(MOST, width)
    chosen = likeliest(base, most)
    classes = most if most == width else most + 1
    logp = np.empty((size, views, classes), np.float32)
    for view in range(views):
        gather(dense[view], chosen, logp[:, view])
    for view in reversed(range(views)):  # those it rests on come before it, and are still whole
        if above[view] >= 0:
            logp[:, view] -= logp[:, above[view]]
    cells = chosen if most == width else np.column_stack([chosen, np.full(size, width, np.int32)])
    sheet = Sheet(logp, binned(weights), group[rows], cells.astype(np.int32), np.zeros(size, np.int32))
    return Look(rows, sheet, base, weights)


def group_of(signs: Signs, groups: Keys) -> Codes:
    """(n,): by the last activity; `len(groups)` for all others."""
    last = signs.back(signs.places.traces.step, 1)
    last[signs.places.depth == 0] = START
    at = np.minimum(np.searchsorted(groups, last), max(len(groups) - 1, 0))
    if not len(groups):
        return np.zeros(len(last), np.int32)
    return np.where(groups[at] == last, at, len(groups)).astype(np.int32)


def normalised(logp: Floats) -> Floats:
    """Rows shifted so that their probabilities sum to one."""
    top = logp.max(axis=1, keepdims=True)
    return logp - (top + np.log(np.exp(logp - top).sum(axis=1, keepdims=True)))


def recast(logp: Floats, have: Keys, wanted: Keys) -> Floats:
    """Log-probabilities in other columns: what is not wanted goes to the last, what is not known has little."""
    place = {code: column for column, code in enumerate(have.tolist())}
    p = np.exp(logp.astype(np.float64))
    out = np.full((len(logp), len(wanted) + 1), _FLOOR)
    for column, code in enumerate(wanted.tolist()):
        if code in place:
            out[:, column] = p[:, place[code]]
    out[:, -1] = np.maximum(p.sum(axis=1) - out[:, :-1].sum(axis=1), _FLOOR)
    return np.log(out / out.sum(axis=1, keepdims=True)).astype(np.float32)
