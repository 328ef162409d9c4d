"""How a table's columns become event fields: decided once from the header and the first rows, shown, overridable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from guildbook.columns import RAW_SCHEMA
from guildbook.record.importers._times import Order

PSEUDO: Final = ("end", "date_order")
"""What `--map` takes besides event fields: the column of the end time, and `dmy` or `mdy`."""
FIELDS: Final = tuple(n for n in RAW_SCHEMA.names if n not in {"source", "attributes"})


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field comes from: one column, several joined, or the first of several that says something."""

    columns: tuple[str, ...]
    first: bool = False

    def __str__(self) -> str:
        """As it is written after `--map FIELD=`."""
        return ("|" if self.first else "+").join(self.columns)


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How the times of a column are written."""

    kind: Literal["text", "number", "typed"]
    order: Order = "dmy"
    scale: int = 0
    """For numbers: the unit in nanoseconds."""
    base: int = 0
    """For numbers: what zero stands for, in µs UTC."""
    said: str = ""
    """For people."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole mapping."""

    sources: Mapping[str, Source]
    time: TimeForm
    end: TimeForm | None = None
    duration_unit: int = 1_000_000
    """One unit of the duration column in µs."""
    numbers: frozenset[str] = field(default_factory=frozenset[str])
    """Leftover columns whose text is numeric."""
    leftover: tuple[str, ...] = ()
    """Columns that become attributes, in order of name."""
    of_case: frozenset[str] = field(default_factory=frozenset[str])
    """Those of them that are text about the whole case, which is what `case:` before an attribute's name says."""
    ignored: tuple[str, ...] = ()

    def key(self, name: str) -> str:
        """The name of the attribute that a leftover column becomes."""
        return f"case:{name}" if name in self.of_case else name

    def describe(self) -> str:
        """One line: `time=timeStamp (ISO 8601), worker=userID, …; 12 other columns are kept as attributes`."""
        parts: list[str] = []
        for name in sorted(self.sources, key=_rank):
            note = f" ({self.time.said})" if name == "time" and self.time.said else ""
            parts.append(f"{name}={self.sources[name]}{note}")
        line = ", ".join(parts)
        if self.leftover:
            shown = ", ".join(self.leftover[:_SHOWN]) + (", …" if len(self.leftover) > _SHOWN else "")
            line += f"; kept as attributes: {shown}"
        if self.ignored:
            line += f"; left out as no part of the work: {', '.join(repr(name) for name in self.ignored)}"
        return line


_SHOWN: Final = 12
_FIRST: Final = ("time", "end", "worker", "action", "case", "app")


def _rank(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)
