"""LibreOffice Calc while it is worked in: what its helper says of it, as rows.

LibreOffice must take connections on a pipe of its own (`guildbook record libreoffice` sees to that). While it runs, a
helper under a Python that has `uno` listens; when it ends, so does the helper.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.plugins import Sink
from guildbook.record.importers._attributes import canonical
from guildbook.record.live.lock import FolderLock
from guildbook.record.sources._files_source import SAVED, VERSION, Live
from guildbook.record.sources._sheets_book import Cell, Sheet
from guildbook.record.sources._sheets_diff import Changed, Lines
from guildbook.record.sources._sheets_formulas import Place, from_libreoffice, moved, place_name, quoted
from guildbook.record.sources._sheets_rows import MOST, Names, Row, cell_rows, lines_row, sheet_row

Seen = dict[str, dict[Place, str]]
"""Sheet → place → the text that was told of it."""
APP: Final = "libreoffice"
PYTHON: Final = "/usr/bin/python3"
_LOOK: Final = 2.0
"""Seconds between looks whether LibreOffice runs."""
_TICK: Final = 0.3
_PIECE: Final = 1 << 16
_LEAVING: Final = 0.6
"""Seconds that the helper has to leave LibreOffice."""
_SELECTION: Final = 2.0
"""Seconds that a selection must rest to be told."""
_LONGEST_WAIT: Final = 60.0
_AGAIN: Final = 10.0
"""Seconds between looks whether somebody else still follows it."""


def pipe_name() -> str:
    """The pipe of this user's LibreOffice."""
    return f"guildbook-{os.getuid()}"


def pipe_path(name: str) -> Path | None:
    """Where LibreOffice listens on the pipe; None where it does not. In /tmp, else /var/tmp (sal/osl/unx/pipe.cxx)."""
    places = (Path(folder, f"OSL_PIPE_{os.getuid()}_{name}") for folder in ("/tmp", "/var/tmp"))  # noqa: S108 - its choice, not ours
    return next((place for place in places if place.is_socket()), None)


def lacking(python: str) -> str:
    """What the machine lacks for listening; empty where nothing."""
    if not Path(python).is_file():
        return f"{python} is not there: --set python=PATH of one that has uno."
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('uno') is None)"
    if subprocess.run([python, "-c", code], check=False, stdin=subprocess.DEVNULL).returncode:
        return f"{python} has no uno: apt install python3-uno, or --set python=PATH of LibreOffice's own."
    return ""


class FollowedError(InputError):
    """Somebody else follows the pipe; both would record the same work."""

    def __init__(self, pipe: str) -> None:
        super().__init__(
            f"Another recorder of yours follows LibreOffice on the pipe {pipe} already.",
            "Set libreoffice=off here, or in the other one; see what runs: ps -ef | grep guildbook.server.",
            "followed",
        )


def lock_of(pipe: str) -> FolderLock:
    """What only one of this user's recorders holds. Raises `InputError` where another user stands in its place."""
    folder = Path("/tmp", f"guildbook-{os.getuid()}-{pipe}")  # noqa: S108 - beside the pipe, for all sessions of a user
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise InputError(f"{folder} is not yours.", "Have it taken away.", "not-yours")
    return FolderLock(folder)


class LibreOffice:
    """Listens until it is to stop."""

    def __init__(
        self, live: Live, stop: threading.Event, *, pipe: str, python: str, values: bool, alone: bool = True
    ) -> None:
        """`alone`: there is nothing else to do where another recorder follows it already."""
        self._live, self._stop, self._pipe, self._python, self._alone = live, stop, pipe, python, alone
        self._telling = Telling(live, values=values)

    def run(self, sink: Sink) -> None:
        """Follow LibreOffice whenever it runs. Raises `InputError` where its helper cannot, `FollowedError` if alone.

        If not alone, that somebody else follows it is said once, and LibreOffice followed from when they no longer do.
        """
        lock = lock_of(self._pipe)
        if not lock.take():
            said = FollowedError(self._pipe)
            if self._alone:
                raise said
            attributes = canonical({"reason": said.what})
            sink.write([{"time": clock.now(), "app": APP, "action": "skip", "attributes": attributes}])
            while not self._stop.wait(_AGAIN) and not lock.take():
                continue
        try:
            self._follow(sink)
        finally:
            lock.release()

    def _follow(self, sink: Sink) -> None:
        wait = _LOOK
        while not self._stop.wait(wait):
            wait = _LOOK
            if pipe_path(self._pipe) is None:
                continue
            began = time.monotonic()
            if not self._followed(sink) and not self._stop.is_set():
                # LibreOffice may be starting, or ended badly and left its pipe behind.
                wait = min(_LONGEST_WAIT, 4 * _LOOK + time.monotonic() - began)

    def _followed(self, sink: Sink) -> bool:
        """Follow until LibreOffice ends; whether there was anything to follow."""
        spec = find_spec("guildbook.record.sources._libreoffice_helper")
        if spec is None or spec.origin is None:
            raise InputError("The helper for LibreOffice is not installed.", "Install Guildbook again.", "installation")
        command = [self._python, "-s", "-E", spec.origin, self._pipe]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as helper:
            try:
                ready = False
                for line in self._lines(helper):
                    said = json.loads(line) if line else None
                    ready = self._live.following = ready or said is not None
                    rows = self._telling.rows(said, time.monotonic())
                    if rows:
                        sink.write(rows)
                return ready
            finally:
                _end(helper)
                self._telling.forget()
                self._live.following = False

    def _lines(self, helper: subprocess.Popen[bytes]) -> Iterator[bytes]:
        """Lines of the helper, and an empty one every moment without."""
        out = helper.stdout
        if out is None:
            return
        rest = b""
        with selectors.DefaultSelector() as ready:
            ready.register(out, selectors.EVENT_READ)
            while not self._stop.is_set():
                if not ready.select(_TICK):
                    yield b""
                    continue
                piece = os.read(_number(out), _PIECE)
                if not piece:
                    return
                *lines, rest = (rest + piece).split(b"\n")
                yield from (line for line in lines if line)


