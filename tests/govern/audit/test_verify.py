"""Somebody tampers with the log; each kind is found, named, and its place given, on both ledgers.

First somebody who can write to the ledger but has not the book's key. Then the operator, who has it, and writes the log
anew with every leaf, seal and node as it should be: then only what others hold can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from guildbook.govern.audit import checkpoint, copies, merkle
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.govern.audit.copies import Copy
from guildbook.govern.audit.entry import Opening, commitment_of, leaf_of
from guildbook.govern.audit.log import Log
from guildbook.govern.audit.places import Kind
from guildbook.govern.audit.verify import Report, sound_copy, verify, verify_copy
from guildbook.model.canonical import canonical
from guildbook.model.errors import InputError, StoreError
from guildbook.store import Store, tables

Acts = Callable[..., list[dict[str, Any]]]
LOG, NODES = tables.log, tables.log_nodes


def found(store: Store, log: Log, checkpoints: Sequence[Checkpoint] = (), copy: Copy | None = None) -> Report:
    with store.look() as ledger:
        return verify(log, ledger, checkpoints, copy=copy, key=checkpoint.log_key(store, ledger))


def told(report: Report) -> list[tuple[Kind, int, int]]:
    return [(f.kind, f.first, f.last) for f in report.findings]


def rows(ledger: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in ledger.execute(select(LOG).order_by(LOG.c.seq)).mappings()]


def renumbered(kept: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows from 0 on, each with a leaf that fits its new place."""
    return [row | {"seq": i, "leaf": leaf_of(i, row["time"], row["commitment"])} for i, row in enumerate(kept)]


def put(store: Store, kept: Sequence[dict[str, Any]], *, tree: bool = True) -> None:
    """The rows in the place of the log; with `tree` its nodes are made to fit."""
    with store.change() as ledger:
        ledger.execute(delete(LOG))
        ledger.execute(insert(LOG), list(kept))
        if tree:
            ledger.execute(delete(NODES))
            runs = merkle.Growth().extend([row["leaf"] for row in kept])
            nodes = [
                {"level": level, "position": first + i, "hash": value}
                for level, first, run in runs
                for i, value in enumerate(run)
            ]
            ledger.execute(insert(NODES), nodes)


def now(store: Store) -> list[dict[str, Any]]:
    with store.look() as ledger:
        return rows(ledger)


def test_an_untouched_log_is_sound(store: Store, log: Log) -> None:
    with store.change() as ledger:
        taken = checkpoint.take(store, log, ledger)
    report = found(store, log, [taken])
    assert (report.sound, report.size, report.root, report.confirmed) == (True, 21, taken.root, (21,))


def test_an_empty_log_is_sound(store: Store) -> None:
    log = Log(store)
    with store.change() as ledger:
        taken = checkpoint.take(store, log, ledger)
    assert told(found(store, log)) == []
    assert found(store, log, [taken]).confirmed == (0,)


@pytest.mark.parametrize("column", ["commitment", "sealed", "leaf", "time"])
@pytest.mark.parametrize("place", [0, 7, 20])
def test_one_flipped_bit(store: Store, log: Log, column: str, place: int) -> None:
    row = now(store)[place]
    bent = row[column] + 1 if column == "time" else row[column][:-1] + bytes([row[column][-1] ^ 1])
    with store.change() as ledger:
        ledger.execute(update(LOG).where(LOG.c.seq == place).values({column: bent}))
    report = found(store, log)
    assert told(report) == [(Kind.CHANGED, place, place)]
    assert f"entry {place} was changed" in report.findings[0].what
    assert report.root is None


@pytest.mark.parametrize("recomputed", [False, True])
def test_an_entry_put_in_the_place_of_another(store: Store, log: Log, *, recomputed: bool) -> None:
    """Commitment and leaf fit one another, and the tree too if the forger thinks of it; the seal cannot be made to."""
    kept = now(store)
    forged = commitment_of(b"salt" * 8, canonical({"kind": "grant"}))
    kept[9] |= {"commitment": forged, "leaf": leaf_of(9, kept[9]["time"], forged)}
    put(store, kept, tree=recomputed)
    assert told(found(store, log)) == [(Kind.CHANGED, 9, 9)]


