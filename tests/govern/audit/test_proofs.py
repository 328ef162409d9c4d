"""Proofs, given by a book and checked by somebody who has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete

from guildbook.govern.audit import checkpoint, proofs
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.govern.audit.log import Log
from guildbook.govern.audit.proofs import Consistency, Inclusion
from guildbook.model.errors import InputError, StoreError, UsageError
from guildbook.store import Store, tables


@pytest.fixture
def taken(store: Store, log: Log, acts: Callable[..., list[dict[str, Any]]]) -> list[Checkpoint]:
    """Checkpoints of 21 and of 30 entries."""
    found: list[Checkpoint] = []
    for _ in range(2):
        with store.change() as ledger:
            found.append(checkpoint.take(store, log, ledger))
            log.append(ledger, acts(9, 100))
    return found


def sent(proof: proofs.Proof) -> Any:
    """The JSON as it arrives elsewhere."""
    return json.loads(json.dumps(proof.to_dict()))


def test_every_entry_is_shown_to_be_in(store: Store, log: Log, taken: list[Checkpoint]) -> None:
    for one in taken:
        for seq in range(one.size):
            with store.look() as ledger:
                proof = proofs.parse(sent(proofs.prove_entry(log, ledger, seq, one.size)))
            assert isinstance(proof, Inclusion)
            assert proof.faults(one) == []
            assert proof.opening is None


def test_an_opening_shows_what_was_done(store: Store, log: Log, taken: list[Checkpoint]) -> None:
    with store.look() as ledger:
        data = sent(proofs.prove_entry(log, ledger, 5, 21, opening=True))
    proof = proofs.parse(data)
    assert isinstance(proof, Inclusion)
    assert proof.faults(taken[0]) == []
    assert proof.opening is not None
    assert proof.opening[1]["body"] == {"worker": "w5"}
    data["opening"]["act"]["body"]["worker"] = "w6"
    changed = proofs.parse(data)
    assert isinstance(changed, Inclusion)
    assert changed.faults(taken[0]) == ["What is shown is not what entry 5 committed to."]
    data["opening"]["act"]["body"] = 1.5
    inexact = proofs.parse(data)
    assert isinstance(inexact, Inclusion)
    assert len(inexact.faults(taken[0])) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("seq", 6, "no such entry"),
        ("time", 5, "no such entry"),
        ("commitment", "00" * 32, "no such entry"),
        ("size", 20, "for a log of 20"),
        ("path", [], "no such entry"),
        ("book", "ab" * 16, "about book"),
    ],
)
def test_a_changed_proof_does_not_hold(
    store: Store, log: Log, taken: list[Checkpoint], field: str, value: Any, words: str
) -> None:
    with store.look() as ledger:
        data = sent(proofs.prove_entry(log, ledger, 5, 21))
    proof = proofs.parse(data | {field: value})
    assert isinstance(proof, Inclusion)
    assert any(words in fault for fault in proof.faults(taken[0]))


def test_the_log_is_shown_to_have_only_grown(store: Store, log: Log, taken: list[Checkpoint]) -> None:
    with store.look() as ledger:
        proof = proofs.parse(sent(proofs.prove_growth(log, ledger, 21, 30)))
        whole = proofs.prove_growth(log, ledger, 30)
    assert isinstance(proof, Consistency)
    assert proof.faults(*taken) == proof.faults(*reversed(taken)) == []
    assert (whole.old, whole.new) == (30, 39)
    assert "for logs of 30 and 39" in whole.faults(*taken)[0]
    shorter = Consistency(proof.book, 21, 30, proof.path[1:])
    assert "written anew" in shorter.faults(*taken)[0]
    assert "about book" in Consistency("x", 21, 30, proof.path).faults(*taken)[0]


@pytest.mark.parametrize(("seq", "size"), [(-1, None), (39, None), (5, 5), (5, 40)])
def test_what_is_not_there_is_not_proved(
    store: Store, log: Log, taken: list[Checkpoint], seq: int, size: int | None
) -> None:
    assert len(taken) == 2
    with store.look() as ledger, pytest.raises(UsageError, match="no entry"):
        proofs.prove_entry(log, ledger, seq, size)


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 5), (1, 40)])
def test_a_log_does_not_grow_backwards(store: Store, log: Log, taken: list[Checkpoint], old: int, new: int) -> None:
    assert len(taken) == 2
    with store.look() as ledger, pytest.raises(UsageError, match="no part"):
        proofs.prove_growth(log, ledger, old, new)


def test_a_damaged_log_proves_nothing(store: Store, log: Log) -> None:
    with store.change() as ledger:
        ledger.execute(delete(tables.log).where(tables.log.c.seq == 4))
    with store.look() as ledger:
        with pytest.raises(StoreError, match="position 4"):
            proofs.prove_entry(log, ledger, 5)
        with pytest.raises(UsageError, match="missing"):
            proofs.prove_entry(log, ledger, 4)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"format": None},
        {"seq": -1},
        {"seq": True},
        {"seq": "5"},
        {"commitment": "zz"},
        {"commitment": "00"},
        {"commitment": None},
        {"path": {}},
        {"path": ["00"]},
        {"book": 5},
        {"opening": []},
        {"opening": {"salt": "00" * 32}},
        {"opening": {"salt": "00", "act": {}}},
    ],
)
def test_what_is_no_proof_is_refused(store: Store, log: Log, change: dict[str, Any]) -> None:
    with store.look() as ledger:
        data = sent(proofs.prove_entry(log, ledger, 5))
    with pytest.raises(InputError, match="no proof"):
        proofs.parse(data | change)
    with pytest.raises(InputError, match="no proof"):
        proofs.parse([data])
