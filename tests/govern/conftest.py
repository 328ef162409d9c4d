"""People with keys of their own, and a collective to bargain with, without any book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA384

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.agreement.hashing import document, document_hash
from guildbook.govern.collective.board import Vote, board_root, paper_text, request_text, vote_text
from guildbook.govern.collective.paper import Secrets
from guildbook.govern.world import World
from guildbook.model.agreement import (
    Agreement,
    Audit,
    Party,
    Price,
    Scope,
    Substitution,
    Term,
)

BOOK = "book-1"
START = 1_767_225_600_000_000
"""2026-01-01, µs UTC."""
DAY = 86_400_000_000


PSS = padding.PSS(mgf=padding.MGF1(SHA384()), salt_length=48)


@cache
def secrets() -> Secrets:
    """The keys of all ballots of these tests: making one takes time."""
    return Secrets.make()


@cache
def signing_key() -> rsa.RSAPrivateKey:
    key = secrets().key
    exponent = pow(65537, -1, (key.p - 1) * (key.q - 1))
    public = rsa.RSAPublicNumbers(65537, key.public.n)
    crt = rsa.rsa_crt_dmp1(exponent, key.p), rsa.rsa_crt_dmq1(exponent, key.q), rsa.rsa_crt_iqmp(key.p, key.q)
    return rsa.RSAPrivateNumbers(key.p, key.q, exponent, *crt, public).private_key()


@dataclass
class Player:
    """A person with a key."""

    person: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def sign(self) -> str:
        return self.key.public_key().public_bytes_raw().hex()

    def signed(self, act: Act, book: str = BOOK) -> Act:
        signature = self.key.sign(replace(act, by=self.person, key=self.sign).to_sign(book)).hex()
        return replace(act, by=self.person, key=self.sign, signature=signature)


@dataclass
class Stage:
    """A world with a clock, in which players act."""

    world: World = field(default_factory=lambda: World(BOOK))
    time: int = START
    players: dict[str, Player] = field(default_factory=dict[str, Player])

    def act(self, kind: ActKind, by: str = "", **body: Any) -> Act:
        self.time += 1_000_000
        act = Act(kind, self.time, "", body)
        if by in self.players:
            act = self.players[by].signed(act)
        self.world.apply(act)
        return act

    def enrol(self, person: str, role: str = "worker") -> Player:
        player = self.players[person] = Player(person)
        box = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
        self.act(ActKind.ENROL, person, person=person, role=role, sign=player.sign, box=box)
        return player

    def collective(self, *members: str, **charter: Any) -> None:
        """The collective `guild`: the first member founds it and is its steward; all delegate everything."""
        for member in members:
            if member not in self.players:
                self.enrol(member)
        settings = {"name": "The guild", "notice_days": 0} | charter
        self.act(ActKind.FOUND, members[0], collective="guild", founder=members[0], charter=settings)
        for member in members:
            if member != members[0]:
                self.act(ActKind.JOIN, member, collective="guild", worker=member)
            self.act(ActKind.MANDATE, member, collective="guild", worker=member, **{"class": "*"}, purpose="*")

    def ballot(self, name: str, subject: str, *, yes: int, no: int = 0, by: str = "ann") -> None:
        """Hold a ballot of the guild in which all votes are cast at once, the first members of the roll voting."""
        roll = sorted(self.world.collectives["guild"].members(self.time + 1_000_000))
        self.open_ballot(name, subject, roll, by)
        self.time += DAY
        choices = ["yes"] * yes + ["no"] * no
        self.act(ActKind.BALLOT_CLOSE, by, **self.count(name, choices, roll))

    def open_ballot(self, name: str, subject: str, roll: list[str], by: str = "ann") -> None:
        """Open a ballot of the guild for a day."""
        self.act(
            ActKind.BALLOT_OPEN, by, collective="guild", ballot=name, subject=subject, roll=roll,
            closes=self.time + DAY, question="?", options=["yes", "no"], sealed="", **secrets().said(),
        )  # fmt: skip

    def count(self, name: str, choices: list[str], askers: list[str]) -> dict[str, Any]:
        """The body of a count: these choices, by papers these members asked for (more choices: stuffed)."""
        votes = sorted(self.vote(name, choice) for choice in choices)
        asked = askers[: len(choices)]
        return {
            "collective": "guild", "ballot": name, "board": [vote.line() for vote in votes], "void": 0,
            "board_root": board_root(votes), "requests": [self.request(name, member) for member in asked],
            "counts": {option: choices.count(option) for option in ("yes", "no")},
        }  # fmt: skip

    def vote(self, name: str, choice: str) -> Vote:
        """A vote with a paper, signed here without the detour of blinding."""
        once, numbers = Ed25519PrivateKey.generate(), signing_key()
        token = once.public_key().public_bytes_raw()
        paper = numbers.sign(paper_text(BOOK, name, token), PSS, SHA384())
        return Vote(token.hex(), choice, paper.hex(), once.sign(vote_text(BOOK, name, choice)).hex())

    def request(self, name: str, member: str) -> list[str]:
        """A member's signature under a request for a paper."""
        blinded = "00" * 32
        return [member, blinded, self.players[member].key.sign(request_text(BOOK, name, member, blinded)).hex()]

    def record(self, step: str, value: str, document: str = "", agreement: str = "", by: str = "ann") -> None:
        """A steward of the guild records what a law profile asks."""
        self.act(
            ActKind.LAW_STEP, by, collective="guild", agreement=agreement, step=step, done=True, value=value,
            document=document, reference="",
        )  # fmt: skip

    def agree(self, name: str, terms: Agreement, by: str = "ann") -> str:
        """Offer, ratify, sign by both: the agreement is in force. Gives the hash."""
        offered = document(terms)
        wanted = document_hash(offered)
        self.act(
            ActKind.OFFER, by, agreement=name, collective="guild", licensee=terms.licensee.id, hash=wanted,
            document=offered,
        )  # fmt: skip
        members = len(self.world.collectives["guild"].members(self.time))
        self.ballot(f"ballot-{name}", wanted, yes=members, by=by)
        self.act(ActKind.RATIFY, by, agreement=name, hash=wanted, ballot=f"ballot-{name}")
        self.act(ActKind.SIGN, by, agreement=name, hash=wanted)
        self.act(ActKind.SIGN, terms.licensee.id, agreement=name, hash=wanted)
        return wanted


def terms(**changes: Any) -> Agreement:
    """An agreement that allows `acme` to train assistants on everything from 2026 to 2027."""
    made = Agreement(
        title="Assistants",
        collective=Party(id="guild", name="The guild"),
        licensee=Party(id="acme", name="Acme"),
        purposes=("train-augment",),
        uses=("train",),
        scope=Scope(classes=("*",)),
        term=Term(first_day="2026-01-01", last_day="2027-12-31"),
        price=Price(kind="free"),
        audit=Audit(ablation_days=90),
        substitution=Substitution(bound=50_000),
    )
    return replace(made, **changes)


@pytest.fixture
def stage() -> Stage:
    """A world to act in; see `Stage`."""
    return Stage()


@pytest.fixture
def drafted() -> Callable[..., Agreement]:
    """`terms`, as a fixture."""
    return terms
