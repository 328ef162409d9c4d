from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guildbook.app import Book, open_book
from guildbook.app.learning import Wanted
from guildbook.app.persons import NOBODY, Actor
from guildbook.govern.identity.folder import Folder
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import DeniedError

PEOPLE = tuple(f"w{number}" for number in range(12))


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    rows = ["case,time,worker,activity,outcome"]
    for case in range(24):
        for place, step in enumerate(("open", "fix", "close")):
            who = (*PEOPLE, "laptop")[(case + place) % 13]
            rows.append(f"T{case},2026-03-{1 + case:02}T09:{place:02}:00Z,{who},{step},")
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    with open_book(tmp_path / "book") as opened:
        opened.learn(Wanted(paths=(tmp_path / "a.csv",), jobs=1))
        yield opened


def acting(book: Book, tmp_path: Path, name: str, role: Role = Role.WORKER) -> Actor:
    folder = Folder(tmp_path / "keys", cost=10)
    identity = folder.new(name, role, "correct horse battery").unlock("correct horse battery")
    book.persons.enrol(identity)

    def unlock(_: str) -> Identity:
        return identity

    return book.persons.actor(name, unlock)


def test_what_a_worker_with_a_key_says_is_shown_to_them_alone(book: Book, tmp_path: Path) -> None:
    everybody = {name: acting(book, tmp_path, name) for name in PEOPLE}
    operator = acting(book, tmp_path, "Op", Role.OPERATOR)
    book.govern.decide("laptop", "research", allow=True)
    for number, name in enumerate(PEOPLE):
        book.govern.decide(name, "research", allow=number < 2, signer=everybody[name].signer)
    for viewer in (NOBODY, operator, Actor("w1", book.persons.person("w1"), None)):
        assert [said.worker for said in book.managing.permissions(viewer)] == ["laptop"]
        assert {use.worker for use in book.managing.uses(viewer)} == {"laptop"}
        with pytest.raises(DeniedError, match="shown to w1 alone"):
            book.managing.permissions(viewer, "w1")
        with pytest.raises(DeniedError):
            book.managing.uses(viewer, "w1")
    seen = book.managing.permissions(everybody["w1"])
    assert [said.worker for said in seen] == ["laptop", "w1"]
    assert {use.worker for use in book.managing.uses(everybody["w1"])} == {"laptop", "w1"}
    with pytest.raises(DeniedError):
        book.managing.permissions(everybody["w1"], "w2")


def test_counts_of_few_are_not_shown_nor_what_they_follow_from(book: Book, tmp_path: Path) -> None:
    everybody = {name: acting(book, tmp_path, name) for name in PEOPLE}
    for number, name in enumerate(PEOPLE):
        signer = everybody[name].signer
        book.govern.decide(name, "research", allow=number < 2, signer=signer)
        book.govern.decide(name, "evaluate" if number < 6 else "any", allow=number < 6, signer=signer)
    rows = {row["purpose"]: row for row in book.managing.permission_counts(NOBODY)}
    # Two permit research and ten refuse it, of twelve: the two are few, and would follow from the ten.
    assert rows["research"] == {"purpose": "research", "permitted": None, "refused": None, "nothing said": None} or (
        [rows["research"][k] for k in ("permitted", "refused", "nothing said")].count(None) >= 2
    )
    assert (rows["evaluate"]["permitted"], rows["evaluate"]["refused"]) in {(6, 6), (6, None), (None, 6), (None, None)}
    for row in rows.values():
        assert all(row[key] is None or row[key] >= 5 for key in ("permitted", "refused", "nothing said"))
    uses = {row["into"]: row["workers"] for row in book.managing.use_counts(NOBODY)}
    assert uses["model"] == 12
    book.mine.traces(everybody["w1"])
    assert "traces" not in {row["into"] for row in book.managing.use_counts(NOBODY)}


def test_on_a_laptop_nothing_is_hidden(book: Book) -> None:
    book.govern.decide("w1", "research", allow=False)
    assert [said.worker for said in book.managing.permissions(NOBODY)] == ["w1"]
    assert book.managing.hidden(NOBODY) == frozenset()
    assert book.managing.permission_counts(NOBODY)[0]["permitted"] is None
