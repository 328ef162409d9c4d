"""Sweeps: a scenario at many points of its parameters, under several policies, over seeds.

At each point every policy draws the same random numbers, so that policies are compared seed by seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from guildbook import __version__
from guildbook.model.errors import InputError
from guildbook.simulate.measures import MEASURES, banded, of_all
from guildbook.simulate.players import Players, Report, Task
from guildbook.simulate.provenance import data_hash
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.study import HINT, Range, base, number, ranges, read, rounded, rows, whole

_KEYS: Final = frozenset({"name", "about", "base", "grid", "list", "random", "policies", "agents"})
_RANDOM: Final = frozenset({"method", "points", "seed", "over"})
METHODS: Final = ("sobol", "lhs")
MOST_POINTS: Final = 1_000_000
ALONE: Final = "base"
"""The policy where none is named."""
Point = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is to be run: every policy at every point, over the seeds of the base and without chance."""

    name: str
    base: Scenario
    points: tuple[Point, ...]
    policies: Mapping[str, Mapping[int, Point]]
    """By name: month → parameters from then on. The others are compared with the first."""
    agents: bool = True
    """Else only the twin."""

    def at(self, point: Point, policy: str) -> Scenario:
        """The scenario of a point under a policy."""
        changes = {month: dict(change) for month, change in self.base.changes.items()}
        begin = dict(point)
        for month, change in self.policies[policy].items():
            if month == 0:
                begin |= change
            else:
                changes[month] = changes.get(month, {}) | dict(change)
        return self.base.having(
            name=f"{self.name}: {policy}", parameters=self.base.parameters.having(**begin), changes=changes
        )

    def seeds(self) -> list[int | None]:
        """Those of the agents, then the twin, which has none."""
        return [*(range(self.base.seeds) if self.agents else ()), None]

    def tasks(self) -> list[Task]:
        """Every run, by point, policy and seed."""
        return [
            Task(self.at(point, policy), seed) for point in self.points for policy in self.policies
            for seed in self.seeds()
        ]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Swept:
    """What came of it; `results` as `Sweep.tasks`."""

    sweep: Sweep
    tasks: list[Task]
    results: list[dict[str, float]]

    def table(self) -> pa.Table:
        """A row a point, policy and seed: measures of the last year, and what it takes to get it again."""
        sweep, seeds = self.sweep, len(self.sweep.seeds())
        each = seeds * len(sweep.policies)
        at = [place // each for place in range(len(self.tasks))]
        names = list(dict.fromkeys(name for point in sweep.points for name in point))
        policies = [policy for _ in sweep.points for policy in sweep.policies for _ in range(seeds)]
        # Marked, since a measure may have a parameter's name.
        swept = {f"at_{name}": (pa.float64(), [sweep.points[p].get(name) for p in at]) for name in names}
        return rows(self.tasks, self.results, {
            "sweep": (pa.string(), [sweep.name] * len(at)), "point": (pa.int64(), at),
            "policy": (pa.string(), policies), **swept,
        })  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: bands of every policy at every point, and of its difference from the first policy."""
        sweep = self.sweep
        values = of_all(self.results).reshape(len(sweep.points), len(sweep.policies), -1, len(MEASURES))
        return {
            "sweep": sweep.name, "version": __version__, "data_hash": data_hash(sweep.base.occupations()),
            "base": sweep.base.to_dict(), "policies": list(sweep.policies), "measures": MEASURES,
            "seeds": [seed for seed in sweep.seeds() if seed is not None],
            "points": [
                {"point": place, "at": dict(point), "policies": dict(_policies(sweep, values[place]))}
                for place, point in enumerate(sweep.points)
            ],
        }  # fmt: skip


def _policies(sweep: Sweep, values: np.ndarray[Any, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """`values`: (policies, seeds and twin, measures)."""
    for place, policy in enumerate(sweep.policies):
        agents, twin, apart = values[place, :-1], values[place, -1], values[place] - values[0]
        said: dict[str, Any] = {"twin": dict(zip(MEASURES, twin.tolist(), strict=True))}
        if len(agents):
            said["last_year"] = banded(agents)
        if place:
            said["twin_difference"] = dict(zip(MEASURES, apart[-1].tolist(), strict=True))
            if len(agents):
                said["difference"] = banded(apart[:-1])
        yield policy, said


def swept(sweep: Sweep, players: Players, report: Report | None = None) -> Swept:
    """Run what has not been run."""
    tasks = sweep.tasks()
    return Swept(sweep, tasks, players.play(tasks, report))


def load(path: Path) -> Sweep:
    """A sweep from a YAML file. Raises `InputError` or `UsageError` that name what is wrong."""
    return of(read(path, "sweep", _KEYS), path.parent, path.stem)


def of(said: Mapping[str, Any], folder: Path = Path(), name: str = "sweep") -> Sweep:
    """A sweep from what a file says."""
    name = str(said.get("name", name))
    agents = said.get("agents", True)
    if not isinstance(agents, bool):
        raise InputError(f"agents is {agents!r} and neither true nor false.", HINT, "sweep")
    made = Sweep(name, base(said, folder, name), _points(said), _policies_of(said.get("policies")), agents)
    for policy in made.policies:  # a policy that cannot be is found before the first run
        made.at(made.points[0], policy)
    return made


def _points(said: Mapping[str, Any]) -> tuple[Point, ...]:
    """Every point of the grid with every one of the list and every one drawn."""
    parts = [part for part in (_grid(said.get("grid")), _list(said.get("list")), _random(said.get("random"))) if part]
    count = prod(len(part) for part in parts)
    if count > MOST_POINTS:
        raise InputError(f"That are {count:,} points.", f"At most {MOST_POINTS:,}.", "sweep")
    out: list[Point] = []
    for each in product(*parts):
        point: dict[str, float] = {}
        for some in each:
            twice = sorted(set(point) & set(some))
            if twice:
                raise InputError(f"{twice[0]} is swept twice.", "Name it in one of grid, list and random.", "sweep")
            point |= some
        out.append(point)
    return tuple(out)


def _grid(said: Any) -> list[dict[str, float]]:
    if said is None:
        return []
    if not isinstance(said, Mapping) or not said:
        raise InputError("`grid` names no parameters with lists of values.", HINT, "sweep")
    axes: list[list[tuple[str, float]]] = []
    for name, values in said.items():
        if not isinstance(values, list) or not values:
            raise InputError(f"{name} is {values!r} and no list of values.", HINT, "sweep")
        axes.append([(str(name), number(str(name), value)) for value in values])
    count = prod(len(axis) for axis in axes)
    if count > MOST_POINTS:
        raise InputError(f"That are {count:,} points.", f"At most {MOST_POINTS:,}.", "sweep")
    return [dict(each) for each in product(*axes)]


def _list(said: Any) -> list[dict[str, float]]:
    if said is None:
        return []
    if not isinstance(said, list) or not said:
        raise InputError("`list` is no list of points.", HINT, "sweep")
    return [_point(each) for each in said]


def _point(said: Any) -> dict[str, float]:
    if not isinstance(said, Mapping):
        raise InputError(f"{said!r} is no point: parameters with their values.", HINT, "sweep")
    return {str(name): number(str(name), value) for name, value in said.items()}


def _random(said: Any) -> list[dict[str, float]]:
    if said is None:
        return []
    if not isinstance(said, Mapping) or not set(said) <= _RANDOM:
        raise InputError("`random` cannot be read.", f"It has {', '.join(sorted(_RANDOM))}.", "sweep")
    over, method = ranges(said.get("over")), str(said.get("method", "sobol"))
    count = whole(said, "points", 64)
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}.", f"Methods: {', '.join(METHODS)}.", "sweep")
    if count > MOST_POINTS:
        raise InputError(f"That are {count:,} points.", f"At most {MOST_POINTS:,}.", "sweep")
    return drawn(over, method, count, whole(said, "seed", 0, low=0))


def drawn(over: Mapping[str, Range], method: str, count: int, seed: int) -> list[dict[str, float]]:
    """Points spread evenly: Sobol's sequence, scrambled (Owen 1998), or a Latin hypercube (McKay et al. 1979)."""
    from scipy.stats import qmc  # noqa: PLC0415 - few draw

    if method == "lhs":
        unit = qmc.LatinHypercube(len(over), rng=seed).random(count)
    else:  # even in powers of two: so many are drawn, and the first of them taken
        unit = qmc.Sobol(len(over), rng=seed).random_base2((count - 1).bit_length())[:count]
    low, high = np.array(list(over.values())).T
    return [rounded(dict(zip(over, row, strict=True))) for row in (low + unit * (high - low)).tolist()]


def _policies_of(said: Any) -> dict[str, dict[int, Point]]:
    if said is None:
        return {ALONE: {}}
    if not isinstance(said, Mapping) or not said:
        raise InputError("`policies` names none.", HINT, "sweep")
    out: dict[str, dict[int, Point]] = {}
    for name, policy in said.items():
        dated = isinstance(policy, Mapping) and policy and all(isinstance(month, int) for month in policy)
        changes = policy if dated else {0: policy or {}}
        out[str(name)] = {int(month): _point(change) for month, change in changes.items()}
    return out
