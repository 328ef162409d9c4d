"""What distilling depends on besides the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from guildbook.config import Distil

_DEFAULT: Final = Distil()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a model. The first three shape the sums; the others only what is derived from them."""

    episode_gap_minutes: float = _DEFAULT.episode_gap_minutes
    """Idle time after which work without a case begins a new episode."""
    good_outcomes: tuple[str, ...] = _DEFAULT.good_outcomes
    bad_outcomes: tuple[str, ...] = _DEFAULT.bad_outcomes
    fdr: float = _DEFAULT.fdr
    min_cases: int = _DEFAULT.min_cases

    def shape(self) -> str:
        """What sums depend on, as text: sums of different shapes cannot be added."""
        good, bad = (",".join(sorted(w.casefold() for w in words)) for words in (self.good_outcomes, self.bad_outcomes))
        return f"gap={self.episode_gap_minutes!r};good={good};bad={bad}"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """What `dataclasses.asdict` gave, back from JSON."""
        return cls(
            float(data["episode_gap_minutes"]),
            tuple(data["good_outcomes"]),
            tuple(data["bad_outcomes"]),
            float(data["fdr"]),
            int(data["min_cases"]),
        )
