"""The next step through a whole book: behind a grant, kept under what was admitted, gone with what is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from guildbook.app import Book, open_book
from guildbook.app.learning import Wanted
from guildbook.app.next import Asked
from guildbook.model import UnknownNameError
from guildbook.model.errors import InputError, UsageError
from guildbook.store import Store

ARTEFACT = "next-train-people"


def write(path: Path, cases: int = 60) -> Path:
    """Tickets: Ada checks before she fixes, Bo does not; Cy closes."""
    lines = ["case,time,worker,activity"]
    for case in range(cases):
        person = "Ada" if case % 2 else "Bo"
        steps = [(person, "open"), *([(person, "check")] if case % 2 else []), (person, "fix"), ("Cy", "close")]
        for minute, (who, step) in enumerate(steps):
            lines.append(f"ticket:{case},2026-03-{1 + case % 28:02}T{8 + case // 28:02}:{minute:02}:00Z,{who},{step}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def book(tmp_path: Path) -> Book:
    opened = open_book(tmp_path / "book")
    opened.learn(Wanted(paths=(write(tmp_path / "tickets.csv"),)))
    return opened


def ledger(book: Book) -> Store:
    return getattr(book, "_store")  # noqa: B009 - what is kept is looked at from within


def kept(book: Book) -> bytes | None:
    return ledger(book).get_artefact(ARTEFACT)


def test_what_comes_next_and_why(book: Book) -> None:
    ada = book.next.foresee(Asked(("open",), worker="Ada"))
    assert ada.expected[0].step == "check"
    assert any("Ada" in reason.context for reason in ada.expected[0].reasons)
    assert book.next.foresee(Asked(("open",), worker="Bo")).expected[0].step == "fix"
    assert sum(one.probability for one in ada.expected) <= 1 + 1e-6
    strange = book.next.foresee(Asked(("dance",)))
    assert "dance" in strange.notes[0]


def test_a_case_of_the_book_and_its_end(book: Book) -> None:
    found = book.next.foresee(Asked(case="3", top=1))
    assert found.after == ("open", "check", "fix", "close")
    assert found.expected[0].step == ""
    way = book.next.foresee(Asked(("open",), worker="Ada", to_end=True)).ways[0]
    assert (way.steps, way.ended) == (("check", "fix", "close"), True)
    with pytest.raises(UnknownNameError):
        book.next.foresee(Asked(case="nothing"))
    with pytest.raises(UnknownNameError):
        book.next.foresee(Asked(("open",), task="nothing"))
    with pytest.raises(UsageError):
        book.next.foresee(Asked(("open",), case="3"))


def test_it_is_kept_for_as_long_as_the_same_is_admitted(book: Book) -> None:
    assert kept(book) is None
    book.next.foresee(Asked(("open",)))
    first = kept(book)
    assert first is not None
    book.next.foresee(Asked(("open", "fix")))
    assert kept(book) == first
    book.govern.decide("Bo", "train-people", allow=False)
    assert "Bo" not in str(book.next.foresee(Asked(("open",))).to_dict())
    assert kept(book) != first
    assert book.next.foresee(Asked(("open",), worker="Bo")).expected[0].step == "check"


def test_it_goes_when_somebody_is_forgotten(book: Book) -> None:
    book.next.foresee(Asked(("open",)))
    book.forget("Ada")
    assert kept(book) is None
    again = book.next.foresee(Asked(("open",), worker="Ada"))
    assert again.expected[0].step == "fix"
    assert any("check" in note for note in book.next.foresee(Asked(("check",))).notes)


def test_nothing_is_read_that_is_not_admitted(book: Book) -> None:
    for name in ("Ada", "Bo", "Cy"):
        book.govern.decide(name, "train-people", allow=False)
    before = len(book.govern.uses())
    with pytest.raises(InputError, match="Nothing is admitted"):
        book.next.foresee(Asked(("open",)))
    assert len(book.govern.uses()) == before


def test_damaged_bytes_are_made_again(book: Book) -> None:
    expected = book.next.foresee(Asked(("open",)))
    whole = kept(book)
    assert whole is not None
    store = ledger(book)
    with store.writing():
        store.put_artefact(ARTEFACT, "next-step", whole[:60], "grant")
    assert book.next.foresee(Asked(("open",))) == expected
    assert kept(book) == whole
