"""Changes of a workbook as rows for the recorder: one a cell, or one a range that was filled, cleared or typed over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from guildbook.record.importers._attributes import canonical
from guildbook.record.sources._sheets_book import Book, Sheet
from guildbook.record.sources._sheets_diff import Changed, Changes, Lines, Sorted
from guildbook.record.sources._sheets_formulas import Place, column_name, functions, place_name, quoted, relative

MOST: Final = 200
"""Rows of one save; what is beyond is counted in the row of the save."""
_BLOCK: Final = 60
"""So many cells typed over side by side are one row: nobody did them one by one."""
_DENSE: Final = 0.5
_RUN: Final = 2
_CONSTANTS: Final = 3
_SHOWN: Final = 4_000
"""Characters of a block that are shown."""
_HEADS: Final = 50
"""Rows in which the headings are looked for."""

Row = dict[str, Any]
Key = Callable[[Changed], tuple[str, str]]


class Group(NamedTuple):
    """Cells that make one row."""

    action: str
    cells: list[Changed]


def rows_of(found: Changes, book: Book, *, values: bool = True) -> list[Row]:
    """Rows without time and document, in the order in which they may have been done. `values`: tell contents, too."""
    names = {sheet.name: Names(sheet, labels=values) for sheet in book.sheets}
    rows = [sheet_row(before, after) for before, after in found.sheets]
    rows += [lines_row(each) for each in found.lines]
    rows += [_sorted_row(each, names[each.sheet]) for each in found.sorted]
    by_sheet: dict[str, list[Changed]] = defaultdict(list)
    for cell in found.cells:
        by_sheet[cell.sheet].append(cell)
    for sheet, cells in by_sheet.items():
        rows += cell_rows(cells, names[sheet], values=values)
    for feature in found.features:
        attributes = canonical({"before": feature.before or None, "after": feature.after or None})
        action = "change" if feature.before and feature.after else "add" if feature.after else "remove"
        rows.append(_row(action, feature.name, quoted(feature.sheet) if feature.sheet else "", attributes=attributes))
    return rows


def cell_rows(cells: Iterable[Changed], names: Names, *, values: bool) -> list[Row]:
    """Rows of the changed cells of one sheet."""
    return [_group_row(group, names, values=values) for group in grouped(cells)]


def _row(action: str, role: str, identity: str, **more: Any) -> Row:
    return {"action": action, "element_role": role, "element_id": identity or None, **more}


def sheet_row(before: str, after: str) -> Row:
    """A sheet that came, went or got another name."""
    if before and after:
        return _row("rename", "sheet", quoted(after), value_before=before, value_after=after)
    return _row("add" if after else "remove", "sheet", quoted(after or before))


def lines_row(each: Lines) -> Row:
    """Rows or columns that were put in or taken out."""
    last = each.first + each.size - 1
    if each.direction == "rows":
        span = f"{each.first + 1}:{last + 1}"
    else:
        span = f"{column_name(each.first)}:{column_name(last)}"
    action = "insert" if each.inserted else "delete"
    return _row(action, each.direction, f"{quoted(each.sheet)}!{span}", attributes=canonical({"count": each.size}))


def _sorted_row(each: Sorted, names: Names) -> Row:
    first, last = min(each.order), max(each.order)
    by = [names.heading(last, column) or column_name(column) for column in each.by]
    attributes = canonical({"rows": len(each.order), "by": by[:3] or None})
    action = "sort" if each.by else "move"
    return _row(action, "rows", f"{quoted(each.sheet)}!{first + 1}:{last + 1}", attributes=attributes)


def grouped(cells: Iterable[Changed]) -> list[Group]:
    """The cells of one sheet, put together where one act did them."""
    content: dict[Place, Changed] = {}
    formats: dict[Place, Changed] = {}
    for cell in cells:
        if cell.before.text != cell.after.text:
            content[cell.place] = cell
        elif cell.before.format != cell.after.format:
            formats[cell.place] = cell
    groups = [Group("format", run) for run in _rectangles(formats, _format_key, 1)]
    filled = [*_rectangles(content, _key, _RUN), *_series(content)]
    groups += [Group("fill" if run[0].after.text else "clear", run) for run in filled]
    for block in _blocks(content):
        groups.append(Group("edit", block))
    groups += [Group("edit" if cell.after.text else "clear", [cell]) for cell in content.values()]
    return sorted(groups, key=lambda group: group.cells[0].place)


def _key(cell: Changed) -> tuple[str, str]:
    """Equal for cells that hold the same, or a copy of the same formula."""
    if cell.after.formula:
        return "formula", relative(cell.after.formula, *cell.place)
    return ("constant", cell.after.value) if cell.after.value else ("clear", "")


def _format_key(cell: Changed) -> tuple[str, str]:
    return "format", cell.after.format


def _rectangles(cells: dict[Place, Changed], key: Key, least: int) -> Iterator[list[Changed]]:
    """Rectangles of like cells of at least so many, taken out of `cells`: down the columns, then side by side."""
    runs: dict[tuple[int, int, tuple[str, str]], list[list[Changed]]] = defaultdict(list)
    for axis in (1, 0):
        for run in list(_like(cells, key, axis)):
            needed = _CONSTANTS if key(run[0])[0] == "constant" else least
            if len(run) < needed:
                continue
            for cell in run:
                del cells[cell.place]
            if axis == 1:
                runs[run[0].place[0], len(run), key(run[0])].append(run)
            else:
                yield run
    for side_by_side in runs.values():
        together: list[list[Changed]] = []
        for run in side_by_side:
            if together and together[-1][-1].place[1] + 1 == run[0].place[1]:
                together[-1] += run
            else:
                together.append(list(run))
        yield from together


def _like(cells: Mapping[Place, Changed], key: Callable[[Changed], object], axis: int) -> Iterator[list[Changed]]:
    """Runs of like neighbours down the columns (1) or along the rows (0)."""
    run: list[Changed] = []
    last: Any = None
    for place in sorted(cells, key=lambda place: (place[axis], place[1 - axis])):
        now = key(cells[place])
        before = run[-1].place if run else None
        follows = before is not None and before[axis] == place[axis] and before[1 - axis] + 1 == place[1 - axis]
        if follows and now == last:
            run.append(cells[place])
        else:
            if run:
                yield run
            run, last = [cells[place]], now
    if run:
        yield run


def _series(cells: dict[Place, Changed]) -> Iterator[list[Changed]]:
    """Numbers that go on by one step, put where nothing was: taken out of `cells`, with at least four."""
    for column in _like(cells, _is_new_number, 1):
        run: list[Changed] = []
        for cell in column if _is_new_number(column[0]) else []:
            if len(run) >= _RUN and _step(run[-2], run[-1]) != _step(run[-1], cell):
                if len(run) > _CONSTANTS:
                    yield _taken(cells, run)
                run = []
            run.append(cell)
        if len(run) > _CONSTANTS:
            yield _taken(cells, run)


def _is_new_number(cell: Changed) -> bool:
    return _number(cell) is not None and not cell.before.text


def _taken(cells: dict[Place, Changed], run: list[Changed]) -> list[Changed]:
    for cell in run:
        del cells[cell.place]
    return run


def _number(cell: Changed) -> float | None:
    if cell.after.formula:
        return None
    try:
        return float(cell.after.value)
    except ValueError:
        return None


def _step(a: Changed, b: Changed) -> float | None:
    before, after = _number(a), _number(b)
    return None if before is None or after is None else round(after - before, 9)


def _blocks(cells: dict[Place, Changed]) -> Iterator[list[Changed]]:
    """Many cells side by side in rows one below the other, taken out of `cells`."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row, column in cells:
        rows[row].append(column)
    block: list[int] = []
    for row in [*sorted(rows), -1]:
        if block and row != block[-1] + 1:
            yield from _block(cells, block, rows)
            block = []
        block.append(row)


