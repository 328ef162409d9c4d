"""Loading: command line over environment over the book's file over the user's file over the defaults."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import platformdirs

from guildbook.config import tomlfile
from guildbook.config.settings import HOME, Distil, Identity, Import, Next, Output, Setting, Store, Teach, settings
from guildbook.config.values import BadValueError, from_text, from_toml, shown, to_toml
from guildbook.model.errors import UsageError

FILE: Final = "guildbook.toml"


class Layer(StrEnum):
    """Where a setting can be stated, weakest first."""

    DEFAULT = "default"
    USER_FILE = "user file"
    BOOK_FILE = "book file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which layer decided a setting, and where exactly: a variable's name, or a file and line."""

    layer: Layer
    where: str = ""

    def __str__(self) -> str:
        """For people: `environment (GUILDBOOK_HOME)`."""
        return f"{self.layer} ({self.where})" if self.where else str(self.layer)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force, one attribute a section, and where each came from."""

    home: Path
    store: Store
    import_: Import
    """Section `import` (the plain word is Python's)."""
    distil: Distil
    teach: Teach
    next: Next
    identity: Identity
    output: Output
    origins: Mapping[str, Origin]

    def value(self, key: str) -> Any:
        """The value of a dotted key. Raises `UsageError` for a key that does not exist."""
        setting = find(key)
        if setting is HOME:
            return self.home
        return getattr(getattr(self, "import_" if setting.section == "import" else setting.section), setting.name)

    def origin(self, key: str) -> Origin:
        """Which layer decided this key, and where."""
        return self.origins[find(key).key]

    def rows(self) -> list[tuple[Setting, str, Origin]]:
        """The whole table for people: setting, value in words (passwords hidden), origin."""
        return [(s, shown(self.value(s.key)), self.origins[s.key]) for s in settings().values()]

    def set(self, key: str, text: str) -> Path:
        """State a setting in the book's file (`home` in the user's) and return that file.

        The settings in force do not change: load them again. Raises `UsageError` for an unknown key or bad value.
        """
        setting = find(key)
        path = user_file() if setting is HOME else self.home / FILE
        value = _parsed(setting, text, Path.cwd(), "On the command line")
        tomlfile.write(path, tomlfile.changed(tomlfile.read(path), path, key, to_toml(value)))
        return path


def load(home: Path | None = None, overrides: Mapping[str, str] | None = None) -> Config:
    """The settings in force for a book.

    `home` is what `--home` said; `overrides` are dotted keys to words from the command line. Reads the
    environment, the book's file and the user's file. Raises `UsageError` naming place and remedy.
    """
    values: dict[str, Any] = {key: setting.default for key, setting in settings().items()}
    origins = dict.fromkeys(values, Origin(Layer.DEFAULT))
    layers = [_from_file(user_file(), Layer.USER_FILE), _from_environment()]
    stated = dict(overrides or {}) | ({"home": str(home)} if home is not None else {})
    layers.append(_from_words(stated))
    for layer in layers:  # the home first: it says where the book's file is
        for setting, value, origin in layer:
            if setting is HOME and value is not None:
                values["home"], origins["home"] = value, origin
    values["home"] = Path(values["home"] or platformdirs.user_data_path("guildbook") / "book").resolve()
    layers.insert(1, _from_file(values["home"] / FILE, Layer.BOOK_FILE))
    for layer in layers:
        for setting, value, origin in layer:
            if setting is not HOME:
                values[setting.key], origins[setting.key] = value, origin
    return _config(values, origins)


def find(key: str, place: str = "") -> Setting:
    """The setting of that key, or `UsageError` with the nearest one."""
    if found := settings().get(key):
        return found
    near = difflib.get_close_matches(key, settings(), n=1, cutoff=0.5)
    raise UsageError(
        f"{place}: there is no setting {key!r}." if place else f"There is no setting {key!r}.",
        f"Did you mean {near[0]!r}?" if near else "See `guildbook config show`.",
        "unknown-setting",
    )


def user_file() -> Path:
    """The user's own file, for all their books."""
    return platformdirs.user_config_path("guildbook") / FILE


_Section = TypeVar("_Section")
_Stated = tuple[Setting, Any, Origin]


def _from_file(path: Path, layer: Layer) -> list[_Stated]:
    return list(_stated(path, layer))


def _stated(path: Path, layer: Layer) -> Iterator[_Stated]:
    for statement in tomlfile.statements(tomlfile.read(path), path):
        where = f"{path}, line {statement.start + 1}"
        for key, value in statement.values.items():
            setting = find(key, where)
            if setting is HOME and layer is Layer.BOOK_FILE:
                raise UsageError(f"{where}: a book cannot state its own home.", "Remove the line; use --home.")
            try:
                yield setting, from_toml(setting, value, path.parent), Origin(layer, where)
            except BadValueError as error:
                raise _bad(where, key, value, error) from error


def _from_environment() -> list[_Stated]:
    # An empty variable counts as unset, as everywhere in Unix.
    return [
        (s, _parsed(s, os.environ[s.env], Path.cwd(), s.env), Origin(Layer.ENVIRONMENT, s.env))
        for s in settings().values()
        if os.environ.get(s.env)
    ]


def _from_words(stated: Mapping[str, str]) -> list[_Stated]:
    place = "On the command line"
    return [
        (s, _parsed(s, text, Path.cwd(), place), Origin(Layer.COMMAND_LINE))
        for key, text in stated.items()
        for s in [find(key, place)]
    ]


def _parsed(setting: Setting, text: str, base: Path, place: str) -> Any:
    try:
        return from_text(setting, text, base)
    except BadValueError as error:
        raise _bad(place, setting.key, text, error) from error


def _bad(place: str, key: str, value: Any, error: BadValueError) -> UsageError:
    return UsageError(f"{place}: {key} cannot be {value!r}.", f"It must be {error}.", "bad-setting")


def _config(values: Mapping[str, Any], origins: dict[str, Origin]) -> Config:
    return Config(
        home=values["home"],
        store=_section(Store, "store", values),
        import_=_section(Import, "import", values),
        distil=_section(Distil, "distil", values),
        teach=_section(Teach, "teach", values),
        next=_section(Next, "next", values),
        identity=_section(Identity, "identity", values),
        output=_section(Output, "output", values),
        origins=MappingProxyType(origins),
    )


def _section(record: type[_Section], name: str, values: Mapping[str, Any]) -> _Section:
    return record(**{s.name: values[s.key] for s in settings().values() if s.section == name})
