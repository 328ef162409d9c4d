"""Lists kept as packs are what the same events are one by one, whatever is done with them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.record.live.delivery import Delivery, UnfitError
from guildbook.record.live.entry import Bucket, Entry
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.packs import MOST, events_in, packed, plain

MILLISECOND = 1_000
START = datetime(2026, 3, 2, tzinfo=UTC)
ZERO = int(START.timestamp()) * 1_000_000


def bucket(name: str = "b") -> Bucket:
    """A bucket of a watcher."""
    return Bucket(name, "currentwindow", "aw-watcher-window", "desk", 5)


def put(outbox: Outbox, events: list[tuple[int, int, int]], name: str = "b") -> None:
    """A list of (begin, duration, kind), in milliseconds, as a pack."""
    outbox.submit(outbox.packing(name, packed(events_in(wire(events))))).result()


def wire(events: list[tuple[int, int, int]]) -> bytes:
    return json.dumps([
        {"timestamp": (START + timedelta(milliseconds=time)).isoformat(), "duration": duration / 1_000,
         "data": {"kind": kind}} for time, duration, kind in events
    ]).encode()  # fmt: skip


def singles(events: list[tuple[int, int, int]]) -> list[Entry]:
    return [Entry(ZERO + time * MILLISECOND, duration * MILLISECOND, {"kind": kind}) for time, duration, kind in events]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """An open outbox with one bucket."""
    opened = Outbox(tmp_path / "box")
    opened.create(bucket())
    yield opened
    opened.close()


def nowhere(_name: str, _table: pa.Table) -> None:
    """Takes everything and keeps nothing."""


EVENTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9), st.integers(0, 2)), min_size=1, max_size=6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("list"), EVENTS),
        st.tuples(st.just("beat"), st.tuples(st.integers(0, 70), st.integers(0, 3), st.integers(0, 2))),
        st.tuples(st.just("delete"), st.integers(1, 20)),
        st.tuples(st.just("replace"), st.integers(1, 20)),
        st.tuples(st.just("forget"), st.tuples(st.integers(0, 70), st.integers(0, 20))),
        st.tuples(st.just("deliver"), st.just(None)),
    ),
    max_size=12,
)


def done(outbox: Outbox, step: tuple[str, Any], went: list[Any], *, packs: bool) -> Any:
    """One step, and what it answers."""
    kind, said = step
    if kind == "list":
        if packs:
            put(outbox, said)
        else:
            outbox.insert("b", singles(said)).result()
        return None
    if kind == "beat":
        return outbox.heartbeat("b", singles([said])[0], 5 * MILLISECOND).result()
    if kind == "delete":
        return outbox.delete("b", said)
    if kind == "replace":
        old = outbox.entry("b", said)
        return old and outbox.insert("b", [Entry(old.time, old.duration + 7, {"kind": 9}, said)]).result()
    if kind == "forget":
        since = ZERO + said[0] * MILLISECOND
        return outbox.forget(since, since + said[1] * MILLISECOND)

    def take(_: str, table: pa.Table) -> None:
        went.extend(
            (row["seq"], row["time"], row["duration"]) for row in table.select(["seq", "time", "duration"]).to_pylist()
        )

    Delivery(outbox, "Ada", take).run(everything=True)
    return sorted(went, key=str)


@settings(max_examples=25, deadline=None)
@given(STEPS, st.integers(-5, 80), st.integers(0, 40), st.integers(0, 9))
def test_packs_answer_as_single_entries_do(steps: list[tuple[str, Any]], since: int, span: int, limit: int) -> None:
    import tempfile

    low = ZERO + since * MILLISECOND
    high = low + span * MILLISECOND
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, other = Outbox(Path(first)), Outbox(Path(second))
        one_went: list[Any] = []
        other_went: list[Any] = []
        for box in (one, other):
            box.create(bucket())
        for step in steps:
            assert done(one, step, one_went, packs=True) == done(other, step, other_went, packs=False), step
            assert one.entries("b") == other.entries("b")
            assert one.entries("b", limit) == other.entries("b", limit)
            assert one.entries("b", limit, low, high) == other.entries("b", limit, low, high)
            assert one.count("b", low, high) == other.count("b", low, high)
            assert one.count("b") == other.count("b")
            assert [one.entry("b", number) for number in range(15)] == [other.entry("b", n) for n in range(15)]
            waiting = [Delivery(box, "Ada", nowhere).waiting() for box in (one, other)]
            assert waiting[0] == waiting[1]
        one.close()
        other.close()


def test_a_pack_is_one_row_and_unreadable(outbox: Outbox, tmp_path: Path) -> None:
    put(outbox, [(k, 1, k) for k in range(MOST)])
    assert outbox.count("b") == MOST
    assert [one.data["kind"] for one in outbox.entries("b", 3)] == [MOST - 1, MOST - 2, MOST - 3]
    with sqlite3.connect(tmp_path / "box" / "outbox.sqlite") as look:
        assert look.execute("SELECT count(*) FROM entries").fetchone() == (0,)
        assert look.execute("SELECT count(*) FROM packs").fetchone() == (1,)
    look.close()
    assert outbox.size < 60 * MOST
    assert b"kind" not in b"".join(path.read_bytes() for path in (tmp_path / "box").iterdir())


def test_a_list_in_no_bucket_is_told(outbox: Outbox) -> None:
    with pytest.raises(KeyError):
        put(outbox, [(1, 1, 1)], "nowhere")
    put(outbox, [(1, 1, 1)])
    assert outbox.drop("b")
    outbox.create(bucket())
    assert outbox.count("b") == 0


def test_what_the_book_refuses_of_a_pack_is_alone(outbox: Outbox) -> None:
    put(outbox, [(k, 1, k) for k in range(40)])
    went: list[int] = []

    def take(_: str, table: pa.Table) -> None:
        numbers = table["seq"].to_pylist()
        if 17 in numbers:
            raise UnfitError("no")
        went.extend(numbers)

    delivery = Delivery(outbox, "Ada", take)
    delivery.run(everything=True)
    assert sorted(went) == [number for number in range(1, 41) if number != 17]
    assert delivery.refused() == (1, "no")
    assert outbox.count("b") == 40


def test_a_batch_with_a_pack_is_sent_again_as_it_was(outbox: Outbox) -> None:
    put(outbox, [(k, 1, k) for k in range(40)])
    sent: list[tuple[str, int]] = []

    def take(name: str, table: pa.Table) -> None:
        sent.append((name, table.num_rows))
        if len(sent) == 1:
            raise OSError("the network is gone")

    delivery = Delivery(outbox, "Ada", take)
    with pytest.raises(OSError, match="network"):
        delivery.run(everything=True)
    assert delivery.waiting() == 0
    delivery.run(everything=True)
    assert sent[0] == sent[1]
    assert len(sent) == 2


def test_packs_that_are_in_the_book_make_room(outbox: Outbox) -> None:
    for low in range(0, 40_000, 4_000):
        put(outbox, [(k, 1, k * 7919 % 1_000_003) for k in range(low, low + 4_000)])
    assert outbox.prune(1) == 0
    Delivery(outbox, "Ada", nowhere).run(everything=True)
    assert outbox.prune(1) == 36_000
    assert outbox.count("b") == 4_000


@pytest.mark.parametrize(
    "body",
    [
        b'[{"timestamp": "2026-03-02T00:00:00", "data": {}}]',
        b'[{"timestamp": "2026-03-02T00:00:00Z", "data": {}}, {"timestamp": "2026-03-02T00:00:00", "data": {}}]',
        b'[{"timestamp": "2026-03-02T00:00:00Z", "data": {}, "id": 4}]',
        b'[{"timestamp": "2026-03-02T00:00:00Z", "data": {}, "duration": -1}]',
        b'[{"timestamp": "2026-03-02T00:00:00Z", "data": {}, "duration": 1e12}]',
    ],
)
def test_what_is_no_plain_list_goes_another_way(body: bytes) -> None:
    assert not plain(events_in(body))
