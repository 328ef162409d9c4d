"""A scenario over its seeds, kept as it goes: what is there already is not run again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from guildbook import __version__
from guildbook.simulate.running import FIELDS, Band, Run, averaged, bands, each_named, ends, kept, simulated, table
from guildbook.simulate.scenario import Scenario

Progress = Callable[[str, float], None]
PAIRED: Final = "paired"
YEAR: Final = 12
"""Months that a scenario's outcome is the mean of."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """All seeds of a scenario."""

    scenario: Scenario
    runs: tuple[Run, ...]
    twin: Run

    def last(self) -> dict[str, Band]:
        """Every field over the last year, over seeds."""
        return dict(zip(FIELDS, bands(ends(self.runs)), strict=True))

    def parts(self) -> dict[str, dict[str, float]]:
        """Each operator's, and each occupation's where its tasks are told, over the last year; empty by default."""
        found: dict[str, dict[str, float]] = {}
        for name, plain in self.twin.more.items():
            years = np.array([run.more[name][-YEAR:].mean() for run in self.runs])
            (band,) = bands(years[:, None])
            found[name] = _said(band) | {"twin": float(plain[-YEAR:].mean())}
        return found

    def table(self) -> pa.Table:
        """Every month of every seed, and of the twin, whose seed is null."""
        return table([*self.runs, self.twin])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "scenario": self.scenario.to_dict(),
            "scenario_hash": self.scenario.digest(),
            "version": __version__,
            "seeds": [run.seed for run in self.runs],
            "last_year": {name: _said(band) for name, band in self.last().items()},
            "twin": dict(zip(FIELDS, ends([self.twin])[0].tolist(), strict=True)),
            "parts": self.parts(),
            "levels": self.scenario.levels,
            "singularity": {
                "seeds": [run.runaway().to_dict() for run in self.runs], "twin": self.twin.runaway().to_dict(),
            },
        }  # fmt: skip


def outcome(scenario: Scenario, folder: Path | None = None, progress: Progress | None = None) -> Outcome:
    """Run what is not in the folder yet; each seed is there, whole, once it is done."""
    runs: list[Run] = []
    digest = scenario.digest()
    for seed in range(scenario.seeds):
        path = None if folder is None else folder / digest[:16] / f"seed-{seed:05}.parquet"
        run = None if path is None else _kept(scenario, seed, digest, path)
        if run is None:
            run = simulated(scenario, seed)
            if path is not None:
                _keep(run, path)
        runs.append(run)
        if progress is not None:
            progress(scenario.name, (seed + 1) / scenario.seeds)
    return Outcome(scenario, tuple(runs), averaged(scenario))


def _keep(run: Run, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    pq.write_table(table([run]), unfinished)
    os.replace(unfinished, path)  # noqa: PTH105 - atomic, also where the other is there


def _kept(scenario: Scenario, seed: int, digest: str, path: Path) -> Run | None:
    """A run that is there whole, of this very scenario and version; else None, and it is run again."""
    if not path.exists():
        return None
    try:
        found = pq.read_table(path)
    except (OSError, pa.ArrowInvalid):
        return None
    wanted = {"scenario_hash": digest, "version": __version__, "seed": seed}
    if found.num_rows != scenario.months or any(found[name][0].as_py() != value for name, value in wanted.items()):
        return None
    return kept(scenario, seed, found) if {*FIELDS, *each_named(scenario)} <= set(found.column_names) else None


def compared(one: Outcome, other: Outcome) -> dict[str, Band]:
    """What the other does differently, over the last year: seed by seed on the same draws, so that chance cancels."""
    count = min(len(one.runs), len(other.runs))
    apart = ends(other.runs[:count]) - ends(one.runs[:count])
    return dict(zip(FIELDS, bands(apart), strict=True))


def comparison(one: Outcome, other: Outcome) -> dict[str, Any]:
    """JSON-ready."""
    return {
        "from": one.to_dict(), "to": other.to_dict(),
        "difference": {name: _said(band) for name, band in compared(one, other).items()},
        "twin_difference": dict(zip(FIELDS, (ends([other.twin]) - ends([one.twin]))[0].tolist(), strict=True)),
    }  # fmt: skip


def write(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """`months.parquet` and `months.csv`, every row with seed, parameters' hash and version; returns the files."""
    from pyarrow import csv  # noqa: PLC0415 - few write

    folder.mkdir(parents=True, exist_ok=True)
    whole = pa.concat_tables([each.table() for each in outcomes], promote_options="default")
    pq.write_table(whole, folder / "months.parquet")
    csv.write_csv(whole, folder / "months.csv")
    return [folder / "months.parquet", folder / "months.csv"]


def _said(band: Band) -> dict[str, float]:
    return {"median": band.middle, "low": band.low, "high": band.high}
