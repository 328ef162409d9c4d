"""The measuring desk: what the traces are worth, and to whom. Everything is read behind a grant for one purpose.

What is measured is a model of what is admitted for a purpose and, where one is named, a licensee. Figures of single
people are for those people and for the stewards they chose, as soon as the book has either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from guildbook.app.distilling import Distilling
from guildbook.app.persons import NOBODY, Actor, Persons
from guildbook.app.progress import Progress, silent
from guildbook.app.settled import settled
from guildbook.app.working import work_of
from guildbook.govern import Admitted, Gate
from guildbook.govern.suppression import LEAST
from guildbook.measure.engine import Engine
from guildbook.measure.leverage import METRICS, Leverage, Metric, leverage
from guildbook.measure.trial import Policy
from guildbook.measure.work import Split, Work
from guildbook.model.errors import DeniedError, InputError, UnknownNameError, UsageError
from guildbook.model.purpose import Purpose
from guildbook.model.time import now
from guildbook.model.use import METER
from guildbook.store import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from guildbook.app.calibrating import Wanted
    from guildbook.app.measuring_bargain import Bargaining
    from guildbook.app.measuring_bound import Meter
    from guildbook.app.measuring_contribution import Sharing
    from guildbook.app.measuring_exposure import Forecast
    from guildbook.app.measuring_value import Valuing
    from guildbook.measure.frontier.found import Found
    from guildbook.measure.frontier.sweep import Settings
    from guildbook.simulate.published import Published

LEAST_TRACES = 20
"""Traces below which nothing is measured: a fifth of them is held back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a measure is of."""

    purpose: Purpose = Purpose.TRAIN_PEOPLE
    recipient: str = ""
    """Name of a licensee; empty: within the book."""
    held_back: float = 0.2
    """Share of the traces that models are tried on: the newest, or drawn by `seed`."""
    seed: int | None = None
    task: str | None = None
    policy: Policy = field(default_factory=Policy)


class Measuring:
    """Answers `guildbook measure`."""

    def __init__(self, store: Store, gate: Gate, distil: Distilling, persons: Persons) -> None:
        self._store = store
        self._gate = gate
        self._distil = distil
        self._persons = persons

    @property
    def bargain(self) -> Bargaining:
        """Strikes, and the brief for a steward."""
        from guildbook.app.measuring_bargain import Bargaining  # noqa: PLC0415

        return Bargaining(self)

    @property
    def valuing(self) -> Valuing:
        """How much a model helps and how much it does alone, and of how much of a job."""
        from guildbook.app.measuring_value import Valuing  # noqa: PLC0415

        return Valuing(self)

    @property
    def meter(self) -> Meter:
        """The substitution bounds of agreements."""
        from guildbook.app.measuring_bound import Meter  # noqa: PLC0415

        return Meter(self)

    @property
    def sharing(self) -> Sharing:
        """What each worker's traces add, and what is paid by it."""
        from guildbook.app.measuring_contribution import Sharing  # noqa: PLC0415

        return Sharing(self)

    @property
    def store(self) -> Store:
        """The ledger, for receipts."""
        return self._store

    @property
    def gate(self) -> Gate:
        """The gate behind which everything is read."""
        return self._gate

    @property
    def distil(self) -> Distilling:
        """The desk whose cuts and names of tasks the measured work has."""
        return self._distil

    def members(self, collective: str) -> list[str]:
        """The names of a collective's members now. Raises `UnknownNameError`."""
        world = self._gate.register.world()
        found = [c for c in world.collectives.values() if collective in {c.id, c.charter.name}]
        if not found:
            raise UnknownNameError("collective", collective, [c.charter.name for c in world.collectives.values()])
        inside = found[0].members(now())
        return sorted(w.name for w in self._store.workers() if w.id in inside and w.name is not None)

    def work(self, asked: Asked | None = None) -> Work:
        """The joint traces admitted for a purpose. Raises `InputError` where there are too few to measure anything."""
        return settled(lambda: self._work(asked or Asked()))

    def engine(self, asked: Asked | None = None) -> Engine:
        """The engine over what is admitted, a part held back."""
        asked = asked or Asked()
        work = self.work(asked)
        if asked.seed is None:
            split = Split.newest(work, asked.held_back)
        else:
            split = Split.drawn(work, asked.held_back, asked.seed)
        return Engine.of(split, asked.policy)

    def leverage(
        self,
        workers: Sequence[str] = (),
        *,
        each: bool = False,
        metric: str = "augmentation",
        asked: Asked | None = None,
        actor: Actor = NOBODY,
        by_task: bool = False,
        proof: bool = False,
        progress: Progress = silent,
    ) -> list[Leverage]:
        """What the model loses without these workers together, or without each worker alone, greatest loss first.

        With `proof` each comes with the model hash that the book would have without them.
        """
        if metric not in METRICS:
            raise UsageError(f"There is no metric called {metric!r}.", f"Metrics: {', '.join(METRICS)}.")
        self.may_see(actor, set(workers), each=each)
        engine = self.engine(asked)
        chosen: Metric = next(name for name in METRICS if name == metric)
        present = np.flatnonzero(engine.train.present)
        if each:
            worlds = [_one(len(engine.train.workers), code) for code in present.tolist()]
        else:
            worlds = [_masked(engine.train, workers)]
        found = list(leverage(engine, worlds, chosen, by_task=by_task, progress=lambda x: progress("leverage", x)))
        if proof:
            from guildbook.app.measuring_proof import proven  # noqa: PLC0415

            found = proven(self, asked or Asked(), found, progress)
        return sorted(found, key=lambda one: (-one.loss.value, one.workers))

    def health(self, window: str = "", asked: Asked | None = None, progress: Progress = silent) -> dict[str, Any]:
        """The work over time, and the alarm for a feedback loop; see `measuring_health`."""
        from guildbook.app.measuring_health import health  # noqa: PLC0415

        return health(self, asked or Asked(), window, progress)

    def frontier(
        self,
        settings: Settings | None = None,
        asked: Asked | None = None,
        folder: Path | None = None,
        progress: Progress = silent,
    ) -> Found:
        """How much a model may help, against how much it may do alone; see `measuring_frontier.frontier`."""
        from guildbook.app.measuring_frontier import frontier  # noqa: PLC0415

        return frontier(self, settings, asked, folder, progress)

    def exposure(self, wanted: Forecast, asked: Asked | None = None) -> dict[str, Any]:
        """How much of a job the traces cover, and what a model adds and replaces there; see `measuring_exposure`."""
        from guildbook.app.measuring_exposure import exposure  # noqa: PLC0415

        return exposure(self, asked or Asked(), wanted)

    def calibrated(
        self, wanted: Wanted, asked: Asked | None = None, actor: Actor = NOBODY, progress: Progress = silent
    ) -> Published:
        """A world for the simulator in which an occupation has the rates of this work; see `calibrating`."""
        from guildbook.app.calibrating import calibrated  # noqa: PLC0415

        return calibrated(self, wanted, asked or Asked(), actor, progress)

    def private(self) -> bool:
        """Whether the book is one person's: nobody has a key, and no collective was founded."""
        world = self._gate.register.world()
        return not world.people and not world.collectives

    def may_see(self, actor: Actor, workers: set[str], *, each: bool = False) -> None:
        """Raise `DeniedError` where somebody may not be shown figures of single people.

        Nobody else than a worker and the stewards of their collectives may, once anybody here has a key or a
        collective was founded; figures of fewer than five count as such. Before, on one person's machine, whoever has
        the book is asked no questions.
        """
        world = self._gate.register.world()
        if self.private():
            return
        if not each and (not workers or len(workers) >= LEAST or workers == {actor.name}):
            return
        if actor.person and any(c.holds(actor.person, "steward", now()) for c in world.collectives.values()):
            return
        raise DeniedError(
            "What single people are worth is shown to them and to their collective's stewards.",
            "Say who you are with --as NAME, or ask for a group of five or more.",
            "single-person",
        )

    def admitted(self, asked: Asked) -> Admitted:
        """What is admitted for a measure. Raises `InputError` where nothing is."""
        recipient = self._persons.person(asked.recipient) if asked.recipient else ""
        admitted = self._gate.grant(
            asked.purpose, stage="measure", artefact="measure", recipient=recipient,
            use=METER if recipient else "",
        )  # fmt: skip
        if not admitted.grant.segments:
            raise InputError(
                f"Nothing is admitted for {asked.purpose}.",
                "Begin with: guildbook learn PATH. Who permits what: guildbook terms show.",
                "nothing-admitted",
            )
        return admitted

    def _work(self, asked: Asked) -> Work:
        work = work_of(self.admitted(asked), self._distil)
        if asked.task is not None:
            if asked.task not in work.tasks:
                raise UnknownNameError("task", asked.task, list(work.tasks))
            work = work.pick(work.task == work.tasks.index(asked.task))
        if len(work) < LEAST_TRACES:
            raise InputError(
                f"There are {len(work)} cases or episodes; at least {LEAST_TRACES} are needed to measure anything.",
                "Learn from more work.",
                "too-little",
            )
        return work


def _one(size: int, code: int) -> NDArray[np.bool_]:
    out = np.zeros(size, dtype=bool)
    out[code] = True
    return out


def _masked(work: Work, names: Sequence[str]) -> NDArray[np.bool_]:
    for name in names:
        if name not in work.workers:
            raise UnknownNameError("worker", name, list(work.workers))
    return work.mask(names)
