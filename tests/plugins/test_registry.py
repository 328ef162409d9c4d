"""Parts come in by entry point, built-ins and others alike."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from guildbook.model import InputError, UnknownNameError
from guildbook.plugins import Importer, importer, importers, namesake, registry


class Notes:
    """The smallest importer."""

    name = "notes"
    title = "Notes"

    def sniff(self, *_: Any) -> float:
        return 0.0

    def describe(self, *_: Any) -> str:
        return ""

    def fingerprint(self, *_: Any) -> str:
        return ""

    def read(self, *_: Any) -> Iterator[Any]:
        return iter(())


class NoImporter:
    """Something else that was registered by mistake."""


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """What the entry points load, by name; the true ones are back afterwards."""
    parts: dict[str, object] = {}

    class Door(EntryPoint):
        """An entry point that loads from the dictionary above."""

        def load(self) -> object:
            return parts[self.name]

    def found(group: str) -> list[EntryPoint]:
        return [Door(name, f"somewhere:{name}", group) for name in parts]

    def anew() -> None:
        for name in ("_named", "_importer"):
            getattr(registry, name).cache_clear()

    monkeypatch.setattr(registry, "entry_points", found)
    anew()
    yield parts
    anew()


def test_every_declared_importer_is_one() -> None:
    found = importers()
    assert list(found) == sorted(found)
    assert {"csv", "git", "mail", "ocel", "parquet", "shell", "xes", "activitywatch"} <= set(found)
    for name, part in found.items():
        assert isinstance(part, Importer)
        assert part.name == name
        assert part.title


def test_an_importer_comes_in_by_its_name(registered: dict[str, object]) -> None:
    registered["notes"] = Notes
    assert isinstance(importer("notes"), Notes)
    with pytest.raises(UnknownNameError, match=r"no importer called 'note'.*Known: notes"):
        importer("note")


def test_what_is_no_importer_is_not_passed_over(registered: dict[str, object]) -> None:
    registered["notes"] = NoImporter
    with pytest.raises(InputError, match="somewhere:notes is not an importer"):
        importers()


def test_the_namesake_of_an_ending_is_loaded_alone(registered: dict[str, object]) -> None:
    registered["notes"], registered["other"] = Notes, NoImporter
    assert isinstance(namesake(".Notes"), Notes)
    assert namesake(".txt") is None
    assert namesake("") is None
    with pytest.raises(InputError, match="somewhere:other"):
        importers()
