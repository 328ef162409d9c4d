"""Runs of scenarios: what came of each month, seed by seed, and bands over seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from guildbook.simulate import kernel as k
from guildbook.simulate.model import Model, Month
from guildbook.simulate.occupations import Floats
from guildbook.simulate.operators import herfindahl
from guildbook.simulate.provenance import COLUMNS, provenance
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.singularity import Runaway, runaway
from guildbook.simulate.twin import Twin

# What is told of a month, with its unit.
FIELDS: Final[dict[str, str]] = {
    "unemployment": "share of the labour force",
    "vacancies": "share of jobs",
    "wage": "mean of those at work, thousand dollars a year",
    "wage_share": "wages and royalties, of all income here",
    "profit_share": "what firms keep, of all income here",
    "operator_share": "what the operator keeps, of all income here",
    "concentration": "Herfindahl index of income over workers, firms and each operator",
    "output": "by people and AI, million dollars a year",
    "ai_jobs": "jobs that AI does, of those held at the start",
    "far_jobs": "jobs done elsewhere, of those held at the start",
    "outside": "expertise outside heads, mean over jobs",
    "heads": "expertise in heads at work, mean",
    "traces": "stock of traces, mean over jobs, against the start",
    "capital": "the operator's, against the start",
    "fallback": "what firms have if talks fail, mean over jobs, of the wage at the start",
    "reserve": "what workers have if talks fail, of the mean wage",
    "displaced": "people who lost their job to another, elsewhere or AI this month, of those at work",
    "royalty": "paid to contributors, thousand dollars a year and worker",
    "ai_tasks": "share of tasks that AI does in jobs that people hold, mean over jobs",
    "fee": "operators' revenue, of what AI makes",
    "operators_revenue": "Herfindahl index of revenue over operators; 0 while nobody earns",
    "operators_capital": "Herfindahl index of capital over operators",
    "wanted": "jobs that firms want done by people here, of those at the start",
    "opened": "new jobs that expertise outside heads opened so far, of jobs at the start",
    "price": "mean price of what was bought at the start, against then",
    "real_wage": "wage at the prices of the start, thousand dollars a year",
    "real_output": "output at the prices of the start, million dollars a year",
    "elsewhere_share": "wages of people elsewhere, of all income, theirs included",
    "power": "Herfindahl index of income over workers, firms, each operator and people elsewhere",
    "threat": "what firms have if talks fail, of what a worker makes",
}
# What is told of each operator, and of each occupation where it has tasks: `capital:NAME`, `ai_tasks:CODE`.
PARTS: Final[dict[str, str]] = {
    "capital": "against that of all at the start",
    "revenue": "thousand dollars a year and worker",
    "royalty": "thousand dollars a year and worker",
    "ai_tasks": "share of tasks that AI does in jobs that people hold",
}
BAND: Final = 0.9
_MILLION: Final = 1_000
_OF_OPERATORS: Final = ("capital", "revenue", "royalty")


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One scenario, one seed: (months, len(FIELDS))."""

    scenario: Scenario
    seed: int | None
    """None: the mean-field twin, which draws nothing."""
    values: Floats
    more: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    """(months,) each, where tasks or several operators are on: `ai_tasks:OCCUPATION`, `capital:OPERATOR`, …"""

    def of(self, name: str) -> Floats:
        """(months,) of one field."""
        return self.more[name] if name in self.more else self.values[:, list(FIELDS).index(name)]

    def runaway(self) -> Runaway:
        """When the operators' capital grew faster than exponentially, if it did."""
        base = sum(each.capital for each in self.scenario.operators) or 1.0
        return runaway(self.of("capital"), self.scenario.parameters.wear, base)


def simulated(scenario: Scenario, seed: int, progress: Callable[[float], None] | None = None) -> Run:
    """Agents. The same seed draws the same numbers under another policy."""
    p = scenario.parameters_in(0)
    world = Model(scenario.occupations(), p, scenario.workers, seed, scenario.operators)
    return _run(scenario, world, seed, progress)


def averaged(scenario: Scenario, progress: Callable[[float], None] | None = None) -> Run:
    """The mean-field twin."""
    world = Twin(scenario.occupations(), scenario.parameters_in(0), scenario.workers, scenario.operators)
    return _run(scenario, world, None, progress)


def _run(scenario: Scenario, world: Model | Twin, seed: int | None, progress: Callable[[float], None] | None) -> Run:
    values = np.empty((scenario.months, len(FIELDS)))
    more = {name: np.empty(scenario.months) for name in each_named(scenario)}
    for month in range(scenario.months):
        if month in scenario.changes:
            world.parameters = world.economy.parameters = scenario.parameters_in(month)
        passed = world.month()
        values[month] = told(world, passed, scenario.workers)
        for name, value in zip(more, each_told(scenario, world, passed), strict=True):
            more[name][month] = value
        if progress is not None:
            progress((month + 1) / scenario.months)
    return Run(scenario, seed, values, more)


