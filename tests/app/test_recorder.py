"""The recorder's folder belongs to one process; forgetting reaches everything that was recorded, if it may."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guildbook.app import Book, open_book
from guildbook.app.recorder import STATE, AlreadyError, Recorder
from guildbook.app.recording import Recording
from guildbook.columns import RAW_SCHEMA
from guildbook.config import load
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.model import DeniedError
from guildbook.model.time import MINUTE, SECOND, now
from guildbook.plugins import Sink, SourceOptions
from guildbook.record.live.entry import Bucket, Entry

SAID = "Zanzibar clove ledger"
OLD = "Constantinople"


@pytest.fixture
def desk(tmp_path: Path) -> Recording:
    made = Recording(load(tmp_path / "book"))
    made.set_worker("Ada")
    return made


@pytest.fixture
def recorder(desk: Recording, tmp_path: Path) -> Iterator[Recorder]:
    del desk
    made = Recorder(load(tmp_path / "book"))
    yield made
    made.release()


class Diary:
    """A source that keeps a file, and can forget."""

    name, title = "diary", "A diary"

    def missing(self, options: SourceOptions) -> str:
        del options
        return ""

    def run(self, sink: Sink, options: SourceOptions, stop: Any) -> None:
        del sink, options
        stop.wait()

    def forget(self, options: SourceOptions, since: int, until: int) -> None:
        assert since < until
        (options.folder / "diary").unlink(missing_ok=True)


def test_one_recorder_a_folder(recorder: Recorder, desk: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AlreadyError, match="runs already"):
        Recorder(recorder.config)
    monkeypatch.setattr("guildbook.app.recording.WAIT", 0.3)
    assert not desk.status()["running"]  # held, but by nobody who listens
    with pytest.raises(AlreadyError):
        desk.deliver()
    recorder.release()
    assert desk.deliver() == {"delivered": 0, "trouble": ""}


def test_a_state_that_a_killed_recorder_left_misleads_nobody(desk: Recording, tmp_path: Path) -> None:
    state = tmp_path / "book" / "recorder" / STATE
    with socket.socket() as other:  # another program has got its port and its process id
        other.bind(("127.0.0.1", 0))
        other.listen()
        state.write_text(json.dumps({"pid": 1, "port": other.getsockname()[1], "testing": False}))
        assert not desk.status()["running"]
        assert not desk.stop()
        assert desk.deliver()["trouble"] == ""
    assert not state.exists()


def test_a_source_that_is_gone_is_told_and_the_rest_goes_on(recorder: Recorder, tmp_path: Path) -> None:
    chosen = tmp_path / "book" / "recorder" / "choices.json"
    chosen.write_text(json.dumps(json.loads(chosen.read_text()) | {"sources": {"telepathy": {}}}))
    recorder.reload()
    (told,) = recorder.status()["sources"]
    assert (told["source"], told["state"]) == ("telepathy", "missing")
    assert "telepathy" in told["trouble"]


def filled(recorder: Recorder) -> list[bytes]:
    """Something in every place, old and new; gives the sealed bytes of what is new."""
    time = now()
    box = recorder.outbox
    box.create(Bucket("w", "currentwindow", "aw-watcher-window", "desk", time))
    recorder.intake.events("w", "w", [Entry(time - 60 * MINUTE, SECOND, {"app": "x", "title": OLD})]).result()
    recorder.deliver(everything=True)
    recorder.intake.write("sheet", [{"time": time - MINUTE, "action": "type", "value_after": SAID}])
    recorder.deliver(everything=True)
    with open_book(recorder.config.home) as book:
        book.learn()
    for number in range(3):  # in the inbox, written down, waiting
        recorder.intake.write("sheet", [{"time": time - (30 - number) * SECOND, "action": "type", "window": SAID}])
        if number == 0:
            recorder.deliver(everything=True)
        if number == 1:
            assert recorder.delivery.batch(time, everything=True)
    beat = Entry(time - 5 * SECOND, 0, {"app": "x", "title": SAID})
    recorder.intake.heartbeat("w", "w", beat, 10 * SECOND).result()
    recorder.intake.heartbeat("w", "w", Entry(time - 2 * SECOND, 0, beat.data), 10 * SECOND).result()
    query = "SELECT data FROM entries WHERE time > ?"
    return [row[0] for row in box.read(query, (time - 10 * MINUTE,))]


def everything(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def said(home: Path) -> str:
    """All that can be read with every key of the book and the outbox."""
    recorder = Recorder(load(home))
    found = [str(dict(entry.data)) for name in recorder.outbox.buckets() for entry in recorder.outbox.entries(name)]
    recorder.release()
    with open_book(home) as book:
        book.learn()
        for worker in book.workers():
            book.govern.decide(worker["name"], "export", allow=True)
        out = home.parent / "out.parquet"
        out.unlink(missing_ok=True)
        book.export("parquet", out)
        import pyarrow.parquet as pq

        table = pq.read_table(out)
        found += [str(row) for row in table.to_pylist()]
        assert set(table.schema.names) & set(RAW_SCHEMA.names)
    return "\n".join(found)


def test_forgetting_leaves_nothing_in_any_file(
    recorder: Recorder, desk: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "book"
    sealed = filled(recorder)
    diary = Diary()

    def found(_: str) -> Diary:
        return diary

    monkeypatch.setattr("guildbook.app.recorder.source", found)
    kept = home / "recorder" / "sources" / "diary" / "diary"
    kept.parent.mkdir(parents=True)
    kept.write_text(SAID)
    recorder.release()
    chosen = home / "recorder" / "choices.json"
    chosen.write_text(json.dumps(json.loads(chosen.read_text()) | {"sources": {"diary": {}}}))
    assert len(sealed) == 5
    before = b"".join(everything(home).values())
    assert all(each in before for each in sealed)
    told = desk.forget_last(10)
    assert (told["entries"], told["events"]) == (5, 2)
    files = everything(home)
    for path, data in files.items():
        assert SAID.encode() not in data, path
        assert not any(each in data for each in sealed), path
    text = said(home)
    assert SAID not in text
    assert OLD in text
    assert desk.status()["waiting"] == 0


def test_the_gate_is_asked_before_anything_is_forgotten(recorder: Recorder, desk: Recording, tmp_path: Path) -> None:
    filled(recorder)
    recorder.release()
    keys = {name: Identity.make(name, Role.WORKER, now()) for name in ("Ada", "Bo")}
    with open_book(tmp_path / "book") as book:
        for each in keys.values():
            book.persons.enrol(each)
    waiting = desk.status()["waiting"]
    assert waiting

    def signs(name: str) -> Any:
        def signer(book: Book) -> KeySigner:
            return KeySigner(keys[name], book.persons.person(name))

        return signer

    with pytest.raises(DeniedError, match="somebody else"):
        desk.forget_last(10, signs("Bo"))
    assert desk.status()["waiting"] == waiting
    told = desk.forget_last(10, signs("Ada"))
    assert (told["entries"], told["events"]) == (5, 2)
    assert desk.status()["waiting"] == 0
