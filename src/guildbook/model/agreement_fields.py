"""How the fields of an agreement are described: one schema for YAML, the command line, checks and documentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final, cast

MOST: Final = 10**13
"""No number in an agreement is larger."""


class Shape(StrEnum):
    """How a value is written and read."""

    TEXT = "text"
    WORDS = "words"
    """A list of names."""
    CHOICE = "choice"
    COUNT = "count"
    DAYS = "days"
    MONEY = "money"
    """Cents; people write `12.50`."""
    SHARE = "share"
    """Millionths; people write `5 %`."""
    DATE = "date"
    MONTH = "month"
    FLAG = "flag"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """The schema of one field."""

    name: str
    shape: Shape
    clause: str
    """Id of the clause that speaks of it."""
    doc: str
    choices: tuple[str, ...]
    optional: bool
    """Whether `none` (no limit) can be written."""
    record: type[Any] | None
    """Of a nested record."""
    required: bool


def says(
    shape: Shape, clause: str, doc: str, *, choices: tuple[str, ...] = (), optional: bool = False
) -> Mapping[str, Any]:
    """Metadata of a field that holds a value."""
    return {"shape": shape, "clause": clause, "doc": doc, "choices": choices, "optional": optional, "record": None}


def holds(record: type[Any], doc: str) -> Mapping[str, Any]:
    """Metadata of a field that holds a record."""
    return {"shape": Shape.RECORD, "clause": "", "doc": doc, "choices": (), "optional": False, "record": record}


@cache
def specs(record: type[Any]) -> Mapping[str, FieldSpec]:
    """The schema of a record, field by field, in the order in which it is written."""
    missing = dataclasses.MISSING
    return {
        f.name: FieldSpec(
            name=f.name,
            required=f.default is missing and f.default_factory is missing,
            **cast("dict[str, Any]", f.metadata),
        )
        for f in dataclasses.fields(record)
    }


def to_dict(record: Any) -> dict[str, Any]:
    """A record as canonical JSON can hold it."""
    return {
        name: to_dict(value) if spec.record else list(value) if spec.shape is Shape.WORDS else value
        for name, spec in specs(type(record)).items()
        for value in (getattr(record, name),)
    }
