"""What would be shared is what the gate would decide, entry by entry; what is taken out is told without telling it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guildbook.app import open_book, previewing
from guildbook.app.recorder import Recorder
from guildbook.app.recording import Recording
from guildbook.config import load
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import DeniedError, UnknownNameError, UsageError
from guildbook.model.time import HOUR, MINUTE, now
from guildbook.record.live.entry import Bucket, Entry
from guildbook.record.live.outbox import Outbox

SECRET = "Zx81!abcQ"


def nobody(book: Any) -> Any:
    """Who looks: the book itself."""
    return book.persons.actor(None, None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "book"


@pytest.fixture
def desk(home: Path) -> Recording:
    """Two mails in the book, a cell and a window that wait."""
    made = Recording(load(home))
    made.set_worker("Ada")
    recorder = Recorder(load(home))
    try:
        begun = now() - 20 * MINUTE
        recorder.intake.write("mail", [
            {"time": begun + n, "app": "mail", "action": "read", "value_after": f"mail {n}"} for n in range(2)
        ])  # fmt: skip
        recorder.deliver(everything=True)
        recorder.intake.write("sheets", [
            {"time": now() - MINUTE, "app": "calc", "action": "edit", "document": "/tmp/a/../b.ods",
             "value_after": f"password: {SECRET}"}
        ])  # fmt: skip
        recorder.outbox.create(Bucket("w", "currentwindow", "aw-watcher-window", "desk", 1))
        old = Entry(now() - 5 * HOUR, MINUTE, {"app": "Editor", "title": "x" * 3000})
        recorder.intake.events("w", "aw-watcher-window", [old]).result()
    finally:
        recorder.release()
    return made


def rows(told: dict[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    return [row for row in told["shared"] if all(row[name] == value for name, value in wanted.items())]


def asked(**given: str) -> dict[str, str]:
    return given


def test_what_waits_and_what_is_in_the_book_is_decided_as_the_gate_would(desk: Recording, home: Path) -> None:
    told = desk.preview(60, {}, nobody)
    assert told["entries"] == {"waiting": 2, "in the book": 2, "refused": 0}
    coach = {row["class"]: (row["allow"], row["waiting"], row["in_book"]) for row in rows(told, purpose="coach")}
    assert coach == {"mail": (True, 0, 2), "calc": (True, 1, 0), "editor": (True, 1, 0)}
    assert {row["purpose"] for row in told["shared"]} == {"coach", "train-people"}  # refusals only when asked
    with open_book(home) as book:
        book.terms.say("Ada", "train-people", allow=False, trace_class="mail")
        book.terms.say("Ada", "export", allow=True, trace_class="calc")
        receipts = len(book.govern.uses())
    said = desk.preview(60, asked(purpose="train-people"), nobody)
    (mail,) = rows(said, **{"class": "mail"})
    assert (mail["allow"], mail["reason"], mail["why"]) == (False, "worker-refusal", "you refuse it")
    export = {row["class"]: row["allow"] for row in desk.preview(60, asked(purpose="export"), nobody)["shared"]}
    assert export == {"mail": False, "calc": True, "editor": False}
    with open_book(home) as book:
        assert len(book.govern.uses()) == receipts


def test_what_lies_before_the_time_asked_for_counts_only_while_it_waits(desk: Recording) -> None:
    told = desk.preview(10, {}, nobody)
    assert told["entries"] == {"waiting": 2, "in the book": 0, "refused": 0}


def test_fields_are_told_by_mark_and_shape(desk: Recording) -> None:
    told = desk.preview(60, {}, nobody)
    assert SECRET not in json.dumps(told)
    found = {(c["source"], c["field"]): c["change"] for c in told["changes"]}
    assert found["sheets", "value_after"] == "secret: taken out before the first write → [secret]"
    assert found["aw-watcher-window", "window"] == "3000 characters, cut to 1024"
    assert told["changed"] == len(told["changes"])


def test_a_text_is_tried() -> None:
    told = previewing.attempt(f"my password is {SECRET}, call me")
    assert SECRET not in json.dumps(told)
    assert told["after"].endswith(", call me")
    assert [change["mark"] for change in told["changes"]] == ["secret"]
    assert previewing.attempt("nothing here") == {"after": "nothing here", "changes": []}


def test_without_a_book_nobody_is_given_anything(tmp_path: Path) -> None:
    desk = Recording(load(tmp_path / "none"))
    told = desk.preview(60, {}, nobody)
    assert (told["book"], told["shared"], told["entries"]["waiting"]) == (False, [], 0)


def test_whose_terms_are_their_own_sees_them_alone(desk: Recording, home: Path) -> None:
    keys = Identity.make("Ada", Role.WORKER, now())
    with open_book(home) as book:
        book.persons.enrol(keys)
    with pytest.raises(DeniedError, match="Ada alone"):
        desk.preview(60, {}, nobody)
    told = desk.preview(60, {}, lambda book: book.persons.actor("Ada", {"Ada": keys}.__getitem__))
    assert told["entries"]["waiting"] == 2


def test_what_there_is_not_is_said(desk: Recording) -> None:
    with pytest.raises(UsageError, match="no purpose"):
        desk.preview(60, asked(purpose="fun"), nobody)
    with pytest.raises(UnknownNameError):
        desk.preview(60, asked(recipient="Nobody Inc"), nobody)


def test_every_reason_is_said_in_words() -> None:
    assert set(previewing.WHY) == set(previewing.Reason)


def test_what_an_agreement_gives_a_licensee_is_told_with_its_clause(hall: Any, tmp_path: Path) -> None:
    hall.found()
    hall.agree()
    hall.prepare("a1")
    box = Outbox(tmp_path / "box")
    try:
        box.create(Bucket("m", "guildbook.mail", "guildbook-mail", "desk", 1))
        box.insert("m", [Entry(now() - MINUTE, 0, {"app": "mail", "action": "read"})]).result()
        everything = previewing.preview(box, "Ann", now() - HOUR, previewing.Asked(), hall.book)
        one = previewing.Asked("train-augment", "Acme", "train")
        (row,) = previewing.preview(box, "Ann", now() - HOUR, one, hall.book)["shared"]
    finally:
        box.close()
    assert {r["recipient"] for r in everything["shared"]} <= {"in-house", "Acme"}
    assert (row["class"], row["recipient"], row["waiting"]) == ("mail", "Acme", 1)
    assert (row["allow"], row["reason"], row["clauses"]) == (True, "agreement", ["a1#purposes.train-augment"])
    assert {r["use"] for r in rows(everything, recipient="Acme")} == {"train"}
