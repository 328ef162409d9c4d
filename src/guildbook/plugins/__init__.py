"""The entry points and protocols by which importers and other parts come in."""

from guildbook.plugins.importer import Chunk, Importer, ImportOptions, Rejected
from guildbook.plugins.registry import importer, importers, source, sources
from guildbook.plugins.source import Sink, Source, SourceOptions

__all__ = [
    "Chunk", "ImportOptions", "Importer", "Rejected", "Sink", "Source", "SourceOptions", "importer", "importers",
    "source", "sources",
]  # fmt: skip
