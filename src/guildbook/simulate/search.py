"""The best policy for workers: levers that give them most, while output stays above a share of what it was.

On the twin, by differential evolution (Storn and Price, J. Glob. Optim. 11 (1997), as in SciPy), which needs no slopes:
consent has thresholds. Of two policies that keep the bound the one with more for workers is better; of two that break
it, the one that breaks it less; whoever keeps it is better than who does not (Deb, Comput. Methods Appl. Mech. Eng. 186
(2000)). The best is then refined, made plain (a lever that does not matter goes back to where it was), and checked on
agents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from guildbook import __version__
from guildbook.model.errors import InputError
from guildbook.simulate.measures import MEASURES, banded, of_all
from guildbook.simulate.occupations import Floats
from guildbook.simulate.players import Players, Report, Task
from guildbook.simulate.provenance import data_hash
from guildbook.simulate.ranges import LEVERS
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.study import HINT, Range, base, ranges, read, rounded, rows, whole

_KEYS: Final = frozenset(
    {"name", "about", "base", "levers", "from", "goal", "output", "budget", "front", "seed", "agents"}
)
LEAST: Final = 0.97
"""Of the base's output, unless a file says otherwise."""
BUDGET: Final = 600
FRONT: Final = 4
_CROWD: Final = 8
"""Policies in a generation for each lever."""
_FEWEST: Final = 16
_MATTERS: Final = 1e-3
"""A lever matters if without it workers have less by more than this share."""
_SLACK: Final = 1e-9
"""Of output: what rounding may break of a bound."""
_FINE: Final = 1e-4
"""Of a lever's range: no step is smaller."""
_ANY: Final = -1e300
"""A bound that nothing breaks."""

