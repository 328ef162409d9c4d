"""The game of `game_gate` on a real book: real signatures, a real log, sealed segments that name their worker."""

from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from game_gate import SECRETS, START, Game, Segment
from model_gate import Model
from plays_gate import begin, calm, draw, read
from sqlalchemy import select

from guildbook.columns import raw_table
from guildbook.govern import Gate, gate, receipts, register
from guildbook.govern.acts import Act, ActKind
from guildbook.govern.admitted import Admitted
from guildbook.govern.world import folding
from guildbook.govern.world.bargaining import pledge_text
from guildbook.model import time as clock
from guildbook.model.decision import Request
from guildbook.model.errors import DeniedError
from guildbook.model.purpose import Purpose
from guildbook.store import Store, encode_terms, tables
from guildbook.store.keys import Keyring

MONTHS = {"2026-01": START, "2026-02": START + 31 * 86_400_000_000, "2026-03": START + 62 * 86_400_000_000}


class Signer:
    """Somebody who acts with their own key."""

    def __init__(self, person: str) -> None:
        self.person = person

    def signed(self, act: Act, book: str) -> Act:
        secret = SECRETS[self.person]
        act = replace(act, by=self.person, key=secret.public_key().public_bytes_raw().hex())
        return replace(act, signature=secret.sign(act.to_sign(book)).hex())


class BookGame(Game):
    """A game whose acts go through the register and whose readings go through the gate."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.gate = store, Gate(store)
        super().__init__(calm(f"book {seed}"), self.gate.register.world(), time=START + 100 * 86_400_000_000)
        self.label: dict[str, str] = {}
        self.model = Model(self.model.terms)
        begin(self)
        self.seal()
        self.dice = random.Random(seed)

    def seal(self) -> None:
        """Segments of one worker, month and statement of terms each."""
        kept: dict[tuple[str, str, Any], Segment] = {}
        for name, worker, wanted, stated, classes in self.segments:
            month = wanted if wanted in MONTHS else "2026-03"
            kept.setdefault((worker, month, stated), (name, worker, month, stated, classes))
        for name, worker, month, stated, classes in kept.values():
            columns = {
                "worker": [worker] * len(classes),
                "time": [MONTHS[month] + i for i in range(len(classes))],
                "action": ["work"] * len(classes),
                "source": ["test"] * len(classes),
                "app": list(classes),
                "value_after": [f"{name}:{c}" for c in classes],
            }
            begun = self.store.begin_import(source="test", fingerprint=name, path="x", terms=stated)
            self.store.append(begun.id, 0, raw_table(columns), ())
            self.store.finish_import(begun.id)
        self.store.seal()
        known = {(w, m, encode_terms(t)): n for (w, m, t), (n, *_) in kept.items()}
        self.label = {row.id: known[row.worker, row.month, row.terms] for row in self.store.segments()}
        self.segments = list(kept.values())

    def act(self, kind: ActKind, by: str, **body: Any) -> bool:
        if kind in {ActKind.MEASURE, ActKind.VAULT_SCORE}:
            return False  # the game's figures rest on no grant, which a replay finds
        self.time += 1_000
        luck = self.dice.random()
        if luck < 0.03:
            by = self.dice.choice([*SECRETS, ""])
        who = by if by in SECRETS else ""
        signer = Signer(who) if who and (who in self.world.people or kind is ActKind.ENROL) else None
        act = Act(kind, self.time, who if signer else "", body)
        try:
            done = self.gate.register.act(kind, body, signer)
            force, act = True, done
        except DeniedError:
            force = False
        self.world = self.gate.register.world()
        assert self.model.take(act) == force, act
        return force

    def grant(self, request: Request) -> Admitted:
        return self.gate.grant(
            Purpose(request.purpose), stage="game", artefact="nothing", recipient=request.recipient, use=request.use,
            vault=request.vault,
        )  # fmt: skip

    def parts(self, wanted: str) -> set[str]:
        segment, _, one = wanted.partition(":")
        label = self.label[segment]
        return {f"{label}:{c}" for s in self.segments if s[0] == label for c in ((one,) if one else s[4])}

    def receipts(self, grant: str) -> dict[str, int]:
        noted: dict[str, int] = {}
        with self.store.look() as ledger:
            for row in ledger.execute(select(tables.uses).where(tables.uses.c.grant == grant)):
                noted[row.worker] = noted.get(row.worker, 0) + row.rows
        return noted

    def pledge(self, strike: str, worker: str) -> str:
        return SECRETS[worker].sign(pledge_text(self.store.book_id, strike, worker)).hex()

    def moves(self, count: int) -> None:
        """Play on."""
        for move in draw(self.dice, count):
            move(self)
        read(self)


def _itself(_: Keyring, name: str) -> str:
    return name


@contextmanager
def book_game(folder: Path, seed: int, url: str | None = None) -> Generator[BookGame]:
    """A game on a new book. Its clock is the game's, ids are names, and ballots need no papers."""
    game = BookGame.__new__(BookGame)
    game.time = START + 100 * 86_400_000_000
    places: list[tuple[Any, str, Any]] = [
        *((module, "now", lambda: game.time) for module in (register, gate, receipts, clock)),
        (folding, "EVIDENCE", {}), (Keyring, "pseudonym", _itself),
    ]  # fmt: skip
    held = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, value in places:
        setattr(owner, name, value)
    try:
        with Store.open(folder, ledger_url=url) as store:
            game.__init__(store, seed)
            yield game
    finally:
        for owner, name, value in held:
            setattr(owner, name, value)
