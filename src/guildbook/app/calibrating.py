"""Calibrating the simulator by a team's own traces: what was measured of them becomes the rates of its occupation.

Read behind a grant like any other measure. Figures are of the whole team; of fewer than five people they are shown to
those people and to their stewards alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from guildbook.app.measuring_value import GROUPS, cut
from guildbook.app.persons import NOBODY, Actor
from guildbook.app.progress import Progress, silent
from guildbook.measure.engine import Engine
from guildbook.measure.estimate import Estimate
from guildbook.measure.shares import digest_of
from guildbook.measure.strike import SHARES, paths
from guildbook.measure.value import Value, assess
from guildbook.model.errors import UnknownNameError, UsageError
from guildbook.simulate import calibration
from guildbook.simulate.calibration import End, Range, Team
from guildbook.simulate.published import Published, jobs_and_wage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from guildbook.app.measuring import Asked, Measuring
    from guildbook.app.measuring_exposure import Forecast

LEAST_STRIKERS: Final = 5
"""People below whom no strike has shares to be fitted."""
DRAWS: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose work, of which occupation, in which world."""

    occupation: str
    """SOC code."""
    world: Published
    team: str = ""
    """As it was found in the traces; empty: everybody."""
    collective: str = ""
    coverage: float | None = None
    """Share of the job that the traces are about; None: as `job` tells."""
    job: Forecast | None = None
    tables: Path | None = None
    """Public files that say how many work in the occupation, and for what."""
    jobs: int | None = None
    wage: float | None = None
    """Thousand dollars a year."""
    end: End = "middle"


def calibrated(
    desk: Measuring, wanted: Wanted, asked: Asked, actor: Actor = NOBODY, progress: Progress = silent
) -> Published:
    """The world with the occupation's measured rates; what was measured is in `made`.

    Raises what `Measuring.work` and `Measuring.may_see` raise, `UsageError` where nobody said how much of the job the
    traces cover, and `UnknownNameError`.
    """
    work = desk.work(asked)
    engine = Engine.of(cut(work, asked), asked.policy)
    members = _members(desk, engine, wanted)
    desk.may_see(actor, {engine.train.workers[code] for code in np.flatnonzero(members).tolist()})
    if wanted.coverage is not None:
        share = calibration.covered(wanted.coverage)
    elif wanted.job is not None:
        share = float(desk.exposure(wanted.job, asked)["coverage"])
    else:
        raise UsageError(
            "How much of the job do these traces cover?",
            "Give --coverage SHARE, or what is done in the job: --tasks FILE, or the folder of the public files.",
        )
    part = _part(engine, members, private=desk.private())
    saved = asked.policy.saved
    team = Team(
        workers=int(members.sum()),
        held_back=part.episodes,
        helped=_range(part.augmentation, saved),
        alone=_range(part.alone, 1.0),
        coverage=share,
        data_exponent=_exponent(engine, members, asked.seed or 0, progress),
    )
    before = wanted.world.world
    index = float(before.exposure[calibration.group_of(before, wanted.occupation)])
    known = jobs_and_wage(wanted.tables, wanted.occupation) or ("", None, None)
    world = calibration.placed(
        before, wanted.occupation, calibration.rates(team, index, wanted.end), title=known[0],
        jobs=wanted.jobs or known[1], wage=wanted.wage or known[2],
    )  # fmt: skip
    told = {
        "occupation": wanted.occupation, "title": world.names[world.codes.index(wanted.occupation)],
        "purpose": str(asked.purpose), "inputs": digest_of(work), "model": engine.total.digest(), "end": wanted.end,
        "team": wanted.team or wanted.collective or "everybody in the book",
    }  # fmt: skip
    return Published(world, wanted.world.made | {"book": told | dict(calibration.told(team, index))})


def _members(desk: Measuring, engine: Engine, wanted: Wanted) -> NDArray[np.bool_]:
    """(W,): who is in the team and has work here. Raises `UnknownNameError`, `UsageError`."""
    if wanted.collective:
        names: Sequence[str] = desk.members(wanted.collective)
    elif wanted.team:
        groups = desk.distil.groups(GROUPS[0])
        names = [worker for worker, group in groups.items() if group == wanted.team]
        if not names:
            raise UnknownNameError("team", wanted.team, sorted(set(groups.values())))
    else:
        return engine.train.present
    found = engine.train.mask([name for name in names if name in engine.train.workers]) & engine.train.present
    if not found.any():
        raise UsageError("None of them has any work here.", "See who has: guildbook workers list.")
    return found


def _part(engine: Engine, members: NDArray[np.bool_], *, private: bool) -> Value:
    """A and S of the members' part of the work that was held back."""
    if members.sum() == engine.train.present.sum():
        found = assess(engine, open_to_all=private).parts[0]
    else:
        names = [engine.train.workers[code] for code in np.flatnonzero(members).tolist()]
        parts = assess(engine, dict.fromkeys(names, "team"), open_to_all=private).parts
        found = next((one for one in parts if one.kind == "group"), parts[0])
    if found.hidden or found.augmentation is None or found.alone is None:
        raise UsageError(
            "This work rests on fewer than five people, and its figures are not shown.",
            "Ask for a larger team, or for everybody.",
            "few-people",
        )
    return found


def _range(found: Estimate | None, most: float) -> Range:
    if found is None:
        raise UsageError("Nothing of it was held back.", "Ask for a larger share: --held-back.")
    low, middle, high = (min(1.0, max(0.0, one / most)) for one in (found.low, found.value, found.high))
    return Range(low, middle, high)


def _exponent(engine: Engine, members: NDArray[np.bool_], seed: int, progress: Progress) -> Range | None:
    """How the help of a model falls as more of the members withhold."""
    if members.sum() < LEAST_STRIKERS:
        return None
    shares = [share for share in SHARES if share < 1]
    found = paths(
        engine, members, shares=shares, draws=DRAWS, seed=seed, progress=lambda x: progress("leverage", x)
    )  # fmt: skip
    # What others in the book know of this work is left to a model whoever of the members strikes.
    whole = engine.augmentation(engine.total).value - engine.augmentation(engine.model(~members)).value
    return calibration.data_exponent(shares, found.losses, whole)
