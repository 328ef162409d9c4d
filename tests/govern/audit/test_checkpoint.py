from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from guildbook.govern.audit import checkpoint
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.govern.audit.log import Log
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model.errors import InputError
from guildbook.store import Store


@pytest.fixture
def taken(store: Store, log: Log) -> Checkpoint:
    with store.change() as ledger:
        return checkpoint.take(store, log, ledger, 1_790_000_000_000_000)


def test_a_checkpoint_is_a_text_that_is_read_back(store: Store, log: Log, taken: Checkpoint) -> None:
    lines = str(taken).split("\n")
    assert lines[:3] == [f"guildbook/{store.book_id}", "21", b64encode(taken.root).decode()]
    assert lines[3] == "time 1790000000000000"
    assert Checkpoint.parse(str(taken)) == taken
    with store.look() as ledger:
        assert taken.root == log.root(ledger)
        assert checkpoint.log_key(store, ledger) == taken.log


def test_a_book_signs_with_one_key_and_another_book_with_another(store: Store, log: Log, taken: Checkpoint) -> None:
    with store.change() as ledger:
        again = checkpoint.take(store, log, ledger)
    assert again.log == taken.log
    assert again.cosigned_by(taken.log)
    assert taken.log.name == f"guildbook/{store.book_id}"


@pytest.mark.parametrize(
    ("old", "new"), [("\n21\n", "\n22\n"), ("time 1", "time 2"), ("guildbook/0", "guildbook/1"), ("\nkey g", "\nkey h")]
)
def test_nothing_in_it_can_be_changed(taken: Checkpoint, old: str, new: str) -> None:
    assert old in str(taken)
    with pytest.raises(InputError):
        Checkpoint.parse(str(taken).replace(old, new))


def test_a_root_or_a_signature_cannot_be_exchanged(store: Store, log: Log, taken: Checkpoint, acts: Any) -> None:
    with store.change() as ledger:
        log.append(ledger, acts(1))
        later = checkpoint.take(store, log, ledger)
    one, other = (b64encode(each.root).decode() for each in (taken, later))
    with pytest.raises(InputError, match="was changed"):
        Checkpoint.parse(str(taken).replace(one, other))
    body, signature = str(taken).split("\n\n")[0], str(later).split("\n\n")[1]
    with pytest.raises(InputError, match="was changed"):
        Checkpoint.parse(f"{body}\n\n{signature}")


def test_without_the_logs_signature_it_is_none(taken: Checkpoint) -> None:
    auditor = Identity.make("Aud", Role.AUDITOR, 5)
    alone = str(auditor.cosign(taken)).split("\n")
    del alone[6]
    assert alone[6].startswith("— auditor/")
    with pytest.raises(InputError, match="signature of the log"):
        Checkpoint.parse("\n".join(alone))


def test_others_add_their_signatures(taken: Checkpoint) -> None:
    people = [Identity.make(name, role, 5) for name, role in (("Sam", Role.STEWARD), ("Aud", Role.AUDITOR))]
    signed: Checkpoint = taken
    sign: Callable[[Checkpoint], Checkpoint]
    for sign in (one.cosign for one in people):
        signed = sign(signed)
    again = Checkpoint.parse(str(signed))
    assert all(again.cosigned_by(one.public.verifier) for one in people)
    assert not again.cosigned_by(Identity.make("Sam", Role.STEWARD, 5).public.verifier)
    assert not taken.cosigned_by(people[0].public.verifier)
