"""Workbooks in folders that the worker names: what changed with each save, by cell; and LibreOffice as it is used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Final

from guildbook.model.errors import UsageError
from guildbook.plugins import Sink, Source, SourceOptions
from guildbook.record.sources import _libreoffice_live as libreoffice
from guildbook.record.sources._files_source import Files, Live, wishes
from guildbook.record.sources.documents import lacking

ENDINGS: Final = (".xlsx", ".xlsm", ".ods")
_OWN: Final = ("libreoffice", "python")
_TICK: Final = 0.25


class SheetsSource(Source):
    """`guildbook record on sheets --set folders=~/Documents --set libreoffice=on`."""

    name = "sheets"
    title = "spreadsheets (Excel, LibreOffice), on each save; LibreOffice as it is used"

    def missing(self, options: SourceOptions) -> str:
        """What this machine, or the setting, lacks for it."""
        try:
            pipe, python = _live(options)
        except UsageError as error:
            return str(error)
        if pipe and (found := libreoffice.lacking(python)):
            return found
        return "" if pipe and not options.settings.get("folders") else lacking(options, _OWN)

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Watch until `stop` is set."""
        pipe, python = _live(options)
        inner, live = threading.Event(), Live()
        parts: list[Callable[[], None]] = []
        values = wishes({"folders": "/", **options.settings}, _OWN).values == "all"
        if pipe:
            alone = not options.settings.get("folders")
            follower = libreoffice.LibreOffice(live, inner, pipe=pipe, python=python, values=values, alone=alone)
            parts.append(lambda: follower.run(sink))
        if options.settings.get("folders") or not pipe:
            files = Files(self.name, ENDINGS, wishes(options.settings, _OWN), options, inner, live)
            parts.append(lambda: files.run(sink))
        _together(parts, stop, inner)


def _together(parts: list[Callable[[], None]], stop: threading.Event, inner: threading.Event) -> None:
    """Run all parts until `stop` is set or one of them ends; raises what it ended with."""
    with ThreadPoolExecutor(len(parts), "sheets") as pool:
        running: list[Future[None]] = [pool.submit(part) for part in parts]
        try:
            while not stop.is_set() and not wait(running, _TICK, FIRST_COMPLETED).done:
                continue
        finally:
            inner.set()
        for each in running:
            each.result()


def _live(options: SourceOptions) -> tuple[str, str]:
    """The pipe to listen on, empty where that is off, and the Python to do it with."""
    said: Any = options.settings.get("libreoffice", "off")
    pipe = {"off": "", "no": "", "on": libreoffice.pipe_name(), "yes": libreoffice.pipe_name()}.get(said, str(said))
    if not pipe.replace("-", "").replace("_", "").isalnum() and pipe:
        raise UsageError(f"libreoffice={said} is no choice.", "One of: on, off, or the name of a pipe.")
    return pipe, str(options.settings.get("python") or libreoffice.PYTHON)