@pytest.mark.parametrize("place", [0, 7, 19])
def test_a_deleted_entry(store: Store, log: Log, place: int) -> None:
    with store.change() as ledger:
        ledger.execute(delete(LOG).where(LOG.c.seq == place))
    assert told(found(store, log)) == [(Kind.DELETED, place, place)]


@pytest.mark.parametrize("tree", [False, True])
def test_deleted_entries_with_the_rest_moved_up(store: Store, log: Log, *, tree: bool) -> None:
    kept = now(store)
    put(store, renumbered(kept[:5] + kept[8:]), tree=tree)
    assert told(found(store, log)) == [(Kind.DELETED, 5, 7)]


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("source", ["forged", "copied"])
def test_an_inserted_entry(store: Store, log: Log, source: str, *, tree: bool) -> None:
    kept = now(store)
    new = kept[3] if source == "copied" else kept[3] | {"commitment": b"\7" * 32}
    put(store, renumbered([*kept[:12], new, *kept[12:]]), tree=tree)
    assert told(found(store, log)) == [(Kind.INSERTED, 12, 12)]


@pytest.mark.parametrize("tree", [False, True])
def test_an_entry_added_at_the_end(store: Store, log: Log, *, tree: bool) -> None:
    kept = now(store)
    put(store, renumbered([*kept, kept[4]]), tree=tree)
    assert told(found(store, log)) in ([(Kind.INSERTED, 21, 21)], [(Kind.CHANGED, 21, 21)])


@pytest.mark.parametrize("tree", [False, True])
def test_entries_that_changed_places(store: Store, log: Log, *, tree: bool) -> None:
    kept = now(store)
    kept[4], kept[11] = kept[11], kept[4]
    put(store, renumbered(kept), tree=tree)
    assert told(found(store, log)) == [(Kind.REORDERED, 4, 11)]
    words = found(store, log).findings[0].what
    assert "entry 4" in words
    assert "entry 11" in words


def test_a_cut_tail_is_remembered_by_the_tree(store: Store, log: Log) -> None:
    with store.change() as ledger:
        ledger.execute(delete(LOG).where(LOG.c.seq >= 15))
    assert told(found(store, log)) == [(Kind.TRUNCATED, 15, 19)]


def test_a_tail_cut_with_its_nodes_is_remembered_by_a_checkpoint_alone(store: Store, log: Log) -> None:
    with store.change() as ledger:
        taken = checkpoint.take(store, log, ledger)
    put(store, now(store)[:15])
    assert told(found(store, log)) == []
    report = found(store, log, [taken])
    assert told(report) == [(Kind.TRUNCATED, 15, 20)]
    assert "checkpoint" in report.findings[0].what


def test_everything_gone(store: Store, log: Log) -> None:
    with store.change() as ledger:
        taken = checkpoint.take(store, log, ledger)
        ledger.execute(delete(LOG))
    assert told(found(store, log)) == [(Kind.TRUNCATED, 0, 19)]
    with store.change() as ledger:
        ledger.execute(delete(NODES))
    assert told(found(store, log)) == []
    assert told(found(store, log, [taken])) == [(Kind.TRUNCATED, 0, 20)]


def test_a_changed_node_of_the_tree(store: Store, log: Log) -> None:
    with store.change() as ledger:
        where = (NODES.c.level == 2, NODES.c.position == 3)
        ledger.execute(update(NODES).where(*where).values(hash=b"\0" * 32))
    assert told(found(store, log)) == [(Kind.TREE, 12, 15)]
    with store.change() as ledger:
        ledger.execute(delete(NODES).where(NODES.c.level == 1, NODES.c.position == 0))
    assert told(found(store, log)) == [(Kind.TREE, 0, 1), (Kind.TREE, 12, 15)]


# The operator, who has the book's key.


def again(store: Store, log: Log, openings: Sequence[tuple[int, bytes, dict[str, Any]]]) -> None:
    """Write a log of these times, salts and acts, as if it had always been that."""
    with store.look() as ledger:
        sealer = log.sealer(ledger)
    made: list[dict[str, Any]] = []
    for i, (time, salt, act) in enumerate(openings):
        content = canonical(act)
        commitment = commitment_of(salt, content)
        place = i.to_bytes(8, "big") + time.to_bytes(8, "big")
        sealed = sealer.seal(salt + place + content)
        leaf = leaf_of(i, time, commitment)
        made.append({"seq": i, "time": time, "commitment": commitment, "leaf": leaf, "sealed": sealed})
    put(store, made)


