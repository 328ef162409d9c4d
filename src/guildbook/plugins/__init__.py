"""The entry points and protocols by which importers and other parts come in."""

from guildbook.plugins.importer import Chunk, Importer, ImportOptions, Rejected
from guildbook.plugins.registry import importer, importers

__all__ = ["Chunk", "ImportOptions", "Importer", "Rejected", "importer", "importers"]