def _end(helper: subprocess.Popen[bytes]) -> None:
    """Let it take its listeners out of LibreOffice, which it cannot where that is busy."""
    if helper.stdin is not None:
        helper.stdin.close()
    try:
        helper.wait(_LEAVING)
    except subprocess.TimeoutExpired:
        helper.kill()


def _number(file: IO[bytes]) -> int:
    return file.fileno()


class Telling:
    """What the helper says, as rows; and for the watch on folders, what needs not be told again."""

    def __init__(self, live: Live, *, values: bool) -> None:
        self._live, self._values = live, values
        self._seen: dict[str, tuple[Seen, set[tuple[str, str]]]] = {}
        """Document → cells and acts that were told of it, since it may get its path only with its first save."""
        self._sheet: dict[str, str] = {}
        self._selected: tuple[float, Row] | None = None

    def forget(self) -> None:
        """LibreOffice is gone."""
        self._seen.clear()
        self._sheet.clear()
        self._selected = None

    def rows(self, said: Mapping[str, Any] | None, now: float) -> list[Row]:
        """The rows of one line; of None, what was waiting."""
        event = said["event"] if said else ""
        if said is None or event == "ready":
            return self._rested(now)
        if event == "select":
            return self._select(said, now)
        if event == "done":
            return self._done(said)
        row = self._row(said, action=event)
        path = str(said.get("path") or "")
        if event == "save" and path:
            cells, acts = self._seen.get(str(said["doc"]), ({}, set()))
            flat = {f"{quoted(s)}!{place_name(p)}": text for s, texts in cells.items() for p, text in texts.items()}
            self._live.tell(path, flat, {*acts, SAVED})
            acts.clear()
        elif event == "close":
            self._seen.pop(str(said["doc"]), None)
            self._live.close(path)
        return [row]

    def _row(self, said: Mapping[str, Any], **more: Any) -> Row:
        path, title = str(said.get("path") or ""), str(said.get("title") or "")
        row: Row = {
            "time": clock.now(), "app": APP, "window": title or None, "document": path or title, "session": said["doc"],
            "source_version": VERSION, **more,
        }  # fmt: skip
        if path:
            row["objects"] = [{"id": f"file:{path}", "type": "document", "qualifier": ""}]
        return row

    def _select(self, said: Mapping[str, Any], now: float) -> list[Row]:
        """Another sheet at once; within a sheet, where the selection rests."""
        out: list[Row] = []
        sheet, (row, column, last_row, last_column) = str(said["sheet"]), said["range"]
        first, last = place_name((row, column)), place_name((last_row, last_column))
        cells = f"{quoted(sheet)}!{first if first == last else f'{first}:{last}'}"
        if self._sheet.get(said["doc"], sheet) != sheet:
            out.append(self._row(said, action="focus", element_role="sheet", element_id=quoted(sheet)))
        self._sheet[said["doc"]] = sheet
        role = "cell" if first == last else "range"
        self._selected = now, self._row(said, action="select", element_role=role, element_id=cells)
        return out

    def _rested(self, now: float) -> list[Row]:
        if self._selected is None or now - self._selected[0] < _SELECTION:
            return []
        (_, row), self._selected = self._selected, None
        return [row]

    def _done(self, said: Mapping[str, Any]) -> list[Row]:
        """Everything that one act, or a few in a moment, did."""
        self._selected = None
        cells, acts = self._seen.setdefault(str(said["doc"]), ({}, set()))
        found: list[Row] = []
        for before, after in said["sheets"]:
            found.append(sheet_row(before, after))
            acts.add(("sheet", after or before))
            if before in cells:
                cells[after] = cells.pop(before)
        for sheet, direction, first, size, inserted in said["lines"]:
            found.append(lines_row(Lines(sheet, direction, first, size, inserted=inserted)))
            acts.add(("insert" if inserted else "delete", sheet))
            _shift(cells, Lines(sheet, direction, first, size, inserted=inserted))
        ordered = {sheet for sheet, _, _ in said["sorted"]}
        for sheet, where, by in said["sorted"]:
            found.append(self._sorted(sheet, where, by))
            acts.add(("sort", sheet))
        for sheet, each in said["cells"].items():
            changed = [_changed(sheet, cell) for cell in each["cells"]]
            cells.setdefault(sheet, {}).update({c.place: c.after.text for c in changed})
            if sheet not in ordered:
                found += cell_rows(changed, _names(sheet, each, labels=self._values), values=self._values)
        for sheet, (row, column, last_row, last_column) in said["formats"]:
            first, last = place_name((row, column)), place_name((last_row, last_column))
            span = first if first == last else f"{first}:{last}"
            role = "cell" if first == last else "range"
            found.append({"action": "format", "element_role": role, "element_id": f"{quoted(sheet)}!{span}"})
        return [self._row(said, **row) for row in _commanded(said, found)]

    def _sorted(self, sheet: str, where: list[int], by: list[str] | None) -> Row:
        first, last = place_name((where[0], where[1])), place_name((where[2], where[3]))
        named = [name for name in by or () if name] or None
        return {
            "action": "sort", "element_role": "range", "element_id": f"{quoted(sheet)}!{first}:{last}",
            "attributes": canonical({"by": named}),
        }  # fmt: skip


