"""Parameters as people turn them: in groups, levers first, each with a range in which a slider is of use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any, Final

from guildbook.simulate.parameters import About, table

LEVERS: Final = "Levers of a deal"
# A group begins with the parameter named, in the order of `Parameters`.
BEGINS: Final[dict[str, str]] = {
    "plain": "What work is worth, and to whom it goes",
    "reach": "Who could do it instead",
    "every": "The contest for a job",
    "separation": "Looking for work",
    "learning": "Knowing",
    "extraction": "Expertise leaves heads",
    "data_exponent": "Traces and the operator",
    "consent_augment": LEVERS,
    "tasks": "Tasks before jobs",
    "competition": "Several operators",
    "bottleneck": "Firms that grow, goods that are bought",
}
_STEPS: Final = 200
_MOST: Final = 4
"""A slider ends at about so many times the default where more is allowed than anybody would want."""


@dataclass(frozen=True, slots=True)
class Slider:
    """A parameter with its group and its slider's ends; what lies beyond them, but is allowed, can be typed."""

    name: str
    default: float
    about: About
    group: str
    low: float
    high: float
    step: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        about = self.about
        return {
            "name": self.name, "default": self.default, "symbol": about.symbol, "what": about.what, "unit": about.unit,
            "source": about.source, "least": about.low, "most": about.high, "group": self.group, "low": self.low,
            "high": self.high, "step": self.step, "whole": isinstance(self.default, int),
        }  # fmt: skip


def sliders() -> list[Slider]:
    """Every parameter; the levers first, then in order."""
    found = list(_all())
    return [each for each in found if each.group == LEVERS] + [each for each in found if each.group != LEVERS]


def _all() -> Iterator[Slider]:
    group = ""
    for name, (default, about) in table().items():
        group = BEGINS.get(name, group)
        crowded = 0 < default < about.high / _MOST
        high = min(about.high, _round(_MOST * default, ceil)) if crowded else about.high
        step = 1.0 if isinstance(default, int) else _round((high - about.low) / _STEPS, floor)
        low = floor(about.low / step + 1e-9) * step if step < about.high else about.low
        yield Slider(name, default, about, group, float(low), float(high), step)


def _round(value: float, way: Any) -> float:
    """To 1, 2 or 5 times a power of ten: the next at least as large (`ceil`), or at most (`floor`)."""
    power = 10.0 ** floor(log10(value))
    heads = [head for head in (1, 2, 5, 10) if (head >= value / power - 1e-9 if way is ceil else head <= value / power)]
    return float(f"{(heads[0] if way is ceil else heads[-1]) * power:.12g}")
