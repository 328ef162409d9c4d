"""Offices other than the usual one: with noise in the recording, or with nothing planted at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from guildbook.model import UsageError
from guildbook.record.office.sheet import OWN, Lines
from guildbook.record.office.steps import CASELESS, CODE

Ints = npt.NDArray[np.int64]

_LOST: Final = 0.25
"""Share of the noise that is events missing; the rest are events too many."""
_BEFORE: Final = 0.12
"""Measured: share of the events in cases of those who have not come yet, where the less experienced come late."""
_SECONDS: Final = 5.0
"""Median length of an event that does not belong."""
_STRAY: Final = tuple(CODE[step] for name, step in CASELESS.items() if name not in {"intranet", "calendar"})


@dataclass(frozen=True, slots=True)
class Options:
    """How an office differs from the usual one. The plan of a seed stays the same where something is planted."""

    planted: bool = True
    """False: people differ in everything they otherwise do, and nothing of it has any effect."""
    more: bool = False
    """More sorts of practices: recovery from a mistake, care that spares rework, a request made early."""
    experts: bool = False
    """What experts know: the less experienced come to their tasks late, so that who is new can be seen; features of
    tools, who approves what is dear, and a question that helps the new."""
    circumstances: bool = False
    """What depends on when and by whom: a step that matters late in the day only, somebody whose second look is worth
    more, and busy weeks in which cases end worse and a step that changes nothing is left out."""
    noise: float = 0.0
    """Events too many and missing, as a share of all: stray looks at mail, chat and pages inside cases (three
    quarters) and events the recorder lost (one quarter)."""

    def __post_init__(self) -> None:
        """Raises `UsageError` for a noise that is no share."""
        if not 0.0 <= self.noise <= 1.0:
            raise UsageError(f"Noise of {self.noise} is no share.", "Give a number from 0 to 1.")

    def whole(self, events: int) -> int:
        """How many events to set out with, so that about so many are left."""
        return round(events / (1 - _BEFORE)) if self.experts else events


USUAL: Final = Options()


def disturb(lines: Lines, time: Ints, length: Ints, noise: float, rng: np.random.Generator) -> tuple[Lines, Ints, Ints]:
    """The lines with stray ones added and some lost; `time` of a lost one becomes −1.

    A stray one is of the person and in the case of the event after which it comes.
    """
    seen = np.flatnonzero(time >= 0)
    time = time.copy()
    stray = np.sort(rng.choice(seen, round(noise * (1 - _LOST) * len(seen))))
    lost = rng.random(len(seen)) < noise * _LOST
    begins = time[stray] + length[stray] + 1
    time[seen[lost]] = -1
    added = Lines(
        row=lines.row[stray],
        step=rng.choice(np.array(_STRAY), len(stray)),
        seconds=_SECONDS * np.exp(rng.normal(0, 0.5, len(stray))),
        who=lines.who[stray],
        to=np.full(len(stray), -1),
        wait=np.zeros(len(stray)),
        mode=np.full(len(stray), OWN),
        group=np.full(len(stray), -1),
        outcome=np.zeros(len(stray), np.int64),
    )
    both = Lines(**{n: np.concatenate([getattr(lines, n), getattr(added, n)]) for n in Lines.__slots__})
    lasts = np.maximum(added.seconds * 1e6, 200_000).astype(np.int64)
    return both, np.concatenate([time, begins]), np.concatenate([length, lasts])
