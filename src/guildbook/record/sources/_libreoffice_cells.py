"""What the helper beside LibreOffice says of cells' texts: numbers and dates, rows in order, headings and labels.

Beside it, for it: the Python that has `uno` has no Guildbook, so this needs the standard library only, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

_HEADS: Final = 50
_SORTED: Final = 3
_DAY: Final = 86_400

Place = tuple[int, int]
Range = tuple[int, int, int, int]
"""First row, first column, last row, last column."""
STRUCTURE: Final = {
    "insert-rows": ("rows", True), "delete-rows": ("rows", False),
    "insert-columns": ("columns", True), "delete-columns": ("columns", False),
}  # fmt: skip
"""What LibreOffice calls the changes of lines: what came (True) or went."""


def plain(text: str) -> str:
    """A text without the apostrophe that keeps it from being read as a number."""
    return text[1:] if text.startswith("'") and (text[1:2].isdigit() or text[1:2] in {"=", "-", "+", "."}) else text


def number(value: float) -> str:
    """The shortest text that is equal."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - exact below


def dated(value: float, null: tuple[int, int, int]) -> str:
    """A serial day in ISO 8601."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - rarely needed

    if 0 <= value < 1:
        return (datetime(1900, 1, 1, tzinfo=UTC) + timedelta(seconds=round(value * _DAY))).strftime("%H:%M:%S")
    try:
        when = datetime(*null, tzinfo=UTC) + timedelta(seconds=round(value * _DAY))
    except (OverflowError, ValueError):
        return number(value)
    return when.strftime("%Y-%m-%d" if value.is_integer() else "%Y-%m-%dT%H:%M:%S")


def sorted_rows(found: list[tuple[Place, str, str]]) -> tuple[Range, list[int]] | None:
    """The range whose rows changed places, and the columns now in order; None where it was something else.

    References in formulas change with the row, so of formulas only that they are ones is compared.
    """
    rows = sorted({place[0] for place, _, _ in found})
    columns = sorted({place[1] for place, _, _ in found})
    if len(rows) < _SORTED:
        return None
    texts = {(place, n): "=" if text.startswith("=") else text for place, *both in found for n, text in enumerate(both)}
    old, new = ([tuple(texts.get(((r, c), n), "") for c in columns) for r in rows] for n in (0, 1))
    if Counter(old) != Counter(new):
        return None
    by = [c for n, c in enumerate(columns) if in_order([r[n] for r in new]) and not in_order([r[n] for r in old])]
    return (rows[0], columns[0], rows[-1], columns[-1]), by


def in_order(texts: list[str]) -> bool:
    """Whether texts rise, or fall, as a sheet sorts them: numbers first."""
    keys = [key(text) for text in texts if text]
    pairs = list(pairwise(keys))
    return len(set(keys)) > 1 and (all(a <= b for a, b in pairs) or all(a >= b for a, b in pairs))


def key(text: str) -> tuple[int, float, str]:
    """By which cells are sorted."""
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text.casefold())


def headings(shadow: Mapping[Place, str], columns: Iterable[int]) -> tuple[int, dict[int, str]]:
    """The row of headings (-1: none), and those of some columns."""
    texts = Counter(row for (row, _), text in shadow.items() if row < _HEADS and is_text(text))
    row = next((row for row in sorted(texts) if texts[row] > 1), -1)
    return row, {column: shadow.get((row, column), "") for column in columns}


def is_text(text: str) -> bool:
    """Whether a cell's text is a word and no number or formula."""
    return bool(text) and not text[0].isdigit() and text[0] not in "=-+.#"


def label(shadow: Mapping[Place, str], place: Place) -> str:
    """The first text in a cell's row, before it."""
    return next((t for c in range(min(place[1], _HEADS)) if is_text(t := shadow.get((place[0], c), ""))), "")


def lines(what: str, where: Range) -> tuple[str, int, int, bool]:
    """Rows or columns, the first of them, how many, and whether they came."""
    direction, inserted = STRUCTURE[what]
    first, last = (where[0], where[2]) if direction == "rows" else (where[1], where[3])
    return direction, first, last - first + 1, inserted
