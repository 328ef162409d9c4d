"""Texts in folders that the worker names: what changed with each save, paragraph by paragraph."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import Final

from guildbook.model.errors import GuildbookError
from guildbook.plugins import Sink, Source, SourceOptions
from guildbook.record.sources._files_source import Files, wishes

ENDINGS: Final = (".docx", ".odt", ".md", ".markdown", ".txt")


class DocumentsSource(Source):
    """`guildbook record on documents --set folders=~/Documents`."""

    name = "documents"
    title = "texts (Word, OpenDocument, Markdown, plain), on each save"

    def missing(self, options: SourceOptions) -> str:
        """What this machine, or the setting, lacks for it."""
        return lacking(options)

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Watch until `stop` is set."""
        Files(self.name, ENDINGS, wishes(options.settings), options, stop).run(sink)


def lacking(options: SourceOptions, known: tuple[str, ...] = ()) -> str:
    """What watching folders lacks: the library, or folders."""
    if find_spec("watchfiles") is None:
        return "watchfiles is not installed: pip install 'guildbook[record]'."
    try:
        wishes(options.settings, known)
    except GuildbookError as error:
        return str(error)
    return ""
