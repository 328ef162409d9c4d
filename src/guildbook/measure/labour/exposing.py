"""How exposed a job is, as far as its traces tell: tasks matched to statements, times measured A and S.

Nothing is made up where nothing was measured. A statement without a match that can be believed is unmeasured. What is
said of the whole job are bounds: the least is what was measured, the rest being put at nought, and the most puts the
rest at the most there could be (Manski, *Identification Problems in the Social Sciences*, 1995).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from guildbook.measure.estimate import Estimate
from guildbook.measure.labour.jobs import Job, Statement
from guildbook.measure.labour.texts import Match

BELIEVED: Final = 0.5
"""Confidence from which on a match counts."""


@dataclass(frozen=True, slots=True)
class Traced:
    """What was measured of one task in the traces. None where it must not be shown."""

    task: str
    episodes: int
    augmentation: Estimate | None
    alone: Estimate | None


@dataclass(frozen=True, slots=True)
class Exposed:
    """One statement of a job, with what the traces say of it."""

    statement: Statement
    task: str
    """Of the traces; empty: it is unmeasured."""
    confidence: float
    by: str
    """Who confirmed or refused the match; empty: nobody did."""
    guess: str
    """The likeliest task, also where it is not believed."""
    words: tuple[str, ...]
    traced: Traced | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        found = self.traced
        said = self.statement
        return {
            "id": said.id, "statement": said.text, "weight": said.weight, "measured": found is not None,
            "task": self.task, "confidence": self.confidence, "by": self.by, "guess": self.guess,
            "words": list(self.words), "episodes": None if found is None else found.episodes,
            "augmentation": None if found is None or found.augmentation is None else found.augmentation.to_dict(),
            "alone": None if found is None or found.alone is None else found.alone.to_dict(),
            "others": dict(said.index) | ({"people": said.label} if said.label else {}),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a whole job: from what was measured with the rest at nought, to the rest at the most there can be."""

    least: float
    most: float

    def to_dict(self) -> dict[str, float]:
        """JSON-ready."""
        return {"least": self.least, "most": self.most}


def exposed(
    job: Job,
    matches: Sequence[Match],
    tasks: Sequence[str],
    traced: Mapping[str, Traced],
    said: Mapping[str, tuple[str, str]],
) -> list[Exposed]:
    """Each statement with what it is matched to. `said`: statement → (task or empty, who said so)."""
    found: list[Exposed] = []
    for statement, match in zip(job.statements, matches, strict=True):
        guess = tasks[match.place] if match.place >= 0 else ""
        if statement.id in said:
            task, by = said[statement.id]
            sure = 1.0 if task else 0.0
        else:
            task, by, sure = (guess if match.confidence >= BELIEVED else ""), "", match.confidence
        measured = traced.get(task) if task else None
        found.append(
            Exposed(statement, task if measured else "", sure, by, guess, match.words, measured)
        )  # fmt: skip
    return found


def coverage(found: Sequence[Exposed]) -> float:
    """Share of the job that was measured: its parts, times the confidence of their matches."""
    whole = sum(one.statement.weight for one in found)
    return sum(one.statement.weight * one.confidence for one in found if one.traced) / whole if whole else 0.0


def bounds(found: Sequence[Exposed], which: str, most: float) -> Bounds:
    """Of `augmentation` or `alone` over the whole job; `most`: what a part can come to at most.

    A match that is believed with confidence c holds with c; with the rest the statement is as unmeasured as the others.
    """
    whole = sum(one.statement.weight for one in found)
    low = high = 0.0
    for one in found:
        part = one.statement.weight / whole if whole else 0.0
        value: Estimate | None = getattr(one.traced, which) if one.traced else None
        sure = one.confidence if value is not None else 0.0
        low += part * sure * max(0.0, value.low if value else 0.0)
        high += part * (sure * min(most, value.high if value else most) + (1 - sure) * most)
    return Bounds(low, high)