Evaluate = Callable[[Floats], tuple[Floats, Floats]]
"""(policies, levers) to what workers have and to output, (policies,) each."""
Policy = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for."""

    name: str
    base: Scenario
    levers: Mapping[str, Range]
    begins: int = 0
    """The month from which a policy holds."""
    goal: str = "income"
    least: float = LEAST
    budget: int = BUDGET
    """About so many runs of the twin, and half as many for each bound of the front."""
    front: int = FRONT
    """Further bounds between the most for workers and the most output; 0: no front."""
    seed: int = 0
    agents: bool = True

    def at(self, policy: Policy) -> Scenario:
        """The base under a policy."""
        policy = rounded(policy)
        if not self.begins:
            return self.base.having(parameters=self.base.parameters.having(**policy))
        changes = {month: dict(change) for month, change in self.base.changes.items()}
        changes[self.begins] = changes.get(self.begins, {}) | policy
        return self.base.having(changes=changes)

    def now(self) -> Policy:
        """Where the levers stand in the base."""
        stands = self.base.parameters_in(self.begins).to_dict()
        return {name: stands[name] for name in self.levers}


@dataclass(slots=True)
class Tried:
    """Every policy that was tried, once each, in the order in which it was."""

    evaluate: Evaluate
    known: dict[tuple[float, ...], tuple[float, float]] = field(default_factory=dict[tuple[float, ...], Any])

    def of(self, policies: Floats) -> tuple[Floats, Floats]:
        """What workers have, and output; (policies,) each."""
        names = [tuple(row) for row in policies.tolist()]
        new = [name for name in dict.fromkeys(names) if name not in self.known]
        if new:
            gain, output = self.evaluate(np.array(new))
            for name, *both in zip(new, gain.tolist(), output.tolist(), strict=True):
                self.known[name] = (both[0], both[1])
        found = np.array([self.known[name] for name in names])
        return found[:, 0], found[:, 1]

    def best(self, least: float) -> tuple[float, ...]:
        """Of all that were tried, the best that keeps the bound, or else what comes nearest to it."""
        policies = list(self.known)
        gain, output = np.array(list(self.known.values())).T
        return policies[int(_worth(gain, output, least, _scale(gain)).argmin())]

    def front(self) -> list[tuple[float, ...]]:
        """Those to which no other is better in both, by output."""
        order = sorted(self.known, key=lambda name: (-self.known[name][1], -self.known[name][0]))
        out: list[tuple[float, ...]] = []
        for name in order:
            if not out or self.known[name][0] > self.known[out[-1]][0]:
                out.append(name)
        return out[::-1]


def optimum(
    levers: Sequence[Range], tried: Tried, least: float, budget: int, seed: int, begin: Sequence[Sequence[float]] = ()
) -> tuple[float, ...]:
    """The policy with most for workers whose output is at least `least`, after about `budget` more runs.

    `begin`: policies to begin with, beside ones spread evenly. The same seed tries the same policies.
    """
    from scipy.optimize import differential_evolution  # noqa: PLC0415 - slow to load

    low, high = np.array(levers, float).T
    crowd = max(_CROWD * len(levers), _FEWEST)
    first: Any = _spread(low, high, crowd, seed)
    for place, policy in enumerate(list(begin)[: crowd // 2]):
        first[place] = np.clip(policy, low, high)
    scale = _scale(tried.of(first)[0])

    def worth(policies: Floats) -> Floats:
        return _worth(*tried.of(policies.T), least, scale)

    differential_evolution(
        worth, list(zip(low, high, strict=True)), maxiter=max(budget // crowd - 2, 1), init=first, rng=seed, tol=1e-6,
        polish=False, updating="deferred", vectorized=True,
    )  # fmt: skip
    _refine(low, high, tried, worth, least, max(budget // 2, crowd))
    return tried.best(least)


def _refine(
    low: Floats, high: Floats, tried: Tried, worth: Callable[[Floats], Floats], least: float, budget: int
) -> None:
    """From the best on, a lever at a time: to its ends, then by ever smaller steps (Hooke and Jeeves, J. ACM 8 (1961)).

    Without this the last hundredth, to which a bound or the end of a lever holds, would cost most of the runs.
    """
    best, step, before = np.array(tried.best(least)), 0.25, len(tried.known)
    while step > _FINE and len(tried.known) - before < budget:
        near: list[Floats] = [best]
        for place in range(len(low)):
            size = step * (high[place] - low[place])
            for value in (low[place], high[place], best[place] - size, best[place] + size):
                other = best.copy()
                other[place] = np.clip(value, low[place], high[place])
                near.append(other)
        found = worth(np.array(near).T)
        if found.argmin() == 0:
            step /= 2
        best = near[int(found.argmin())]


def _spread(low: Floats, high: Floats, count: int, seed: int) -> Floats:
    """Policies spread evenly, and both ends of every lever among them: many optima lie there."""
    from scipy.stats import qmc  # noqa: PLC0415 - slow to load

    unit = qmc.Sobol(len(low), rng=seed).random_base2((count - 1).bit_length())[:count]
    unit[unit < 1 / count] = 0
    unit[unit > 1 - 1 / count] = 1
    return low + unit * (high - low)


def _scale(gain: Floats) -> float:
    return float(np.abs(gain).max()) + 1.0


def _worth(gain: Floats, output: Floats, least: float, scale: float) -> Floats:
    """Less is better: any policy that keeps the bound is better than all that do not."""
    short = least - output
    broken = short > _SLACK * max(abs(least), 1.0)
    return np.where(broken, 2 * scale + short / max(abs(least), 1e-12), -gain)


def plain(
    best: tuple[float, ...], now: Sequence[float], levers: Sequence[Range], tried: Tried, least: float
) -> tuple[float, ...]:
    """The same policy, with every lever where it was that does not matter and may be there."""
    for place, (before, (low, high)) in enumerate(zip(now, levers, strict=True)):
        if not low <= before <= high:
            continue
        other = (*best[:place], float(before), *best[place + 1 :])
        gain, output = tried.of(np.array([best, other]))
        worth = _worth(gain, output, least, _scale(gain))
        if worth[1] - worth[0] <= _MATTERS * abs(gain[0]):
            best = other
    return best


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What came of it."""

    search: Search
    before: dict[str, float]
    """The base on the twin."""
    policy: Policy
    after: dict[str, float]
    front: Sequence[tuple[Policy, float, float]]
    """Policy, what workers have, and output against the base: from most for workers to most output."""
    tasks: list[Task]
    results: list[dict[str, float]]
    """Every run of the twin, and those of the agents: the base's seeds, then the policy's."""

    def table(self) -> pa.Table:
        """A row a run."""
        stands = [task.scenario.parameters_in(self.search.begins).to_dict() for task in self.tasks]
        return rows(self.tasks, self.results, {
            "search": (pa.string(), [self.search.name] * len(self.tasks)),
            **{f"at_{name}": (pa.float64(), [float(each[name]) for each in stands]) for name in self.search.levers},
        })  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        search, goal = self.search, self.search.goal
        kept = self.after["output"] / self.before["output"]
        return {
            "search": search.name, "version": __version__, "data_hash": data_hash(search.base.occupations()),
            "base": search.base.to_dict(), "from": search.begins, "goal": goal, "least_output": search.least,
            "seed": search.seed, "runs": len(self.tasks),
            "levers": {name: list(ends) for name, ends in search.levers.items()},
            "policy": dict(self.policy), "keeps_output": kept >= search.least - _SLACK,
            "twin": {"before": self.before, "after": self.after, "output_kept": kept},
            "agents": self._checked(),
            "front": [{"policy": dict(policy), goal: gain, "output": output} for policy, gain, output in self.front],
        }  # fmt: skip

    def _checked(self) -> dict[str, Any] | None:
        """What agents say of the policy: differences seed by seed, and in how many seeds output is kept."""
        count = self.search.base.seeds
        if not self.search.agents:
            return None
        values = of_all(self.results[-2 * count :])
        before, after = values[:count], values[count:]
        place = list(MEASURES).index("output")
        kept = after[:, place] / before[:, place]
        low, middle, high = np.quantile(kept, [0.05, 0.5, 0.95]).tolist()
        return {
            "seeds": count, "before": banded(before), "after": banded(after), "difference": banded(after - before),
            "output_kept": {"median": middle, "low": low, "high": high},
            "keeps_output": int((kept >= self.search.least).sum()),
        }  # fmt: skip


