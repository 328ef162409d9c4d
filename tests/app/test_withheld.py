"""What is shown of what was learnt while traces in it are withheld, and that everything comes back as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guildbook.app import Book, open_book
from guildbook.app.learning import Wanted
from guildbook.app.next import Asked
from guildbook.app.withheld import HOW_TO_GO_ON, without
from guildbook.govern import gate as gates
from guildbook.model import DeniedError, Purpose
from guildbook.model.decision import Reason
from guildbook.model.knowledge import Knowledge

NEXT = Asked(("open Claim in claims",))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("office") / "book"
    with open_book(home) as book:
        book.learn(Wanted(office=(5, 1500)))
    return home


@pytest.fixture
def book(office: Path, tmp_path: Path) -> Iterator[Book]:
    shutil.copytree(office, tmp_path / "book")
    with open_book(tmp_path / "book") as opened:
        yield opened


def knowledge(book: Book) -> Knowledge:
    found = book.distil.knowledge()
    assert found is not None
    return found


def answers(book: Book, tmp_path: Path) -> list[bytes]:
    """Everything the book gives out, as bytes."""
    output = tmp_path / "map.svg"
    book.process.draw(output, None, 0.8)
    return [
        repr(knowledge(book).to_dict()).encode(),
        repr(book.teach.practices()).encode(),
        repr(book.teach.ask("who knows about claims?").to_dict()).encode(),
        repr([one.to_dict() for one in book.process.maps()]).encode(),
        repr([one.to_dict() for one in book.process.variants()]).encode(),
        output.read_bytes(),
    ]


def pause(book: Book, name: str) -> None:
    book.terms.pause(name)


def refuse(book: Book, name: str) -> None:
    book.govern.decide(name, "train-people", allow=False)


def refuse_mail(book: Book, name: str) -> None:
    book.govern.decide(name, "teach-people", allow=False, trace_class="mail")


def unsay(book: Book, name: str) -> None:
    book.terms.resume(name)
    for said in book.govern.decisions(name):
        book.terms.clear(name, said.purpose, trace_class=said.trace_class, recipient="*")


@pytest.mark.parametrize("withhold", [pause, refuse, refuse_mail])
def test_what_is_withheld_is_not_shown_and_comes_back_byte_for_byte(
    book: Book, tmp_path: Path, withhold: Callable[[Book, str], None]
) -> None:
    before, whole = answers(book, tmp_path), knowledge(book)
    name = whole.people[0].name
    withhold(book, name)
    left = knowledge(book)
    assert name not in {p.name for p in left.people}
    assert name not in repr(left.to_dict())
    assert not [p for p in left.practices if name in dict(p.contributors)]
    assert [said for said in left.notes if HOW_TO_GO_ON in said]
    assert book.distil.sums() is None
    with pytest.raises(DeniedError, match="may not be used now"):
        book.process.maps()
    assert name not in repr(book.teach.ask("who knows about claims?").to_dict())
    page = book.teach.write_report(tmp_path / "page.html", title="Page").read_text()
    assert name not in page
    unsay(book, name)
    assert answers(book, tmp_path) == before


@pytest.mark.slow
def test_next_steps_come_from_what_is_admitted_and_are_the_same_afterwards(book: Book) -> None:
    before = repr(book.next.foresee(NEXT))
    name = knowledge(book).people[0].name
    pause(book, name)
    assert repr(book.next.foresee(NEXT)) != before
    unsay(book, name)
    assert repr(book.next.foresee(NEXT)) == before


def test_learning_goes_on_without_and_comes_back_to_the_same_model(book: Book, tmp_path: Path) -> None:
    before, whole = answers(book, tmp_path), knowledge(book)
    name = whole.people[0].name
    pause(book, name)
    assert book.learn().knowledge.model_hash != whole.model_hash
    assert book.distil.withheld() == ""
    assert book.process.maps()
    assert name not in repr(knowledge(book).to_dict())
    unsay(book, name)
    assert book.distil.withheld() == ""  # nothing that may not be shown; it is only not learnt yet
    assert book.learn().knowledge.model_hash == whole.model_hash
    assert answers(book, tmp_path) == before
    assert not book.learn().changed


def test_learning_that_runs_is_not_published(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody withholds between the last reading and the publishing: what was learnt with them is thrown away."""
    name = knowledge(book).people[0].name
    asked = gates.Gate.publishing
    done: list[str] = []

    def late(self: gates.Gate, *arguments: object) -> object:
        if not done:
            done.append(name)
            pause(book, name)
        return asked(self, *arguments)  # pyright: ignore[reportArgumentType] - passed on as it came

    other = knowledge(book).people[-1].name
    refuse(book, other)  # so that there is something to learn
    monkeypatch.setattr(gates.Gate, "publishing", late)
    learnt = book.learn().knowledge
    assert done
    assert {name, other}.isdisjoint(p.name for p in learnt.people)
    assert book.distil.withheld() == ""


def test_traces_on_other_terms_take_nothing_away(book: Book, tmp_path: Path) -> None:
    """What was never admitted is not withheld: importing more of somebody's, for research only, changes nothing."""
    whole = knowledge(book)
    log = tmp_path / "more.csv"
    rows = [f"c{i},2026-04-01T09:{i:02}:00,{whole.people[0].name},look" for i in range(20)]
    log.write_text("\n".join(["case,time,worker,activity", *rows]))
    assert book.learn(Wanted(paths=(log,), terms=("research",))).knowledge.model_hash == whole.model_hash
    assert book.distil.withheld() == ""
    assert knowledge(book) == whole


def test_reasons_a_worker_gave_are_not_told(book: Book) -> None:
    refuse(book, knowledge(book).people[0].name)
    said = book.distil.withheld()
    assert "somebody withholds" in said
    assert not [reason for reason in Reason if reason in said.split()]


def test_what_rests_on_nobody_withheld_is_left(book: Book) -> None:
    """A task in which nobody withheld took part keeps its practices and its numbers."""
    whole = knowledge(book)
    assert without(whole, (), "").practices == whole.practices
    alone = {t.title: [p.name for p in whole.people if t.title in dict(p.tasks)] for t in whole.tasks}
    for person in whole.people:
        left = without(whole, [person.name], "why")
        kept = {t.title for t in left.tasks}
        assert kept == {title for title, who in alone.items() if person.name not in who}
        assert {p.when.task for p in left.practices} <= kept
        assert {m.task for m in left.maps} <= kept | {t.id for t in left.tasks}
        assert set(left.tasks) <= set(whole.tasks)
    assert without(whole, ["A stranger"], "why").practices == ()


def test_only_what_a_purpose_covers_is_withheld(book: Book) -> None:
    whole = knowledge(book)
    book.govern.decide(whole.people[0].name, "train-ai", allow=False)
    assert knowledge(book) == whole
    assert book.govern.withheld("knowledge-train-people", Purpose.TRAIN_AUGMENT)
