"""The operator of the machine holds the book, its key and its database, and yet cannot sign for anybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.audit import checkpoint
from guildbook.govern.audit.log import SECRET, Log
from guildbook.govern.identity.folder import Folder
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.govern.world.authority import signed_by
from guildbook.govern.world.state import World
from guildbook.model.errors import DeniedError
from guildbook.store import Sealer, Store, UndecipherableError, tables


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A book in which Ada is known, with a log and its keys."""
    made = Store.open(tmp_path / "book")
    made.add_worker("Ada")
    log = Log(made)
    with made.change() as ledger:
        log.append(ledger, [{"kind": "enrol", "by": made.worker_id("Ada")}])
        checkpoint.take(made, log, ledger)
    return made


def secrets(store: Store) -> list[bytes]:
    """Everything of the length of a key that whoever has the book can come by, unwrapped."""
    found = [bytes.fromhex((store.home / "book.key").read_text())]
    with store.look() as ledger:
        found += [secret for name in (SECRET, checkpoint.SECRET) if (secret := store.secret(ledger, name)) is not None]
        for table in (tables.book, tables.keys, tables.log, tables.workers):
            for row in ledger.execute(select(table)).mappings():
                found += [bytes(value[:32]) for value in row.values() if isinstance(value, bytes) and len(value) >= 32]
    return found


def test_nothing_in_the_book_opens_a_persons_key(store: Store, folder: Folder, passphrase: str) -> None:
    file = folder.new("Ada", Role.WORKER, passphrase)
    tried = secrets(store)
    assert len(tried) > 6
    for secret in tried:
        for words in (secret.hex(), secret.decode("latin-1")):
            with pytest.raises(DeniedError):
                file.unlock(words)
        with pytest.raises(UndecipherableError):
            Sealer(secret, "identity").open(file.sealed, "x")
        # Nor is any of it her key.
        assert Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw() != file.public.sign


def test_nothing_of_a_persons_key_comes_into_the_book(store: Store, folder: Folder, passphrase: str) -> None:
    ada = folder.new("Ada", Role.WORKER, passphrase).unlock(passphrase)
    me = KeySigner(ada, store.worker_id("Ada"))
    log = Log(store)
    with store.change() as ledger:
        log.append(ledger, [me.signed(Act(ActKind.REFUSE, 5, "", {"worker": me.person}), store.book_id).to_dict()])
    store.close()
    whole = b"".join(path.read_bytes() for path in store.home.rglob("*") if path.is_file())
    for secret in (ada.secret()[:32], ada.secret()[32:], passphrase.encode()):
        assert secret not in whole
        assert secret.hex().encode() not in whole


def test_an_act_signed_with_the_keys_of_the_book_is_not_hers(store: Store, ada: Identity) -> None:
    act = Act(ActKind.PERMIT, 5, store.worker_id("Ada"), {"worker": store.worker_id("Ada")})
    for secret in secrets(store):
        key = Ed25519PrivateKey.from_private_bytes(secret)
        signature = key.sign(act.to_sign(store.book_id)).hex()
        forged = Act(act.kind, act.time, act.by, act.body, ada.public.sign.hex(), signature)
        assert not signed_by(forged.key, forged.signature, forged.to_sign(store.book_id))


@pytest.mark.parametrize("kind", [ActKind.ENROL, ActKind.REKEY])
def test_nobody_is_enrolled_with_a_key_under_which_anybody_signs(store: Store, ada: Identity, kind: ActKind) -> None:
    world = World(store.book_id)
    me = KeySigner(ada, "ada")
    enrolled = Act(ActKind.ENROL, 1, "", {"person": "ada", "role": "worker", "sign": ada.public.sign.hex(), "box": ""})
    world.apply(me.signed(enrolled, store.book_id))
    neutral = (1).to_bytes(32, "little").hex()
    for sign in (neutral, "zz", "00", "00" * 32):
        person = "ada" if kind is ActKind.REKEY else "eve"
        body = {"person": person, "role": "licensee", "sign": sign, "box": ""}
        act = Act(kind, 2, person, body, sign, neutral + "00" * 32)
        with pytest.raises(DeniedError):
            world.apply(me.signed(act, store.book_id) if kind is ActKind.REKEY else act)
    assert world.people["ada"].sign == ada.public.sign.hex()
    assert set(world.people) == {"ada"}


def test_the_logs_own_key_cannot_pass_for_an_auditors(store: Store, ada: Identity) -> None:
    log = Log(store)
    with store.change() as ledger:
        taken = checkpoint.take(store, log, ledger)
        key = store.secret(ledger, checkpoint.SECRET)
    assert key is not None
    assert not taken.cosigned_by(ada.public.verifier)
    forged = taken.note.signed(ada.public.verifier, Ed25519PrivateKey.from_private_bytes(key).sign)
    assert not forged.signed_by(ada.public.verifier)
    assert ada.cosign(taken).cosigned_by(ada.public.verifier)
