"""The ballot desk: one member, one vote; nobody sees whose a vote is, and anybody counts again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from guildbook.app.collectives import ROLES, collective_named
from guildbook.app.persons import Actor, Persons
from guildbook.govern import Gate
from guildbook.govern.acts import Act, ActKind
from guildbook.govern.audit.log import opened
from guildbook.govern.collective.blind import PublicKey
from guildbook.govern.collective.board import (
    OPTIONS,
    Vote,
    blinded_digest,
    board_root,
    counts,
    request_text,
)
from guildbook.govern.collective.paper import Paper, Secrets, sealed_vote
from guildbook.govern.identity.signing import Identity
from guildbook.govern.world.authority import signed_by
from guildbook.govern.world.parts import Ballot
from guildbook.model.errors import DeniedError, InputError, UnknownNameError, UsageError
from guildbook.model.ids import short_id, uuid7
from guildbook.model.time import iso, now
from guildbook.store import Store, tables

_REQUESTS, _VOTES = tables.ballot_requests, tables.ballot_votes
FORMAT = "guildbook-board-1"


@dataclass(frozen=True, slots=True)
class Ballots:
    """The ballots of one book."""

    _store: Store
    _gate: Gate
    _persons: Persons

    def open(
        self, collective: str, actor: Actor, question: str, closes: int, *, subject: str = "", name: str = ""
    ) -> dict[str, Any]:
        """Open a ballot until `closes`, µs UTC. `subject`: what a yes puts in force; `name`: an id of your own.

        Whoever opens it gives out its papers and counts it: its keys are sealed for them alone. Raises `DeniedError`.
        """
        found = collective_named(self._gate.register.world(), collective)
        key = name or short_id("ballot", uuid7().hex)
        identity = self._holder(actor)
        secrets = Secrets.make()
        body: dict[str, Any] = {
            "collective": found.id, "ballot": key, "question": question, "subject": subject or question,
            "options": list(OPTIONS), "roll": sorted(found.members(now())), "closes": closes,
            "sealed": secrets.sealed_for(identity.public.box.hex(), key), **secrets.said(),
        }  # fmt: skip
        self._gate.register.act(ActKind.BALLOT_OPEN, body, actor.signer)
        return self.show(key)

    def elect(
        self, collective: str, person: str, role: str, actor: Actor, closes: int, name: str = ""
    ) -> dict[str, Any]:
        """Open a ballot on whether somebody is to hold an office."""
        if role not in ROLES:
            raise UsageError(f"There is no office called {role!r}.", f"Offices: {', '.join(ROLES)}.")
        key = self._persons.person(person)
        if key not in self._gate.register.world().people:
            raise UnknownNameError("enrolled person", person, [p["name"] for p in self._persons.everybody()])
        return self.open(
            collective, actor, f"Is {person} to be {role}?", closes, subject=f"{role}:{key}", name=name
        )  # fmt: skip

    def ask(self, ballot: str, actor: Actor) -> dict[str, Any]:
        """Ask for the one paper a member is due. Asking again changes nothing. Raises `DeniedError`."""
        found, identity = self._voting(ballot, actor)
        paper = self._paper(identity, found)
        row = {
            "ballot": found.id, "member": actor.person, "blinded": paper.blinded.message,
            "proof": paper.asked_by(identity, actor.person), "signed": None,
        }  # fmt: skip
        with self._store.acting() as ledger:
            held = ledger.execute(_request(found.id, actor.person)).one_or_none()
            if held is None:
                ledger.execute(insert(_REQUESTS), row)
            elif bytes(held.blinded) != paper.blinded.message:
                raise DeniedError(
                    "A paper was asked for in your name already, with another key.",
                    "There is one paper a member. Was your key changed since?",
                    "second-paper",
                )
        issued = held is not None and held.signed is not None
        return self.show(found.id) | {"paper": "issued" if issued else "asked for"}

    def issue(self, ballot: str, actor: Actor) -> dict[str, Any]:
        """Sign the papers that were asked for, unseen; only who opened the ballot can."""
        found = self._open(ballot)
        secrets = self._secrets(found, actor)
        with self._store.look() as ledger:
            rows = [row for row in ledger.execute(_request(found.id)).all() if row.signed is None]
        # Signed before the transaction, for which others would have to wait.
        signed = [
            {"who": row.member, "paper": secrets.key.sign(bytes(row.blinded))} for row in self._asked(found, rows)
        ]
        if signed:
            here = _REQUESTS.c.ballot == found.id, _REQUESTS.c.member == bindparam("who")
            with self._store.acting() as ledger:
                ledger.execute(update(_REQUESTS).where(*here).values(signed=bindparam("paper")), signed)
        return self.show(found.id) | {"issued": len(signed)}

    def vote(self, ballot: str, choice: str, actor: Actor) -> dict[str, Any]:
        """Cast the vote, sealed until the count; the ledger keeps neither name nor order. Raises `DeniedError`."""
        if choice not in OPTIONS:
            raise UsageError(f"There is no choice {choice!r}.", f"Vote {' or '.join(OPTIONS)}.")
        found, identity = self._voting(ballot, actor)
        paper = self._paper(identity, found)
        with self._store.look() as ledger:
            held = ledger.execute(_request(found.id, actor.person)).one_or_none()
        if held is None or held.signed is None:
            raise DeniedError(
                "You have no paper yet." if held is None else "Your paper has not been issued yet.",
                f"guildbook collective ballot {'ask' if held is None else 'issue'} {found.id}",
                "no-paper",
            )
        self.cast(found.id, paper.place, paper.vote(choice, bytes(held.signed)))
        return self.show(found.id) | {"token": paper.token}

    def cast(self, ballot: str, place: bytes, vote: Vote) -> None:
        """Put a vote into the box: whoever has it need not say who they are. Raises `DeniedError`."""
        found = self._open(ballot)
        if now() >= found.closes:
            raise DeniedError("The ballot is over.", "It is to be counted.", "too-late")
        if not vote.holds(self._store.book_id, found.id, PublicKey(int(found.key, 16))):
            raise DeniedError("That is no vote with a paper of this ballot.", "Ask for a paper.", "bad-vote")
        with self._store.acting() as ledger:
            held = _boxes(ledger, found.id)
            if place in held:
                raise DeniedError("You have voted.", "A vote that is cast stands.", "voted")
            _write(ledger, found.id, held | {place: sealed_vote(vote, found.box, found.id)})

    def close(self, ballot: str, actor: Actor) -> dict[str, Any]:
        """Count, publish the board, and do what the yes was about. Raises `DeniedError` for a stuffed box."""
        found = self._open(ballot)
        secrets = self._secrets(found, actor)
        with self._store.look() as ledger:
            boxes = list(_boxes(ledger, found.id).values())
            rows = self._asked(found, ledger.execute(_request(found.id)).all())
        votes, void = secrets.votes(found.id, boxes)
        good = counted(self._store.book_id, found, votes)
        body: dict[str, Any] = {
            "collective": found.collective, "ballot": found.id, "counts": counts(good),
            "board": [vote.line() for vote in good], "board_root": board_root(good),
            "void": void + len(votes) - len(good),
            "requests": [
                [row.member, blinded_digest(bytes(row.blinded)), bytes(row.proof).hex()]
                for row in rows
                if row.signed is not None
            ],
            "unanswered": sum(row.signed is None for row in rows),
        }  # fmt: skip
        self._gate.register.act(
            ActKind.BALLOT_CLOSE, body, actor.signer, project=lambda ledger, _: _forget(ledger, found.id)
        )  # fmt: skip
        self._follow(self._named(found.id), actor)
        return self.show(found.id)

    def list(self, collective: str | None = None) -> list[dict[str, Any]]:
        """All ballots, or those of one collective."""
        world = self._gate.register.world()
        only = None if collective is None else collective_named(world, collective).id
        return [self._told(each) for each in world.ballots.values() if only in {None, each.collective}]

    def show(self, ballot: str) -> dict[str, Any]:
        """One ballot; before it is counted, how many papers were asked for and issued, but nothing of the votes."""
        return self._told(self._named(ballot))

    def board(self, ballot: str) -> dict[str, Any]:
        """Everything it takes to count again, without the book. Raises `DeniedError` before the count."""
        found = self._named(ballot)
        if not found.result:
            raise DeniedError("The board is published when the ballot is counted.", "Wait for it.", "still-open")
        body = self._closing(found).body
        return {
            "format": FORMAT, "book": self._store.book_id, "ballot": found.id, "question": found.question,
            "key": found.key, "eligible": len(found.eligible), "papers": found.papers, "counts": dict(body["counts"]),
            "board_root": found.root, "board": list(body["board"]),
        }  # fmt: skip

    def verify(self, ballot: str, actor: Actor | None = None) -> dict[str, Any]:
        """Count again from the board in the log; with an actor also what stands there by their token."""
        found = self._named(ballot)
        board = self.board(ballot)
        told = recount(board)
        same = board["board_root"] == found.root and told["counts"] == found.counts
        told["sound"] = told["sound"] and same and told["cast"] <= found.papers
        if actor is not None and actor.signer is not None:
            token = self._paper(actor.identity, found).token
            told["yours"] = next((line[1] for line in board["board"] if line[0] == token), None)
        return told

    def _told(self, found: Ballot) -> dict[str, Any]:
        with self._store.look() as ledger:
            rows = ledger.execute(_request(found.id)).all()
        over = now() >= found.closes
        return {
            "ballot": found.id, "collective": found.collective, "question": found.question, "subject": found.subject,
            "opened_by": self._gate.label(found.by), "opened": iso(found.opened), "closes": iso(found.closes),
            "state": "counted" if found.result else ("to be counted" if over else "open"),
            "eligible": len(found.eligible), "papers_asked_for": found.papers if found.result else len(rows),
            "papers_issued": found.papers if found.result else sum(row.signed is not None for row in rows),
            "counts": found.counts or None, "result": found.result or None, "board_root": found.root or None,
        }  # fmt: skip

    def _follow(self, found: Ballot, actor: Actor) -> None:
        """An office that was voted for is taken, terms that were voted for are ratified."""
        if found.result != "yes":
            return
        role, _, person = found.subject.partition(":")
        if role in ROLES:
            body = {"collective": found.collective, "person": person, "role": role, "ballot": found.id}
            self._gate.register.act(ActKind.OFFICE, body, actor.signer)
        for one in self._gate.register.world().agreements.values():
            if one.collective == found.collective and one.latest.hash == found.subject:
                if found.opened < one.latest.time or found.subject in one.ratified:
                    continue
                body = {"agreement": one.id, "hash": found.subject, "ballot": found.id}
                self._gate.register.act(ActKind.RATIFY, body, actor.signer)

    def _voting(self, ballot: str, actor: Actor) -> tuple[Ballot, Identity]:
        """The ballot and the keys of somebody who may vote in it now."""
        found = self._open(ballot)
        identity = self._holder(actor)
        if actor.person not in found.eligible:
            raise DeniedError(
                "Only who was a member when the ballot was opened votes in it.", "Nobody votes for another.", "no-vote"
            )
        if now() >= found.closes:
            raise DeniedError("The ballot is over.", "It is to be counted.", "too-late")
        return found, identity

    def _holder(self, actor: Actor) -> Identity:
        identity = actor.identity
        known = self._gate.register.world().people.get(actor.person)
        if known is None or known.sign != identity.public.sign.hex():
            raise DeniedError(
                f"{actor.name} is not enrolled with this key.", "guildbook identity enrol NAME.", "no-key"
            )
        return identity

    def _secrets(self, found: Ballot, actor: Actor) -> Secrets:
        if actor.person != found.by:
            raise DeniedError(
                f"The keys of this ballot are with {self._gate.label(found.by)} alone.", "Act as them.", "not-steward"
            )
        return Secrets.opened(actor.identity, found.sealed, found.id)

    def _paper(self, identity: Identity, found: Ballot) -> Paper:
        return Paper.of(identity, self._store.book_id, found.id, PublicKey(int(found.key, 16)))

    def _asked(self, found: Ballot, rows: Iterable[Any]) -> list[Any]:
        """Of requests for papers those that eligible members have signed."""
        people = self._gate.register.world().people

        def signed(row: Any) -> bool:
            person = people.get(row.member)
            if person is None or row.member not in found.eligible:
                return False
            text = request_text(self._store.book_id, found.id, row.member, blinded_digest(bytes(row.blinded)))
            keys = [person.sign, *(key for key, until in person.former.items() if until >= found.opened)]
            return any(signed_by(key, bytes(row.proof).hex(), text) for key in keys)

        return [row for row in rows if signed(row)]

    def _open(self, ballot: str) -> Ballot:
        found = self._named(ballot)
        if found.result:
            raise DeniedError("The ballot has been counted.", f"guildbook collective ballot show {found.id}", "counted")
        return found

    def _named(self, ballot: str) -> Ballot:
        known = self._gate.register.world().ballots
        if ballot not in known:
            raise UnknownNameError("ballot", ballot, list(known))
        return known[ballot]

    def _closing(self, found: Ballot) -> Act:
        """The act of the count, from the log."""
        log = self._gate.register.log
        entry, weighty = tables.log, tables.policy_acts
        query = select(entry).join(weighty, weighty.c.seq == entry.c.seq).where(entry.c.time >= found.closed)
        with self._store.look() as ledger:
            sealer = log.sealer(ledger)
            for row in ledger.execute(query.order_by(entry.c.seq)):
                act = Act.from_dict(opened(sealer, row).act)
                if act.kind is ActKind.BALLOT_CLOSE and act.body["ballot"] == found.id:
                    return act
        raise UnknownNameError("count of the ballot", found.id)


def counted(book: str, found: Ballot, votes: Sequence[Vote]) -> list[Vote]:
    """The votes that count, sorted: with a paper; of a token that votes twice, none, since nobody knows the first."""
    key = PublicKey(int(found.key, 16))
    tokens = Counter(vote.token for vote in set(votes))
    return sorted(v for v in set(votes) if tokens[v.token] == 1 and v.holds(book, found.id, key))


def recount(board: Mapping[str, Any]) -> dict[str, Any]:
    """Count a published board again, with nothing but itself. Raises `InputError` for what is no board."""
    try:
        votes = [Vote.of(line) for line in board["board"]]
        key = PublicKey(int(board["key"], 16))
        bad = [v.token for v in votes if not v.holds(str(board["book"]), str(board["ballot"]), key)]
        told, papers, root = dict(board["counts"]), int(board["papers"]), str(board["board_root"])
        question = str(board["question"])
        known = board["format"] == FORMAT
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"This is no board of a ballot: {error}.", "guildbook collective ballot board.", "bad-board"
        ) from None
    found = counts(votes)
    single = len({v.token for v in votes}) == len(votes)
    return {
        "ballot": board["ballot"], "question": question, "cast": len(votes), "counts": found, "board_root": root,
        "sound": known and not bad and single and found == told and board_root(votes) == root and len(votes) <= papers,
        "bad": bad,
    }  # fmt: skip


def _request(ballot: str, member: str | None = None) -> Any:
    query = select(_REQUESTS).where(_REQUESTS.c.ballot == ballot)
    return query if member is None else query.where(_REQUESTS.c.member == member)


def _boxes(ledger: Connection, ballot: str) -> dict[bytes, bytes]:
    query = select(_VOTES.c.place, _VOTES.c.sealed).where(_VOTES.c.ballot == ballot).order_by(_VOTES.c.place)
    return {bytes(row.place): bytes(row.sealed) for row in ledger.execute(query)}


def _write(ledger: Connection, ballot: str, held: Mapping[bytes, bytes]) -> None:
    """Write all boxes of a ballot anew, by place: so nothing in the database's files tells which came last."""
    ledger.execute(delete(_VOTES).where(_VOTES.c.ballot == ballot))
    rows = [{"ballot": ballot, "place": place, "sealed": sealed} for place, sealed in sorted(held.items())]
    ledger.execute(insert(_VOTES), rows)


def _forget(ledger: Connection, ballot: str) -> None:
    """What was kept for the count; the log has what others need."""
    for table in (_REQUESTS, _VOTES):
        ledger.execute(delete(table).where(table.c.ballot == ballot))
