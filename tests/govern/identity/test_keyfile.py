from __future__ import annotations

import json
from typing import Any

import pytest

from guildbook.govern.identity.keyfile import KeyFile
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model.canonical import digest
from guildbook.model.errors import DeniedError, InputError, UsageError


@pytest.fixture
def locked(ada: Identity, passphrase: str) -> KeyFile:
    return KeyFile.lock(ada, passphrase, cost=10)


def changed(file: KeyFile, **fields: Any) -> str:
    """With other fields, and a checksum that fits them."""
    said = json.loads(str(file)) | fields
    del said["check"]
    return json.dumps(said | {"check": digest(said)})


def test_a_key_file_is_read_back_and_opens(locked: KeyFile, ada: Identity, passphrase: str) -> None:
    again = KeyFile.parse(str(locked), "x")
    assert again == locked
    opened = again.unlock(passphrase)
    assert opened.secret() == ada.secret()
    assert opened.public == ada.public


def test_the_private_keys_are_nowhere_in_it(locked: KeyFile, ada: Identity, passphrase: str) -> None:
    text = str(locked)
    for secret in (ada.secret()[:32], ada.secret()[32:], passphrase.encode()):
        assert secret.hex() not in text
        assert secret.decode("latin-1") not in text


def test_a_wrong_passphrase_is_told_from_damage(locked: KeyFile) -> None:
    with pytest.raises(DeniedError, match="not the passphrase of Ada"):
        locked.unlock("something else")
    text = str(locked)
    for damaged in (
        text[:-40],
        text.replace("Ada", "Eve"),
        "",
        "[]",
        "{}",
        "null",
        text.replace('"cost": 10', '"cost": 9'),
    ):
        with pytest.raises(InputError, match="damaged"):
            KeyFile.parse(damaged, "x")


def test_nothing_in_it_can_be_exchanged(locked: KeyFile, passphrase: str) -> None:
    other = KeyFile.lock(Identity.make("Ada", Role.WORKER, 1), passphrase, cost=10)
    for fields in ({"sealed": other.sealed.hex()}, other.public.to_dict(), {"keyring": True}):
        with pytest.raises(DeniedError):
            KeyFile.parse(changed(locked, **fields), "x").unlock(passphrase)


@pytest.mark.parametrize(
    "fields",
    [
        {"kdf": {"name": "scrypt", "cost": 60, "block": 8, "parallel": 1, "salt": "00" * 16}},
        {"kdf": {"name": "none", "cost": 10, "block": 8, "parallel": 1, "salt": "00" * 16}},
        {"kdf": None},
        {"more": 1},
        {"sealed": "xyz"},
        {"keyring": 1.5},
    ],
)
def test_a_file_that_asks_for_something_else_is_refused(locked: KeyFile, fields: dict[str, Any]) -> None:
    said = json.loads(str(locked)) | fields
    with pytest.raises(InputError, match="damaged"):
        KeyFile.parse(json.dumps(said), "x")
    if "keyring" not in fields:
        with pytest.raises(InputError, match="damaged"):
            KeyFile.parse(changed(locked, **fields), "x")


def test_a_short_passphrase_is_refused(ada: Identity) -> None:
    with pytest.raises(UsageError, match="8 characters"):
        KeyFile.lock(ada, "seven77", cost=10)


def test_two_ways_to_type_a_letter_are_one_passphrase(ada: Identity) -> None:
    locked = KeyFile.lock(ada, "Zoë lives here", cost=10)
    assert locked.unlock("Zoe\N{COMBINING DIAERESIS} lives here").public == ada.public
