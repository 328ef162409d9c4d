"""The world that a folder of public files describes: whichever of them are there, joined, and what was left out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from guildbook.model.errors import InputError, UsageError
from guildbook.simulate import public
from guildbook.simulate.majors import majors, moving
from guildbook.simulate.occupations import Occupations, stem
from guildbook.simulate.public import JOBS, MOBILITY, NAMES, RATERS, SHARES, TASKS, Row

WHERE: Final[Mapping[str, str]] = {
    JOBS: "US Bureau of Labor Statistics, bls.gov/oes/tables.htm, National",
    TASKS: "github.com/openai/GPTs-are-GPTs, data",
    MOBILITY: "with the code of del Rio-Chanona et al., J. R. Soc. Interface 18, 2021, 20200898",
    NAMES: "the same",
}
_MAJOR: Final = 2
_TOLD: Final = 20
"""Occupations that are named among those left out."""


@dataclass(frozen=True, slots=True)
class Published:
    """A world, and how it was made."""

    world: Occupations
    made: dict[str, Any]
    """JSON-ready: files with their hashes, what was joined, what was missing."""


def published(folder: Path, exposure: str = "people-beta") -> Published:
    """The world of the public files in a folder.

    With the mobility network its occupations, with jobs and wages of the statistics where these are there; without,
    the 22 major groups. Raises `InputError` where neither is there or a file is not what its name says, `UsageError`
    for an exposure there is not.
    """
    rater, share = scored(exposure)
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", "Name the one that holds the public files.")
    there = {pattern: sorted(folder.rglob(pattern)) for pattern in WHERE}
    if not there[JOBS] and not (there[MOBILITY] and there[NAMES]):
        raise InputError(
            f"{folder} holds neither {JOBS} nor {MOBILITY} with {NAMES}.",
            f"They are published: {'; '.join(f'{name}: {where}' for name, where in WHERE.items())}.",
        )
    if not there[TASKS]:
        raise InputError(f"There is no {TASKS} in {folder}, so no exposure.", f"It is published: {WHERE[TASKS]}.")
    made: dict[str, Any] = {
        "exposure": exposure,
        "files": [_told(found[-1]) for found in there.values() if found],
        "missing": [{"file": name, "published": WHERE[name]} for name, found in there.items() if not found],
    }
    if there[MOBILITY] and there[NAMES]:
        world = public.network(folder, rater, share)
        if there[JOBS]:
            world, joined = _joined(world, public.jobs(folder))
            made |= joined
        return Published(world, made | _size(world))
    found = public.majors(folder, rater, share)
    codes, names, jobs, wages, exposures = zip(*found, strict=True)
    world = Occupations(
        codes, names, np.array(jobs, np.int64), np.array(wages), np.array(exposures), *moving(np.array(jobs, np.int64))
    )
    return Published(world, made | _size(world))


def scored(exposure: str) -> tuple[str, str]:
    """Rater and share of `RATER-SHARE`. Raises `UsageError`."""
    rater, _, share = exposure.rpartition("-")
    if rater not in RATERS or share not in SHARES:
        known = ", ".join(f"{one}-{other}" for one in RATERS for other in SHARES)
        raise UsageError(f"There is no exposure called {exposure!r}.", f"There are {known}.")
    return rater, share


def built_in() -> Published:
    """The world that comes with Guildbook."""
    world = majors()
    return Published(world, {"exposure": "people-beta", "files": [], "missing": []} | _size(world))


def jobs_and_wage(folder: Path | None, code: str) -> tuple[str, int, float] | None:
    """(title, jobs, mean wage in thousand dollars a year) that the statistics in a folder give; None: nothing."""
    if folder is None or not folder.is_dir() or not list(folder.rglob(JOBS)):
        return None
    for row in public.jobs(folder):
        if row.code == code and row.jobs == row.jobs and row.wage == row.wage:
            return row.name, round(row.jobs), row.wage
    return None


def _joined(world: Occupations, rows: Sequence[Row]) -> tuple[Occupations, dict[str, Any]]:
    """The network's occupations with the statistics' jobs and wages.

    What the statistics do not know any more under its code has the network's own jobs and wage, grown as those of its
    major group have.
    """
    known = _by_code(world, rows)
    jobs, wage = world.jobs.astype(float), world.wage.astype(float)
    there = np.array([code in known for code in world.codes])
    growth = _growth(world, rows)
    for place, code in enumerate(world.codes):
        if there[place]:
            jobs[place], wage[place] = known[code]
        else:
            more, dearer = growth.get(code[:_MAJOR], (1.0, 1.0))
            jobs[place], wage[place] = jobs[place] * more, wage[place] * dearer
    left = [f"{world.codes[place]} {world.names[place]}" for place in np.flatnonzero(~there)]
    total = next((row.jobs for row in rows if row.level == "total" and row.jobs > 0), None)
    joined = {
        "joined": int(there.sum()), "of": len(world), "joined_share_of_jobs": float(jobs[there].sum() / jobs.sum()),
        "share_of_all_jobs": float(jobs.sum()) / total if total else None,
        "grown_with_their_group": {"occupations": len(left), "first": left[:_TOLD]},
    }  # fmt: skip
    return replace(world, jobs=np.rint(jobs).astype(np.int64), wage=wage), joined


def _by_code(world: Occupations, rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Jobs and mean wage of the world's occupations: each detailed row goes to the narrowest code it falls under."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    stems = {code: stem(code) for code in world.codes}
    for row in rows:
        if row.level != "detailed" or not (row.jobs == row.jobs and row.wage == row.wage):
            continue
        over = [code for code, start in stems.items() if row.code.startswith(start)]
        if over:
            both = sums[max(over, key=lambda code: len(stems[code]))]
            both[0] += row.jobs
            both[1] += row.jobs * row.wage
    return {code: (held, paid / held) for code, (held, paid) in sums.items() if held > 0}


def _growth(world: Occupations, rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """By major group: its jobs and mean wage in the statistics, against those in the network."""
    out: dict[str, tuple[float, float]] = {}
    for row in rows:
        inside = np.array([code.startswith(row.code[:_MAJOR]) for code in world.codes])
        held = float(world.jobs[inside].sum())
        if row.level == "major" and held > 0:
            mean = float((world.jobs * world.wage)[inside].sum()) / held
            out[row.code[:_MAJOR]] = (row.jobs / held, row.wage / mean)
    return out


def _size(world: Occupations) -> dict[str, Any]:
    held = float(world.jobs.sum())
    return {
        "occupations": len(world), "jobs": int(held), "mean_wage": float((world.jobs * world.wage).sum()) / held,
        "mean_exposure": float((world.jobs * world.exposure).sum()) / held,
    }  # fmt: skip


def _told(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
