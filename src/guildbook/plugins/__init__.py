"""The entry points and protocols by which importers and other parts come in."""

from guildbook.plugins.importer import Chunk, Importer, ImportOptions, Rejected
from guildbook.plugins.registry import importer, importers, namesake, source, sources
from guildbook.plugins.source import Forgetful, Halved, Sink, Source, SourceOptions, Spoken

__all__ = [
    "Chunk", "Forgetful", "Halved", "ImportOptions", "Importer", "Rejected", "Sink", "Source", "SourceOptions",
    "Spoken", "importer", "importers", "namesake", "source", "sources",
]  # fmt: skip