def shown(store: Store, log: Log) -> list[tuple[int, bytes, dict[str, Any]]]:
    def plain(one: Opening) -> tuple[int, bytes, dict[str, Any]]:
        return one.entry.time, one.salt, dict(one.act)

    with store.look() as ledger:
        return [plain(one) for one in log.openings(ledger)]


def rewritten(kind: str, was: list[tuple[int, bytes, dict[str, Any]]]) -> list[tuple[int, bytes, dict[str, Any]]]:
    new = (was[13][0], b"\5" * 32, {"kind": "permit", "forged": True})
    match kind:
        case "flip":
            return [*was[:13], new, *was[14:]]
        case "delete":
            return [*was[:13], *was[14:]]
        case "insert":
            return [*was[:13], new, *was[13:]]
        case "reorder":
            return [*was[:13], was[17], *was[14:17], was[13], *was[18:]]
        case "truncate":
            return was[:13]
        case _:
            other = [(time, bytes([i]) * 32, act | {"by": "nobody"}) for i, (time, _, act) in enumerate(was[13:])]
            return [*was[:13], *other]


OPERATOR = {
    "flip": (Kind.CHANGED, 13, 13),
    "delete": (Kind.DELETED, 13, 13),
    "insert": (Kind.INSERTED, 13, 13),
    "reorder": (Kind.REORDERED, 13, 17),
    "truncate": (Kind.TRUNCATED, 13, 20),
    "fork": (Kind.FORKED, 13, 20),
}


@pytest.mark.parametrize("kind", OPERATOR)
def test_a_history_written_anew(store: Store, log: Log, acts: Acts, tmp_path: Path, kind: str) -> None:
    """Sound in itself; a checkpoint says between which of them it differs, a copy says what was done to which entry."""
    with store.change() as ledger:
        first = checkpoint.take(store, log, ledger)
        with (tmp_path / "copy").open("wb") as out:
            copies.write(log, ledger, out, openings=True)
    whole = shown(store, log)
    again(store, log, whole[:10])
    with store.change() as ledger:
        early = checkpoint.take(store, log, ledger)
    again(store, log, rewritten(kind, whole))
    assert found(store, log, [early]).confirmed == (10,)
    assert told(found(store, log, [early])) == []
    report = found(store, log, [first, early])
    assert report.confirmed == (10,)
    if kind in {"truncate", "delete"}:
        assert told(report) == [(Kind.TRUNCATED, 13 if kind == "truncate" else 20, 20)]
    else:
        assert told(report) == [(Kind.FORKED, 10, 20)]
        assert "between entries 10 and 20" in report.findings[0].what
    copy = Copy.find(tmp_path / "copy")
    assert told(found(store, log, [early], copy)) == [OPERATOR[kind]]
    # The book goes on; that is no matter.
    with store.change() as ledger:
        Log(store).append(ledger, acts(9, 100))
    later = told(found(store, log, [], copy))
    assert later == [(Kind.FORKED, 13, 20) if kind in {"truncate", "fork"} else OPERATOR[kind]]


def test_a_log_that_only_grew_fits_checkpoints_and_copy(store: Store, log: Log, acts: Acts, tmp_path: Path) -> None:
    taken: list[Checkpoint] = []
    with (tmp_path / "copy").open("wb") as out, store.look() as ledger:
        copies.write(log, ledger, out, openings=False)
    for i in range(4):
        with store.change() as ledger:
            taken.append(checkpoint.take(store, log, ledger))
            log.append(ledger, acts(5, 100 * i))
    report = found(store, log, taken, Copy.find(tmp_path / "copy"))
    assert report.sound
    assert report.confirmed == (21, 26, 31, 36)


def test_a_checkpoint_of_another_book_or_key_is_named(store: Store, log: Log, acts: Acts, tmp_path: Path) -> None:
    with Store.open(tmp_path / "other") as other:
        strange = Log(other)
        with other.change() as ledger:
            strange.append(ledger, acts(3))
            foreign = checkpoint.take(other, strange, ledger)
    report = found(store, log, [foreign])
    assert told(report) == [(Kind.CHECKPOINT, 0, -1)]
    assert foreign.book in report.findings[0].what
    with store.change() as ledger:
        mine = checkpoint.take(store, log, ledger)
        ledger.execute(delete(tables.book).where(tables.book.c.key == "secret:log-signing"))
        checkpoint.take(store, log, ledger)
    assert "another key" in found(store, log, [mine]).findings[0].what


