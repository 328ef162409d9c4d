"""Which row or column of a sheet's new version is which of the old one.

A line is told by its constants and the form of its formulas (references left out: they change where lines are put in).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from guildbook.record.sources._files_aligning import Piece, aligned
from guildbook.record.sources._sheets_book import Cell, Sheet
from guildbook.record.sources._sheets_formulas import Place

ALIKE: Final = 0.5
"""Share of lines that must be found again for the others to be told by them."""
_PAIRED: Final = 60
"""Lines of a replaced block up to which it is looked for which became which."""
_RESEMBLES: Final = 0.3
_MOVED: Final = 0.7
"""Share of the lines that went missing which must be found elsewhere for it to be another order."""
_HEADERS: Final = 2
_END: Final = 1 << 30
_REFERENCE: Final = re.compile(r"\"(?:[^\"]|\"\")*\"|\$?[A-Za-z]{1,3}\$?\d+|(?:'(?:[^']|'')*'|[^\W\d]\w*)!")


class Run(NamedTuple):
    """Old lines `start` to `end` (not included) are new lines from `to` on."""

    start: int
    end: int
    to: int


class Axis:
    """Where the lines of one direction went."""

    def __init__(self, runs: Sequence[Run] = ()) -> None:
        self.runs = list(runs) or [Run(0, _END, 0)]
        self._starts = [run.start for run in self.runs]

    def new(self, line: int) -> int | None:
        """Where an old line is now; None where it was taken out."""
        at = bisect_right(self._starts, line) - 1
        if at < 0 or line >= self.runs[at].end:
            return None
        run = self.runs[at]
        return line - run.start + run.to

    def inserted(self) -> list[tuple[int, int]]:
        """(first, count) of new lines that were put in."""
        ends = [0, *(run.to + run.end - run.start for run in self.runs)]
        return [(end, run.to - end) for end, run in zip(ends, self.runs, strict=False) if run.to > end]

    def deleted(self) -> list[tuple[int, int]]:
        """(first, count) of old lines that were taken out."""
        ends = [0, *(run.end for run in self.runs)]
        return [(end, run.start - end) for end, run in zip(ends, self.runs, strict=False) if run.start > end]


@dataclass(frozen=True, slots=True)
class Mapping2:
    """Where the cells of a sheet went."""

    rows: Axis
    columns: Axis
    order: Mapping[int, int]
    """Old row → new row, of rows that changed places; empty for nearly all sheets."""

    def place(self, place: Place) -> Place | None:
        """Where a cell is now."""
        row, column = self.rows.new(place[0]), self.columns.new(place[1])
        return None if row is None or column is None else (self.order.get(row, row), column)

    def reference(self, place: Place) -> Place | None:
        """Where a reference to the cell points now: it does not follow a row that was sorted elsewhere."""
        row, column = self.rows.new(place[0]), self.columns.new(place[1])
        return None if row is None or column is None else (row, column)


def mapped(old: Sheet, new: Sheet) -> Mapping2:
    """Which of the new sheet's cells are which of the old one's."""
    if old.cells == new.cells or not old.cells or not new.cells:
        return Mapping2(Axis(), Axis(), {})
    both = _Both(_texts(old), _texts(new))
    rows = both.pieces(0)
    if _share(rows) >= ALIKE:
        return _by_rows(both, rows)
    order = _order(both, rows, None)
    if order:
        return Mapping2(Axis(), Axis(), order)
    columns = both.pieces(1)
    if _share(columns) < ALIKE:
        columns = _header_pieces(both)
    if _share(columns) < ALIKE:
        return _by_rows(both, rows)
    kept = _kept(columns)
    rows = both.pieces(0, kept)
    if _share(rows) < ALIKE and (order := _order(both, rows, kept)):
        return Mapping2(Axis(), both.axis(1, columns), order)
    return Mapping2(both.axis(0, rows), both.axis(1, columns), {})


def _by_rows(both: _Both, rows: list[Piece]) -> Mapping2:
    order = _order(both, rows, None)
    if order:
        return Mapping2(Axis(), Axis(), order)
    columns = both.pieces(1, _kept(rows))
    return Mapping2(both.axis(0, rows), both.axis(1, columns), {})


_Texts = dict[Place, str]


def _texts(sheet: Sheet) -> _Texts:
    return {place: _form(cell.formula) if cell.formula else cell.value for place, cell in sheet.cells.items()}


@lru_cache(1 << 16)
def _form(formula: str) -> str:
    return _REFERENCE.sub(lambda found: found[0] if found[0].startswith('"') else "#", formula)


class _Both:
    """Both versions of a sheet, by line."""

    def __init__(self, old: _Texts, new: _Texts) -> None:
        self.old, self.new = old, new
        self._lines: dict[tuple[bool, int], list[dict[int, str]]] = {}

    def lines(self, *, new: bool, axis: int) -> list[dict[int, str]]:
        """Of each row (axis 0) or column (1), its texts by the other number."""
        found = self._lines.get((new, axis))
        if found is None:
            texts = self.new if new else self.old
            found = [dict[int, str]() for _ in range(max(place[axis] for place in texts) + 1)]
            for place, text in texts.items():
                found[place[axis]][place[1 - axis]] = text
            self._lines[new, axis] = found
        return found

    def signs(self, *, new: bool, axis: int, kept: Mapping[int, int] | None) -> list[Hashable]:
        """Of each line, what it is told by: all of it, or what stands in crossing lines that are in both versions."""
        lines = self.lines(new=new, axis=axis)
        if kept is None:
            return [hash(frozenset(line.items())) if line else 0 for line in lines]
        if new:
            wanted = set(kept.values())
            return [hash(frozenset((n, t) for n, t in line.items() if n in wanted)) for line in lines]
        return [hash(frozenset((kept[n], t) for n, t in line.items() if n in kept)) for line in lines]

    def pieces(self, axis: int, kept: Mapping[int, int] | None = None) -> list[Piece]:
        """How the lines of one direction became the new ones."""
        return aligned(self.signs(new=False, axis=axis, kept=kept), self.signs(new=True, axis=axis, kept=kept))

    def axis(self, axis: int, pieces: list[Piece]) -> Axis:
        """Where each line went: replaced blocks of one length line by line, others by what resembles."""
        old, new = self.lines(new=False, axis=axis), self.lines(new=True, axis=axis)
        pairs: list[tuple[int, int, int]] = []
        for piece in pieces:
            if piece.same or piece.a1 - piece.a0 == piece.b1 - piece.b0:
                pairs.append((piece.a0, piece.b0, piece.a1 - piece.a0))
            else:
                pairs += [(i, j, 1) for i, j in _resembling(old, new, piece)]
        return Axis(_runs(pairs))


def _resembling(old: list[dict[int, str]], new: list[dict[int, str]], piece: Piece) -> list[tuple[int, int]]:
    """Lines of a replaced block that became one another, in order."""
    if piece.a0 == piece.a1 or piece.b0 == piece.b1:
        return []
    found: list[tuple[int, int]] = []
    if max(piece.a1 - piece.a0, piece.b1 - piece.b0) <= _PAIRED:
        at = piece.b0
        for i in range(piece.a0, piece.a1):
            best = max(range(at, piece.b1), key=lambda j: _resemblance(old[i], new[j]), default=-1)
            if best >= 0 and _resemblance(old[i], new[best]) >= _RESEMBLES:
                found.append((i, best))
                at = best + 1
    out: list[tuple[int, int]] = []
    i0, j0 = piece.a0, piece.b0
    for i, j in [*found, (piece.a1, piece.b1)]:
        out += zip(range(i0, i), range(j0, j), strict=False)
        i0, j0 = i + 1, j + 1
        if i < piece.a1:
            out.append((i, j))
    return out


def _resemblance(a: dict[int, str], b: dict[int, str]) -> float:
    most = max(len(a), len(b))
    return sum(1 for n, text in a.items() if b.get(n) == text) / most if most else 1.0


def _runs(pairs: Iterable[tuple[int, int, int]]) -> list[Run]:
    """Runs of neighbours; the last goes on for ever: what was typed below it, or cleared, moved nothing."""
    runs: list[Run] = []
    for i, j, size in pairs:
        if runs and runs[-1].end == i and runs[-1].to + runs[-1].end - runs[-1].start == j:
            runs[-1] = runs[-1]._replace(end=i + size)
        elif size:
            runs.append(Run(i, i + size, j))
    if runs:
        runs[-1] = runs[-1]._replace(end=_END)
    return runs


def _share(pieces: list[Piece]) -> float:
    """Share of lines that were found again."""
    if not pieces:
        return 1.0
    same = sum(piece.a1 - piece.a0 for piece in pieces if piece.same)
    return same / max(pieces[-1].a1, pieces[-1].b1, 1)


def _kept(pieces: list[Piece]) -> dict[int, int]:
    return {i: i - piece.a0 + piece.b0 for piece in pieces if piece.same for i in range(piece.a0, piece.a1)}


def _header_pieces(both: _Both) -> list[Piece]:
    """Columns tied by their headings: the first row with a few texts."""

    def headings(*, new: bool) -> list[Hashable]:
        width = len(both.lines(new=new, axis=1))
        first = next((line for line in both.lines(new=new, axis=0) if len(line) >= _HEADERS), {})
        return [first.get(column, "") for column in range(width)]

    old, new = headings(new=False), headings(new=True)
    return aligned(old, new) if any(old) and any(new) else [Piece(0, len(old), 0, len(new), same=False)]


def _order(both: _Both, pieces: list[Piece], kept: Mapping[int, int] | None) -> dict[int, int]:
    """Old row → new row where the rows that went missing are found elsewhere; empty where they are not."""
    gone = [i for piece in pieces if not piece.same for i in range(piece.a0, piece.a1)]
    come = [j for piece in pieces if not piece.same for j in range(piece.b0, piece.b1)]
    if not gone or len(gone) != len(come):
        return {}
    old, new = both.signs(new=False, axis=0, kept=kept), both.signs(new=True, axis=0, kept=kept)
    found_again = Counter(old[i] for i in gone) & Counter(new[j] for j in come)
    if len(old) != len(new) or found_again.total() < max(1, _MOVED * len(gone)):
        return {}
    return _permutation(old, new)


def _permutation(old: Sequence[Hashable], new: Sequence[Hashable]) -> dict[int, int]:
    """Equal rows are the same, where they stand if they can be, else in order; whatever is left too, in order."""
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for j, sign in enumerate(new):
        if old[j] != sign:
            waiting[sign].append(j)
    order: dict[int, int] = {}
    left: list[int] = []
    for i, sign in enumerate(old):
        if new[i] == sign:
            continue
        if waiting[sign]:
            order[i] = waiting[sign].popleft()
        else:
            left.append(i)
    rest = sorted(j for places in waiting.values() for j in places)
    return order | dict(zip(left, rest, strict=True))


def sorted_by(order: Mapping[int, int], value: Callable[[int, int, int], str], columns: Iterable[int]) -> list[int]:
    """Columns whose values are in order now, and were not. `value(row, column, version)`, of versions 0 and 1."""
    if not order:
        return []
    span = range(min(order), max(order) + 1)
    return [
        column for column in columns
        if not _in_order([value(row, column, 0) for row in span])
        and _in_order([value(row, column, 1) for row in span])
    ]  # fmt: skip


def _in_order(texts: list[str]) -> bool:
    keys = [_key(text) for text in texts if text]
    if len(set(keys)) < _HEADERS:
        return False
    pairs = list(pairwise(keys))
    return all(a <= b for a, b in pairs) or all(a >= b for a, b in pairs)


def _key(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text.casefold())


def value_in(cells: Mapping[Place, Cell], place: Place) -> str:
    """What a cell shows; empty where there is none."""
    cell = cells.get(place)
    return cell.value if cell else ""
