"""What runs beside LibreOffice under a Python that has `uno`: listens, and prints a line of JSON for what was done.

Nothing here reaches into LibreOffice while it is at work: listeners only note that something happened (an interceptor
of commands, the other way, takes part in each of them, and was seen to bring version 7.4 down). What happened is read a
moment later, when it is quiet: from the list of things to undo, which says what each was called, from the changed
ranges, and by comparing the cells with a copy in memory. Needs the standard library and `uno`; is a script of its own.

Whoever started this may be killed, and so may this. LibreOffice calls listeners that are then gone, and each call fails
with `DisposedException`. It expects that of changes (`ScModelObj::NotifyChanges`), of undoing and of documents' events
(`OInterfaceContainerHelper::notifyEach`) and of its own end (`Desktop::terminate`), but not of selections
(`ScTabViewObj::SelectionChanged` catches nothing, and all of LibreOffice aborts). So no other kind of listener may be
added here than those tried in `test_sheets_kills.py`; what is selected is asked for, once a second at most.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING or __package__:
    from guildbook.record.sources._libreoffice_cells import (
        STRUCTURE,
        Place,
        Range,
        dated,
        headings,
        label,
        lines,
        number,
        plain,
        sorted_rows,
    )
else:  # run as a script, where guildbook is not installed: what lies beside it is found
    from _libreoffice_cells import STRUCTURE, Place, Range, dated, headings, label, lines, number, plain, sorted_rows

MOST_CELLS: Final = 300_000
"""Cells of a sheet of which a copy is kept; of larger ones only what changed is told, not what was there before."""
MOST_SCANNED: Final = 60_000
"""Cells up to which a whole sheet is compared when LibreOffice does not say where something changed."""
MOST_TOLD: Final = 5_000
"""Changed cells told of one act."""
_EXACT: Final = 400
"""Changed cells up to which each is asked for its kind, so that dates are dates."""
_QUIET: Final = 0.25
_LONGEST: Final = 1.5
_DATE, _TIME, _LOGICAL = 2, 4, 1024  # com.sun.star.util.NumberFormat
_REST, _SELDOM, _STILL = 1.0, 4.0, 20.0
"""Seconds between looks at what is selected, and between them once nothing has happened for so long."""


def told(**what: Any) -> None:
    """One line to whoever started this."""
    sys.stdout.write(json.dumps(what, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def path_of(url: str) -> str:
    """The path of a `file:` URL; empty for others."""
    return unquote(urlsplit(url).path) if url.startswith("file:") else ""


@dataclass
class Noted:
    """What listeners said of one document since it was read last."""

    since: float = field(default_factory=time.monotonic)
    commands: list[str] = field(default_factory=list[str])
    undone: list[str] = field(default_factory=list[str])
    redone: list[str] = field(default_factory=list[str])
    changes: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])


class Document:
    """An open spreadsheet."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.uid = str(model.RuntimeUID)
        self.names: list[str] = list(model.Sheets.ElementNames)
        self.shadows: dict[str, dict[Place, str] | None] = {name: self.read(name) for name in self.names}
        self._shown_as: dict[str, dict[Place, tuple[str, str]]] = {}
        """How a told cell's text was shown (a date): its format may be gone when it is told as what was before."""
        self.selection = ""
        self.about = self.called()

    def called(self) -> dict[str, str]:
        """How the document is called now; kept, since one that was closed cannot be asked."""
        self.about = {"doc": self.uid, "path": path_of(self.model.URL), "title": str(self.model.Title)}
        return self.about

    def sheet(self, name: str) -> Any:
        """A sheet by name."""
        return self.model.Sheets.getByName(name)

    def used(self, name: str) -> Place:
        """Last row and column in use."""
        cursor = self.sheet(name).createCursor()
        cursor.gotoEndOfUsedArea(False)  # noqa: FBT003 - UNO knows no names
        end = cursor.RangeAddress
        return int(end.EndRow), int(end.EndColumn)

    def read(self, name: str) -> dict[Place, str] | None:
        """The texts of a sheet's cells; None where there are too many."""
        rows, columns = self.used(name)
        if (rows + 1) * (columns + 1) > MOST_CELLS:
            return None
        return self.texts(name, (0, 0, rows, columns))

    def texts(self, name: str, where: Range) -> dict[Place, str]:
        """The texts of a range, as far as it is in use."""
        row, column, last_row, last_column = where
        used_row, used_column = self.used(name)
        last_row, last_column = min(last_row, used_row), min(last_column, used_column)
        if last_row < row or last_column < column:
            return {}
        cells = self.sheet(name).getCellRangeByPosition(column, row, last_column, last_row).getFormulaArray()
        return {
            (row + r, column + c): plain(text) for r, line in enumerate(cells) for c, text in enumerate(line) if text
        }

    def differences(self, name: str, where: Range | None) -> list[tuple[Place, str, str]]:
        """Cells of a range, or of the whole sheet, that are not as in the copy, which then is as they are."""
        shadow = self.shadows.get(name)
        if where is None:
            rows, columns = self.used(name)
            if shadow is None or (rows + 1) * (columns + 1) > MOST_SCANNED:
                return []
            where = (0, 0, max(rows, *(p[0] for p in shadow), 0), max(columns, *(p[1] for p in shadow), 0))
        now = self.texts(name, where)
        if shadow is None:
            return [(place, "", text) for place, text in now.items()]
        row, column, last_row, last_column = where
        before = {p: t for p, t in shadow.items() if row <= p[0] <= last_row and column <= p[1] <= last_column}
        places = sorted(p for p in before.keys() | now.keys() if before.get(p, "") != now.get(p, ""))
        for place in before.keys() - now.keys():
            del shadow[place]
        shadow.update(now)
        return [(place, before.get(place, ""), now.get(place, "")) for place in places]

    def cell(self, name: str, found: tuple[Place, str, str]) -> list[Any]:
        """A changed cell as it is told: row, column, before, after, result."""
        (row, column), before, after = found
        there = self.sheet(name).getCellByPosition(column, row)
        known = self._shown_as.setdefault(name, {})
        raw, shown = known.pop((row, column), ("", ""))
        was = shown if raw == before else self._dated(there, before)
        if after.startswith("="):
            return [row, column, was, after, self._shown(there)(float(there.Value)) or str(there.String)]
        now = self._dated(there, after)
        if now != after:
            known[row, column] = after, now
        return [row, column, was, now, ""]

    def restructured(self, name: str) -> None:
        """Rows or columns came or went: the copy is taken anew."""
        self.shadows[name] = self.read(name)
        self._shown_as.pop(name, None)

    def _shown(self, cell: Any) -> Callable[[float], str]:
        kind = int(self.model.NumberFormats.getByKey(cell.NumberFormat).Type)
        null = self.model.NullDate
        is_number = cell.FormulaResultType2 == 1 if cell.getFormula().startswith("=") else True
        if not is_number:
            return lambda _: ""
        if kind & (_DATE | _TIME):
            return lambda value: dated(value, (null.Year, null.Month, null.Day))
        if kind & _LOGICAL:
            return lambda value: "TRUE" if value else "FALSE"
        return number

    def _dated(self, cell: Any, text: str) -> str:
        """A number as the cell's format shows what it is: a date, TRUE."""
        try:
            value = float(text)
        except ValueError:
            return text
        return self._shown(cell)(value)


