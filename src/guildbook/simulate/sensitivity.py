"""Which assumptions a result hangs on: Sobol's indices, or Morris's elementary effects, by SALib.

Sobol: of a result's variance over the ranges, the share that a parameter explains alone (first order) and with all
others (total); Saltelli et al., Comput. Phys. Commun. 181 (2010). Morris: the mean size of the effect of a step of one
parameter, and its spread, which tells curved or joint effects; Morris, Technometrics 33 (1991); Campolongo et al.,
Environ. Model. Softw. 22 (2007).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from guildbook import __version__
from guildbook.model.errors import InputError
from guildbook.simulate.measures import MEASURES, of_all
from guildbook.simulate.occupations import Floats
from guildbook.simulate.players import Players, Report, Task
from guildbook.simulate.provenance import data_hash
from guildbook.simulate.ranges import swept as assumptions
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.study import HINT, Range, base, ranges, read, rounded, rows, whole

METHODS: Final = ("sobol", "morris")
USUAL: Final = ("wage", "employment", "wage_share", "ai_jobs", "concentration")
_KEYS: Final = frozenset({"name", "about", "base", "method", "samples", "seed", "over", "measures", "agents"})
_LEVELS: Final = 4
"""Values of a parameter in Morris's design."""
_SURE: Final = 0.95
_SAMPLES: Final = {"sobol": 64, "morris": 20}


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What is asked."""

    name: str
    base: Scenario
    over: Mapping[str, Range]
    method: str = "sobol"
    samples: int = _SAMPLES["sobol"]
    """Sobol: a power of 2; runs are so many times the parameters and two. Morris: paths; times parameters and one."""
    seed: int = 0
    """Of the design, not of the agents."""
    measures: Sequence[str] = USUAL
    agents: bool = False
    """Mean over the seeds of the base; else the twin."""


@dataclass(frozen=True, slots=True)
class Index:
    """What one parameter does to one measure, each with the half-width of its 95 % interval (a bootstrap's).

    Sobol: `alone` and `joint`, shares of the variance. Morris: `alone` is the mean size of the effect of crossing the
    range (μ*), `joint` its standard deviation (σ), which has no interval.
    """

    parameter: str
    alone: float
    alone_error: float
    joint: float
    joint_error: float


Evaluate = Callable[[Floats], Floats]
"""(points, parameters) to (points, measures)."""


def indices(
    over: Mapping[str, Range], evaluate: Evaluate, method: str, samples: int, seed: int
) -> list[list[Index]]:  # fmt: skip
    """For each measure of `evaluate`, an index for each parameter, in order."""
    problem = {"num_vars": len(over), "names": list(over), "bounds": [list(ends) for ends in over.values()]}
    points = _design(problem, method, samples, seed)
    values = evaluate(points)
    return [_analysed(problem, points, column, method, seed) for column in values.T]


def _salib(module: str) -> Any:
    """A module of the library, which is heavy and an extra."""
    try:
        return import_module(f"SALib.{module}")
    except ImportError:
        raise InputError(
            "SALib is not installed here.", "Install it: pip install 'guildbook[simulate]'.", "missing-extra"
        ) from None


def _design(problem: dict[str, Any], method: str, samples: int, seed: int) -> Floats:
    sample = _salib(f"sample.{method}").sample
    if method == "morris":
        return sample(problem, samples, num_levels=_LEVELS, seed=seed)
    return sample(problem, samples, calc_second_order=False, seed=seed)


def _analysed(problem: dict[str, Any], points: Floats, found: Floats, method: str, seed: int) -> list[Index]:
    names: list[str] = problem["names"]
    if np.ptp(found) <= 1e-12 * max(abs(found).max(), 1e-300):  # nothing varies, so nothing has a share in it
        return [Index(name, 0.0, 0.0, 0.0, 0.0) for name in names]
    analyze = _salib(f"analyze.{method}").analyze
    if method == "morris":
        said = analyze(problem, points, found, num_levels=_LEVELS, conf_level=_SURE, seed=seed)
        columns = (said["mu_star"], said["mu_star_conf"], said["sigma"], np.zeros(len(names)))
    else:
        said = analyze(problem, found, calc_second_order=False, conf_level=_SURE, seed=seed)
        columns = (said["S1"], said["S1_conf"], said["ST"], said["ST_conf"])
    each = [np.asarray(column, float).tolist() for column in columns]
    return [Index(name, *figures) for name, *figures in zip(names, *each, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Hung:
    """What came of it."""

    asked: Sensitivity
    tasks: list[Task]
    results: list[dict[str, float]]
    found: Mapping[str, list[Index]]
    """By measure."""

    def table(self) -> pa.Table:
        """A row a run."""
        asked = self.asked
        points = len(self.tasks) // len(_seeds(asked))
        place = [each // len(_seeds(asked)) for each in range(len(self.tasks))]
        tried = [task.scenario.parameters.to_dict() for task in self.tasks]
        return rows(self.tasks, self.results, {
            "sensitivity": (pa.string(), [asked.name] * points * len(_seeds(asked))), "point": (pa.int64(), place),
            **{f"at_{name}": (pa.float64(), [float(each[name]) for each in tried]) for name in asked.over},
        })  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the indices of every measure, the weightiest parameter first."""
        asked = self.asked
        names = ("mu_star", "mu_star_error", "sigma") if asked.method == "morris" else (
            "first", "first_error", "total", "total_error"
        )  # fmt: skip
        weight = attrgetter("alone" if asked.method == "morris" else "joint")
        return {
            "sensitivity": asked.name, "version": __version__, "data_hash": data_hash(asked.base.occupations()),
            "base": asked.base.to_dict(), "method": asked.method, "samples": asked.samples, "seed": asked.seed,
            "runs": len(self.tasks), "agents": asked.agents, "over": {n: list(ends) for n, ends in asked.over.items()},
            "measures": {name: MEASURES[name] for name in asked.measures},
            "spread": {name: self._spread(name) for name in asked.measures},
            "indices": {
                name: [
                    {"parameter": each.parameter, **dict(zip(names, _figures(each), strict=False))}
                    for each in sorted(self.found[name], key=weight, reverse=True)
                ]
                for name in asked.measures
            },
        }  # fmt: skip

    def _spread(self, name: str) -> dict[str, float]:
        values = np.array([each[name] for each in self.results])
        low, middle, high = np.quantile(values, [0.05, 0.5, 0.95]).tolist()
        return {"median": middle, "low": low, "high": high}


def _figures(index: Index) -> tuple[float, float, float, float]:
    return index.alone, index.alone_error, index.joint, index.joint_error


def _seeds(asked: Sensitivity) -> list[int | None]:
    return list(range(asked.base.seeds)) if asked.agents else [None]


def hung(asked: Sensitivity, players: Players, report: Report | None = None) -> Hung:
    """Run the design, and what of it has not been run."""
    tasks: list[Task] = []
    results: list[dict[str, float]] = []

    def evaluate(points: Floats) -> Floats:
        for point in points.tolist():
            at = rounded(dict(zip(asked.over, point, strict=True)))
            changed = asked.base.having(parameters=asked.base.parameters.having(**at))
            tasks.extend(Task(changed, seed) for seed in _seeds(asked))
        results.extend(players.play(tasks, report))
        values = of_all(results).reshape(len(points), -1, len(MEASURES)).mean(axis=1)
        places = list(MEASURES)
        return values[:, [places.index(name) for name in asked.measures]]

    found = indices(asked.over, evaluate, asked.method, asked.samples, asked.seed)
    return Hung(asked, tasks, results, dict(zip(asked.measures, found, strict=True)))


def load(path: Path) -> Sensitivity:
    """What is asked, from a YAML file. Raises `InputError` or `UsageError` that name what is wrong."""
    return of(read(path, "sensitivity", _KEYS), path.parent, path.stem)


def checked(asked: Sensitivity) -> Sensitivity:
    """The same. Raises `InputError` for a design there is not, and for what is swept and changed, too."""
    if asked.method == "sobol" and asked.samples & (asked.samples - 1):
        raise InputError(
            f"samples is {asked.samples}.", "Sobol's design is even in powers of 2: 64, 128…", "sensitivity"
        )
    for month, change in asked.base.changes.items():
        fixed = sorted(set(change) & set(asked.over))
        if fixed:
            raise InputError(f"{fixed[0]} is swept and changed in month {month}.", "Leave one out.", "sensitivity")
    return asked


def of(said: Mapping[str, Any], folder: Path = Path(), name: str = "sensitivity") -> Sensitivity:
    """What is asked, from what a file says."""
    name, method = str(said.get("name", name)), str(said.get("method", "sobol"))
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}.", f"Methods: {', '.join(METHODS)}.", "sensitivity")
    samples, agents = whole(said, "samples", _SAMPLES[method], low=2), said.get("agents", False)
    if not isinstance(agents, bool):
        raise InputError(f"agents is {agents!r} and neither true nor false.", HINT, "sensitivity")
    measures = said.get("measures") or list(USUAL)
    unknown = [str(each) for each in measures if each not in MEASURES] if isinstance(measures, list) else [measures]
    if unknown:
        raise InputError(f"There is no measure {unknown[0]!r}.", f"Measures: {', '.join(MEASURES)}.", "sensitivity")
    scenario, seed = base(said, folder, name), whole(said, "seed", 0, low=0)
    over = ranges(said["over"]) if said.get("over") is not None else assumptions(scenario)
    return checked(Sensitivity(name, scenario, over, method, samples, seed, tuple(measures), agents))
