"""What a ballot of a big collective costs: asking, issuing papers, voting, counting, counting again.

Members with keys of their own found and join a collective and vote by the desk's own functions. `ask` and `vote` are
what one member waits for, at a ballot in which all others have asked, or voted, already (those others' boxes are put
into the table at once: voting one after the other writes all boxes anew at each vote). Issuing, counting and counting
again are whole. `opened` is a process that opens the book afterwards and learns what all acts have said. Prints JSON.

    python benchmarks/ballot.py [--members 10000] [--tries 20]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _measure import median, report
from sqlalchemy import insert

from guildbook.app import Book, open_book
from guildbook.app.ballots import recount
from guildbook.app.persons import Actor
from guildbook.govern.acts import ActKind
from guildbook.govern.collective.blind import PublicKey
from guildbook.govern.collective.paper import Paper, sealed_vote
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.govern.register import Register
from guildbook.model.time import DAY, now
from guildbook.store import Store, tables

BALLOT = "b1"


class Clock:
    """Seconds of wall and of processor time."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def whole(self, name: str, work: Callable[[], Any]) -> Any:
        """Something done once."""
        began, busy = time.perf_counter(), time.process_time()
        made = work()
        self.told[f"{name}_s"] = round(time.perf_counter() - began, 2)
        self.told[f"{name}_cpu_s"] = round(time.process_time() - busy, 2)
        return made

    def each(self, name: str, work: list[Callable[[], Any]]) -> None:
        """The same done several times: medians, ms."""
        wall: list[float] = []
        cpu: list[float] = []
        for one in work:
            began, busy = time.perf_counter(), time.process_time()
            one()
            wall.append((time.perf_counter() - began) * 1e3)
            cpu.append((time.process_time() - busy) * 1e3)
        self.told |= {f"{name}_ms": median(wall), f"{name}_cpu_ms": median(cpu)}


def store_of(book: Book) -> Store:
    return getattr(book, "_store")  # noqa: B009 - a benchmark looks behind the desk


def members(book: Book, count: int) -> list[Actor]:
    """People with keys in one collective."""
    found: list[Actor] = []
    for number in range(count):
        identity = Identity.make(f"member {number}", Role.WORKER, now())
        book.persons.enrol(identity)
        person = book.persons.person(identity.public.name)
        found.append(Actor(identity.public.name, person, KeySigner(identity, person)))
    first, act = found[0], book.govern.register.act
    charter = {"name": "The guild", "notice_days": 0, "admission": "open"}
    act(ActKind.FOUND, {"collective": "guild", "founder": first.person, "charter": charter}, first.signer)
    for each in found[1:]:
        act(ActKind.JOIN, {"collective": "guild", "worker": each.person}, each.signer)
    return found


def papers(book: Book, who: list[Actor]) -> list[Paper]:
    """The voters' side of it."""
    key = PublicKey(int(book.govern.register.world().ballots[BALLOT].key, 16))
    return [Paper.of(each.identity, store_of(book).book_id, BALLOT, key) for each in who]


def ask_all(book: Book, who: list[Actor], held: list[Paper]) -> None:
    """All requests at once."""
    rows = [
        {
            "ballot": BALLOT, "member": each.person, "blinded": paper.blinded.message,
            "proof": paper.asked_by(each.identity, each.person), "signed": None,
        }
        for each, paper in zip(who, held, strict=True)
    ]  # fmt: skip
    with store_of(book).acting() as ledger:
        ledger.execute(insert(tables.ballot_requests), rows)


def vote_all(book: Book, who: list[Actor], held: list[Paper]) -> None:
    """All boxes at once."""
    table, box = tables.ballot_requests, book.govern.register.world().ballots[BALLOT].box
    with store_of(book).look() as ledger:
        signed = {row.member: bytes(row.signed) for row in ledger.execute(table.select())}
    rows = [
        {
            "ballot": BALLOT, "place": paper.place,
            "sealed": sealed_vote(paper.vote("no" if i % 3 else "yes", signed[each.person]), box, BALLOT),
        }
        for i, (each, paper) in enumerate(zip(who, held, strict=True))
    ]  # fmt: skip
    with store_of(book).acting() as ledger:
        ledger.execute(insert(tables.ballot_votes), rows)


def ballot(home: Path, count: int, tries: int) -> dict[str, Any]:
    """One ballot of so many."""
    clock = Clock()
    with open_book(home) as book:
        who = clock.whole("enrolled_and_joined", lambda: members(book, count))
        steward, desk = who[0], book.ballots
        clock.whole("open", lambda: desk.open("guild", steward, "Shall we?", now() + DAY, name=BALLOT))
        last, others = who[-tries:], who[:-tries]
        held = clock.whole("papers_of_all", lambda: papers(book, others))
        ask_all(book, others, held)
        clock.each("ask", [lambda each=each: desk.ask(BALLOT, each) for each in last])
        clock.whole("issue_all", lambda: desk.issue(BALLOT, steward))
        clock.whole("votes_of_all_made", lambda: vote_all(book, others, held))
        clock.each("vote", [lambda each=each: desk.vote(BALLOT, "yes", each) for each in last])
        told = clock.whole("count", lambda: desk.close(BALLOT, steward))
        assert sum(told["counts"].values()) == count
        assert clock.whole("verify", lambda: desk.verify(BALLOT, who[1]))["sound"]
        board = desk.board(BALLOT)
        assert clock.whole("recount_without_the_book", lambda: recount(board))["sound"]
        clock.whole("opened", lambda: Register(store_of(book)).world())
    return clock.told


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--tries", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = ballot(Path(folder) / "book", options.members, options.tries)
    report("ballot", {"members": options.members, "load": [round(x, 1) for x in os.getloadavg()], **figures})


if __name__ == "__main__":
    main()