class Listening:
    """The open spreadsheets, and what is said of them."""

    def __init__(self, pipe: str) -> None:
        self._uno = import_module("uno")
        self._base: Any = import_module("unohelper").Base
        local = self._uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        self._context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        self._desktop = self._context.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.Desktop", self._context
        )
        self._heard: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._documents: dict[str, Document] = {}
        self._noted: dict[str, Noted] = {}
        self._removals: dict[str, list[Callable[[], None]]] = {}
        self._looked = self._lively = 0.0
        self._gone: Any = self._uno.getClass("com.sun.star.lang.DisposedException")

    def _listener(self, interface: str, **methods: Callable[[Any], None]) -> Any:
        """An object with the interface whose methods note something to do later."""

        def later(act: Callable[[Any], None]) -> Callable[[Any, Any], None]:
            return lambda _, event: self._heard.put(lambda: act(event))

        names = {name: later(act) for name, act in methods.items()}
        bases = (self._base, self._uno.getClass(interface))
        return type("Listener", bases, {"disposing": later(_nothing), **names})()

    def _listen(self, uid: str, add: Callable[[Any], None], remove: Callable[[Any], None], listener: Any) -> None:
        """Add a listener that is removed at the end, to a document or ("") to LibreOffice as a whole."""
        add(listener)
        self._removals.setdefault(uid, []).append(lambda: remove(listener))

    def stop(self) -> None:
        """End soon; may be called from anywhere."""
        self._heard.put(lambda: _ended(None))

    def leave(self) -> None:
        """Take every listener out of LibreOffice again."""
        for removals in self._removals.values():
            for remove in removals:
                with suppress(self._gone):  # with its document
                    remove()
        self._removals.clear()

    def run(self) -> None:
        """Until LibreOffice ends, or this is to stop."""
        broadcaster = self._context.getValueByName("/singletons/com.sun.star.frame.theGlobalEventBroadcaster")
        self._listen(
            "",
            broadcaster.addDocumentEventListener,
            broadcaster.removeDocumentEventListener,
            self._listener("com.sun.star.document.XDocumentEventListener", documentEventOccured=self._event),
        )
        self._listen(
            "",
            self._desktop.addTerminateListener,
            self._desktop.removeTerminateListener,
            self._listener("com.sun.star.frame.XTerminateListener", queryTermination=_nothing, notifyTermination=_over),
        )
        components = self._desktop.Components.createEnumeration()
        while components.hasMoreElements():
            self._attach(components.nextElement(), "")
        told(event="ready")
        try:
            while True:
                try:
                    self._turn()
                except self._gone:
                    # A document that was closed meanwhile; or all of LibreOffice, which then does not answer.
                    self._desktop.getComponents()
        except (self._gone, OverError):
            return
        except EndedError:
            with suppress(self._gone):
                self.leave()

    def _turn(self) -> None:
        try:
            self._heard.get(timeout=1.0 if not self._noted else _QUIET)()
            now = self._lively = time.monotonic()
            due = [uid for uid, noted in self._noted.items() if now - noted.since > _LONGEST]
        except queue.Empty:
            due = list(self._noted)
        for uid in due:
            noted = self._noted.pop(uid)
            if uid in self._documents:
                self._tell(self._documents[uid], noted)
        now = time.monotonic()
        if not self._noted and now - self._looked > (_REST if now - self._lively < _STILL else _SELDOM):
            # Only when all else is told: telling what was typed takes a selection that waits for granted.
            self._look()
            self._looked = time.monotonic()

    # What LibreOffice says

    def _event(self, event: Any) -> None:
        if str(event.EventName) in {"OnLoad", "OnNew", "OnViewCreated"}:
            self._attach(event.Source, str(event.EventName))

    def _own_event(self, uid: str, event: str) -> None:
        document = self._documents.get(uid)
        if document is None:
            return
        if event == "OnUnload":
            del self._documents[uid], self._removals[uid]
            self._noted.pop(uid, None)
            told(event="close", **document.about)
        elif event in {"OnSaveDone", "OnSaveAsDone"}:
            try:
                self._flush(document)
                document.called()
            except self._gone:  # closed at once: what was not read yet is told by the file
                self._noted.pop(uid, None)
            told(event="save", **document.about)

    def _attach(self, model: Any, event: str) -> None:
        if not is_sheets(model) or str(model.RuntimeUID) in self._documents or model.CurrentController is None:
            return
        document = Document(model)
        uid = document.uid
        self._documents[uid] = document
        self._listen(
            uid,
            model.addChangesListener,
            model.removeChangesListener,
            self._listener("com.sun.star.util.XChangesListener", changesOccurred=lambda e: self._changed(uid, e)),
        )
        self._listen(
            uid,
            model.addDocumentEventListener,
            model.removeDocumentEventListener,
            self._listener(
                "com.sun.star.document.XDocumentEventListener",
                documentEventOccured=lambda e: self._own_event(uid, str(e.EventName)),
            ),
        )
        undo = model.getUndoManager()
        self._listen(uid, undo.addUndoManagerListener, undo.removeUndoManagerListener, self._undo_listener(uid))
        document.selection = repr(selected(document))
        if event:
            told(event="open", big=[n for n, s in document.shadows.items() if s is None], **document.about)

    def _undo_listener(self, uid: str) -> Any:
        def added(event: Any) -> None:
            if int(event.UndoContextDepth) == 0:
                self._note(uid).commands.append(str(event.UndoActionTitle))

        silent = dict.fromkeys(
            ("allActionsCleared", "redoActionsCleared", "resetAll", "enteredContext", "enteredHiddenContext",
             "leftHiddenContext", "cancelledContext"), _nothing,
        )  # fmt: skip
        return self._listener(
            "com.sun.star.document.XUndoManagerListener", undoActionAdded=added, leftContext=added,
            actionUndone=lambda e: self._note(uid).undone.append(str(e.UndoActionTitle)),
            actionRedone=lambda e: self._note(uid).redone.append(str(e.UndoActionTitle)), **silent,
        )  # fmt: skip

    def _note(self, uid: str) -> Noted:
        return self._noted.setdefault(uid, Noted())

    def _changed(self, uid: str, event: Any) -> None:
        for change in event.Changes:
            self._note(uid).changes.append((str(change.Accessor), change.ReplacedElement))

    # What is told

    def _flush(self, document: Document) -> None:
        noted = self._noted.pop(document.uid, None)
        if noted is not None:
            self._tell(document, noted)

    def _tell(self, document: Document, noted: Noted) -> None:
        out: dict[str, Any] = {
            "commands": noted.commands, "undone": noted.undone, "redone": noted.redone,
            "sheets": renamed(document), "lines": [], "sorted": [], "cells": {}, "formats": [],
        }  # fmt: skip
        asked = [(what, *where) for what, element in noted.changes if (where := place_of(element))]
        found: dict[str, list[tuple[Place, str, str]]] = {}
        restructured: set[str] = set()
        for what, name, where in asked:
            if what in STRUCTURE:
                restructured.add(name)
                out["lines"].append([name, *lines(what, where)])
            elif what == "attribute":
                out["formats"].append([name, where])
        for name in restructured & document.shadows.keys():
            document.restructured(name)
        for what, name, where in asked:
            if what not in STRUCTURE and name not in restructured and name in document.shadows:
                found.setdefault(name, []).extend(document.differences(name, where))
        if not asked and (noted.commands or noted.undone or noted.redone):
            for name in document.names:
                found[name] = document.differences(name, None)
        for name, cells in found.items():
            self._cells(document, name, cells, out)
        if any(out[name] for name in out):
            told(event="done", **document.about, **out)

    def _cells(self, document: Document, name: str, found: list[tuple[Place, str, str]], out: dict[str, Any]) -> None:
        if not found:
            return
        shadow = document.shadows.get(name) or {}
        places = [place for place, _, _ in found]
        header, heads = headings(shadow, {column for _, column in places})
        if order := sorted_rows(found):
            where, by = order
            out["sorted"].append([name, where, [heads.get(column) or "" for column in by] or None])
        exact = found[:_EXACT] if len(found) <= _EXACT else []
        cells = [document.cell(name, each) for each in exact] or [
            [row, column, before, after, ""] for (row, column), before, after in found[:MOST_TOLD]
        ]
        out["cells"][name] = {
            "cells": cells, "more": max(len(found) - MOST_TOLD, 0), "header": header, "heads": heads,
            "labels": {place[0]: label(shadow, place) for place in places[:200] if place[0] > header},
        }  # fmt: skip

    def _look(self) -> None:
        """Tell what is selected in the document that is worked in, where it is something else than before."""
        model = self._desktop.getCurrentComponent()
        document = self._documents.get(str(model.RuntimeUID)) if is_sheets(model) else None
        where = selected(document) if document is not None else None
        if document is not None and where is not None and repr(where) != document.selection:
            document.selection, self._lively = repr(where), time.monotonic()
            told(event="select", sheet=where[0], range=where[1], **document.about)


