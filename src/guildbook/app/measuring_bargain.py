"""The bargaining part of the measuring desk: leverage net of substitutes, strikes, and the brief for a steward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from guildbook.app.persons import NOBODY, Actor
from guildbook.app.progress import Progress, silent
from guildbook.app.working import worked
from guildbook.measure.bargain import Fallback, Stakes, price
from guildbook.measure.brief import Brief, Strike
from guildbook.measure.clauses import clauses
from guildbook.measure.engine import Engine
from guildbook.measure.leverage import METRICS, Metric
from guildbook.measure.model import Table
from guildbook.measure.strike import SHARES, Forecast, Paths, Point, forecast, paths, targeted
from guildbook.measure.work import Split, Work, retasked, united
from guildbook.measure.writing import written
from guildbook.model.errors import UnknownNameError, UsageError
from guildbook.model.time import DAY, iso, now

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from guildbook.app.measuring import Asked, Measuring

WRITTEN: Final = "traces written by a model of those who are left"
KEPT: Final = "traces written by a kept model of everybody"
NOTHING: Final = "only those who are left"
FORECAST_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Bargain:
    """What a bargaining measure is of."""

    members: tuple[str, ...] = ()
    """Who might strike, by name; empty: everybody, or the members of `collective`."""
    collective: str = ""
    metric: str = "augmentation"
    system: tuple[str, ...] = ()
    """Who is no person, such as an automatic resource: never on strike."""
    bought: tuple[Path, ...] = ()
    """Logs that the licensee could buy instead."""
    draws: int = 20
    seed: int = 0
    shares: tuple[float, ...] = SHARES
    stakes: Stakes | None = None
    """For a brief: its hours are worked out from the traces where they are 0."""
    title: str = "Bargaining brief"


class Bargaining:
    """Answers `guildbook measure strike` and `brief`. Figures are of groups; a targeted strike names nobody."""

    def __init__(self, desk: Measuring) -> None:
        self._desk = desk

    def strike(self, wanted: Bargain, asked: Asked, actor: Actor = NOBODY, progress: Progress = silent) -> Strike:
        """Losses along growing strikes, random and targeted, by both tests, net of each substitute."""
        engine, bought, members = self._read(wanted, asked, actor)
        return self._struck(engine, members, wanted, bought, progress)

    def brief(self, wanted: Bargain, asked: Asked, actor: Actor = NOBODY, progress: Progress = silent) -> Brief:
        """Everything a steward brings to the table, in one document."""
        engine, bought, members = self._read(wanted, asked, actor)
        struck = self._struck(engine, members, wanted, bought, progress)
        everybody = engine.augmentation(engine.total)
        alone = engine.trial.substitution(engine.total, engine.policy)
        fallbacks = tuple(
            Fallback(name, engine.augmentation(model).estimate(), everybody.minus(engine.augmentation(model)))
            for name, model in self._models(engine, members, bought, wanted.seed)
        )
        stakes = wanted.stakes or Stakes(0.0)
        stakes = stakes if stakes.hours else Stakes(
            hours_a_year(engine), stakes.wage, stakes.elsewhere, stakes.harm, stakes.currency
        )  # fmt: skip
        found = price([one for one in fallbacks if one.name != KEPT], stakes)
        worth = {one.name: one.worth.value for one in fallbacks}
        laundered = None
        if worth[NOTHING] > 0:
            laundered = max(0.0, min(1.0, 1 - worth[KEPT] / worth[NOTHING]))
        money = found.middle if stakes.wage is not None and not found.why_not else None
        sure = alone.measured.estimate()
        critical = None if struck.critical is None else struck.critical[0]
        return Brief(
            title=wanted.title,
            made=iso(now()),
            purpose=str(asked.purpose),
            members=int(members.sum()),
            workers=int(engine.train.present.sum()),
            traces=len(engine.train),
            held_back=len(engine.test),
            assist=everybody.estimate(),
            alone=sure,
            alone_how=alone.decoding,
            longest=alone.longest(),
            strike=struck,
            fallbacks=fallbacks,
            stakes=stakes,
            price=found,
            clauses=clauses(
                alone=sure, yearly=money, currency=stakes.currency, laundered=laundered, critical=critical
            ),
            shape=f"order {engine.shape.order}, least count {engine.shape.least}",
        )  # fmt: skip

    def _struck(
        self, engine: Engine, members: NDArray[np.bool_], wanted: Bargain, bought: Sequence[tuple[str, Work]],
        progress: Progress,
    ) -> Strike:  # fmt: skip
        metric = _metric(wanted.metric)
        random = paths(
            engine, members, metric=metric, shares=wanted.shares, draws=wanted.draws, seed=wanted.seed,
            subjective=True, progress=lambda x: progress("strikes at random", x),
        )  # fmt: skip
        chosen, _ = targeted(
            engine, members, metric=metric, shares=wanted.shares, progress=lambda x: progress("targeted strike", x)
        )
        net: list[tuple[str, tuple[Point, ...]]] = []
        for name, work in (*bought, (WRITTEN, None), (KEPT, None)):
            given = work if work is not None else _made(engine, members, name, wanted.seed)
            found = paths(
                engine, members, metric=metric, shares=wanted.shares, draws=max(3, wanted.draws // 4),
                seed=wanted.seed, substitute=given,
            )  # fmt: skip
            net.append((name, tuple(found.points())))
        whole = float(random.losses[:, -1].mean())
        return Strike(
            metric=metric,
            members=int(members.sum()),
            random=tuple(random.points()),
            targeted=tuple(_at_least(chosen, random)),
            net=tuple(net),
            half=whole / 2,
            critical=random.critical(whole / 2) if whole > 0 else None,
            forecast=self._forecast(engine, metric, wanted),
        )

    @staticmethod
    def _forecast(engine: Engine, metric: Metric, wanted: Bargain) -> Forecast | None:
        """For people whose work was not measured; None where there are too few to part in halves."""
        if int(engine.train.present.sum()) < 8 or len(engine.test) < 40:  # noqa: PLR2004 - halves of halves of these
            return None
        machines = _masked(engine, wanted.system)
        return forecast(engine, FORECAST_SHARE, metric=metric, seed=wanted.seed, system=machines)

    def _read(
        self, wanted: Bargain, asked: Asked, actor: Actor
    ) -> tuple[Engine, list[tuple[str, Work]], NDArray[np.bool_]]:
        """The engine, bought work and who might strike. Raises `DeniedError` where these may not be asked about."""
        self._desk.may_see(actor, set(wanted.members))
        engine, bought = self._engine(wanted, asked)
        members = self._members(engine, wanted)
        self._desk.may_see(actor, set(self._names(engine, members)))
        return engine, bought, members

    def _engine(self, wanted: Bargain, asked: Asked) -> tuple[Engine, list[tuple[str, Work]]]:
        """The engine, and bought work in its codes."""
        engine = self._desk.engine(asked)
        bought: list[tuple[str, Work]] = []
        for path in wanted.bought:
            from guildbook.app.bench import events_of  # noqa: PLC0415 - only a bought log needs it

            other = retasked(worked(events_of(path), self._desk.distil), engine.train)
            train, other = united(engine.train, other)
            test, _ = united(engine.test, other)
            engine = Engine.of(Split(train, test), engine.policy, engine.shape)
            bought = [(name, united(work, train)[0]) for name, work in bought]
            bought.append((f"bought: {path.name}", other))
        return engine, bought

    def _members(self, engine: Engine, wanted: Bargain) -> NDArray[np.bool_]:
        names = list(wanted.members)
        if wanted.collective:
            names += self._desk.members(wanted.collective)
        machines = _masked(engine, wanted.system)
        if not names:
            return engine.train.present & ~machines
        _masked(engine, wanted.members)
        found = engine.train.mask([name for name in names if name in engine.train.workers]) & engine.train.present
        found &= ~machines
        if not found.any():
            raise UsageError("None of them has any work here.", "See who has: guildbook workers list.")
        return found

    @staticmethod
    def _names(engine: Engine, members: NDArray[np.bool_]) -> list[str]:
        return [engine.train.workers[code] for code in np.flatnonzero(members).tolist()]

    @staticmethod
    def _models(
        engine: Engine, members: NDArray[np.bool_], bought: Sequence[tuple[str, Work]], seed: int
    ) -> list[tuple[str, Table]]:
        """What the licensee has when all members leave, by what it puts in their place."""
        left = engine.model(~members)
        out = [(NOTHING, left)]
        for name, work in (*bought, (WRITTEN, None), (KEPT, None)):
            model = left.copy()
            model.add(work if work is not None else _made(engine, members, name, seed))
            out.append((name, model))
        return out


def _masked(engine: Engine, names: Sequence[str]) -> NDArray[np.bool_]:
    """(W,): these workers. Raises `UnknownNameError`."""
    for name in names:
        if name not in engine.train.workers:
            raise UnknownNameError("worker", name, list(engine.train.workers))
    return engine.train.mask(names)


def _made(engine: Engine, members: NDArray[np.bool_], name: str, seed: int) -> Work:
    """As many traces as the members' leaving takes, written by a model."""
    model = engine.total if name == KEPT else engine.model(~members)
    return written(model, engine.train, len(engine.touched(members)), seed)


def _at_least(chosen: Sequence[Point], random: Paths) -> list[Point]:
    """A targeted strike costs at least what the costliest of the random ones does."""
    worst = dict(zip(random.shares, random.losses.max(axis=0).tolist(), strict=True))
    return [
        p if worst[p.share] <= p.loss else Point(p.share, p.workers, worst[p.share], worst[p.share], worst[p.share])
        for p in chosen
    ]


def _metric(name: str) -> Metric:
    for known in METRICS:
        if known == name:
            return known
    raise UsageError(f"There is no metric called {name!r}.", f"Metrics: {', '.join(METRICS)}.")


def hours_a_year(engine: Engine) -> float:
    """Hours of known own time a year, over the time that all the traces span; at least a week."""
    whole = engine.whole
    if not whole.events:
        return 0.0
    span = max(int(whole.time.max() - whole.time.min()), 7 * 86_400 * 1_000_000)
    return float(np.maximum(whole.own, 0).sum()) / 3.6e9 * 365 * DAY / span
