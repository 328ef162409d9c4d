"""Two opinions mixed into one: how much counts and net are each believed, by the mixer of the next step.

How free the mixer is: only how much each of the two is believed (by how often the context was seen, which neither
says), or also by the last activity, and with biases a class. The second says more of a large log; on a small one it
may follow what passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.kernels import gather, likeliest
from guildbook.distil.nextstep.mixer import Mixer, Penalty, Sheet, binned
from guildbook.distil.nextstep.model import GROUPS, MOST, group_of
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.signs import Signs
from guildbook.distil.nextstep.views import Opinion, View
from guildbook.distil.sums import END

Floats = NDArray[np.float32]
Keys = NDArray[np.uint64]

_NEVER: Final = 1e9
FREEDOMS: Final = (
    Penalty(weight=10, lean=_NEVER, bias=_NEVER, pull=_NEVER),
    Penalty(weight=60, lean=400, bias=1, pull=30),
)
_CELLS: Final = 2_000_000
"""Probabilities held at a time."""


@dataclass(frozen=True)
class Pool:
    """A mixer of two opinions, in the columns of `symbols`."""

    symbols: Keys
    """(V,): what may come next."""
    groups: Keys
    """Last activities with weights of their own, ascending."""
    mixer: Mixer

    @classmethod
    def even(cls, symbols: Keys) -> Pool:
        """Both believed alike. `symbols`: commonest first."""
        groups = np.sort(symbols[symbols != END][: GROUPS - 1])
        return cls(symbols, groups, Mixer.even(2, len(groups) + 1, len(symbols) + 1))

    def fitted(self, sheet: Sheet, penalty: Penalty) -> Pool:
        """Fitted to these places, beginning with this pool's numbers."""
        return replace(self, mixer=self.mixer.fitted(sheet, np.ones(len(sheet)), penalty))

    def over(self, symbols: Keys) -> Pool:
        """The same in other columns: what is new there has no bias."""
        if np.array_equal(symbols, self.symbols):
            return self
        place = {code: column for column, code in enumerate(self.symbols.tolist())}
        here = np.array([place.get(code, -1) for code in symbols.tolist()], np.int64)
        # The last two stand for what is unknown, and for all that is not mixed one by one.
        bias = np.append(np.where(here >= 0, self.mixer.bias[here], 0), self.mixer.bias[-2:])
        pull = np.column_stack([np.where(here >= 0, self.mixer.pull[:, here], 0), self.mixer.pull[:, -2:]])
        mixer = replace(self.mixer, bias=bias.astype(np.float32), pull=np.ascontiguousarray(pull, np.float32))
        return Pool(symbols, self.groups, mixer)

    def mixed(self, said: Sequence[Opinion], places: Places) -> Floats:
        """(n, V + 1) log-probabilities of both together."""
        sheet = self._sheet(said, places)
        return _spread(self.mixer.log_probabilities(sheet), sheet.cells, said[0].logp)

    def answered(self, views: Sequence[View], places: Places) -> Sheet:
        """What both say at these places, and what came."""
        parts: list[Sheet] = []
        for rows in blocks(len(places), len(self.symbols) + 1):
            here = places.pick(rows)
            sheet = self._sheet([view.opinion(here, self.symbols) for view in views], here)
            same = sheet.cells == here.columns(self.symbols)[:, None]
            answer = np.where(same.any(axis=1), same.argmax(axis=1), sheet.cells.shape[1] - 1)
            parts.append(replace(sheet, answer=answer.astype(np.int32)))
        return Sheet.joined(parts)

    def _sheet(self, said: Sequence[Opinion], places: Places) -> Sheet:
        """What the views say, ready to be mixed; answers are 0."""
        size, width = said[0].logp.shape
        most = min(MOST, width)
        base = np.stack([opinion.logp for opinion in said]).mean(axis=0)
        chosen = likeliest(base, most)
        logp = np.empty((size, len(said), most if most == width else most + 1), np.float32)
        for view, opinion in enumerate(said):
            gather(opinion.logp, chosen, logp[:, view])
        cells = chosen if most == width else np.column_stack([chosen, np.full(size, width, np.int32)])
        bins = binned(np.column_stack([opinion.weight for opinion in said]))
        group = group_of(Signs(places), self.groups)
        return Sheet(logp, bins, group, cells.astype(np.int32), np.zeros(size, np.int32))


def alone(sheet: Sheet) -> Sheet:
    """The counts without the net, which they stand in for, so that a mixer is as free as with it."""
    return replace(sheet, logp=sheet.logp[:, [0, 0]], bins=sheet.bins[:, [0, 0]])


def blocks(size: int, width: int) -> Iterator[slice]:
    """Runs of places that fit in memory."""
    step = max(32, _CELLS // width)
    for low in range(0, size, step):
        yield slice(low, min(low + step, size))


def _spread(mixed: Floats, cells: NDArray[np.int32], base: Floats) -> Floats:
    """(n, V + 1): the mixed classes where they belong; the rest is shared out as `base` has it."""
    out = base.copy()
    if mixed.shape[1] == base.shape[1]:
        np.put_along_axis(out, cells, mixed, axis=1)
        return out
    np.put_along_axis(out, cells[:, :-1], -np.inf, axis=1)
    top = out.max(axis=1, keepdims=True)
    out += mixed[:, -1:] - (top + np.log(np.exp(out - top).sum(axis=1, keepdims=True)))
    np.put_along_axis(out, cells[:, :-1], mixed[:, :-1], axis=1)
    return out
