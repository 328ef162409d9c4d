"""The folder of key files: outside every book, readable by its owner alone."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from guildbook.govern.identity.keyfile import COST, KeyFile
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model.errors import InputError, StoreError, UnknownNameError, UsageError
from guildbook.model.time import now

_SUFFIX: Final = ".identity"
_MOST: Final = 64


class Folder:
    """The identities on this machine. Nothing here needs a book."""

    def __init__(self, path: Path, *, cost: int = COST) -> None:
        self.path = path
        self._cost = cost

    def names(self) -> list[str]:
        """Who has keys here, by name; a file that cannot be read is left out (`find` says why)."""
        found: list[str] = []
        for path in sorted(self.path.glob(f"*{_SUFFIX}")):
            try:
                found.append(KeyFile.parse(path.read_text("utf-8"), str(path)).public.name)
            except (InputError, OSError, UnicodeDecodeError):
                continue
        return sorted(found)

    def file(self, name: str) -> Path:
        """Where that person's keys are, or would be."""
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_MOST].strip("-") or "person"
        return self.path / f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}{_SUFFIX}"

    def find(self, name: str) -> KeyFile:
        """Somebody's key file.

        Raises `UnknownNameError` when there is none, `StoreError` when others may read it, `InputError` when it is
        damaged.
        """
        path = self.file(name)
        try:
            mode = path.stat().st_mode
            text = path.read_text("utf-8")
        except FileNotFoundError:
            raise UnknownNameError("identity", name, self.names()) from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{path} cannot be read: {error}.", "Restore it from a backup.", "identity-damaged"
            ) from error
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise StoreError(
                f"Others on this machine may read {path}.",
                f"chmod 600 {path}, and think of a new passphrase.",
                "identity-open",
            )
        found = KeyFile.parse(text, str(path))
        if found.public.name != name:
            raise InputError(
                f"{path} holds the keys of somebody else.", "Restore it from a backup.", "identity-damaged"
            )
        return found

    @staticmethod
    def read(path: Path) -> KeyFile:
        """A key file that was put aside, wherever it is. Raises `InputError`."""
        try:
            return KeyFile.parse(path.read_text("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be read: {error}.", "Give the key file.", "identity-damaged") from error

    def new(self, name: str, role: Role, passphrase: str, *, keyring: bool = False) -> KeyFile:
        """Make keys for somebody. Raises `UsageError` when they have some here, or for a short passphrase."""
        if not name.strip() or len(name) > 3 * _MOST or not name.isprintable():
            raise UsageError("A name is a line of at most 192 printable characters.", "Give another name.")
        made = KeyFile.lock(Identity.make(name, role, now()), passphrase, keyring=keyring, cost=self._cost)
        self._write(self.file(name), str(made), replace=False)
        return made

    def change(self, name: str, old: str, new: str, *, keyring: bool) -> KeyFile:
        """Another passphrase for the same keys. Raises `DeniedError` when `old` is wrong."""
        made = KeyFile.lock(self.find(name).unlock(old), new, keyring=keyring, cost=self._cost)
        self._write(self.file(name), str(made), replace=True)
        return made

    def _write(self, path: Path, text: str, *, replace: bool) -> None:
        """Whole on the disk or not at all, and never readable by others in between."""
        draft = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            if replace:
                draft.replace(path)
            else:
                path.hardlink_to(draft)
        except FileExistsError:
            raise UsageError(
                f"There are keys of that name already, in {path}.", "Give another name.", "identity-exists"
            ) from None
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}.", "Set identity.folder.", "identity-folder"
            ) from error
        finally:
            with suppress(OSError):
                draft.unlink()
