"""From measured work and public files to the rates of an occupation.

What a model of a team's traces was measured to do sets three numbers of the team's occupation:

- *exposure*: S, the share of cases that it takes alone, is the share of the work that AI can do;
- *reached*: A over s, the share of work time at whose start it shows what the person then does, is the share of what
  people know that extraction brings out;
- *data_exponent*: leverage, the help that is lost when a share f withholds, has the shape of
  `exp(1 − (1 − f)^−α)`, in which α is fitted.

The first two hold for what the traces cover. For the rest the public index of the occupation stands, and at the ends of
the interval nothing and everything (Manski, *Identification Problems in the Social Sciences*, 1995). That S and A are
these quantities of the model, and that α of a plain model is that of AI, are assumptions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from scipy.optimize import fminbound

from guildbook.model.errors import InputError, UsageError
from guildbook.simulate.majors import STAYING
from guildbook.simulate.occupations import Floats, Occupations, stem

End = Literal["low", "middle", "high"]
ENDS: Final[tuple[End, ...]] = ("low", "middle", "high")
MOST_EXPONENT: Final = 5.0
"""Of a fit: with it, a tenth that withhold leave half of what AI makes."""
_CODE: Final = re.compile(r"\d\d-\d{4}")
_GROUP: Final = 2


@dataclass(frozen=True, slots=True)
class Range:
    """A figure and its interval."""

    low: float
    middle: float
    high: float

    def at(self, end: End) -> float:
        """One of the three."""
        return {"low": self.low, "middle": self.middle, "high": self.high}[end]


@dataclass(frozen=True, slots=True)
class Team:
    """What was measured of a team's work."""

    workers: int
    held_back: int
    """Cases or episodes that the model was tried on."""
    helped: Range
    """A over s, in [0, 1]."""
    alone: Range
    """S, in [0, 1]."""
    coverage: float
    """Share of the job that the traces are about, in [0, 1]."""
    data_exponent: Range | None
    """None: too few people, or a model that helps nobody."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What an occupation gets."""

    exposure: float
    reached: float
    data_exponent: float | None


def rates(team: Team, index: float, end: End = "middle") -> Rates:
    """The occupation's rates; `index`: its public exposure, which stands for what no trace is about."""
    rest = {"low": 0.0, "middle": index, "high": 1.0}[end]

    def joined(measured: Range) -> float:
        return min(1.0, max(0.0, team.coverage * measured.at(end) + (1 - team.coverage) * rest))

    exponent = None if team.data_exponent is None else team.data_exponent.at(end)
    return Rates(joined(team.alone), joined(team.helped), exponent)


def data_exponent(shares: Sequence[float], losses: Floats, whole: float) -> Range | None:
    """α of `v(f) = v(0)·exp(1 − (1 − f)^−α)`, by least squares.

    Parameters
    ----------
    shares
        (K,) shares that withhold, in (0, 1].
    losses
        (draws, K) of what is measured, along strikes that grow; each draw is fitted by itself.
    whole
        v(0), what is measured with everybody.

    Returns the fit to the mean with the interval of nine draws in ten; None where there is nothing to lose.
    """
    kept = np.array([share < 1.0 for share in shares])  # at 1 nothing is left, whatever α
    if whole <= 0 or not kept.any() or not len(losses):
        return None
    left = 1 - np.array(shares)[kept]
    remaining = 1 - np.clip(losses[:, kept] / whole, 0.0, 1.0)
    low, high = np.quantile([_fitted(left, row) for row in remaining], [0.05, 0.95])
    middle = _fitted(left, remaining.mean(axis=0))
    return Range(min(float(low), middle), middle, max(float(high), middle))


def _fitted(left: Floats, remaining: Floats) -> float:
    def miss(exponent: float) -> float:
        return float(((np.exp(1 - left**-exponent) - remaining) ** 2).sum())

    best: Any = fminbound(miss, 0.0, MOST_EXPONENT)  # typed as if it told more than where the least is
    return float(best)


