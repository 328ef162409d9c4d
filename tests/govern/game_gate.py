"""A game of random acts and readings, played on the world and on the naive model side by side.

Signatures are stood in for by keyed hashes while it is played (`cheap_signatures`), so that a hundred thousand games
are a matter of minutes: that Ed25519 holds is shown elsewhere, that an act must be signed is played here.
"""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from model_gate import ALLOWING, DAY, Model, Terms

from guildbook.govern import receipts
from guildbook.govern.acts import Act, ActKind
from guildbook.govern.admission import Admission, Group, cuts, pieces, rule
from guildbook.govern.admitted import Admitted
from guildbook.govern.agreement.hashing import document, document_hash
from guildbook.govern.agreement.rules import day_begins, day_ends, rules
from guildbook.govern.agreement.validate import errors, validate
from guildbook.govern.pieces import Piece
from guildbook.govern.world import World, authority, bargaining, folding
from guildbook.govern.world.bargaining import pledge_text
from guildbook.model.agreement import Agreement, Audit, Notice, Party, Price, Scope, Substitution, Term
from guildbook.model.decision import Request
from guildbook.model.errors import DeniedError
from guildbook.model.grant import SegmentRef
from guildbook.model.purpose import Purpose
from guildbook.store import ClassPart, encode_terms
from guildbook.store.rows import note_classes

BOOK = "book-1"
START = 1_767_225_600_000_000
"""2026-01-01, µs UTC."""
ENROLLED = ("ann", "bo", "cy")
WORKERS = (*ENROLLED, "dan")
LICENSEES = ("acme", "beta")
CLASSES = ("mail", "sheet", "private-chat")
PURPOSES = ("coach", "train-people", "train-augment", "train-substitute", "evaluate", "research", "export")
WIDER = (*PURPOSES, "any", "teach-people", "train-ai", "study")
USES = ("train", "evaluate", "analyse", "teach", "retrieve")
SECRETS = {
    who: Ed25519PrivateKey.from_private_bytes(hashlib.sha256(who.encode()).digest()) for who in (*ENROLLED, *LICENSEES)
}
_KEYS = {who: key.public_key().public_bytes_raw().hex() for who, key in SECRETS.items()}


def _mark(key: str, message: bytes) -> str:
    return hashlib.blake2b(message, key=bytes.fromhex(key)).hexdigest()


@contextmanager
def cheap_signatures() -> Generator[None]:
    """Whoever knows a public key can sign, here; a ballot's papers are not looked at, and the clock is the game's."""
    places: list[tuple[Any, str, Any]] = [
        (authority, "signed_by", _fits), (bargaining, "signed_by", _fits), (folding, "EVIDENCE", {}),
        (receipts, "now", None),
    ]  # fmt: skip
    held = [(module, name, getattr(module, name)) for module, name, _ in places]
    for module, name, value in places:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in held:
            setattr(module, name, value)


def _fits(key: str, signature: str, message: bytes) -> bool:
    return _mark(key, message) == signature


def _documents() -> dict[str, tuple[dict[str, Any], Terms, str, str]]:
    """Hash → document, what the model knows of it, collective, licensee."""
    made: dict[str, tuple[dict[str, Any], Terms, str, str]] = {}
    dice = random.Random(1)
    former: dict[tuple[str, str], str] = {}
    while len(made) < 24:
        side, to = dice.choice(("guild", "guild", "union")), dice.choice(LICENSEES)
        purposes, uses = dice.choice([
            (("train-augment",), ("train",)), (("train-augment", "evaluate"), ("evaluate", "train")),
            (("research",), ("analyse",)), (("coach", "train-people"), ("teach", "retrieve")),
        ])  # fmt: skip
        first, last = dice.choice([("", ""), ("2026-02", ""), ("", "2026-02"), ("2026-02", "2026-03")])
        terms = Agreement(
            title=f"Terms {len(made)}",
            collective=Party(id=side, name=side),
            licensee=Party(id=to, name=to),
            purposes=purposes,
            uses=uses,
            scope=Scope(
                classes=dice.choice([("*",), ("mail",), ("mail", "sheet")]),
                without_classes=dice.choice([(), (), ("sheet",)]),
                first_month=first,
                last_month=last,
            ),
            term=Term(
                first_day=dice.choice(["2026-01-01", "2026-02-15"]), last_day=dice.choice(["2026-06-30", "2027-12-31"])
            ),
            price=Price(kind="free"),
            audit=Audit(ablation_days=90),
            substitution=Substitution(bound=50_000),
            notice=Notice(end_days=30),
            supersedes=former.get((side, to), "") if dice.random() < 0.5 else "",
        )
        if errors(validate(terms)):
            continue
        offered = document(terms)
        name = document_hash(offered)
        made[name] = (
            offered,
            Terms(
                to, {r.purpose: set(r.uses) for r in rules(terms)}, set(terms.scope.classes),
                set(terms.scope.without_classes), first, last, day_begins(terms.term.first_day),
                day_ends(terms.term.last_day), terms.supersedes, 30 * DAY,
            ),
            side,
            to,
        )  # fmt: skip
        former[side, to] = name
    return made