def _block(cells: dict[Place, Changed], block: list[int], rows: Mapping[int, list[int]]) -> Iterator[list[Changed]]:
    places = [(row, column) for row in block for column in sorted(rows[row])]
    width = max(p[1] for p in places) - min(p[1] for p in places) + 1
    if len(places) >= _BLOCK and len(places) >= _DENSE * width * len(block):
        yield [cells.pop(place) for place in places]


def _group_row(group: Group, names: Names, *, values: bool) -> Row:
    first = group.cells[0]
    row = _row(group.action, "cell", f"{quoted(first.sheet)}!{span(group.cells)}")
    row["element_name"] = names.of(first.place, one=len(group.cells) == 1)
    formula = first.after.formula
    attributes: dict[str, Any] = {"functions": functions(formula) or None}
    if group.action == "format":
        attributes["format"] = first.after.format or "General"
    if len(group.cells) > 1:
        row["element_role"] = "range"
        attributes["cells"] = len(group.cells)
    if values and group.action != "format":
        row["value_before"], row["value_after"] = _values(group)
        if formula and len(group.cells) == 1:
            attributes["result"] = first.after.value or None
        if formula and len(group.cells) > 1 and group.action == "fill":
            attributes["formula_r1c1"] = relative(formula, *first.place)
    row["attributes"] = canonical(attributes)
    return row


