"""Counts and net together, where that helps: judged on the newest training traces, which neither has learnt from.

The counts (a mixture of many views already, so well calibrated) and the net are mixed once more by the same mixer.
It is fitted on the older half of the newest traces and judged on the newer half, twice: less free and freer. The net
is taken only if a mixture loses less there than the counts alone by more than twice the standard error over traces,
and is right no less often.
Since fitting the mixer once more may help by itself, the counts alone are taken as they are and as mixed again, and
the better of the two is what the net must beat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.fitting import ranks, vocabulary
from guildbook.distil.nextstep.kernels import gather, likeliest
from guildbook.distil.nextstep.mixer import Mixer, Penalty, Sheet, binned
from guildbook.distil.nextstep.model import GROUPS, MOST, group_of
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.score import Score, Tally
from guildbook.distil.nextstep.signs import Signs
from guildbook.distil.nextstep.views import Opinion, View, ViewLearner
from guildbook.distil.sums import END
from guildbook.distil.traces import Traces

Floats = NDArray[np.float32]
Keys = NDArray[np.uint64]

NEWEST: Final = 0.15
"""Share of the traces, the latest by start, on which it is judged whether the net helps."""
FEWEST: Final = 40
"""Traces to judge by at least; with fewer the counts stay alone."""
SURE: Final = 2.0
"""Standard errors by which the mixture must be better."""
_NEVER: Final = 1e9
FREEDOMS: Final = (
    Penalty(weight=10, lean=_NEVER, bias=_NEVER, pull=_NEVER),
    Penalty(weight=60, lean=400, bias=1, pull=30),
)
"""How free the mixer is: only how much each of the two is believed, or also by the last activity and with biases a
class. The second says more of a large log; on a small one it may follow what passes, so the surer gain is taken."""
_CELLS: Final = 2_000_000
"""Probabilities held at a time."""


@dataclass(frozen=True)
class Judgement:
    """What the newest traces said."""

    helps: bool
    gain: float
    """Nats a place that the mixture loses less than the counts alone."""
    error: float
    """Standard error of the gain."""
    accuracy_gain: float

    @property
    def sure(self) -> float:
        """The gain less `SURE` errors."""
        return self.gain - SURE * self.error

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"net_used": self.helps, "gain": self.gain, "gain_error": self.error}


@dataclass(frozen=True)
class Mixed:
    """A `View` over counts and, where it helps, a net."""

    symbols: Keys
    """(V,): what may come next."""
    counts: View
    net: View | None
    mixer: Mixer
    """Of counts and net."""
    groups: Keys
    """Last activities with weights of their own, ascending."""
    judgement: Judgement
    name: str = "mixed"

    def opinion(self, places: Places, symbols: Keys) -> Opinion:
        """What comes next at these places, in the columns of `symbols`."""
        first = self.counts.opinion(places, symbols)
        if self.net is None:
            return first
        said = [first, self.net.opinion(places, symbols)]
        sheet = _sheet(said, places, self.groups)
        return Opinion(_spread(self.mixer.log_probabilities(sheet), sheet.cells, first.logp), first.weight)


def fit(traces: Traces, counts: Callable[[Traces], View], learner: ViewLearner) -> Mixed:
    """Counts of these traces, with the net where it helps. Both are fitted anew on all traces after judging."""
    symbols = vocabulary(traces)
    groups = np.sort(symbols[symbols != END][: GROUPS - 1])
    mixer = Mixer.even(2, len(groups) + 1, len(symbols) + 1)
    newest = ranks(traces) >= 1 - NEWEST
    if newest.sum() < FEWEST:
        return Mixed(
            symbols, counts(traces), None, mixer, groups, Judgement(helps=False, gain=0, error=0, accuracy_gain=0)
        )
    older, judges = traces.pick(~newest), traces.pick(newest)
    views = counts(older), learner.fit(older)
    places = Places.of(judges, 1)
    parts = [_answered(views, places.pick(rows), symbols, groups) for rows in _blocks(places, len(symbols) + 1)]
    sheet = Sheet.joined(parts)
    late = (ranks(judges) >= 1 / 2)[places.trace]
    fitting, judging = sheet.pick(~late), sheet.pick(late)
    share = np.ones(len(fitting))
    tried: list[tuple[Judgement, Penalty]] = []
    for penalty in FREEDOMS:
        both, alone = (mixer.fitted(part, share, penalty) for part in (fitting, _alone(fitting)))
        tried.append((_judged(both, alone, judging, places.trace[late]), penalty))
    judgement, penalty = max(tried, key=lambda one: (one[0].helps, one[0].sure))
    if not judgement.helps:
        return Mixed(symbols, counts(traces), None, mixer, groups, judgement)
    mixer = mixer.fitted(sheet, np.ones(len(sheet)), penalty)
    return Mixed(symbols, counts(traces), learner.fit(traces), mixer, groups, judgement)


def evaluate(view: View, symbols: Keys, traces: Traces) -> Score:
    """How well a view predicts every event from the second on and the end of every trace."""
    tally = Tally()
    places = Places.of(traces, 1)
    answers = places.columns(symbols)
    for rows in _blocks(places, len(symbols) + 1):
        tally.add(view.opinion(places.pick(rows), symbols).logp, answers[rows])
    return tally.score()


def _alone(sheet: Sheet) -> Sheet:
    """The counts without the net, which they stand in for, so that the mixer is as free as with it."""
    return replace(sheet, logp=sheet.logp[:, [0, 0]], bins=sheet.bins[:, [0, 0]])


def _judged(mixer: Mixer, again: Mixer, sheet: Sheet, trace: NDArray[np.int64]) -> Judgement:
    rows = np.arange(len(sheet))
    mixed = mixer.log_probabilities(sheet)
    plain = sheet.logp[:, 0], again.log_probabilities(_alone(sheet))
    counts = max(plain, key=lambda logp: float(logp[rows, sheet.answer].mean()))
    gain = (mixed[rows, sheet.answer] - counts[rows, sheet.answer]).astype(np.float64)
    mean = float(gain.mean())
    by_trace = np.bincount(np.unique(trace, return_inverse=True)[1], gain - mean)
    error = float(np.sqrt(np.square(by_trace).sum())) / len(gain)
    right = [float((logp.argmax(axis=1) == sheet.answer).mean()) for logp in (mixed, counts)]
    more = right[0] - right[1]
    return Judgement(mean > SURE * error and more >= 0, mean, error, more)


def _answered(views: Sequence[View], places: Places, symbols: Keys, groups: Keys) -> Sheet:
    sheet = _sheet([view.opinion(places, symbols) for view in views], places, groups)
    same = sheet.cells == places.columns(symbols)[:, None]
    answer = np.where(same.any(axis=1), same.argmax(axis=1), sheet.cells.shape[1] - 1)
    return replace(sheet, answer=answer.astype(np.int32))


def _sheet(said: Sequence[Opinion], places: Places, groups: Keys) -> Sheet:
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
    return Sheet(logp, bins, group_of(Signs(places), groups), cells.astype(np.int32), np.zeros(size, np.int32))


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


def _blocks(places: Places, width: int) -> Iterator[slice]:
    step = max(32, _CELLS // width)
    for low in range(0, len(places), step):
        yield slice(low, min(low + step, len(places)))