class EndedError(Exception):
    """This is to end."""


class OverError(Exception):
    """LibreOffice is going, and must not be asked for anything more."""


def _nothing(_: Any) -> None:
    return


def _ended(_: Any) -> None:
    raise EndedError


def _over(_: Any) -> None:
    raise OverError


def is_sheets(model: Any) -> bool:
    """Whether a component is a spreadsheet."""
    return bool(hasattr(model, "supportsService") and model.supportsService("com.sun.star.sheet.SpreadsheetDocument"))


def selected(document: Document) -> tuple[str, Range] | None:
    """Sheet and range of what is selected."""
    controller = document.model.CurrentController
    return place_of(controller.getSelection()) if controller is not None else None


def place_of(element: Any) -> tuple[str, Range] | None:
    """Sheet and range of a cell, a range, or the first of several ranges; None for anything else."""
    if hasattr(element, "RangeAddress"):
        at = element.RangeAddress
        return str(element.Spreadsheet.Name), (int(at.StartRow), int(at.StartColumn), int(at.EndRow), int(at.EndColumn))
    if hasattr(element, "getRangeAddresses") and hasattr(element, "getByIndex") and element.getCount():
        return place_of(element.getByIndex(0))
    return None


def renamed(document: Document) -> list[list[str]]:
    """Sheets that came, went or got another name: [before, after], empty where there is none."""
    names = list(document.model.Sheets.ElementNames)
    gone = [name for name in document.names if name not in names]
    come = [name for name in names if name not in document.names]
    if len(gone) == len(come) == 1 and document.names.index(gone[0]) == names.index(come[0]):
        document.shadows[come[0]] = document.shadows.pop(gone[0])
        out = [[gone[0], come[0]]]
    else:
        out = [*([name, ""] for name in gone), *(["", name] for name in come)]
        for name in gone:
            document.shadows.pop(name, None)
        for name in come:
            document.shadows[name] = document.read(name)  # what a copy holds was not typed
    document.names = names
    return out


def main() -> None:
    """Listen until LibreOffice ends, the one who started this closes its standard input or ends, or SIGTERM comes."""
    listening = Listening(sys.argv[1])

    def asked(_number: int, _frame: FrameType | None) -> None:
        listening.stop()

    def wait() -> None:
        while os.read(0, 1):
            pass
        listening.stop()

    signal.signal(signal.SIGTERM, asked)
    threading.Thread(target=wait, daemon=True).start()
    listening.run()
    os._exit(0)  # the bridge's threads may still be at it, and were seen to fail while Python takes itself apart


if __name__ == "__main__":
    main()
