from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from guildbook.govern.audit import merkle
from guildbook.govern.audit.entry import Entry, commitment_of, leaf_of
from guildbook.govern.audit.log import Log
from guildbook.model.canonical import canonical
from guildbook.model.errors import StoreError
from guildbook.store import Store, tables

Acts = Callable[..., list[dict[str, Any]]]


@given(st.integers(0, 2**62), st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_a_leaf_is_the_hash_of_canonical_json(seq: int, time: int, commitment: bytes) -> None:
    told = canonical({"seq": seq, "time": time, "commitment": commitment.hex()})
    assert leaf_of(seq, time, commitment) == hashlib.sha256(b"\0" + told).digest() == Entry(seq, time, commitment).leaf


def test_what_was_logged_is_read_back_in_order(store: Store, log: Log, acts: Acts) -> None:
    with store.look() as ledger:
        found = list(log.openings(ledger))
        assert [dict(o.act) for o in found] == acts(21)
        assert [o.entry.seq for o in found] == list(range(21))
        assert [o.act["time"] for o in log.openings(ledger, 4, 7)] == [4, 5, 6]
        for opening in found:
            assert commitment_of(opening.salt, canonical(dict(opening.act))) == opening.entry.commitment
            assert log.entry(ledger, opening.entry.seq) == opening.entry
        assert log.entry(ledger, 21) is None
        assert log.size(ledger) == 21
    assert len({o.salt for o in found}) == 21


def test_the_kept_nodes_give_the_root_of_any_size(store: Store, log: Log) -> None:
    with store.look() as ledger:
        leaves = [o.entry.leaf for o in log.openings(ledger)]
        for size in range(22):
            growth = merkle.Growth()
            growth.extend(leaves[:size])
            assert log.root(ledger, size) == growth.root()
        assert log.root(ledger) == log.root(ledger, 21)
        assert log.reach(ledger) == 20  # the last entry has no full neighbour yet


def test_an_empty_log_has_the_empty_root(store: Store) -> None:
    log = Log(store)
    with store.look() as ledger:
        assert (log.size(ledger), log.root(ledger), log.reach(ledger)) == (0, merkle.EMPTY, 0)
        with pytest.raises(StoreError, match="no key"):
            list(log.openings(ledger))
    with store.change() as ledger:
        assert log.append(ledger, []) == range(0)


def test_an_act_and_its_entry_are_written_together_or_not_at_all(store: Store, log: Log, acts: Acts) -> None:
    with suppress(RuntimeError), store.change() as ledger:
        assert log.append(ledger, acts(5)) == range(21, 26)
        raise RuntimeError
    with store.look() as ledger:
        assert log.size(ledger) == 21
    with store.change() as ledger:
        assert log.append(ledger, acts(2, 50)) == range(21, 23)
        assert log.append(ledger, acts(1, 52)) == range(23, 24)
    with store.look() as ledger:
        assert [o.act["time"] for o in log.openings(ledger, 20)] == [20, 50, 51, 52]
        assert log.root(ledger) == _root(log, store)


def test_the_first_append_may_fail(store: Store, acts: Acts) -> None:
    log = Log(store)
    with suppress(RuntimeError), store.change() as ledger:
        log.append(ledger, acts(3))
        raise RuntimeError
    with store.change() as ledger:
        log.append(ledger, acts(3))
    with store.look() as ledger:
        assert len(list(log.openings(ledger))) == 3


def test_two_writers_take_turns(store: Store, log: Log, acts: Acts) -> None:
    other = Log(store)
    for i in range(6):
        with store.change() as ledger:
            (log if i % 2 else other).append(ledger, acts(1 + i, i))
    with store.look() as ledger:
        assert log.size(ledger) == 21 + 21
        assert log.root(ledger) == _root(log, store)


def test_entries_are_never_dated_before_the_one_ahead(store: Store, acts: Acts) -> None:
    log = Log(store)
    with store.change() as ledger:
        log.append(ledger, acts(1), time=500)
        log.append(ledger, acts(1), time=100)
        log.append(ledger, acts(1), time=900)
    with store.look() as ledger:
        assert [o.entry.time for o in log.openings(ledger)] == [500, 500, 900]


@pytest.mark.parametrize("act", [{"kind": "permit", "time": 1.5}, {"kind": {1: 2}}])
def test_an_act_that_is_not_exact_is_not_logged(store: Store, log: Log, act: Any) -> None:
    with pytest.raises(TypeError), store.change() as ledger:
        log.append(ledger, [act])
    with store.look() as ledger:
        assert log.size(ledger) == 21


def test_the_ledger_shows_nothing_of_what_was_done(store: Store, log: Log, acts: Acts) -> None:
    with store.change() as ledger:
        log.append(ledger, [{"kind": "strike-propose", "by": "somebody in particular"}] * 2)
    with store.look() as ledger:
        rows = ledger.execute(select(tables.log).where(tables.log.c.seq >= 21)).all()
    assert rows[0].commitment != rows[1].commitment
    for row in rows:
        assert b"strike" not in row.sealed
        assert b"particular" not in row.sealed + row.commitment + row.leaf


@pytest.mark.parametrize("column", ["commitment", "sealed"])
def test_a_changed_entry_does_not_open(store: Store, log: Log, column: str) -> None:
    with store.change() as ledger:
        value = ledger.execute(select(tables.log.c[column]).where(tables.log.c.seq == 7)).scalar_one()
        bent = value[:-1] + bytes([value[-1] ^ 1])
        ledger.execute(update(tables.log).where(tables.log.c.seq == 7).values({column: bent}))
    with store.look() as ledger, pytest.raises(StoreError, match="Entry 7"):
        list(log.openings(ledger))


def test_an_entry_moved_to_another_place_does_not_open(store: Store, log: Log) -> None:
    with store.change() as ledger:
        ledger.execute(delete(tables.log).where(tables.log.c.seq == 7))
        ledger.execute(update(tables.log).where(tables.log.c.seq == 8).values(seq=7))
    with store.look() as ledger, pytest.raises(StoreError, match="Entry 7"):
        list(log.openings(ledger))


def test_a_missing_node_is_named(store: Store, log: Log) -> None:
    with store.change() as ledger:
        ledger.execute(delete(tables.log_nodes).where(tables.log_nodes.c.level == 4))
    with store.look() as ledger, pytest.raises(StoreError, match="level 4, position 0"):
        log.root(ledger)


def _root(log: Log, store: Store) -> bytes:
    growth = merkle.Growth()
    with store.look() as ledger:
        growth.extend([o.entry.leaf for o in log.openings(ledger)])
    return growth.root()
