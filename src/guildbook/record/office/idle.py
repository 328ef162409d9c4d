"""What people do beside their cases: reading mail, talking, looking things up."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from guildbook.model.time import DAY, HOUR
from guildbook.record.office.cases import workdays
from guildbook.record.office.sheet import Lines
from guildbook.record.office.staff import Staff
from guildbook.record.office.steps import CASELESS, CODE

Ints = npt.NDArray[np.int64]

_KINDS: Final = (
    ("inbox", ("mail", "mail", "answer", "tidy", "calendar")),
    ("channel", ("chatter", "chatter", "page")),
    ("intranet", ("page", "page", "minutes")),
)
"""How a stretch begins and what it is made of."""
_SECONDS: Final = 45.0
MEAN_EVENTS: Final = 5.0
"""Events of a stretch on average."""


def play_idle(staff: Staff, count: int, days: int, rng: np.random.Generator) -> tuple[Lines, Ints]:
    """`count` stretches of caseless work and when each begins, µs since the first midnight."""
    arrival = rng.choice(workdays(days), count) * DAY + rng.integers(8 * HOUR, 16 * HOUR, count)
    who_of = rng.integers(len(staff.names), size=count)
    kind = rng.choice(len(_KINDS), count, p=[0.5, 0.3, 0.2])
    size = 1 + rng.binomial(8, 0.5, count)
    row = np.repeat(np.arange(count), size)
    opens = np.concatenate([[0], np.cumsum(size)[:-1]])
    first = np.array([CODE[CASELESS[o]] for o, _ in _KINDS])[kind]
    step = np.empty(len(row), np.int64)
    for k, (_, names) in enumerate(_KINDS):
        pool = np.array([CODE[CASELESS[n]] for n in names])
        mine = kind[row] == k
        step[mine] = rng.choice(pool, int(mine.sum()))
    step[opens] = first
    read = step == CODE[CASELESS["mail"]]
    sender = rng.integers(len(staff.names), size=len(row))
    nothing = np.zeros(len(row), np.int64)
    lines = Lines(
        row=row,
        step=step,
        seconds=_SECONDS * np.exp(rng.normal(0, 0.6, len(row))),
        who=who_of[row],
        to=np.where(read & (sender != who_of[row]), -2 - sender, -1),
        wait=np.zeros(len(row)),
        mode=nothing,
        group=nothing - 1,
        outcome=nothing,
    )
    return lines, arrival
