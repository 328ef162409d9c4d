"""Where a passphrase comes from: the environment, the system's keyring, or the person at the terminal."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Final, TypeAlias

from guildbook.govern.identity.keyfile import KeyFile
from guildbook.model.errors import InputError, UsageError

VARIABLE: Final = "GUILDBOOK_PASSPHRASE"
NEW_VARIABLE: Final = "GUILDBOOK_NEW_PASSPHRASE"
_SERVICE: Final = "guildbook"

Ask: TypeAlias = Callable[[str, bool], str]
"""Asks a person for a passphrase: the question, and whether it is a new one that must be typed twice."""


@dataclass(frozen=True, slots=True)
class Passphrases:
    """The ways to a passphrase, in this order: environment, keyring (if the key file says so), question."""

    ask: Ask | None = None
    """None where nobody can be asked."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def of(self, file: KeyFile) -> str:
        """The passphrase that may open a key file. Raises `UsageError` when there is no way to one."""
        if found := self.environment.get(VARIABLE):
            return found
        if file.keyring and (kept := recall(file)) is not None:
            return kept
        return self._asked(f"Passphrase of {file.public.name}", new=False, variable=VARIABLE)

    def new(self, name: str, *, change: bool = False) -> str:
        """A passphrase for new keys, or with `change` another one for old keys."""
        variable = NEW_VARIABLE if change else VARIABLE
        if found := self.environment.get(variable):
            return found
        return self._asked(f"New passphrase for {name}", new=True, variable=variable)

    def _asked(self, question: str, *, new: bool, variable: str) -> str:
        if self.ask is None:
            raise UsageError("There is nobody to ask for a passphrase.", f"Set {variable}.", "no-passphrase")
        return self.ask(question, new)


def remember(file: KeyFile, passphrase: str) -> None:
    """Keep a passphrase in the system's keyring. Raises `InputError` when there is none."""
    keyring = _keyring()
    try:
        keyring.set_password(_SERVICE, file.public.fingerprint, passphrase)
    except keyring.errors.KeyringError as error:
        raise _no_keyring(str(error)) from error


def recall(file: KeyFile) -> str | None:
    """The passphrase the keyring keeps for this file, None when it keeps none. Raises `InputError`."""
    keyring = _keyring()
    try:
        return keyring.get_password(_SERVICE, file.public.fingerprint)
    except keyring.errors.KeyringError as error:
        raise _no_keyring(str(error)) from error


def forget(file: KeyFile) -> None:
    """Take the passphrase out of the keyring, if it is there. Raises `InputError`."""
    keyring = _keyring()
    try:
        keyring.delete_password(_SERVICE, file.public.fingerprint)
    except keyring.errors.PasswordDeleteError:
        return
    except keyring.errors.KeyringError as error:
        raise _no_keyring(str(error)) from error


def _keyring() -> ModuleType:
    """The library, which is an extra."""
    try:
        return importlib.import_module("keyring")  # it brings keyring.errors along
    except ModuleNotFoundError as error:
        raise InputError(
            "Guildbook is installed without support for the system's keyring.",
            "pip install 'guildbook[keyring]', or set GUILDBOOK_PASSPHRASE.",
            "no-keyring",
        ) from error


def _no_keyring(why: str) -> InputError:
    return InputError(
        f"The system's keyring does not answer: {why}", "Unlock it, or set GUILDBOOK_PASSPHRASE.", "no-keyring"
    )
