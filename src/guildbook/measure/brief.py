"""What a steward brings to the table, as data: each figure with its interval, each assumption by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from guildbook.measure.bargain import Fallback, Price, Stakes
from guildbook.measure.clauses import Clause
from guildbook.measure.estimate import Estimate
from guildbook.measure.strike import Forecast, Point


@dataclass(frozen=True, slots=True)
class Strike:
    """Losses along strikes that grow, by who strikes and by what the licensee puts in their place."""

    metric: str
    members: int
    random: tuple[Point, ...]
    targeted: tuple[Point, ...]
    net: tuple[tuple[str, tuple[Point, ...]], ...]
    """By substitute: random strikes when the licensee trains on this besides."""
    half: float
    """Half of what all members' strike costs."""
    critical: tuple[float, float, float] | None
    """The least share whose random strike costs that much: (median, low, high); None where most never do."""
    forecast: Forecast | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        names = ("share", "low", "high")
        return {
            "metric": self.metric,
            "members": self.members,
            "random": [one.to_dict() for one in self.random],
            "targeted": [one.to_dict() for one in self.targeted],
            "net": {name: [one.to_dict() for one in found] for name, found in self.net},
            "half": self.half,
            "critical": None if self.critical is None else dict(zip(names, self.critical, strict=True)),
            "forecast": None if self.forecast is None else self.forecast.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Brief:
    """The whole brief."""

    title: str
    made: str
    purpose: str
    members: int
    workers: int
    traces: int
    held_back: int
    assist: Estimate
    """A of everybody's model."""
    alone: Estimate
    """S of everybody's model."""
    alone_how: str
    longest: int
    strike: Strike
    fallbacks: tuple[Fallback, ...]
    stakes: Stakes
    price: Price
    clauses: tuple[Clause, ...]
    shape: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "title": self.title, "made": self.made, "purpose": self.purpose, "members": self.members,
            "workers": self.workers, "traces": self.traces, "held_back": self.held_back,
            "augmentation": self.assist.to_dict(), "substitution": self.alone.to_dict(), "decoding": self.alone_how,
            "longest": self.longest, "strike": self.strike.to_dict(),
            "fallbacks": [one.to_dict() for one in self.fallbacks], "stakes": asdict(self.stakes),
            "price": self.price.to_dict(), "clauses": [one.to_dict() for one in self.clauses], "shape": self.shape,
        }  # fmt: skip
