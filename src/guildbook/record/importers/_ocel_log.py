"""An object-centric log in memory: what the JSON and the SQLite form of OCEL 2.0 have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ROWS: Final = 32_768
"""Events a chunk holds."""
MOST_TYPES: Final = 2_000
"""Of events or of objects."""


@dataclass(slots=True)
class OcelObject:
    """A thing events touch."""

    type: str
    history: list[tuple[str | None, str, Any]] = field(default_factory=list[tuple[str | None, str, Any]])
    """(time as written, attribute, value as JSON), in any order; no time: from the beginning."""


@dataclass(frozen=True, slots=True)
class OcelEvent:
    """One event as written."""

    type: str | None
    time: str | None
    attributes: Mapping[str, Any]
    related: tuple[tuple[str, str], ...]
    """(object id, qualifier)."""


@dataclass(frozen=True, slots=True)
class OcelLog:
    """The whole log."""

    objects: Mapping[str, OcelObject]
    events: list[OcelEvent]


def typed(value: Any, kind: str) -> Any:
    """A value as JSON of its declared OCEL type; as it is where it does not fit. None for null."""
    if value is None or isinstance(value, bool):
        return value
    if kind == "time":
        return {"$date": value} if isinstance(value, str) else value
    if kind == "boolean":
        return _TRUTH.get(str(value).lower(), value)
    if isinstance(value, str) and kind in _NUMBERS:
        try:
            return _NUMBERS[kind](value)
        except ValueError:
            return value
    return value


_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
_NUMBERS: Final[dict[str, type[int | float]]] = {"integer": int, "float": float}
