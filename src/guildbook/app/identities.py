"""People's own keys on this machine. None of this needs a book, and no book holds any of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeAlias

import platformdirs

from guildbook.config import Config
from guildbook.govern.identity import passphrase as ways
from guildbook.govern.identity.folder import Folder
from guildbook.govern.identity.keyfile import KeyFile
from guildbook.govern.identity.passphrase import Passphrases
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model.errors import InputError, UsageError
from guildbook.model.time import iso

Ask: TypeAlias = Callable[[str, bool], str]
"""Asks a person for a passphrase: the question, and whether it is a new one that must be typed twice."""


@dataclass(frozen=True, slots=True)
class Identities:
    """The key files of one folder, and the way to their passphrases."""

    folder: Folder
    passphrases: Passphrases

    @classmethod
    def of(cls, config: Config, ask: Ask | None = None) -> Self:
        """Those the settings name. Raises `UsageError` for a folder inside the book."""
        path = config.identity.folder or platformdirs.user_data_path("guildbook") / "identities"
        path = path.resolve()
        if path.is_relative_to(config.home):
            raise UsageError(
                f"Key files in the book's own folder ({path}) would be in the hands of whoever has the book.",
                "Set identity.folder to another place.",
                "identity-in-book",
            )
        return cls(Folder(path, cost=config.identity.kdf_cost), Passphrases(ask))

    def new(self, name: str, role: str, *, keyring: bool = False) -> dict[str, Any]:
        """Make keys for somebody. Raises `UsageError`."""
        if role not in set(Role):
            raise UsageError(f"There is no role called {role!r}.", f"Roles: {', '.join(Role)}.")
        passphrase = self.passphrases.new(name)
        made = self.folder.new(name, Role(role), passphrase, keyring=keyring)
        if keyring:
            try:
                ways.remember(made, passphrase)
            except InputError:
                # Without its passphrase in the keyring the file would not be what was asked for.
                self.folder.file(name).unlink()
                raise
        return self._told(made)

    def list(self) -> list[dict[str, Any]]:
        """Everybody with keys here."""
        return [self._told(self.folder.find(name)) for name in self.folder.names()]

    def show(self, name: str) -> dict[str, Any]:
        """One of them."""
        return self._told(self.folder.find(name))

    def change(self, name: str, *, keyring: bool | None = None) -> dict[str, Any]:
        """Another passphrase, and whether the keyring keeps it (None: as before)."""
        file = self.folder.find(name)
        kept = file.keyring if keyring is None else keyring
        old, new = self.passphrases.of(file), self.passphrases.new(name, change=True)
        made = self.folder.change(name, old, new, keyring=kept)
        if kept:
            ways.remember(made, new)
        elif file.keyring:
            ways.forget(made)
        return self._told(made)

    def unlock(self, name: str) -> Identity:
        """Somebody's keys, with their passphrase. Raises `DeniedError` when it is wrong."""
        file = self.folder.find(name)
        return file.unlock(self.passphrases.of(file))

    def unlock_file(self, path: Path) -> Identity:
        """The keys in a file that was put aside. Raises `InputError`, and `DeniedError` for a wrong passphrase."""
        file = self.folder.read(path)
        return file.unlock(self.passphrases.of(file))

    def export(self, name: str) -> dict[str, Any]:
        """The public part, to hand out."""
        return self.folder.find(name).public.to_dict()

    def _told(self, file: KeyFile) -> dict[str, Any]:
        public = file.public
        return {
            "name": public.name,
            "role": str(public.role),
            "fingerprint": public.fingerprint,
            "key": str(public.verifier),
            "created": iso(public.created),
            "keyring": file.keyring,
            "file": str(self.folder.file(public.name)),
        }


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises `InputError`."""
    try:
        data = json.loads(read_text(path))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InputError(f"{path} is no JSON object.", "Give the file as it was handed out.")
    return {str(key): value for key, value in data.items()}


def read_text(path: Path) -> str:
    """A small text file. Raises `InputError`."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Give another file.") from error
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text.", "Give the file as it was handed out.") from None


def write_text(path: Path, text: str) -> None:
    """A text file, whole or not at all. Raises `InputError`."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(text, "utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written: {error.strerror}.", "Give another -o FILE.") from error
