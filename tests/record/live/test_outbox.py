"""The outbox: durable when acknowledged, encrypted, and what aw-server would answer."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model.errors import StoreError
from guildbook.record.live.entry import Bucket, Entry, merged
from guildbook.record.live.outbox import Outbox

SECOND = 1_000_000


def bucket(name: str = "b", kind: str = "currentwindow") -> Bucket:
    """A bucket."""
    return Bucket(name, kind, "aw-watcher-window", "desk", 5)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """An open outbox with one bucket."""
    opened = Outbox(tmp_path / "box")
    opened.create(bucket())
    yield opened
    opened.close()


def test_buckets_are_made_once_changed_and_dropped(outbox: Outbox) -> None:
    assert not outbox.create(bucket(kind="web.tab.current"))
    assert outbox.buckets()["b"].type == "currentwindow"
    assert outbox.change(Bucket("b", "other", "c", "h", 9, "Window", {"x": 1}))
    found = outbox.bucket("b")
    assert found is not None
    assert (found.type, found.created, found.name, found.data, found.updated) == ("other", 5, "Window", {"x": 1}, None)
    outbox.insert("b", [Entry(10, 5, {"n": 1}), Entry(30, 2, {"n": 2})]).result()
    assert outbox.buckets()["b"].updated == 32
    assert outbox.drop("b")
    assert not outbox.drop("b")
    assert outbox.buckets() == {}
    with pytest.raises(KeyError):
        outbox.insert("b", [Entry(1, 1, {})]).result()


def test_entries_come_newest_first_and_cut_to_the_span(outbox: Outbox) -> None:
    made = outbox.insert("b", [Entry(10, 10, {"n": 1}), Entry(30, 10, {"n": 2}), Entry(30, 4, {"n": 3})]).result()
    assert [one.data["n"] for one in outbox.entries("b")] == [2, 3, 1]
    assert [one.data["n"] for one in outbox.entries("b", limit=1)] == [2]
    assert outbox.entries("b", limit=0) == []
    cut = outbox.entries("b", start=15, end=32)
    assert [(one.time, one.duration) for one in cut] == [(30, 2), (30, 2), (15, 5)]
    assert outbox.count("b") == 3
    assert outbox.count("b", 35, 50) == 1
    assert outbox.entry("b", made[0].id or 0) == made[0]
    assert outbox.delete("b", made[0].id or 0)
    assert not outbox.delete("b", made[0].id or 0)
    assert outbox.entry("b", made[0].id or 0) is None


def test_an_entry_with_an_id_takes_its_place(outbox: Outbox) -> None:
    (made,) = outbox.insert("b", [Entry(10, 10, {"n": 1})]).result()
    outbox.insert("b", [Entry(11, 9, {"n": 7}, made.id)]).result()
    assert outbox.entries("b") == [Entry(11, 9, {"n": 7}, made.id)]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.integers(0, 1), st.integers(0, 6)), max_size=25)
)  # fmt: skip
def test_heartbeats_are_merged_as_aw_server_merges(beats: list[tuple[int, int, int, int]]) -> None:
    """Held against the plain rule over a list whose newest entry is the last by (time, id)."""
    plain: list[Entry] = []
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(Path(folder))
        outbox.create(bucket())
        for time_, duration, kind, pulse in beats:
            beat = Entry(time_, duration, {"kind": kind})
            told = outbox.heartbeat("b", beat, pulse).result()
            longer = merged(plain[-1], beat, pulse) if plain else None
            if longer is None:
                plain.append(Entry(beat.time, beat.duration, beat.data, told.id))
            else:
                plain[-1] = longer
            assert told == plain[-1]
        wanted = sorted(plain, key=lambda one: (-one.time, one.id or 0))
        assert outbox.entries("b") == wanted
        outbox.close()


def test_one_failing_piece_of_work_fails_alone(outbox: Outbox) -> None:
    found = [
        outbox.heartbeat("b" if number % 3 else "nowhere", Entry(number, 0, {"n": number}), 0) for number in range(30)
    ]
    for number, one in enumerate(found):
        if number % 3:
            assert one.result().data == {"n": number}
        else:
            with pytest.raises(KeyError):
                one.result()
    assert outbox.count("b") == 20


def test_forgetting_the_last_minutes_leaves_the_rest(outbox: Outbox) -> None:
    outbox.insert("b", [Entry(k * SECOND, SECOND // 2, {"n": k}) for k in range(100)]).result()
    outbox.heartbeat("b", Entry(100 * SECOND, 0, {"n": 100}), SECOND).result()
    assert outbox.forget(90 * SECOND, 1 << 62) == 11
    assert [one.data["n"] for one in outbox.entries("b", limit=1)] == [89]
    outbox.heartbeat("b", Entry(101 * SECOND, 0, {"n": 100}), 20 * SECOND).result()  # begins anew
    assert outbox.entries("b", limit=1)[0].time == 101 * SECOND


def test_nothing_said_is_readable_in_the_files(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.create(Bucket("b", "t", "c", "h", 1, None, {"hint": "Zanzibar"}))
    outbox.insert("b", [Entry(1, 1, {"title": "Constantinople"})]).result()
    outbox.close()
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Constantinople" not in data
    assert b"Zanzibar" not in data
    assert (tmp_path / "outbox.key").stat().st_mode & 0o077 == 0


def test_another_key_is_told(tmp_path: Path) -> None:
    Outbox(tmp_path).close()
    (tmp_path / "outbox.key").unlink()
    with pytest.raises(StoreError, match="does not decrypt"):
        Outbox(tmp_path)


def test_closed_is_closed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.create(bucket())
    outbox.close()
    outbox.close()
    with pytest.raises(StoreError):
        outbox.insert("b", [Entry(1, 1, {})]).result()


WRITER = """
import sys
from pathlib import Path
from guildbook.record.live.entry import Bucket, Entry
from guildbook.record.live.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
outbox.create(Bucket("b", "t", "c", "h", 1))
number = int(sys.argv[2])
while True:
    waiting = [outbox.insert("b", [Entry(number + k, 0, {"n": number + k})]) for k in range(20)]
    waiting.append(outbox.heartbeat("b", Entry(number + 20, 0, {"n": number + 20}), 0))
    for one in waiting:
        one.result()
    number += 21
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """Fifteen kills here; the benchmark of the recorder does a hundred under load."""
    rng, number = __import__("random").Random(5), 0
    for _ in range(15):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(number)], stdout=subprocess.PIPE, text=True
        ) as writer:  # fmt: skip
            assert writer.stdout is not None
            told = writer.stdout.readline()
            time.sleep(rng.random() * 0.05)
            os.kill(writer.pid, signal.SIGKILL)
            rest = writer.stdout.read().split("\n")
        acknowledged = int(([told.strip(), *[line for line in rest[:-1] if line]])[-1])
        outbox = Outbox(tmp_path)
        held = [one.data["n"] for one in outbox.entries("b")]
        outbox.close()
        assert set(range(acknowledged)) <= set(held)
        assert len(held) == len(set(held))
        number = max(held) + 1
        with sqlite3.connect(tmp_path / "outbox.sqlite") as look:
            assert look.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        look.close()
