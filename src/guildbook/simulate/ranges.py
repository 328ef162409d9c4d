"""Between what the assumptions are swept: wide enough to ask whether a result hangs on one, and not absurd.

Ranges are assumptions as much as what they are about. A parameter that names a source is not swept unless asked for;
neither is a lever, which is chosen, nor what is off at 0, which is another mechanism.
"""

from __future__ import annotations

from typing import Final

from guildbook.simulate.parameters import ASSUMPTION, table
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.study import Range, is_whole

LEVERS: Final[dict[str, Range]] = {
    "consent_augment": (0, 1), "consent_substitute": (0, 1), "licence": (0, 1), "strike_augment": (0, 1),
    "strike_substitute": (0, 1), "royalty": (0, 1),
}  # fmt: skip
"""What people who bargain choose."""
AROUND: Final = 0.5
"""Where nothing is said here: so far below and above the default, of it."""
_RANGES: Final[dict[str, Range]] = {
    "plain": (1.3, 1.8), "beta": (0.2, 0.8), "phi": (0.3, 0.9), "psi": (0, 1.2), "outside": (0.4, 0.75),
    "reach": (0.5, 0.85), "wage_elsewhere": (0.2, 0.5), "best_ai": (2, 6), "fee": (0.1, 0.6), "every": (6, 24),
    "client": (0.1, 0.4), "boss": (0.3, 0.6), "keeps_within": (0.5, 0.9), "keeps_across": (0.05, 0.4),
    "ceiling": (0.8, 1), "start": (0.6, 0.85), "worth_of_capital": (0.05, 2), "reinvested": (0.1, 0.6),
}  # fmt: skip
"""Narrower than half around where the world would cease to be one: nobody would work, or AI would do all at once."""


_ONLY_WITH: Final[dict[str, tuple[str, ...]]] = {
    "helper": ("augment_only",), "task_spread": ("tasks",), "refocus": ("tasks",), "rent": ("bottleneck",),
    "elasticity": ("goods", "bottleneck"), "passed_on": ("goods",), "spent": ("spending",),
}  # fmt: skip
"""What says nothing unless one of these is on."""
_OF_SEVERAL: Final = ("competition", "access")
"""What says nothing unless there are several operators."""


def swept(scenario: Scenario) -> dict[str, Range]:
    """Every assumption that a scenario hangs on, and its range."""
    out: dict[str, Range] = {}
    for name, (value, about) in table().items():
        if about.source != ASSUMPTION or name in LEVERS or not _speaks(name, scenario):
            continue
        if name in _RANGES:
            out[name] = _RANGES[name]
        elif value and not is_whole(name):
            out[name] = max(value * (1 - AROUND), about.low), min(value * (1 + AROUND), about.high)
    return out


def _speaks(name: str, scenario: Scenario) -> bool:
    """Whether the mechanism is on that a parameter is part of."""
    if name in _OF_SEVERAL:
        return bool(scenario.operators)
    if name not in _ONLY_WITH:
        return True
    stands = [scenario.parameters_in(month).to_dict() for month in (0, *scenario.changes)]
    return any(each[switch] for each in stands for switch in _ONLY_WITH[name])
