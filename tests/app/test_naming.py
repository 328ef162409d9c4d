from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guildbook.app import Book, open_book
from guildbook.app.learning import Wanted
from guildbook.app.naming import SOMEBODY, masked, roles
from guildbook.app.next import Asked
from guildbook.govern.identity.folder import Folder
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import KeySigner
from guildbook.govern.naming import BE_NAMED
from guildbook.model.knowledge import Effect, Group, Kind, Knowledge, Person, Practice, Span, When


def practice(name: str = "people-1", title: str = "Turn to Ann Lee, not Annabel.", **more: Any) -> Practice:
    effect = Effect("good-rate", 0.1, 0.0, 0.2, 10, 0.01)
    return Practice(name, Kind.PEOPLE, title, When("claims"), ("ask Ann Lee",), (), effect, **more)


def known(*practices: Practice) -> Knowledge:
    def person(name: str, role: str, *met: tuple[str, int]) -> Person:
        return Person(name, 10, 3, (("claims", 4),), met, (), 60.0, (("fix", 2),), "", role)

    people = (
        person("Ann Lee", "fixers", ("Bo", 3)),
        person("Cy", "fixers", ("Ann Lee", 2), ("Bo", 1)),
        person("Bo", "clerks", ("Ann Lee", 5), ("Cy", 6)),
    )
    groups = (Group("fixers", ("Ann Lee", "Cy")), Group("clerks", ("Bo",)))
    return Knowledge("h", 30, 3, 9, 9, practices=practices, people=people, roles=groups)


def renamed(name: str) -> str:
    return f"{name}-renamed"


def test_who_may_not_be_named_is_told_of_by_their_role() -> None:
    first = practice(
        people=("Ann Lee",), contributors=(("Bo", 2), ("Ann Lee", 7)), evidence=(Span("Ann Lee 2026-03-02", ("ab",)),)
    )
    other = practice("tool-2", "Nobody here.", prerequisites=("people-1",), contributors=(("Ann Lee", 1),))
    found = known(first, replace(other, do=("fix",)))
    labels = roles(found, {"Ann Lee"})
    assert labels == {"Ann Lee": f"{SOMEBODY} (fixers)"}
    shown = masked(found, labels, renamed)
    one, two = shown.practices
    assert one.title == "Turn to a colleague (fixers), not Annabel."
    assert one.do == ("ask a colleague (fixers)",)
    assert one.people == ("a colleague (fixers)",)
    assert one.contributors == (("a colleague (fixers)", 7), ("Bo", 2))
    assert one.id == "people-1-renamed"
    assert (two.id, two.prerequisites) == ("tool-2", ("people-1-renamed",))
    assert "Ann" not in str(shown.to_dict()).replace("Annabel", "")
    assert (shown.model_hash, shown.events, shown.workers) == (found.model_hash, found.events, found.workers)


def test_several_of_one_role_are_one() -> None:
    found = known()
    shown = masked(found, roles(found, {"Ann Lee", "Cy"}), renamed)
    assert [p.name for p in shown.people] == ["a colleague (fixers)", "Bo"]
    both, bo = shown.people
    assert (both.events, both.tasks, both.answers_in) == (20, (("claims", 8),), None)
    assert bo.works_with == (("a colleague (fixers)", 11),)
    assert shown.roles[0].members == ("a colleague (fixers)",)


def test_with_nobody_to_hide_it_is_the_very_same() -> None:
    found = known(practice())
    assert masked(found, {}, renamed) is found


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(tmp_path / "book") as opened:
        opened.learn(Wanted(office=(1, 20_000)))
        yield opened


def test_shown_by_permission_and_counted_either_way(book: Book, tmp_path: Path) -> None:
    """A laptop's own people are named; who has a key is not, until they permit it."""
    before = book.teach.knowledge()
    named = next(p for p in before.practices if p.people)
    who = named.people[0]
    asked = book.teach.ask(named.title).to_dict()
    assert who in str(asked)
    identity = Folder(tmp_path / "keys", cost=10).new(who, Role.WORKER, "correct horse battery")
    signer = KeySigner(identity.unlock("correct horse battery"), book.persons.person(who))
    book.persons.enrol(signer.identity)
    after = book.teach.knowledge()
    assert after.model_hash == before.model_hash
    assert len(after.practices) == len(before.practices)
    assert who not in str(after.to_dict())
    assert who not in str(book.teach.ask(named.title).to_dict())
    page = book.teach.write_report(tmp_path / "report.html", title="t").read_text()
    assert who not in page
    assert book.learn().knowledge.model_hash == before.model_hash
    assert {p.id for p in before.practices} != {p.id for p in after.practices}
    shown = next(p for p in after.practices if p.id not in {x.id for x in before.practices})
    assert book.teach.practice(shown.id) == shown
    book.govern.decide(who, "be-named", allow=True, signer=signer)
    assert book.teach.knowledge() == before
    book.govern.decide(who, "be-named", allow=False, signer=signer)
    assert who not in str(book.teach.knowledge().to_dict())
    assert not book.govern.admission("be-named").pieces


def test_without_a_key_a_refusal_counts_too(book: Book) -> None:
    who = book.teach.knowledge().people[0].name
    book.govern.decide(who, "be-named", allow=False)
    assert who not in str(book.teach.knowledge().to_dict())


def test_a_single_case_names_nobody_who_may_not_be_named(tmp_path: Path) -> None:
    """Who did the last step tells what comes next here; the step itself names Ann Lee."""
    rows = ["case,time,worker,activity,outcome"]
    for case in range(60):
        who, after = (("Ann Lee", "fix"), ("Bo", "close"))[case % 2]
        for place, step in enumerate(("open", "ask Ann Lee", after, "end")):
            by = who if place == 1 else ("Cy", "Dee")[case // 2 % 2]
            rows.append(f"T:{case},2026-03-{1 + case % 28:02}T09:{10 * place:02}:{case:02}Z,{by},{step},good")
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    with open_book(tmp_path / "book") as book:
        book.learn(Wanted(paths=(tmp_path / "log.csv",), jobs=1))
        asked = Asked(("open", "ask Ann Lee"), worker="Ann Lee", task="T")
        first, checked = book.next.foresee(asked), book.process.conformance("T:0")
        assert "done by Ann Lee" in repr(first)
        assert "ask Ann Lee" in repr(checked)
        book.govern.decide("Ann Lee", BE_NAMED, allow=False)
        second = book.next.foresee(asked)
        assert "Ann Lee" not in repr((second, book.process.conformance("T:0")))
        assert f"done by {SOMEBODY}" in repr(second)
        assert [e.probability for e in second.expected] == [e.probability for e in first.expected]
        book.govern.decide("Ann Lee", BE_NAMED, allow=True)
        assert repr((book.next.foresee(asked), book.process.conformance("T:0"))) == repr((first, checked))