def _values(group: Group) -> tuple[str | None, str | None]:
    first, last = group.cells[0], group.cells[-1]
    if len(group.cells) == 1:
        return first.before.text or None, first.after.text or None
    if group.action == "fill":
        series = "" if _key(first) == _key(last) else f" … {last.after.text}"
        return _table(group.cells, new=False), f"{first.after.text}{series}"
    return _table(group.cells, new=False), _table(group.cells, new=True)


def _table(cells: list[Changed], *, new: bool) -> str | None:
    """The texts of a block, tabs between columns, as a copy of it would read; cut where it is long."""
    rows: dict[int, list[str]] = defaultdict(list)
    size = 0
    for cell in cells:
        text = (cell.after if new else cell.before).text
        size += len(text) + 1
        if size > _SHOWN:
            break
        rows[cell.place[0]].append(text)
    lines = ["\t".join(texts) for _, texts in sorted(rows.items())]
    return "\n".join(lines) if any(any(texts) for texts in rows.values()) else None


def span(cells: Iterable[Changed]) -> str:
    """B3, or B2:D40."""
    places = [cell.place for cell in cells]
    low = min(p[0] for p in places), min(p[1] for p in places)
    high = max(p[0] for p in places), max(p[1] for p in places)
    return place_name(low) if low == high else f"{place_name(low)}:{place_name(high)}"


class Names:
    """What the cells of a sheet are called by its headings and the first text of their row."""

    def __init__(self, sheet: Sheet, *, labels: bool, header: int | None = None) -> None:
        self.cells, self.labels = sheet.cells, labels
        if header is not None:
            self.header = header
            return
        texts: dict[int, int] = defaultdict(int)
        for (row, _), cell in sheet.cells.items():
            if row < _HEADS and not cell.formula and _is_text(cell.value):
                texts[row] += 1
        self.header = next((row for row in sorted(texts) if texts[row] >= _RUN), -1)

    def heading(self, row: int, column: int) -> str:
        """What stands above; empty for the headings themselves."""
        cell = self.cells.get((self.header, column)) if 0 <= self.header < row else None
        return cell.value if cell is not None and not cell.formula else ""

    def of(self, place: Place, *, one: bool) -> str | None:
        """`Amount / Müller GmbH`; None where nothing names it."""
        row, column = place
        heading, label = self.heading(row, column), ""
        if one and self.labels and row > self.header:
            before = (self.cells.get((row, left)) for left in range(min(column, _HEADS)))
            label = next((c.value for c in before if c is not None and not c.formula and _is_text(c.value)), "")
        return " / ".join(part for part in (heading, label) if part) or None


def _is_text(value: str) -> bool:
    return bool(value) and not value[0].isdigit() and value[0] not in "-+.#"
