"""Plays a person at LibreOffice for tests, under the Python that has `uno`: `office_player.py PIPE`, a line an act.

Acts, as JSON lists: ["new"], ["open", path], ["go", range], ["enter", cell, text], ["do", command, {name: value}],
["write", {cell: text}], ["save", path, filter, password] (first two empty: where it was), ["close"], ["wait", seconds],
["convert", from, to, filter], ["quit"].
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

YES = (True,)
uno: Any = import_module("uno")


def value(name: str, given: Any) -> Any:
    made = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    made.Name, made.Value = name, given
    return made


class Player:
    """One document at a time."""

    def __init__(self, pipe: str) -> None:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        services = context.ServiceManager
        self.desktop = services.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        self.helper = services.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
        self.document: Any = None

    def new(self) -> None:
        self.document = self.desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, ())

    def open(self, path: str) -> None:
        self.document = self.desktop.loadComponentFromURL(Path(path).as_uri(), "_blank", 0, ())

    def do(self, command: str, given: dict[str, Any] | None = None) -> None:
        values = tuple(value(name, each) for name, each in (given or {}).items())
        frame = self.document.CurrentController.Frame
        self.helper.executeDispatch(frame, f".uno:{command}", "", 0, values)

    def go(self, cells: str) -> None:
        self.do("GoToCell", {"ToPoint": cells})

    def enter(self, cell: str, text: str) -> None:
        self.go(cell)
        self.do("EnterString", {"StringName": text})

    def write(self, cells: dict[str, str]) -> None:
        sheet = self.document.Sheets.getByIndex(0)
        for cell, text in cells.items():
            sheet.getCellRangeByName(cell).setFormula(text)

    def save(self, path: str, form: str, password: str = "") -> None:
        if path:
            locked = (value("Password", password),) if password else ()
            self.document.storeAsURL(Path(path).as_uri(), (value("FilterName", form), *locked))
        else:
            self.document.store()

    def close(self) -> None:
        self.document.close(*YES)

    def convert(self, source: str, target: str, form: str) -> None:
        read = self.desktop.loadComponentFromURL(Path(source).as_uri(), "_blank", 0, (value("Hidden", *YES),))
        read.storeToURL(Path(target).as_uri(), (value("FilterName", form),))
        read.close(*YES)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def quit(self) -> None:
        self.desktop.terminate()


def main() -> None:
    """Do what standard input says; answer each act with a line."""
    player = Player(sys.argv[1])
    for line in sys.stdin:
        act, *given = json.loads(line)
        getattr(player, act)(*given)
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