def found(search: Search, players: Players, report: Report | None = None) -> Found:
    """Look for it, run what has not been run, and check it on agents."""
    tasks: list[Task] = []
    results: list[dict[str, float]] = []
    (before,) = players.play([Task(search.base, None)])
    about = 1.5 * search.budget * (1 + (search.front + 2 if search.front else 0) / 2)

    def evaluate(policies: Floats) -> tuple[Floats, Floats]:
        new = [Task(search.at(dict(zip(search.levers, row, strict=True))), None) for row in policies.tolist()]
        come = players.play(new)
        tasks.extend(new)
        results.extend(come)
        if report is not None:
            report(min(len(tasks) / about, 1.0))
        gain = np.array([each[search.goal] for each in come])
        return gain, np.array([each["output"] for each in come]) / before["output"]

    tried, bounds, now = Tried(evaluate), list(search.levers.values()), tuple(search.now().values())
    best = optimum(bounds, tried, search.least, search.budget, search.seed, [now])
    best = plain(best, now, bounds, tried, search.least)
    _trace(search, tried, bounds, now)
    policy = dict(zip(search.levers, best, strict=True))
    (after,) = players.play([Task(search.at(policy), None)])
    if search.agents:
        check = [
            Task(scenario, seed) for scenario in (search.base, search.at(policy)) for seed in range(search.base.seeds)
        ]
        tasks, results = [*tasks, *check], [*results, *players.play(check)]
    front = [(dict(zip(search.levers, name, strict=True)), *tried.known[name]) for name in tried.front()]
    return Found(search, before, policy, after, front, tasks, results)


def _trace(search: Search, tried: Tried, bounds: list[Range], now: tuple[float, ...]) -> None:
    """Try policies along the front: most for workers whatever the output, most output, and bounds between."""
    if not search.front:
        return
    budget = search.budget // 2  # each begins with what was found before
    richest = optimum(bounds, tried, _ANY, budget, search.seed, [now, tried.best(_ANY)])

    def swapped(policies: Floats) -> tuple[Floats, Floats]:
        gain, output = tried.of(policies)
        return output, gain

    largest = optimum(bounds, Tried(swapped), _ANY, budget, search.seed, [now])
    low, high = tried.known[richest][1], tried.known[largest][1]
    for least in np.linspace(low, high, search.front + 2)[1:-1].tolist():
        optimum(bounds, tried, least, budget, search.seed, [now, richest, largest, tried.best(least)])


def load(path: Path) -> Search:
    """A search from a YAML file. Raises `InputError` or `UsageError` that name what is wrong."""
    return of(read(path, "search", _KEYS), path.parent, path.stem)


def of(said: Mapping[str, Any], folder: Path = Path(), name: str = "search") -> Search:
    """A search from what a file says."""
    name, goal = str(said.get("name", name)), str(said.get("goal", "income"))
    if goal not in MEASURES:
        raise InputError(f"There is no measure {goal!r}.", f"Measures: {', '.join(MEASURES)}.", "search")
    least, agents = said.get("output", LEAST), said.get("agents", True)
    if isinstance(least, bool) or not isinstance(least, int | float):
        raise InputError(f"output is {least!r}; it is the share of the base's that must be kept.", HINT, "search")
    if not isinstance(agents, bool):
        raise InputError(f"agents is {agents!r} and neither true nor false.", HINT, "search")
    scenario, begins = base(said, folder, name), whole(said, "from", 0, low=0)
    if begins >= scenario.months:
        raise InputError(f"The policy begins in month {begins} of {scenario.months}.", "Months begin with 0.", "search")
    levers = _levers(said.get("levers"))
    for month, change in scenario.changes.items():
        fixed = sorted(set(change) & set(levers))
        if fixed and month > begins:
            raise InputError(f"{fixed[0]} is sought and changed in month {month}.", "Leave one out.", "search")
    return Search(
        name, scenario, levers, begins, goal, float(least), whole(said, "budget", BUDGET),
        whole(said, "front", FRONT, 0), whole(said, "seed", 0, 0), agents,
    )  # fmt: skip


def _levers(said: Any) -> dict[str, Range]:
    """Levers with [from, to], or only their names; all of them where nothing is said."""
    if said is None:
        return dict(LEVERS)
    if isinstance(said, list):
        unknown = [str(name) for name in said if name not in LEVERS]
        if unknown:
            raise InputError(
                f"{unknown[0]!r} is no lever.", f"Levers: {', '.join(LEVERS)}. Else: NAME: [0, 1].", "search"
            )
        return {str(name): LEVERS[name] for name in said}
    return ranges(said)
