from __future__ import annotations

import sys
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import PasswordDeleteError

from guildbook.govern.identity import passphrase as ways
from guildbook.govern.identity.keyfile import KeyFile
from guildbook.govern.identity.passphrase import Passphrases
from guildbook.govern.identity.signing import Identity
from guildbook.model.errors import InputError, UsageError


class InMemory(KeyringBackend):
    """A real backend of the library that forgets with the process."""

    priority = 1  # pyright: ignore[reportAssignmentType] - so the library itself states it

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError("not there")
        del self.kept[service, username]


@pytest.fixture
def in_memory() -> Iterator[InMemory]:
    before, made = keyring.get_keyring(), InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def file(ada: Identity, passphrase: str) -> KeyFile:
    return KeyFile.lock(ada, passphrase, cost=10)


def asked(question: str, new: bool, /) -> str:  # noqa: FBT001 - called by position
    return f"{question}|{new}"


def test_the_environment_comes_first(file: KeyFile) -> None:
    told = {"GUILDBOOK_PASSPHRASE": "from outside", "GUILDBOOK_NEW_PASSPHRASE": "and another"}
    ways_in = Passphrases(asked, told)
    assert ways_in.of(file) == "from outside"
    assert ways_in.new("Ada") == "from outside"
    assert ways_in.new("Ada", change=True) == "and another"


def test_a_person_is_asked(file: KeyFile) -> None:
    ways_in = Passphrases(asked, {})
    assert ways_in.of(file) == "Passphrase of Ada|False"
    assert ways_in.new("Ada") == "New passphrase for Ada|True"


def test_with_nobody_to_ask_the_variable_is_named(file: KeyFile) -> None:
    with pytest.raises(UsageError, match="GUILDBOOK_PASSPHRASE"):
        Passphrases(None, {}).of(file)
    with pytest.raises(UsageError, match="GUILDBOOK_NEW_PASSPHRASE"):
        Passphrases(None, {"GUILDBOOK_PASSPHRASE": "x"}).new("Ada", change=True)


def test_the_keyring_is_asked_if_the_file_says_so(ada: Identity, passphrase: str, in_memory: InMemory) -> None:
    kept = KeyFile.lock(ada, passphrase, keyring=True, cost=10)
    plain = KeyFile.lock(ada, passphrase, keyring=False, cost=10)
    ways.remember(kept, passphrase)
    assert in_memory.kept == {("guildbook", ada.public.fingerprint): passphrase}
    assert Passphrases(None, {}).of(kept) == passphrase
    assert kept.unlock(Passphrases(None, {}).of(kept)).public == ada.public
    with pytest.raises(UsageError):
        Passphrases(None, {}).of(plain)
    ways.forget(kept)
    ways.forget(kept)
    assert Passphrases(asked, {}).of(kept) == "Passphrase of Ada|False"


def test_a_keyring_that_does_not_answer_is_explained(file: KeyFile) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        for work in (ways.recall, ways.forget):
            with pytest.raises(InputError, match="does not answer"):
                work(file)
        with pytest.raises(InputError, match="does not answer"):
            ways.remember(file, "x")
    finally:
        keyring.set_keyring(before)


def test_without_the_library_the_extra_is_named(file: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InputError, match=r"guildbook\[keyring\]"):
        ways.recall(file)
