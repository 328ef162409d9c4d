"""Variants and changes over time as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from guildbook.model import Knowledge
from guildbook.model import time as times
from guildbook.model.process import Branch, Change, Variant, Variants
from guildbook.teach import words

MOST_VARIANTS: Final = 12
MOST_CHANGES: Final = 40
_LEAST: Final = 0.02
"""Share of the episodes from which on a beginning is shown."""
_LONGEST: Final = 80
_DIFFERENCES: Final = 6


@dataclass(frozen=True, slots=True)
class VariantRow:
    """One variant: how often, how it ends, how long it takes, and what sets it apart from the first."""

    count: int
    share: str
    width: float
    good: str
    time: str
    differs: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A run of steps without a fork in the tree of beginnings."""

    steps: tuple[str, ...]
    count: int
    share: str
    ends: int
    branches: tuple[BranchRow, ...]


@dataclass(frozen=True, slots=True)
class VariantsView:
    """The variants of one task."""

    kinds: int
    shown: str
    rows: tuple[VariantRow, ...]
    tree: tuple[BranchRow, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change: when, between which days, and what."""

    date: str
    between: str
    task: str
    words: str
    sides: tuple[tuple[str, str, str], ...]
    """What follows, with its share before and after."""


def changes_of(knowledge: Knowledge) -> tuple[ChangeRow, ...]:
    """The changes of the process, the latest first."""
    latest = sorted(knowledge.changes, key=lambda change: (change.date, change.p), reverse=True)
    return tuple(_change(change) for change in latest[:MOST_CHANGES])


def variants_view(found: Variants) -> VariantsView:
    """The commonest variants of a task, and how cases begin and part."""
    return VariantsView(
        found.kinds,
        _percent(sum(v.share for v in found.variants[:MOST_VARIANTS])),
        tuple(_row(variant) for variant in found.variants[:MOST_VARIANTS]),
        _branches(found.tree, max(found.episodes, 1)),
    )


def _change(change: Change) -> ChangeRow:
    after = dict(change.after)
    sides = tuple((label or "the end", _percent(old), _percent(after.get(label, 0.0))) for label, old in change.before)
    between = "" if change.low == change.high else f"between {change.low} and {change.high}"
    return ChangeRow(change.date, between, change.task, change.words, sides)


def _row(variant: Variant) -> VariantRow:
    more = len(variant.differs) - _DIFFERENCES
    differs = "; ".join(words.shorten(text, _LONGEST) for text in variant.differs[:_DIFFERENCES])
    return VariantRow(
        variant.count,
        _percent(variant.share),
        round(100 * variant.share, 1),
        _rate(variant),
        "" if variant.median_seconds is None else times.words(variant.median_seconds),
        differs + (f"; and {more} more" if more > 0 else ""),
        tuple(words.shorten(step, _LONGEST) for step in variant.steps),
    )


def _rate(variant: Variant) -> str:
    if variant.good_rate is None:
        return ""
    return f"{_percent(variant.good_rate)} ({_percent(variant.good_low or 0.0)}–{_percent(variant.good_high or 0.0)})"


def _branches(found: Sequence[Branch], episodes: int) -> tuple[BranchRow, ...]:
    rows: list[BranchRow] = []
    for branch in found:
        if branch.count < _LEAST * episodes:
            continue
        steps, at = [branch.step], branch
        while len(at.branches) == 1 and at.branches[0].count == at.count:
            at = at.branches[0]
            steps.append(at.step)
        shown = tuple(words.shorten(step, _LONGEST) for step in steps)
        rows.append(
            BranchRow(shown, at.count, _percent(at.count / episodes), at.ends, _branches(at.branches, episodes))
        )
    return tuple(rows)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%" if share >= 0.095 or share == 0 else f"{100 * share:.1f}\u00a0%"  # noqa: PLR2004
