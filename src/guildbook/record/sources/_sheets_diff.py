"""What changed from one version of a workbook to the next, as a person would say it.

First the sheets are told apart, then the rows and columns that were put in, taken out or put in another order, so that
one inserted row is one change and not all the cells below it; then, place by place, the cells. A formula that only
follows what it refers to has not changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from guildbook.record.sources._sheets_book import Book, Cell, Sheet
from guildbook.record.sources._sheets_formulas import Place, moved, relative
from guildbook.record.sources._sheets_lines import ALIKE, Axis, Mapping2, mapped, sorted_by, value_in

Direction = Literal["rows", "columns"]
NONE: Final = Cell("", "", "")


class Lines(NamedTuple):
    """Rows or columns that were put in (numbers of the new version, from 0) or taken out (of the old one)."""

    sheet: str
    direction: Direction
    first: int
    size: int
    inserted: bool


class Sorted(NamedTuple):
    """Rows that changed places."""

    sheet: str
    order: Mapping[int, int]
    """Old row → new row."""
    by: tuple[int, ...]
    """Columns that are in order now and were not."""


class Changed(NamedTuple):
    """One cell; `place` is that of the new version."""

    sheet: str
    place: Place
    before: Cell
    after: Cell


class Renamed(NamedTuple):
    """A sheet that was put in (`before` empty), taken out (`after` empty), or renamed."""

    before: str
    after: str


class Feature(NamedTuple):
    """A filter, charts and the like; `sheet` is empty where it is the workbook's."""

    sheet: str
    name: str
    before: str
    after: str


@dataclass(slots=True)
class Changes:
    """Everything that changed."""

    sheets: list[Renamed] = field(default_factory=list[Renamed])
    lines: list[Lines] = field(default_factory=list[Lines])
    sorted: list[Sorted] = field(default_factory=list[Sorted])
    cells: list[Changed] = field(default_factory=list[Changed])
    features: list[Feature] = field(default_factory=list[Feature])
    recalculated: int = 0
    """Cells whose formula stayed and whose result did not."""

    def __bool__(self) -> bool:
        return bool(self.sheets or self.lines or self.sorted or self.cells or self.features)


def changes(before: Book, after: Book) -> Changes:
    """What a person did between the two."""
    found = Changes()
    pairs = paired(before.sheets, after.sheets)
    kept_old, kept_new = ({id(pair[n]) for pair in pairs} for n in (0, 1))
    found.sheets += [Renamed(old.name, "") for old in before.sheets if id(old) not in kept_old]
    found.sheets += [Renamed(old.name, new.name) for old, new in pairs if old.name != new.name]
    fresh = [new for new in after.sheets if id(new) not in kept_new]
    found.sheets += [Renamed("", new.name) for new in fresh]
    moves = _Moves({old.name: (new.name, mapped(old, new)) for old, new in pairs})
    for old, new in pairs:
        _structure(old, new, moves.maps[old.name][1], found)
        _cells(old, new, moves, found)
        _features(new.name, old.features, new.features, found)
    for new in fresh:
        found.cells += [Changed(new.name, place, NONE, cell) for place, cell in new.cells.items()]
        _features(new.name, {}, new.features, found)
    _features("", before.features, after.features, found)
    return found


def paired(before: Sequence[Sheet], after: Sequence[Sheet]) -> list[tuple[Sheet, Sheet]]:
    """Sheets that are the same: by name, then by what is on them; in the order of the new version."""
    left = {sheet.name: sheet for sheet in before}
    found = {new.name: left.pop(new.name) for new in after if new.name in left}
    for new in after:
        if new.name in found or not left:
            continue
        best = max(left.values(), key=lambda old: (_likeness(old, new), before.index(old) == after.index(new)))
        if _likeness(best, new) >= ALIKE:
            found[new.name] = left.pop(best.name)
    return [(found[new.name], new) for new in after if new.name in found]


def _likeness(a: Sheet, b: Sheet) -> float:
    """Share of cells that show the same; two empty sheets are alike."""
    most = max(len(a.cells), len(b.cells))
    if not most:
        return 1.0
    same = sum(1 for place, cell in a.cells.items() if (now := b.cells.get(place)) and now.value == cell.value)
    return same / most


class _Moves:
    """Where everything went in all sheets, for the formulas that refer to it."""

    def __init__(self, maps: Mapping[str, tuple[str, Mapping2]]) -> None:
        self.maps = maps
        """Old name → new name, and where its cells went."""
        self._renamed = {old: new for old, (new, _) in maps.items() if old != new}
        self.still = not self._renamed and all(
            _is_still(axis) for _, each in maps.values() for axis in (each.rows, each.columns)
        )

    def now(self, formula: str, sheet: str) -> str:
        """An old formula as it would read in the new version had nobody touched it."""
        if self.still:
            return formula
        return moved(formula, sheet, self._place, self._renamed)

    def _place(self, sheet: str, place: Place) -> Place | None:
        known = self.maps.get(sheet)
        return known[1].reference(place) if known else place


def _is_still(axis: Axis) -> bool:
    return len(axis.runs) == 1 and axis.runs[0].start == axis.runs[0].to == 0


def _structure(old: Sheet, new: Sheet, where: Mapping2, found: Changes) -> None:
    directions: tuple[tuple[Direction, Axis], ...] = (("rows", where.rows), ("columns", where.columns))
    for direction, axis in directions:
        found.lines += [Lines(new.name, direction, first, count, inserted=False) for first, count in axis.deleted()]
        found.lines += [Lines(new.name, direction, first, count, inserted=True) for first, count in axis.inserted()]
    if where.order:
        sheets = (old.cells, new.cells)
        columns = sorted({place[1] for place in new.cells})
        by = sorted_by(where.order, lambda row, column, now: value_in(sheets[now], (row, column)), columns)
        found.sorted.append(Sorted(new.name, where.order, tuple(by)))


def _cells(old: Sheet, new: Sheet, moves: _Moves, found: Changes) -> None:
    where = moves.maps[old.name][1]
    still = _is_still(where.rows) and _is_still(where.columns) and not where.order
    was: dict[Place, tuple[Place, Cell]] = {}
    for place, cell in old.cells.items():
        now = place if still else where.place(place)
        if now is None:
            continue
        if now in new.cells:
            was[now] = (place, cell)
        else:
            found.cells.append(Changed(new.name, now, cell, NONE))
    for place, cell in new.cells.items():
        before_place, before = was.get(place, (place, NONE))
        if before == cell and before_place == place and moves.still:
            continue
        if not _same(before, cell, before_place, place, old.name, moves) or before.format != cell.format:
            found.cells.append(Changed(new.name, place, before, cell))
        elif before.formula and before.value != cell.value:
            found.recalculated += 1


def _same(before: Cell, after: Cell, was: Place, now: Place, sheet: str, moves: _Moves) -> bool:
    """Whether nobody touched the cell: the same value, or the same formula where it is now."""
    if not before.formula or not after.formula:
        return before.formula == after.formula and before.value == after.value
    if moves.now(before.formula, sheet) == after.formula:
        return True
    return was != now and relative(before.formula, *was) == relative(after.formula, *now)


def _features(sheet: str, before: Mapping[str, str], after: Mapping[str, str], found: Changes) -> None:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            found.features.append(Feature(sheet, name, old, new))
