"""Counts and net together, where that helps; the judging is `gate`'s."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.neural.gate import Continued, Verdict, judge
from guildbook.distil.neural.pool import Pool, blocks
from guildbook.distil.nextstep.history import History
from guildbook.distil.nextstep.model import NextStep
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.score import Score, Tally
from guildbook.distil.nextstep.views import Opinion, View
from guildbook.distil.traces import Traces

Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Mixed:
    """A `View` over counts and a net."""

    counts: View
    net: View | None
    """None: the counts speak alone."""
    pool: Pool | None
    """None: the net speaks alone, wherever there is one."""
    name: str = "mixed"

    def opinion(self, places: Places, symbols: Keys) -> Opinion:
        """What comes next at these places, in the columns of `symbols`."""
        if self.net is None:
            return self.counts.opinion(places, symbols)
        if self.pool is None:
            return self.net.opinion(places, symbols)
        first = self.counts.opinion(places, symbols)
        # What a case begins with, the mixture was never fitted on.
        inside = np.flatnonzero(places.depth > 0)
        here = places.pick(inside)
        heard = Opinion(first.logp[inside], first.weight[inside])
        logp = first.logp.copy()
        if len(here):
            logp[inside] = self.pool.over(symbols).mixed((heard, self.net.opinion(here, symbols)), here)
        return Opinion(logp, first.weight)


@dataclass(frozen=True)
class Joined(NextStep):
    """The next step by counts and net: its contexts and reasons are those of the counts."""

    view: Mixed | None = None

    @classmethod
    def of(cls, counts: NextStep, net: View, pool: Pool | None) -> Joined:
        """Counts and net as the pool mixes them; with no pool the net alone."""
        own: dict[str, Any] = {field.name: getattr(counts, field.name) for field in fields(counts)}
        return cls(**own, view=Mixed(counts, net, pool))

    def opinion(self, places: Places, symbols: Keys) -> Opinion:
        """What comes next at these places, in the columns of `symbols`."""
        return super().opinion(places, symbols) if self.view is None else self.view.opinion(places, symbols)

    def evaluate(self, traces: Traces) -> Score:
        """Predict every event from the second on and the end of every trace."""
        return evaluate(self, self.symbols, traces)

    def parts(self, history: History) -> dict[str, dict[str, float]]:
        """What each part says by itself: `counts` and `net`, each the probability of every step; "" is the end."""
        if self.view is None or self.view.net is None:
            return {}
        place = history.place()
        found: dict[str, dict[str, float]] = {}
        for name, view in (("counts", self.view.counts), ("net", self.view.net)):
            p = np.exp(view.opinion(place, self.symbols).logp[0, :-1].astype(np.float64))
            labels = (self.texts.get(code, "") for code in self.symbols.tolist())
            found[name] = dict(zip(labels, p.tolist(), strict=True))
        return found


@dataclass(frozen=True)
class Fitted:
    """What a log taught: the mixture, what it may say, and what the blocks said of the net."""

    view: Mixed
    symbols: Keys
    verdict: Verdict


class NetLearner(Continued, Protocol):
    """Makes the view of a net."""

    def fit(self, traces: Traces) -> View:
        """Trained on all of these traces at once."""
        ...


def fit(traces: Traces, counts: Callable[[Traces], View], learner: NetLearner) -> Fitted:
    """Counts of these traces, with the net where it helps. Both are fitted anew on all traces after judging."""
    judged = judge(traces, counts, learner)
    net = learner.fit(traces) if judged.verdict.helps else None
    return Fitted(Mixed(counts(traces), net, judged.pool), judged.pool.symbols, judged.verdict)


def evaluate(view: View, symbols: Keys, traces: Traces) -> Score:
    """How well a view predicts every event from the second on and the end of every trace."""
    tally = Tally()
    places = Places.of(traces, 1)
    answers = places.columns(symbols)
    for rows in blocks(len(places), len(symbols) + 1):
        tally.add(view.opinion(places.pick(rows), symbols).logp, answers[rows])
    return tally.score()
