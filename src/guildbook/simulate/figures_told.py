"""One figure: what is drawn, the same as a table, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guildbook.simulate.kept import told

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """Rows have `y`, `by`, and `x` (for bars `label`); `low` and `high` where there is a band."""

    title: str
    about: str
    """Its unit."""
    shape: str
    """`lines`, `points` or `bars`."""
    x: str
    """What is along the axis."""
    rows: list[Row]
    said: str
    """The figure in words."""
    head: list[str]
    body: list[list[str]]
    """The same as a table."""
    zero: bool = False
    """Whether the line of no difference is drawn."""


def titled(name: str) -> str:
    """A field's name as a title."""
    words = name.replace("_", " ")
    return f"AI{words[2:]}" if words.startswith("ai ") else words[:1].upper() + words[1:]


def span(low: float | None, high: float | None) -> str:
    """Where nine in ten lie."""
    return f"{told(low)} to {told(high)}"