def placed(
    world: Occupations,
    code: str,
    found: Rates,
    *,
    title: str = "",
    jobs: int | None = None,
    wage: float | None = None,
) -> Occupations:
    """The world in which an occupation has these rates.

    An occupation that the world does not tell apart is parted from its group: it gets `jobs` of that group's and its
    wage unless one is given (thousand dollars a year); people move to and from it as to and from the group.

    Raises `UsageError` for what is no code, a group there is not, and an occupation with all of its group's jobs.
    """
    if not _CODE.fullmatch(code):
        raise UsageError(f"{code!r} is no occupation's code.", "A SOC code is two digits, -, four digits: 43-9041.")
    if code not in world.codes:
        world = _parted(world, code, title or code, jobs, wage)
    place = world.codes.index(code)
    exposure, reached = world.exposure.copy(), world.extracted.copy()
    exponents = np.full(len(world), np.nan) if world.data_exponent is None else world.data_exponent.copy()
    exposure[place], reached[place] = found.exposure, found.reached
    if found.data_exponent is not None:
        exponents[place] = found.data_exponent
    return replace(world, exposure=exposure, reached=reached, data_exponent=exponents)


def group_of(world: Occupations, code: str) -> int:
    """The place of the occupation, or of the narrowest that it falls under. Raises `UsageError`."""
    if code in world.codes:
        return world.codes.index(code)
    shared = [len(stem(other)) if code.startswith(stem(other)) else 0 for other in world.codes]
    best = int(np.argmax(shared))
    if shared[best] < _GROUP:
        raise UsageError(f"{code} falls under no occupation of this world.", f"It has {', '.join(world.codes[:30])}.")
    return best


def _parted(world: Occupations, code: str, title: str, jobs: int | None, wage: float | None) -> Occupations:
    group = group_of(world, code)
    whole = int(world.jobs[group])
    if jobs is None:
        raise UsageError(
            f"How many people work in {code}?",
            "This world does not tell it apart. Give --jobs N, or the folder of the public statistics.",
        )
    if not 0 < jobs < whole:
        raise UsageError(f"{code} cannot have {jobs:,} of {whole:,} jobs.", f"They are those of {world.names[group]}.")
    held = np.append(world.jobs, jobs)
    held[group] = whole - jobs
    count, new = len(world), len(world)
    dense: list[dict[int, float]] = []
    for row in range(count):
        edges = slice(int(world.starts[row]), int(world.starts[row + 1]))
        dense.append(dict(zip(world.targets[edges].tolist(), world.weights[edges].tolist(), strict=True)))
    dense.append(dict(dense[group]))
    share = jobs / whole
    for row, moves in enumerate(dense):
        to_group = moves.pop(group, 0.0)
        stays = STAYING * to_group if row in {group, new} else 0.0
        moves[group] = (to_group - stays) * (1 - share) + (stays if row == group else 0.0)
        moves[new] = (to_group - stays) * share + (stays if row == new else 0.0)
    edges = [(row, to, weight) for row, moves in enumerate(dense) for to, weight in sorted(moves.items()) if weight > 0]
    leaving = np.bincount([row for row, _, _ in edges], minlength=count + 1)
    paid = float(world.wage[group]) if wage is None else wage
    return Occupations(
        (*world.codes, code), (*world.names, title), held, np.append(world.wage, paid),
        np.append(world.exposure, world.exposure[group]), np.concatenate([[0], np.cumsum(leaving)]).astype(np.int64),
        np.array([to for _, to, _ in edges], np.int64), np.array([weight for _, _, weight in edges], float),
        None if world.reached is None else np.append(world.reached, world.reached[group]),
        None if world.data_exponent is None else np.append(world.data_exponent, np.nan),
        None if world.rated is None else np.vstack([world.rated, world.rated[group]]),
    )  # fmt: skip


def told(team: Team, index: float) -> Mapping[str, Any]:
    """What was measured and what follows, JSON-ready."""
    return {"measured": asdict(team), "index": index, "rates": {end: asdict(rates(team, index, end)) for end in ENDS}}


def checked(end: str) -> End:
    """One of `ENDS`. Raises `UsageError`."""
    for known in ENDS:
        if end == known:
            return known
    raise UsageError(f"There is no {end!r} end.", f"It is one of {', '.join(ENDS)}.")


def covered(share: float) -> float:
    """A coverage. Raises `InputError` where it is no share."""
    if not 0 <= share <= 1:
        raise InputError(f"A coverage of {share:g} is no share.", "It lies between 0 and 1.")
    return share
