"""The occupations of a world: who works in them, for what, how much of them AI can do, and how people move between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guildbook.model.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST: int = 1 << 16


@dataclass(frozen=True, eq=False)
class Occupations:
    """O occupations in order of code."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    jobs: Ints
    """(O,) jobs held."""
    wage: Floats
    """(O,) mean yearly wage, thousand dollars."""
    exposure: Floats
    """(O,) share of the work that AI can help with or do, in [0, 1]."""
    starts: Ints
    """(O + 1,) where each row of the mobility network begins."""
    targets: Ints
    """Occupations that people move to, row by row."""
    weights: Floats
    """How readily; rows sum to 1."""
    reached: Floats | None = None
    """(O,) share of what people know there that extraction reaches; None: as much as `exposure`."""
    data_exponent: Floats | None = None
    """(O,) power by which AI's loss there falls with traces; NaN where nobody measured it. None: nowhere."""
    rated: Floats | None = None
    """(O, 2) shares of its tasks that a language model speeds up by half, and that it does so with software or without
    (α and γ of the raters); None: not known."""

    def __post_init__(self) -> None:
        count = len(self.codes)
        if not 0 < count < MOST:
            raise InputError(f"There are {count} occupations.", f"Between 1 and {MOST - 1} can be simulated.")
        sizes = {len(self.names), len(self.jobs), len(self.wage), len(self.exposure), len(self.starts) - 1, count}
        if len(sizes) != 1 or self.starts[-1] != len(self.targets) or len(self.targets) != len(self.weights):
            raise InputError("The occupations' columns differ in length.", "Look at the files they come from.")
        if (self.jobs < 0).any() or not self.jobs.sum():
            raise InputError("Nobody works in these occupations.", "Look at the column of jobs.")
        if not (np.isfinite(self.wage).all() and (self.wage > 0).all()):
            raise InputError("An occupation has no wage.", "Look at the column of wages.")
        if not ((self.exposure >= 0) & (self.exposure <= 1)).all():
            raise InputError("An exposure is not between 0 and 1.", "Look at the column of exposures.")
        for name, most in (("reached", 1.0), ("data_exponent", 10.0)):
            column: Floats | None = getattr(self, name)
            if column is None:
                continue
            if len(column) != count or not ((np.isnan(column) & (name != "reached")) | (column >= 0)).all():
                raise InputError(f"The column {name} does not fit the occupations.", "It has one number for each.")
            if (column > most).any():
                raise InputError(f"A number in {name} is over {most:g}.", "Look at where it comes from.")
        if self.rated is not None and (self.rated.shape != (count, 2) or not _shares(self.rated)):
            raise InputError("Ratings of tasks do not fit the occupations.", "Two rising shares for each.")
        inside = (self.targets >= 0) & (self.targets < count)
        if not inside.all() or (np.diff(self.starts) < 0).any() or not (self.weights >= 0).all():
            raise InputError("The network leads out of its occupations.", "Look at the list of moves.")

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def extracted(self) -> Floats:
        """(O,) share of what people know there that extraction reaches."""
        return self.exposure if self.reached is None else self.reached

    def scaled(self, workers: int) -> Ints:
        """Jobs of each occupation in a world of so many workers: in proportion, by largest remainders."""
        exact = self.jobs / self.jobs.sum() * workers
        found = np.floor(exact).astype(np.int64)
        rest = np.argsort(found - exact, kind="stable")[: workers - int(found.sum())]
        found[rest] += 1
        return found


def _shares(rated: Floats) -> bool:
    return bool(((rated >= 0) & (rated <= 1)).all() and (rated[:, 0] <= rated[:, 1]).all())


def stem(code: str) -> str:
    """What a code shares with all it stands for: `43-0000` for `43`, `11-1010` for `11-101`."""
    return code.rstrip("0").rstrip("-")


def alone(wage: float = 60.0, exposure: float = 0.35) -> Occupations:
    """One occupation."""
    return complete(("00-0000",), ("Everybody",), np.array([1]), np.array([wage]), np.array([exposure]))


def complete(
    codes: tuple[str, ...], names: tuple[str, ...], jobs: Ints, wage: Floats, exposure: Floats, stay: float = 0.0
) -> Occupations:
    """Occupations between which people move to wherever there are vacancies; `stay`: the extra weight of one's own."""
    count = len(codes)
    rows = np.full((count, count), (1 - stay) / count) + np.eye(count) * stay
    starts = np.arange(count + 1, dtype=np.int64) * count
    return Occupations(
        codes, names, np.asarray(jobs, np.int64), np.asarray(wage, float), np.asarray(exposure, float),
        starts, np.tile(np.arange(count, dtype=np.int64), count), rows.ravel(),
    )  # fmt: skip
