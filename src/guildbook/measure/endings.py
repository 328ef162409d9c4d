"""How an episode may end: what the people who did it came to, told by what they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.measure.work import BAD, GOOD, UNKNOWN, Work

Bytes = NDArray[np.int8]
Codes = NDArray[np.int32]

SURE: Final = 0.98
"""An act is decisive where this share of the traces it occurs in ended alike."""
ENOUGH: Final = 5
"""Traces with an outcome in which an act must occur to be decisive."""


@dataclass(frozen=True, eq=False)
class Endings:
    """Which acts settle how an episode ends."""

    verdict: Bytes
    """(V,): `GOOD` or `BAD` for an act after which traces of people end so; `UNKNOWN` for all others."""

    @classmethod
    def of(cls, work: Work) -> Endings:
        """Decisive acts of this work. Where every outcome is the same, nothing decides."""
        size = len(work.acts)
        known = work.outcome != UNKNOWN
        cells = np.unique(work.trace * size + work.act) if work.events else np.empty(0, np.int64)
        trace, act = cells // max(size, 1), cells % max(size, 1)
        seen = known[trace] if len(trace) else np.empty(0, dtype=bool)
        total = np.bincount(act[seen], minlength=size)
        good = np.bincount(act[seen], work.outcome[trace[seen]] == GOOD, size)
        verdict = np.full(size, UNKNOWN, np.int8)
        if len(np.unique(work.outcome[known])) > 1:
            enough = total >= ENOUGH
            verdict[enough & (good >= SURE * total)] = GOOD
            verdict[enough & (total - good >= SURE * total)] = BAD
        return cls(verdict)

    def wanted(self, work: Work) -> tuple[Bytes, Codes]:
        """(verdict (T,), last act (T,)) that an acceptable run must come to.

        A trace whose outcome is known and told by a decisive act wants that verdict, however the run gets there. Of any
        other nobody said what came of it: the state in which the people left it is all there is to tell what was
        acceptable. It wants the same last act, and all done that the people did, in whatever order (the set
        abstraction of a state: van der Aalst et al., *Software and Systems Modeling* 9, 2010).
        """
        size = len(work)
        said = np.full(size, UNKNOWN, np.int8)
        told = self.verdict[work.act]
        for code in (GOOD, BAD):
            has = np.bincount(work.trace[told == code], minlength=size) > 0
            said[has & (work.outcome == code)] = code
        last = np.full(size, -1, np.int32)
        full = np.diff(work.offsets) > 0
        last[full] = work.act[work.offsets[1:][full] - 1]
        return said, last
