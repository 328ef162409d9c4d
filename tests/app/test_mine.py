from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guildbook.app import Book, open_book
from guildbook.app.forgetting import Part
from guildbook.app.learning import Wanted
from guildbook.app.persons import NOBODY, Actor
from guildbook.govern.identity.folder import Folder
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import DeniedError, UnknownNameError, UsageError

STEPS = ("open", "check", "fix", "close")


def rows(people: tuple[str, ...] = ("Ada", "Bo", "Cy")) -> list[str]:
    made = ["case,time,worker,activity,app,outcome"]
    for case in range(40):
        for place, step in enumerate(STEPS):
            who, app = people[(case + place) % len(people)], ("Mail", "Sheet")[place % 2]
            when = f"2026-0{3 + case // 20}-{1 + case % 20:02}T09:{7 * place:02}:{case:02}Z"
            made.append(f"T{case},{when},{who},{step},{app},{'good' if step == 'close' else ''}")
    return made


def book_of(tmp_path: Path, text: list[str]) -> Book:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(text) + "\n")
    book = open_book(tmp_path / "book")
    book.learn(Wanted(paths=(path,), jobs=1))
    return book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with book_of(tmp_path, rows()) as opened:
        yield opened


def key(tmp_path: Path, name: str, role: Role = Role.WORKER, folder: str = "keys") -> Identity:
    return Folder(tmp_path / folder, cost=10).new(name, role, "correct horse battery").unlock("correct horse battery")


def actor(book: Book, name: str, identity: Identity | None = None) -> Actor:
    def unlock(_: str) -> Identity:
        assert identity is not None
        return identity

    return book.persons.actor(name, unlock)


def test_everything_of_one_worker_and_of_nobody_else(book: Book) -> None:
    book.govern.decide("Ada", "research", allow=False)
    book.govern.decide("Bo", "research", allow=True)
    seen = book.mine.view(actor(book, "Ada"))
    assert seen["worker"] == "Ada"
    assert sum(each["events"] for each in seen["held"]) == next(
        w["events"] for w in book.workers() if w["name"] == "Ada"
    )
    assert {each["class"] for each in seen["held"]} == {"mail", "sheet"}
    assert {each["month"] for each in seen["held"]} == {"2026-03", "2026-04"}
    assert {each["into"] for each in seen["uses"]} >= {"model"}
    assert all(each["reason"] == "own-purpose" for each in seen["uses"] if each["into"] == "model")
    (statement,) = seen["statements"]
    assert statement["uses"] >= 1
    assert [each["decision"] for each in seen["terms"]] == ["refuse"]
    assert {each["artefact"] for each in seen["derived"]["artefacts"]} >= {
        "state-train-people",
        "knowledge-train-people",
    }
    assert [each["source"] for each in seen["imports"]] != []
    known = {p.id: dict(p.contributors) for p in book.teach.practices()}
    assert {p["id"] for p in seen["derived"]["practices"]} == {k for k, who in known.items() if "Ada" in who}
    assert seen["pledges"] == seen["notices"] == seen["erasures"] == []


def test_looking_leaves_a_receipt(book: Book) -> None:
    book.mine.traces(actor(book, "Ada"))
    last = book.govern.uses("Ada")[-1]
    assert (last.stage, last.reason, last.recipient) == ("mine", "own-right", "Ada")


def test_who_refused_everything_still_sees_their_own(book: Book) -> None:
    book.govern.decide("Ada", "any", allow=False)
    assert len(book.mine.traces(actor(book, "Ada"), 5)) == 5


def test_it_is_for_the_worker_alone(book: Book, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="who you are"):
        book.mine.view(NOBODY)
    ada = key(tmp_path, "Ada")
    book.persons.enrol(ada)
    assert book.mine.view(actor(book, "Ada", ada))["worker"] == "Ada"
    forged = key(tmp_path, "Ada", folder="forged")
    with pytest.raises(DeniedError, match="another key"):
        actor(book, "Ada", forged)
    with pytest.raises(DeniedError, match="worker alone"):
        book.mine.view(Actor("Ada", book.persons.person("Ada"), None))
    operator = key(tmp_path, "Op", Role.OPERATOR)
    book.persons.enrol(operator)
    with pytest.raises(DeniedError, match="Nothing is held"):
        book.mine.view(actor(book, "Op", operator))
    with pytest.raises(UnknownNameError):
        actor(book, "Zed")


def test_the_only_worker_of_a_laptop_need_not_say_who_they_are(tmp_path: Path) -> None:
    with book_of(tmp_path, rows(("Ada",))) as book:
        assert book.mine.view(NOBODY)["worker"] == "Ada"
        book.persons.enrol(key(tmp_path, "Ada"))
        with pytest.raises(UsageError):
            book.mine.view(NOBODY)


def test_single_events_newest_first(book: Book) -> None:
    ada = actor(book, "Ada")
    found = book.mine.traces(ada, 7)
    times = [each["time"] for each in found]
    assert times == sorted(times, reverse=True)
    assert len(found) == 7
    every = book.mine.traces(ada, 10_000)
    assert [each["id"] for each in every[:7]] == [each["id"] for each in found]
    assert len(every) == next(w["events"] for w in book.workers() if w["name"] == "Ada")
    assert {"id", "time", "app", "action", "case"} <= set(found[0])


def test_one_event_is_deleted_as_if_it_had_never_been(book: Book, tmp_path: Path) -> None:
    ada = actor(book, "Ada")
    one = book.mine.traces(ada, 30)[-1]
    with pytest.raises(UsageError, match="too little"):
        book.mine.event(ada, one["id"][:4])
    with pytest.raises(UnknownNameError):
        book.mine.event(ada, "f" * 32)
    event, time = book.mine.event(ada, one["id"])
    done = book.forget("Ada", Part(first=time, until=time + 1, event=event))
    assert (done.events, book.mine.view(ada)["erasures"][0]["state"]) == (1, "done")
    assert one["id"] not in {each["id"] for each in book.mine.traces(ada, 10_000)}
    stamp = one["time"].replace(".000000", "")
    left = [line for line in rows() if not (stamp in line and ",Ada," in line)]
    assert len(left) == len(rows()) - 1
    (tmp_path / "other").mkdir()
    with book_of(tmp_path / "other", left) as other:
        assert other.teach.knowledge().model_hash == done.model_hash
    made = book.erasures.certificate(done.erasure)
    assert one["id"] not in str(made)  # an id is a hash of what happened
