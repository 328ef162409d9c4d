"""Cases as rows, possible events as columns: a whole task's cases are played at once and then flattened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

OWN: Final = 0
"""The event waits until its person is free."""
ASIDE: Final = 1
"""The person does it in between (an answer, a click to accept)."""
BATCH: Final = 2
"""The event may wait for others of its kind."""
AT_ONCE: Final = 3
"""It happens when it is ready, whoever is at work."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Events in the order of their case, cases one after the other; times not yet known."""

    row: Ints
    """Which case."""
    step: Ints
    """Position in `steps.CATALOGUE`."""
    seconds: Floats
    who: Ints
    to: Ints
    """The person addressed, −1: nobody."""
    wait: Floats
    """Seconds that pass before it, beyond the ordinary pause; 0: none."""
    mode: Ints
    group: Ints
    """Which duty of `plan.BATCHED` this is, −1: none."""
    outcome: Ints
    """0 none, 1 good, 2 bad."""


@dataclass(slots=True)
class Sheet:
    """Collects columns. Every argument is a number or an array over the rows."""

    rows: int
    whole: dict[str, list[Ints]] = field(default_factory=dict[str, list[Ints]])
    timed: dict[str, list[Floats]] = field(default_factory=dict[str, list[Floats]])
    present: list[Bools] = field(default_factory=list[Bools])
    pace: Floats = field(init=False)
    """Factor on the time of every column added from now on."""

    def __post_init__(self) -> None:
        """All rows start at the ordinary pace."""
        self.pace = np.ones(self.rows)

    def add(
        self,
        step: int | Ints,
        seconds: float | Floats,
        who: int | Ints,
        *,
        present: Bools | None = None,
        to: int | Ints = -1,
        wait: float | Floats = 0.0,
        mode: int | Ints = OWN,
        group: int = -1,
        outcome: int | Ints = 0,
    ) -> None:
        """One more possible event, after those already there."""
        whole = {"step": step, "who": who, "to": to, "mode": mode, "group": group, "outcome": outcome}
        for name, value in whole.items():
            self.whole.setdefault(name, []).append(np.broadcast_to(np.asarray(value, np.int64), self.rows))
        for name, value in {"seconds": np.asarray(seconds) * self.pace, "wait": wait}.items():
            self.timed.setdefault(name, []).append(np.broadcast_to(np.asarray(value, np.float64), self.rows))
        self.present.append(np.ones(self.rows, np.bool_) if present is None else present)

    def lines(self) -> Lines:
        """The events that happened, row by row."""
        kept = np.column_stack(self.present)
        row, _ = np.nonzero(kept)
        return Lines(
            row=row.astype(np.int64),
            step=np.column_stack(self.whole["step"])[kept],
            seconds=np.column_stack(self.timed["seconds"])[kept],
            who=np.column_stack(self.whole["who"])[kept],
            to=np.column_stack(self.whole["to"])[kept],
            wait=np.column_stack(self.timed["wait"])[kept],
            mode=np.column_stack(self.whole["mode"])[kept],
            group=np.column_stack(self.whole["group"])[kept],
            outcome=np.column_stack(self.whole["outcome"])[kept],
        )


def join(parts: list[Lines], first_rows: list[int]) -> Lines:
    """Several tasks' lines as one, their rows shifted to where each task's cases start."""
    names = [n for n in Lines.__slots__ if n != "row"]
    joined = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
    row = np.concatenate([p.row + first for p, first in zip(parts, first_rows, strict=True)])
    return Lines(row=row, **joined)
