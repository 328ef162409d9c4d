"""Workbooks in folders that the worker names: what changed with each save, cell by cell."""

from __future__ import annotations

import threading
from typing import Final

from guildbook.plugins import Sink, Source, SourceOptions
from guildbook.record.sources._files_source import Files, wishes
from guildbook.record.sources.documents import lacking

ENDINGS: Final = (".xlsx", ".xlsm", ".ods")


class SheetsSource(Source):
    """`guildbook record on sheets --set folders=~/Documents`."""

    name = "sheets"
    title = "spreadsheets (Excel, LibreOffice), on each save"

    def missing(self, options: SourceOptions) -> str:
        """What this machine, or the setting, lacks for it."""
        return lacking(options)

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Watch until `stop` is set."""
        Files(self.name, ENDINGS, wishes(options.settings), options, stop).run(sink)
