"""Bargaining: a collective, terms, a secret ballot, two signatures, a reading, a strike, another licensee, an audit.

Three workers agree with one licensee, withhold their traces from it together, give the same traces to another one, and
one of them takes everything back. An auditor who has a copy of the log and no book finds that all of it follows.
`docs/walkthrough.md` is the same from the command line.
"""

from __future__ import annotations

import csv
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from guildbook.app import Book, open_book
from guildbook.app.auditing import replay_copy
from guildbook.app.learning import Wanted
from guildbook.app.persons import Actor
from guildbook.app.strikes import Scope
from guildbook.govern.agreement.templates import draft
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import DeniedError
from guildbook.model.agreement import Agreement, Party
from guildbook.model.time import DAY, now

MEMBERS = ("Ann", "Bo", "Cy")
STEPS = (("Ann", "open"), ("Bo", "check"), ("Cy", "decide"))


def write_log(path: Path) -> None:
    """Thirty claims that pass through three hands each."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["case", "time", "worker", "activity"])
        for case in range(30):
            for minute, (who, what) in enumerate(STEPS):
                table.writerow([f"claim:{case}", f"2026-03-{case % 28 + 1:02}T09:{minute:02}:00Z", who, what])


class Town:
    """The people of this example with their keys, which in earnest are on as many machines."""

    def __init__(self, book: Book, folder: Path) -> None:
        self.book, self.folder = book, folder
        roles = dict.fromkeys(MEMBERS, Role.WORKER) | {"Acme": Role.LICENSEE, "Beta": Role.LICENSEE}
        self.keys = {name: Identity.make(name, role, now()) for name, role in roles.items()}
        for key in self.keys.values():
            book.persons.enrol(key)

    def actor(self, name: str) -> Actor:
        """Somebody who acts with their own key."""
        return self.book.persons.actor(name, lambda who: self.keys[who])

    def organise(self) -> None:
        """Ann founds a guild; the three vouch for one another's keys and delegate what may be bargained about."""
        desk = self.book.collective
        desk.found("Claims guild", self.actor("Ann"), {"admission": "vouched", "notice_days": 0}, "claims")
        for name in ("Bo", "Cy"):
            desk.join("claims", self.actor(name))
        for by, name in (("Ann", "Bo"), ("Bo", "Ann"), ("Ann", "Cy"), ("Cy", "Ann")):
            told = self.keys[name].public.fingerprint  # what `name` reads out to `by`
            desk.vouch("claims", name, told, self.actor(by))
        for name in MEMBERS:
            desk.mandate("claims", self.actor(name), purpose="train-ai")

    def agree(self, licensee: str) -> None:
        """Offer, counter-offer, ballot and two signatures. The agreement goes by the licensee's name."""
        book, ann = self.book, self.actor("Ann")
        offered = terms(licensee)
        book.agreements.offer(offered, self.actor(licensee), licensee)
        lower = replace(offered, substitution=replace(offered.substitution, bound=30_000))  # 3 %, in millionths
        book.agreements.counter(licensee, lower, ann)
        book.agreements.open_ballot(licensee, ann, now() + 7 * DAY, f"on-{licensee}")
        for name in MEMBERS:
            book.ballots.ask(f"on-{licensee}", self.actor(name))
        book.ballots.issue(f"on-{licensee}", ann)
        for name in MEMBERS:
            book.ballots.vote(f"on-{licensee}", "yes", self.actor(name))
        book.ballots.close(f"on-{licensee}", ann)
        for name in ("Ann", licensee):
            book.agreements.sign(licensee, self.actor(name))

    def read(self, licensee: str) -> int:
        """How many events the licensee is handed now; none where nothing is admitted."""
        output = self.folder / f"{licensee}.parquet"
        try:
            given = self.book.hand(licensee, "train-augment", "train", "parquet", output, self.actor(licensee))
        except DeniedError as error:
            print(error.what)
            return 0
        return int(given["events"])


def terms(licensee: str) -> Agreement:
    """Training to assist only, from the library, from this year on."""
    made = draft("training-augment-only", date(datetime.now(UTC).year, 1, 1))
    parties = {"collective": Party(id="claims", name="Claims guild"), "licensee": Party(id=licensee, name=licensee)}
    return replace(made, **parties)


def main() -> None:
    """Bargain, read, strike, redirect, erase, audit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_log(folder / "claims.csv")
        with open_book(folder / "book") as book:
            book.learn(Wanted(paths=(folder / "claims.csv",)))
            town = Town(book, folder)
            town.organise()
            before = town.read("Acme")
            town.agree("Acme")
            agreed = town.read("Acme")
            for use in book.govern.uses("Bo"):
                print(f"Bo's receipt: {use.rows} events for {use.purpose}, {use.reason} {' '.join(use.clauses)}")

            book.strikes.propose("claims", town.actor("Ann"), Scope(recipients=("Acme",)), threshold=2)
            for member in ("Bo", "Cy"):
                book.strikes.pledge(None, town.actor(member))
            book.strikes.call(None, town.actor("Ann"))
            struck = town.read("Acme")
            town.agree("Beta")
            redirected = town.read("Beta")
            book.strikes.end(None, town.actor("Ann"))
            restored = town.read("Acme")

            erasure = book.forget("Cy", signer=town.actor("Cy").signer)
            listed = len(book.erasures.certificate(erasure.erasure)["exports"])
            erased = town.read("Acme")
            book.audit.checkpoint(folder / "checkpoint.txt")
            book.audit.export(folder / "log.jsonl", openings=True)

        found = replay_copy(folder / "log.jsonl", [folder / "checkpoint.txt"])
        print(f"events: first {before}, agreed {agreed}, strike {struck}, to Beta {redirected}, afterwards {restored}")
        print(f"without Cy {erased}; {listed} exports that had theirs are on the certificate")
        print(f"from the log alone: {found.entries} entries, {found.receipts} receipts, {len(found.findings)} findings")
        if (before, agreed, struck, redirected, restored, erased) != (0, 90, 30, 90, 90, 60) or not found.sound:
            raise SystemExit("that is not what was agreed")


if __name__ == "__main__":
    main()
