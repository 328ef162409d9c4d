"""A book in which a few people have keys, on both ledgers, with a collective and a licensee."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from guildbook.app import Book, open_book
from guildbook.app.persons import Actor
from guildbook.app.vault_copies import Kept
from guildbook.columns import raw_table
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model.agreement import Agreement, Audit, Notice, Party, Price, Scope, Substitution, Term
from guildbook.model.time import now
from guildbook.store import Store


class Hall:
    """People with keys meet in a book. Ann, Bo and Cy have traces in it; Acme is a licensee; Eve is nobody's member."""

    MEMBERS = ("Ann", "Bo", "Cy")

    def __init__(self, book: Book, store: Store) -> None:
        self.book, self.store = book, store
        self.paper = book.home.parent / "paper.txt"
        self.keys: dict[str, Identity] = {}
        for number, name in enumerate(self.MEMBERS):
            self.take_in(name, number)
        for name in (*self.MEMBERS, "Eve"):
            self.enrol(name, Role.WORKER)
        self.enrol("Acme", Role.LICENSEE)

    def enrol(self, name: str, role: Role) -> Identity:
        made = self.keys[name] = Identity.make(name, role, now())
        self.book.persons.enrol(made)
        return made

    def take_in(self, worker: str, number: int) -> None:
        row = self.store.begin_import(source="test", fingerprint=f"import {number}", path="x", terms=None)
        columns: dict[str, Any] = {
            "worker": [worker] * 3,
            "time": [1_767_225_600_000_000 + number * 3_600_000_000 + i for i in range(3)],
            "action": ["work"] * 3,
            "source": ["test"] * 3,
            "app": ["mail", "sheet", "sheet"],
            "value_after": [f"{worker}'s {app}" for app in ("mail", "sheet", "sheet")],
        }
        self.store.append(row.id, 0, raw_table(columns), ())
        self.store.finish_import(row.id)
        self.store.seal()

    def actor(self, name: str) -> Actor:
        return self.book.persons.actor(name, lambda who: self.keys[who])

    def found(self, **charter: Any) -> None:
        """Ann founds the guild, the others join, all delegate everything."""
        settings = {"notice_days": 0, "admission": "open"} | charter
        self.book.collective.found("The guild", self.actor("Ann"), settings, "guild")
        for name in self.MEMBERS:
            if name != "Ann":
                self.book.collective.join("guild", self.actor(name))
                if settings["admission"] == "steward":
                    continue
            self.book.collective.mandate("guild", self.actor(name))

    def hold(self, ballot: str, *choices: str) -> dict[str, Any]:
        """All members vote so, in order; then the ballot is counted."""
        for name, choice in zip(self.MEMBERS, choices, strict=True):
            self.book.ballots.ask(ballot, self.actor(name))
            self.book.ballots.issue(ballot, self.actor("Ann"))
            self.book.ballots.vote(ballot, choice, self.actor(name))
        return self.book.ballots.close(ballot, self.actor("Ann"))

    def agree(self, terms: Agreement | None = None, name: str = "a1") -> None:
        """Offer, ballot, two signatures."""
        self.book.agreements.offer(terms or self.terms(), self.actor("Acme"), name)
        self.book.agreements.open_ballot(name, self.actor("Ann"), now() + 60_000_000, f"on-{name}")
        self.hold(f"on-{name}", "yes", "yes", "yes")
        self.book.agreements.sign(name, self.actor("Ann"))
        self.book.agreements.sign(name, self.actor("Acme"))

    def prepare(self, agreement: str = "") -> None:
        """Everything the law profile of the guild asks is recorded."""
        self.paper.write_text("Betriebsvereinbarung")
        for one in self.book.law.status("guild", agreement)["missing"]:
            value = one["values"][0]
            paper = self.paper if value in one["papers"] else None
            self.book.law.record(
                one["step"], value, self.actor("Ann"), collective="guild", agreement=agreement, document=paper
            )

    @staticmethod
    def terms(**changes: Any) -> Agreement:
        """Acme may train assistants on everything from 2026 on."""
        said: dict[str, Any] = {
            "title": "Assistants",
            "collective": Party(id="guild", name="The guild"),
            "licensee": Party(id="Acme", name="Acme"),
            "purposes": ("train-augment",),
            "uses": ("train",),
            "scope": Scope(classes=("*",)),
            "term": Term(first_day="2026-01-01", last_day="2099-12-31"),
            "price": Price(kind="free"),
            "audit": Audit(ablation_days=90),
            "substitution": Substitution(bound=50_000),
            "notice": Notice(workers_days=1, end_days=30),
        }
        return Agreement(**said | changes)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hall]:
    """People with keys in a book; see `Hall`."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    with open_book(tmp_path / "book", overrides={"store.ledger_url": url} if url else {}) as book:
        store: Store = getattr(book, "_store")  # noqa: B009 - a test looks behind the desk
        yield Hall(book, store)


@pytest.fixture
def same_canaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ones in every run: one honest model in a thousand is accused by chance, as `ALARM` says."""
    numbers = itertools.count(1)
    monkeypatch.setattr(Kept, "new", lambda: Kept(bytes(32), None))
    monkeypatch.setattr("guildbook.app.vaults.uuid7", lambda: UUID(int=next(numbers)))
