"""Finding parts by entry point; built-ins come in through the same door as anyone's."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from guildbook.model.errors import InputError, UnknownNameError
from guildbook.plugins.importer import Importer
from guildbook.plugins.source import Source


def importers() -> dict[str, Importer]:
    """Every installed importer by name, in order of name.

    Raises whatever a plugin's module raises, and `InputError` for something that is no importer: a broken plugin is
    not passed over in silence.
    """
    return {name: _importer(name) for name in _named()}


def importer(name: str) -> Importer:
    """The importer of that name, without loading the others, or `UnknownNameError` listing those there are."""
    if name not in _named():
        raise UnknownNameError("importer", name, list(_named()))
    return _importer(name)


def namesake(ending: str) -> Importer | None:
    """The importer of the name that a file's ending has (`.parquet`), if there is one; loads no other."""
    name = ending.removeprefix(".").lower()
    return _importer(name) if name in _named() else None


@cache
def _named() -> dict[str, EntryPoint]:
    return {e.name: e for e in sorted(entry_points(group="guildbook.importers"), key=lambda e: e.name)}


@cache
def _importer(name: str) -> Importer:
    entry = _named()[name]
    made = entry.load()()
    if not isinstance(made, Importer):
        raise InputError(
            f"The plugin {entry.value} is not an importer.", "Update or remove the package that brings it.", "plugin"
        )
    return made


@cache
def sources() -> dict[str, Source]:
    """Every installed source by name, in order of name. Raises as `importers` does."""
    found: dict[str, Source] = {}
    for entry in sorted(entry_points(group="guildbook.sources"), key=lambda e: e.name):
        made = entry.load()()
        if not isinstance(made, Source):
            raise InputError(
                f"The plugin {entry.value} is not a source.", "Update or remove the package that brings it.", "plugin"
            )
        found[entry.name] = made
    return found


def source(name: str) -> Source:
    """The source of that name, or `UnknownNameError` listing those there are."""
    found = sources()
    if name not in found:
        raise UnknownNameError("source", name, list(found))
    return found[name]