DOCUMENTS = _documents()
Segment = tuple[str, str, str, tuple[str, ...] | None, tuple[str, ...]]
"""Id, worker, month, stated terms, classes."""


class DifferenceError(AssertionError):
    """World and model disagree, or a byte came out that must not, or a receipt is missing."""


@dataclass
class Game:
    """One game. `acts`: everything that was accepted, in order."""

    dice: random.Random
    world: World = field(default_factory=lambda: World(BOOK))
    model: Model = field(default_factory=lambda: Model({name: made[1] for name, made in DOCUMENTS.items()}))
    time: int = START
    acts: list[Act] = field(default_factory=list[Act])
    segments: list[Segment] = field(default_factory=list[Segment])
    number: int = 0
    told: list[tuple[ActKind, dict[str, Any]]] = field(default_factory=list[tuple[ActKind, dict[str, Any]]])
    """Grants and receipts that were logged."""
    open: list[tuple[Request, Admitted]] = field(default_factory=list[tuple[Request, Admitted]])
    readings: int = 0
    bytes: int = 0
    """Values that came out."""
    denied: int = 0

    # -- acting

    def sealed(self, act: Act) -> Act:
        """Signed by whom it is done by, if they have a key."""
        if act.by not in _KEYS or (act.by not in self.world.people and act.kind is not ActKind.ENROL):
            return act
        key = _KEYS[act.by]
        return replace(act, key=key, signature=_mark(key, replace(act, key=key).to_sign(BOOK)))

    def act(self, kind: ActKind, by: str, **body: Any) -> bool:
        """Do it on both; now and then under a false name, with a false signature, or for the second time."""
        self.time += 1_000
        act = self.sealed(Act(kind, self.time, by, body))
        genuine, luck = True, self.dice.random()
        if luck < 0.02:
            act = self.sealed(replace(act, by=self.dice.choice([*WORKERS, *LICENSEES, ""]), key="", signature=""))
        elif luck < 0.03 and act.key:
            act, genuine = replace(act, signature="00" * 64), False
        elif luck < 0.04 and act.key:
            act, genuine = replace(act, key="", signature=""), False
        elif luck < 0.05 and self.acts:
            act = self.dice.choice(self.acts)
        return self.both(act, genuine=genuine)

    def both(self, act: Act, *, genuine: bool = True) -> bool:
        before = self.world.policy_hash
        try:
            self.world.apply(act)
            force = True
        except DeniedError:
            force = False
        if force != self.model.take(act, genuine=genuine):
            raise DifferenceError(f"the world says {force} to {act}")
        if force:
            self.acts.append(act)
        elif self.world.policy_hash != before:
            raise DifferenceError(f"an act without force changed the world: {act}")
        return force

    def name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    # -- reading: the gate's own parts over a ledger that is a list

    def admit(self, request: Request) -> Admission:
        """As `admission.admit`, but for SQL."""
        months = cuts(self.world, request)
        sums: dict[tuple[str, str, str, str], list[int]] = {}
        rows: list[tuple[Any, ...]] = []
        for name, worker, month, stated, classes in self.segments:
            noted, parts = note_classes([ClassPart(c, 1, 0, 0, f"{name}{c}") for c in classes])
            terms, size = encode_terms(stated), len(classes)
            stretch = max(m for m in months if m <= month) if months != ("",) else ""
            total = sums.setdefault((worker, terms, noted, stretch), [0, 0])
            total[0] += 1
            total[1] += size
            rows.append((name, worker, month, terms, noted, size, 0, 0, name, parts))
        found = rule([Group(*key, *total) for key, total in sums.items()], self.world, request)
        some = {each.group.key: each for each in found if each.allowed}
        refused = sum(each.group.segments for each in found if not each.allowed)
        return Admission(tuple(found), pieces(rows, some, months), refused, self.world.policy_hash)

    def grant(self, request: Request) -> Admitted:
        """As `Gate.grant`."""
        found = self.admit(request)
        desk = _Desk(self)
        setattr(receipts, "now", lambda: self.time)  # noqa: B010 - for type checkers a module is what it is
        given = receipts.give(
            desk, found, {}, purpose=Purpose(request.purpose), stage="game", artefact="nothing",  # pyright: ignore[reportArgumentType]
            recipient=request.recipient, use=request.use, vault=request.vault, time=request.time,
        )  # fmt: skip

        def receipt(wanted: Sequence[str], first: Sequence[SegmentRef]) -> None:
            receipts.receipt(desk, given, found.pieces, first, lambda: self.confirm(request, wanted))  # pyright: ignore[reportArgumentType]

        return Admitted(_Shelf(self), given, receipt)

    def confirm(self, request: Request, wanted: Sequence[str]) -> None:
        """As `Gate.confirm`, the slow way."""
        allowed: set[str] = set()
        for piece in self.admit(replace(request, time=self.time)).pieces:
            allowed |= self.pieces_of(piece)
        if not {p for each in wanted for p in self.parts(each)} <= allowed:
            raise DeniedError("No longer.", "Ask again.", "withdrawn")

    def parts(self, wanted: str) -> set[str]:
        """The (segment, class) parts, as `SEGMENT:CLASS`."""
        segment, _, one = wanted.partition(":")
        return {f"{segment}:{c}" for s in self.segments if s[0] == segment for c in ((one,) if one else s[4])}

    def pieces_of(self, piece: Piece) -> set[str]:
        return self.parts(piece.id)

    def may(self, request: Request) -> set[str]:
        """What the model lets be read, as `SEGMENT:CLASS`."""
        return {
            f"{name}:{c}"
            for name, worker, month, stated, classes in self.segments
            for c in classes
            if self.model.decide(
                replace(request, worker=worker, trace_class=c, month=month, terms=stated, time=self.time)
            )[0]
            in ALLOWING
        }

    def read(self, request: Request, admitted: Admitted, *, fresh: bool) -> None:
        """Read everything of a grant; what comes out, and what is noted, must be what the model says."""
        may = self.may(request)
        wanted = {p for s in admitted.grant.segments for p in self.parts(s.id)}
        self.readings += 1
        try:
            table = admitted.table(["value_after"])
        except DeniedError:
            self.denied += 1
            if wanted <= may:
                raise DifferenceError(f"refused though nothing was withdrawn: {request}") from None
            return
        out = {str(value) for value in table["value_after"].to_pylist()}
        self.bytes += len(out)
        if not out <= may or (fresh and out != may):
            raise DifferenceError(f"{request}: came out {sorted(out)}, allowed {sorted(may)}")
        noted = self.receipts(admitted.grant.id)
        for worker in WORKERS:
            rows = sum(1 for value in out if value.startswith(f"{worker}-"))
            if noted.get(worker, 0) != rows:
                raise DifferenceError(f"{rows} rows of {worker} were read, {noted.get(worker, 0)} are in receipts")

    def receipts(self, grant: str) -> dict[str, int]:
        """Worker → rows, as receipts have it."""
        noted: dict[str, int] = {}
        for kind, body in self.told:
            if kind is ActKind.USE and body["grant"] == grant:
                noted[body["worker"]] = noted.get(body["worker"], 0) + body["rows"]
        return noted

    def pledge(self, strike: str, worker: str) -> str:
        """A member's signature under a pledge."""
        return _mark(_KEYS[worker], pledge_text(BOOK, strike, worker))

    # -- one game

    def kept(self) -> bytes:
        """Where the game stands, to go on from."""
        return pickle.dumps((self.world, self.model, self.time, self.acts, self.segments, self.number))

    @classmethod
    def resumed(cls, kept: bytes, dice: random.Random) -> Self:
        """A game that goes on from there."""
        world, model, time, acts, segments, number = pickle.loads(kept)
        return cls(dice, world, model, time, acts, segments, number)


class _Desk:
    """Stands in for the register: notes what is logged, and runs what would run in the transaction."""

    def __init__(self, game: Game) -> None:
        self._game = game

    def world(self) -> World:
        return self._game.world

    def act(self, kind: ActKind, body: dict[str, Any], project: Callable[[Any, range], None]) -> None:
        self.acts([(kind, body)], project)

    def acts(self, wanted: list[tuple[ActKind, dict[str, Any]]], project: Callable[[Any, range], None]) -> None:
        project(_NoLedger(), range(0))
        self._game.told += wanted


class _NoLedger:
    def execute(self, *_: Any) -> None:
        """Rows go nowhere."""


class _Shelf:
    """Stands in for the store: a segment's rows say whose they are, one a class."""

    def __init__(self, game: Game) -> None:
        self._game = game

    def read_many(self, wanted: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[None, pa.Table]]:
        for each in wanted:
            yield None, pa.table({"value_after": pa.array(sorted(self._game.parts(each)), pa.string())})

    def case_reader(self, wanted: Sequence[str]) -> Any:
        raise AssertionError(wanted)


def key_of(person: str) -> str:
    """Their public key, hex."""
    return _KEYS[person]