# Copies, without a book.


def copied(store: Store, log: Log, path: Path, *, openings: bool) -> Copy:
    with path.open("wb") as out, store.look() as ledger:
        copies.write(log, ledger, out, openings=openings)
    return Copy.find(path)


@pytest.mark.parametrize("openings", [False, True])
def test_a_copy_is_held_against_a_checkpoint_without_the_book(
    store: Store, log: Log, acts: Acts, tmp_path: Path, *, openings: bool
) -> None:
    copy = copied(store, log, tmp_path / "copy", openings=openings)
    with store.change() as ledger:
        taken = checkpoint.take(store, log, ledger)
    report = verify_copy(copy, [taken])
    assert (report.sound, report.confirmed, report.root) == (True, (21,), taken.root)
    assert sound_copy(copy, report) is copy
    if openings:
        assert [dict(o.act) for _, o in copy.entries() if o is not None] == acts(21)
    else:
        assert {o for _, o in copy.entries()} == {None}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([*range(6), *range(7, 22)], (Kind.DELETED, 5, 5)),
        ([*range(9)], (Kind.TRUNCATED, 8, 20)),
        ([*range(4), 9, *range(5, 9), 4, *range(10, 22)], (Kind.REORDERED, 3, 8)),
        ([*range(4), 3, *range(4, 22)], (Kind.INSERTED, 2, 2)),
        ([*range(22)], (Kind.CHANGED, 5, 5)),
    ],
)
def test_a_tampered_copy_is_found_out(
    store: Store, log: Log, tmp_path: Path, order: list[int], expected: tuple[Kind, int, int]
) -> None:
    copy = copied(store, log, tmp_path / "copy", openings=True)
    lines = copy.path.read_bytes().splitlines(keepends=True)
    if expected[0] == Kind.CHANGED:
        lines[6] = lines[6].replace(b'"w5"', b'"w6"')
    copy.path.write_bytes(b"".join(lines[i] for i in order))
    report = verify_copy(copy)
    assert expected in told(report)
    with pytest.raises(StoreError, match="damaged itself"):
        sound_copy(copy, report)


def test_a_copy_with_another_root_is_found_out(store: Store, log: Log, tmp_path: Path) -> None:
    copy = copied(store, log, tmp_path / "copy", openings=False)
    lines = copy.path.read_bytes().splitlines(keepends=True)
    commitment = lines[4].split(b'"')[3]
    copy.path.write_bytes(b"".join([*lines[:4], lines[4].replace(commitment, b"0" * 64), *lines[5:]]))
    assert told(verify_copy(copy)) == [(Kind.CHANGED, 0, 20)]


@pytest.mark.parametrize(
    "text", [b"", b"{}\n", b"[]\n", b"nonsense\n", b'{"format":"guildbook-log-1","book":"x","size":1}\n']
)
def test_what_is_no_copy_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "copy").write_bytes(text)
    with pytest.raises(InputError, match="line 1"):
        Copy.find(tmp_path / "copy")


def test_a_copy_that_is_missing_or_breaks_off_is_explained(store: Store, log: Log, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Copy.find(tmp_path / "nothing")
    copy = copied(store, log, tmp_path / "copy", openings=False)
    copy.path.write_bytes(copy.path.read_bytes()[:-20])
    with pytest.raises(InputError, match="line 22"):
        verify_copy(copy)


def test_a_log_that_grows_while_it_is_looked_at_is_sound(
    store: Store, log: Log, acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others go on acting: what they add between two reads of the ledger is no tampering."""
    writer, read = Log(store), log.rows

    def growing(ledger: Connection, start: int | None = 0, stop: int | None = None) -> Any:
        yield from read(ledger, start, stop)
        with store.change() as other:
            writer.append(other, acts(10, 100))

    monkeypatch.setattr(log, "rows", growing)
    report = found(store, log)
    assert (report.sound, report.size) == (True, 21)
