"""What a vault keeps beside the log: the seed and ground of its canaries, the scores given, the copies lent. Sealed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from guildbook.govern.vault.canaries import EACH, OWN, REFERENCES, SEED, Exposure, Ground, drawn, exposure, walks
from guildbook.measure.vault import Predictor, perplexity
from guildbook.model.errors import StoreError
from guildbook.model.time import now
from guildbook.store import Sealer, Store, tables
from guildbook.store.held import SECRET


@dataclass(frozen=True, slots=True)
class Kept:
    """The canaries of a vault."""

    seed: bytes
    ground: Ground | None
    """None until the vault was read first."""

    def own(self) -> list[tuple[str, ...]]:
        """Those that are in each copy."""
        return [] if self.ground is None else drawn(self.seed, "vault", OWN, self.ground)

    def copy(self, name: str) -> list[tuple[str, ...]]:
        """Those that are in one copy alone."""
        return [] if self.ground is None else drawn(self.seed, f"copy:{name}", EACH, self.ground)

    def known(self, table: Predictor, copies: Sequence[str]) -> list[Exposure]:
        """How well a model knows the canaries of each of some copies; of the copy without a name, those in all."""
        of = self.ground
        if of is None:
            return []
        random = perplexity(table, of.labels, *walks(self.seed, "references", REFERENCES, of))
        sets = [(f"copy:{copy}", EACH) if copy else ("vault", OWN) for copy in copies]
        return [exposure(perplexity(table, of.labels, *walks(self.seed, *each, of)), random) for each in sets]

    def packed(self) -> bytes:
        """As it is sealed."""
        ground = None if self.ground is None else self.ground.to_dict()
        return json.dumps({"seed": self.seed.hex(), "ground": ground}).encode()

    @classmethod
    def new(cls) -> Kept:
        """With a new seed."""
        return cls(os.urandom(SEED), None)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the vaults of one book keep things."""

    _store: Store

    def sealed(self, name: str, kept: Kept) -> bytes:
        """What a vault keeps, sealed."""
        return self._sealer("kept", name, make=True).seal(kept.packed())

    def kept(self, name: str) -> Kept:
        """What a vault keeps."""
        table = tables.vaults.c
        with self._store.look() as ledger:
            sealed = ledger.execute(select(table.kept).where(table.name == name)).scalar()
        if sealed is None:
            raise StoreError(f"The ledger lacks the vault {name}.", "Restore the ledger.", "vault-missing")
        said = json.loads(self._sealer("kept", name).open(sealed, f"The vault {name}"))
        ground = None if said["ground"] is None else Ground.of(said["ground"])
        return Kept(bytes.fromhex(said["seed"]), ground)

    def keep(self, name: str, kept: Kept) -> None:
        """Put it in the place of what was kept."""
        table, sealed = tables.vaults, self.sealed(name, kept)
        with self._store.change() as ledger:
            ledger.execute(update(table).where(table.c.name == name).values(kept=sealed))

    def score(self, vault: str, licensee: str, model: str, root: str) -> dict[str, Any] | None:
        """The answer that was given to this model, against just these segments."""
        table = tables.vault_scores.c
        same = (table.vault == vault, table.licensee == licensee, table.model == model, table.root == root)
        with self._store.look() as ledger:
            sealed = ledger.execute(select(table.sealed).where(*same)).scalar()
        if sealed is None:
            return None
        return json.loads(self._sealer("score", vault, licensee, model).open(sealed, f"A score of {vault}"))

    def note_score(
        self, ledger: Connection, sealer: Sealer, vault: str, licensee: str, model: str, root: str, told: dict[str, Any]
    ) -> None:
        """In the transaction of its act. `sealer`: as `score_sealer` gave it before."""
        row = {
            "vault": vault, "licensee": licensee, "model": model, "root": root, "time": now(),
            "sealed": sealer.seal(json.dumps(told).encode()),
        }  # fmt: skip
        ledger.execute(insert(tables.vault_scores), row)

    def score_sealer(self, vault: str, licensee: str, model: str) -> Sealer:
        """Seals the answers to one model."""
        return self._sealer("score", vault, licensee, model)

    def copies(self, vault: str) -> list[tuple[str, str]]:
        """(copy, id of whom it was lent to), oldest first."""
        table = tables.vault_copies
        with self._store.look() as ledger:
            query = select(table.c.copy, table.c.recipient).where(table.c.vault == vault)
            return [(row[0], row[1]) for row in ledger.execute(query.order_by(table.c.time, table.c.copy))]

    def note_copy(self, ledger: Connection, vault: str, copy: str, recipient: str) -> None:
        """In the transaction of its act."""
        row = {"vault": vault, "copy": copy, "recipient": recipient, "time": now()}
        ledger.execute(insert(tables.vault_copies), row)

    def _sealer(self, *bound: str, make: bool = False) -> Sealer:
        if make:
            with self._store.change() as ledger:
                key = self._store.secret(ledger, SECRET, make=True)
        else:
            with self._store.look() as ledger:
                key = self._store.secret(ledger, SECRET)
        if key is None:
            raise StoreError("The secret of the vaults is not in the ledger.", "Restore the ledger.", "key-missing")
        return Sealer(key, "vault", *bound)