def each_named(scenario: Scenario) -> list[str]:
    """The columns beside `FIELDS`, where a mechanism with parts of its own is on."""
    out = [f"{what}:{each.name}" for each in scenario.operators for what in _OF_OPERATORS]
    if scenario.parameters.tasks > 1:
        out += [f"ai_tasks:{code}" for code in scenario.occupations().codes]
    return out


def each_told(scenario: Scenario, world: Model | Twin, month: Month) -> list[float]:
    """What `each_named` names, in order; revenue and royalty in thousand dollars a year and worker."""
    e, earned = world.economy, month.earned
    out: list[float] = []
    if scenario.operators:
        money = np.stack([earned.revenues, earned.royalties]) / scenario.workers
        out += np.vstack([e.operators.capital, money]).T.ravel().tolist()
    if scenario.parameters.tasks > 1:
        out += e.tasks.by_ai.mean(axis=1).tolist()
    return out


def told(world: Model | Twin, month: Month, workers: float) -> list[float]:
    """`FIELDS` of a month, in order."""
    e, p = world.economy, world.parameters
    sums = month.sums.sum(axis=0)
    at_work = max(sums[k.EMPLOYED], 1e-12)
    held, before = e.held.sum(), e.held_at_start
    bill, made = sums[k.WAGES], sums[k.MADE]
    earned = month.earned
    past, income = e.past, e.past.income
    shares = income.shares()
    kept = earned.revenues - earned.royalties
    each = kept / max(income.here, 1e-12)
    wages = e.occupations.wage
    return [
        1 - held / workers,
        month.vacancies.sum() / max(held + month.vacancies.sum(), 1e-12),
        bill / at_work,
        *shares,
        float((shares**2).sum() + ((each**2).sum() - shares[2] ** 2)),  # each operator for itself
        past.made / _MILLION,
        e.by_ai.sum() / before.sum(),
        e.by_far.sum() / before.sum(),
        float((e.outside * before).sum() / before.sum()),
        sums[k.HEADS] / at_work,
        float((e.traces * before).sum() / before.sum()),
        e.capital,
        float((month.fallbacks.best / wages * before).sum() / before.sum()),
        float(p.outside * e.levels.walk * (wages * before).sum() / before.sum() / max(bill / at_work, 1e-12)),
        sums[k.TO_DOMESTIC : k.TO_AI + 1].sum() / at_work,
        earned.royalty / workers,
        float((e.tasks.by_ai.mean(axis=1) * e.held).sum() / max(held, 1e-12)),
        (earned.revenue - earned.helped) / earned.made if earned.made > 0 else p.fee,
        herfindahl(earned.revenues),
        herfindahl(e.operators.capital),
        float(e.wanted.sum()) / e.levels.at_start,
        e.levels.opened,
        past.price,
        bill / at_work / past.price,
        past.real / _MILLION,
        income.abroad(),
        income.concentration(kept),
        float((month.fallbacks.best * month.sums[:, k.EMPLOYED]).sum() / max(made, 1e-12)),
    ]


def table(runs: Sequence[Run]) -> pa.Table:
    """A row a month and seed, each with what it takes to get it again."""
    columns: dict[str, list[object]] = {name: [] for name in _SCHEMA.names}
    more: dict[str, list[object]] = {name: [] for run in runs for name in run.more}
    for run in runs:
        months = len(run.values)
        for name, value in provenance(run.scenario, run.seed).items():
            columns[name] += [value] * months
        columns["month"] += list(range(months))
        columns["levels"] += [run.scenario.parameters_in(month).levels for month in range(months)]
        for place, name in enumerate(FIELDS):
            columns[name] += run.values[:, place].tolist()
        for name, values in more.items():
            values.extend(run.more[name].tolist() if name in run.more else [None] * months)
    found = pa.table(columns, schema=_SCHEMA)
    for name, values in more.items():
        found = found.append_column(name, pa.array(values, pa.float64()))
    return found


def kept(scenario: Scenario, seed: int | None, found: pa.Table) -> Run:
    """The run that `table` told of. Raises `KeyError` where one of its columns is missing."""
    values = np.column_stack([found[name].to_numpy() for name in FIELDS])
    return Run(scenario, seed, values, {name: found[name].to_numpy() for name in each_named(scenario)})


_SCHEMA: Final = pa.schema(
    [*COLUMNS, ("month", pa.int64()), ("levels", pa.bool_()), *[(name, pa.float64()) for name in FIELDS]]
)


@dataclass(frozen=True, slots=True)
class Band:
    """A figure over seeds: the median, and where nine in ten lie."""

    middle: float
    low: float
    high: float


def bands(values: Floats) -> Iterator[Band]:
    """A band for each column of (seeds, columns)."""
    edge = (1 - BAND) / 2
    for low, middle, high in np.quantile(values, [edge, 0.5, 1 - edge], axis=0).T:
        yield Band(float(middle), float(low), float(high))


def ends(runs: Sequence[Run], months: int = 12) -> Floats:
    """(seeds, fields): means over the last months, so that one lucky month says nothing."""
    return np.array([run.values[-months:].mean(axis=0) for run in runs])
