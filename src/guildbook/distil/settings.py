"""What distilling depends on besides the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from guildbook.config import Distil
from guildbook.model.time import MINUTE

_DEFAULT: Final = Distil()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a model. Those of gaps and outcomes shape the sums, the others only what is derived from them."""

    episode_gap_minutes: float = _DEFAULT.episode_gap_minutes
    """Idle time after which work without a case begins a new episode."""
    good_outcomes: tuple[str, ...] = _DEFAULT.good_outcomes
    bad_outcomes: tuple[str, ...] = _DEFAULT.bad_outcomes
    fdr: float = _DEFAULT.fdr
    min_cases: int = _DEFAULT.min_cases
    good_steps: tuple[str, ...] = _DEFAULT.good_steps
    """Steps that settle a case of which no event states the outcome."""
    bad_steps: tuple[str, ...] = _DEFAULT.bad_steps

    @property
    def idle(self) -> int:
        """µs of idleness that end an episode."""
        return round(self.episode_gap_minutes * MINUTE)

    def shape(self) -> str:
        """What sums depend on, as text: sums of different shapes cannot be added."""
        good, bad = (",".join(sorted(w.casefold() for w in words)) for words in (self.good_outcomes, self.bad_outcomes))
        steps = [",".join(sorted(w.casefold() for w in words)) for words in (self.good_steps, self.bad_steps)]
        by_steps = f";steps={steps[0]}|{steps[1]}" if any(steps) else ""
        return f"gap={self.episode_gap_minutes!r};good={good};bad={bad}{by_steps}"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """What `dataclasses.asdict` gave, back from JSON."""
        return cls(
            float(data["episode_gap_minutes"]),
            tuple(data["good_outcomes"]),
            tuple(data["bad_outcomes"]),
            float(data["fdr"]),
            int(data["min_cases"]),
            tuple(data.get("good_steps", ())),
            tuple(data.get("bad_steps", ())),
        )
