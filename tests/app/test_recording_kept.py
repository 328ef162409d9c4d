"""Single entries: shown, and deleted here and in the book."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guildbook.app import open_book, recording
from guildbook.app.recorder import Recorder
from guildbook.app.recording import Recording
from guildbook.config import load
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import DeniedError, UnknownNameError
from guildbook.model.time import HOUR, MINUTE, now
from guildbook.record.live.entry import Bucket, Entry


def acts(book: Any, worker: str) -> Any:
    return book.persons.actor(worker, None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "book"


@pytest.fixture
def desk(home: Path) -> Recording:
    """Three mails and twenty packed windows in the book, a mail that waits."""
    made = Recording(load(home))
    made.set_worker("Ada")
    recorder = Recorder(load(home))
    try:
        begun = now() - 2 * HOUR
        for n in range(3):
            recorder.intake.write("mail", [{"time": begun + n * MINUTE, "app": "mail", "action": f"a{n}"}])
        recorder.outbox.create(Bucket("w", "currentwindow", "aw-watcher-window", "desk", 1))
        seen = [Entry(begun + n * MINUTE, MINUTE // 2, {"app": f"app{n}", "title": "t"}) for n in range(20)]
        recorder.intake.events("w", "aw-watcher-window", seen).result()
        recorder.deliver(everything=True)
        recorder.intake.write("mail", [{"time": now() - MINUTE, "app": "mail", "action": "late"}])
    finally:
        recorder.release()
    return made


def actions(home: Path) -> set[str]:
    """What the book has of Ada, by the app or, of mails, the action."""
    with open_book(home) as book:
        book.learn()
        found = book.mine.traces(book.persons.actor("Ada", None), 100)  # pyright: ignore[reportArgumentType]
    return {each["action"] if each["app"] == "mail" else each["app"] for each in found}


def test_entries_are_shown_by_source_and_time(desk: Recording) -> None:
    mails = desk.entries(source="mail")
    assert [(e["data"]["action"], e["state"]) for e in mails] == [
        ("late", "waiting"), ("a2", "in the book"), ("a1", "in the book"), ("a0", "in the book")
    ]  # fmt: skip
    assert {e["source"] for e in desk.entries(100, source="activitywatch")} == {"aw-watcher-window"}
    assert [e["data"]["action"] for e in desk.entries(since=now() - HOUR)] == ["late"]
    assert len(desk.entries(100, until=now() - HOUR)) == 23
    one = desk.entry(mails[0]["id"])
    assert (one["data"], one["bucket"].startswith("guildbook-mail_")) == ({"app": "mail", "action": "late"}, True)
    with pytest.raises(UnknownNameError):
        desk.entry(4711)


def test_an_entry_is_deleted_here_and_in_the_book(desk: Recording, home: Path) -> None:
    mails = {e["data"]["action"]: e["id"] for e in desk.entries(source="mail")}
    assert desk.in_book(list(mails.values())) == 3
    told = desk.delete([mails["a1"], mails["late"], 4711], acts)
    assert told == {"deleted": 2, "events": 1, "left": 0}
    assert {e["data"]["action"] for e in desk.entries(source="mail")} == {"a0", "a2"}
    assert actions(home) == {"a0", "a2", *(f"app{n}" for n in range(20))}


def test_what_a_source_recorded_in_a_time_is_deleted(desk: Recording, home: Path) -> None:
    last = desk.entries(100, source="activitywatch")[0]
    assert desk.delete_source("mail", None, now() - HOUR, acts) == {"deleted": 3, "events": 3, "left": 0}
    assert [e["data"]["action"] for e in desk.entries(source="mail")] == ["late"]
    assert desk.delete([last["id"]], acts)["events"] == 1
    assert actions(home) == {f"app{n}" for n in range(19)}


def test_more_than_can_be_deleted_one_by_one_is_told(
    desk: Recording, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "ONE_BY_ONE", 5)
    assert desk.delete_source("aw-watcher-window", None, None, acts) == {"deleted": 20, "events": 0, "left": 20}
    assert len(actions(home)) == 23


def test_nobody_deletes_what_is_anothers(desk: Recording, home: Path) -> None:
    keys = {name: Identity.make(name, Role.WORKER, now()) for name in ("Ada", "Bo")}
    with open_book(home) as book:
        for each in keys.values():
            book.persons.enrol(each)

    def by(name: str) -> Any:
        def actor(book: Any, _: str) -> Any:
            return book.persons.actor(name, keys.__getitem__)

        return actor

    numbers = [e["id"] for e in desk.entries(source="mail")]
    with pytest.raises(DeniedError):
        desk.delete(numbers, by("Bo"))
    assert len(desk.entries(source="mail")) == 4
    assert desk.delete(numbers, by("Ada")) == {"deleted": 4, "events": 3, "left": 0}
