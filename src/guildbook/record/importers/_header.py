"""A table's header: whether there is one, and names made distinct."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from guildbook.model.errors import InputError

_VALUE: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|https?://\S+")
_ALONE: Final = 2


def check_header(header: Sequence[str], path: Path) -> None:
    """Raise `InputError` when the first row is no header: too few columns, or values where names should be."""
    if len(header) < _ALONE:
        raise InputError(
            f"{path} has a single column, so it is no table of events.",
            "Give a file whose rows say at least when and what.",
            "input-narrow",
        )
    said = [name.strip() for name in header if name.strip()]
    values = [name for name in said if _VALUE.fullmatch(name)]
    if not said or 2 * len(values) > len(said) or any(_looks_dated(name) for name in said):
        raise InputError(
            f"{path} has no header row: its first row holds {', '.join(repr(v) for v in header[:4])}.",
            "Add a first row with the columns' names; --map FIELD=COLUMN then says what is what.",
            "input-no-header",
        )


def distinct(header: Sequence[str]) -> list[str]:
    """The names without surrounding space; a repeated name gets a number, an empty one after the first its place."""
    names: list[str] = []
    taken: set[str] = set()
    for place, raw in enumerate(header):
        wanted = raw.strip().replace("\0", "") or ("" if place == 0 else f"column {place + 1}")
        name, times = wanted, 1
        while name in taken:
            times += 1
            name = f"{wanted}.{times}"
        taken.add(name)
        names.append(name)
    return names


def _looks_dated(name: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?", name) is not None