def _shift(cells: Seen, lines: Lines) -> None:
    """What was told of cells, where they are and as they read after rows or columns were put in or taken out."""
    axis = 0 if lines.direction == "rows" else 1

    def now(sheet: str, place: Place) -> Place | None:
        line = place[axis]
        if sheet != lines.sheet or line < lines.first:
            return place
        if not lines.inserted and line < lines.first + lines.size:
            return None
        line += lines.size if lines.inserted else -lines.size
        return (line, place[1]) if axis == 0 else (place[0], line)

    for sheet, texts in cells.items():
        moves = [(now(sheet, place), moved(text, sheet, now) if text.startswith("=") else text)
                 for place, text in texts.items()]  # fmt: skip
        texts.clear()
        texts.update({place: text for place, text in moves if place is not None})


def _commanded(said: Mapping[str, Any], found: list[Row]) -> list[Row]:
    """The rows with what LibreOffice calls the act; rows of their own for acts that show in no cell, and undoing."""
    undone = [{"action": "undo", "element_role": "command", "element_name": name} for name in said["undone"]]
    undone += [{"action": "redo", "element_role": "command", "element_name": name} for name in said["redone"]]
    commands = sorted(set(said["commands"]))
    if not found:
        return [*undone, *({"action": "run", "element_role": "command", "element_name": name} for name in commands)]
    for row in found[:MOST]:
        attributes = json.loads(row.get("attributes") or "{}")
        row["attributes"] = canonical({**attributes, "command": ", ".join(commands) or None})
    more = [{"action": "edit", "element_role": "sheet", "attributes": canonical({"more": len(found) - MOST})}]
    return [*undone, *found[:MOST], *(more if len(found) > MOST else [])]


def _changed(sheet: str, told: list[Any]) -> Changed:
    row, column, before, after, result = told
    return Changed(sheet, (row, column), _cell(before, ""), _cell(after, result))


def _cell(text: str, result: str) -> Cell:
    if text.startswith(("=", "{=")):
        braced = text.startswith("{")
        formula = from_libreoffice(text[1:-1] if braced else text)
        return Cell(f"{{{formula}}}" if braced else formula, result, "")
    return Cell("", text, "")


def _names(sheet: str, said: Mapping[str, Any], *, labels: bool) -> Names:
    """What the cells are called, of what the helper sends: headings, and labels of rows."""
    header = int(said["header"])
    cells = {(header, int(column)): Cell("", text, "") for column, text in said["heads"].items() if text}
    cells |= {(int(row), 0): Cell("", text, "") for row, text in said["labels"].items() if text}
    return Names(Sheet(sheet, cells), labels=labels, header=header)
