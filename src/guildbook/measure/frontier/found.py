"""What a sweep found: the points, the frontiers, the areas, and how much help there is under each bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from guildbook.measure.engine import Engine
from guildbook.measure.estimate import Estimate
from guildbook.measure.frontier.points import AXES, HELPS, Axis, Cloud, Status
from guildbook.measure.frontier.sweep import BOUNDED, Settings, Sweep

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "constrained": ("withhold", "withhold-weights", "reweight", "reweight-weights"),
}
"""Mechanisms that are set by the bound and change what is learnt, together."""
WORDS: Final[Mapping[Axis, str]] = {
    "system": "S of the system, with its gate",
    "weights": "S of the weights, gate removed",
    "attacked": "S of the weights, trained on with public cases",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """How much a model may help that is bound in replacing: one mechanism under one bound on S."""

    mechanism: str
    bound: float
    helped: Estimate
    """A with k steps shown."""
    helped_one: Estimate
    """A with one step shown."""
    hit: Estimate
    """Share of places at which what came was among the k shown."""
    replaced: Estimate
    """S of the system, on traces that nothing was chosen on."""
    weights: Estimate
    attacked: Estimate
    held: bool
    """Whether the bound is kept there too, at the upper end of the interval."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "mechanism": self.mechanism, "bound": self.bound, "A": self.helped.to_dict(),
            "A_one": self.helped_one.to_dict(), "hits": self.hit.to_dict(), "S_system": self.replaced.to_dict(),
            "S_weights": self.weights.to_dict(), "S_attacked": self.attacked.to_dict(), "held": self.held,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Found:
    """A frontier, ready to be shown."""

    cloud: Cloud
    told: list[list[dict[str, Any]]]
    settings: Settings
    traces: int
    public_alone: float
    """Mean S of a model of nothing but the public cases."""

    def rows(self, axis: Axis = "system", helps: Any = "most") -> list[dict[str, Any]]:
        """The points against one S, with their `status` among all, and their `own` among those of their mechanism."""
        names = np.array(self.cloud.mechanisms)
        status = self.cloud.statuses(axis, helps, np.arange(len(names)))
        own: dict[int, Status] = {}
        for name in dict.fromkeys(self.cloud.mechanisms):
            mine = np.flatnonzero(names == name)
            own |= dict(zip(mine.tolist(), self.cloud.statuses(axis, helps, mine), strict=True))
        out: list[dict[str, Any]] = []
        for point, kind in enumerate(status):
            s, a = self.cloud.estimate(axis, point), self.cloud.estimate(f"saved_{helps}", point)
            out.append(
                {"mechanism": self.cloud.mechanisms[point], "level": self.cloud.levels[point], "S": s.value,
                 "S_low": s.low, "S_high": s.high, "A": a.value, "A_low": a.low, "A_high": a.high, "status": kind,
                 "own": own[point]}
            )  # fmt: skip
        return out

    def answers(self) -> list[Answer]:
        """The most help at or under each bound by mechanism; levels are chosen where nothing here is measured."""
        names = list(dict.fromkeys(self.cloud.mechanisms))
        return [self._answer(name, bound) for name in names for bound in self.settings.bounds]

    def areas(self) -> dict[str, Any]:
        """By S and by how many steps are shown: the area of each mechanism, and its ratio to that of data caps."""
        names = dict.fromkeys(self.cloud.mechanisms)
        groups: dict[str, Sequence[str]] = {name: (name,) for name in names}
        groups |= {name: members for name, members in GROUPS.items() if any(m in names for m in members)}
        return {axis: {helps: self.cloud.areas(axis, helps, groups) for helps in HELPS} for axis in AXES}

    def withheld(self) -> list[dict[str, Any]]:
        """What each seed chose to withhold, weigh or have approved, for each bound."""
        return [
            told | {"mechanism": m, "bound": self.cloud.levels[i], "seed": seed}
            for i, m in enumerate(self.cloud.mechanisms)
            if m in BOUNDED
            for seed, told in enumerate(self.told[i])
        ]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        s = self.settings
        return {
            "settings": {
                "mechanisms": list(s.mechanisms), "bounds": list(s.bounds), "seeds": s.seeds, "public": s.public,
                "tried": s.tried, "cost": s.cost, "marked": sorted(s.marked),
            },
            "traces": self.traces, "S_public_alone": self.public_alone,
            "points": {axis: {helps: self.rows(axis, helps) for helps in HELPS} for axis in AXES},
            "answers": [one.to_dict() for one in self.answers()], "areas": self.areas(), "chosen": self.withheld(),
        }  # fmt: skip

    def _answer(self, mechanism: str, bound: float) -> Answer:
        mine = [i for i, m in enumerate(self.cloud.mechanisms) if m == mechanism]
        seeds = self.cloud.values["system"].shape[1]
        if mechanism in BOUNDED:
            picked = [next(i for i in mine if self.cloud.levels[i] == bound)] * seeds
        else:
            picked = [self._fitting(mine, seed, bound) for seed in range(seeds)]
        one = Cloud(
            (mechanism,), (bound,),
            {name: np.stack([values[i, r] for r, i in enumerate(picked)])[None]
             for name, values in self.cloud.values.items()}, self.cloud.dens,
        )  # fmt: skip
        system = one.estimate("system", 0)
        return Answer(
            mechanism, bound, one.estimate("saved_most", 0), one.estimate("saved_one", 0), one.estimate("hits_most", 0),
            system, one.estimate("weights", 0), one.estimate("attacked", 0), system.high <= bound or bound >= 1,
        )  # fmt: skip

    def _fitting(self, points: Sequence[int], seed: int, bound: float) -> int:
        """The level that helps most among those that kept the bound on the part for choosing; else that of least S."""
        tuned = {i: self.told[i][seed]["tuned"] for i in points}
        fine = [i for i in points if tuned[i][1] <= bound]
        if not fine:
            return min(points, key=lambda i: tuned[i][1])
        return max(fine, key=lambda i: tuned[i][0])


def find(
    engine: Engine,
    settings: Settings | None = None,
    folder: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Found:
    """Sweep, and sum up."""
    sweep = Sweep(engine, settings or Settings(), folder)
    cloud, told = sweep.cloud(sweep.run(progress))
    return Found(cloud, told, sweep.settings, len(engine.test), sweep.public_alone())
