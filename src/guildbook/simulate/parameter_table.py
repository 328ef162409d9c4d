"""The last part of the model's description, made from the code: all parameters, and all that is told of a month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from guildbook.simulate.parameters import SWITCH, table
from guildbook.simulate.running import FIELDS

_MARK: Final = "<!-- From here on made by: guildbook simulate parameters --markdown -->"


def markdown() -> str:
    """Two sections: a row for each parameter, and one for each field of a month."""
    parameters = [
        (
            f"`{name}`",
            about.symbol,
            about.what,
            f"{value:g}",
            "0 or 1" if about.unit == SWITCH else f"{about.low:g} to {about.high:g}",
            "" if about.unit == SWITCH else about.unit,
            about.source,
        )
        for name, (value, about) in table().items()
    ]
    fields = [(f"`{name}`", what) for name, what in FIELDS.items()]
    return "\n".join([
        _MARK, "", "## Parameters", "",
        *_rows(("parameter", "symbol", "what it is", "default", "range", "unit", "source"), parameters), "",
        "## What is told of a month", "", *_rows(("field", "what it is, and its unit"), fields), "",
    ])  # fmt: skip


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    found = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    found += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return found
