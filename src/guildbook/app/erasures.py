"""The desk of erasures: what was erased, and the certificate that proves it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guildbook.app.identities import write_text
from guildbook.govern import Gate, certificate
from guildbook.govern.audit import checkpoint, proofs
from guildbook.govern.erasing import Erasing
from guildbook.model.errors import InputError, UnknownNameError
from guildbook.model.time import iso
from guildbook.store import Store


@dataclass(frozen=True, slots=True)
class Erasures:
    """What was erased from one book."""

    _store: Store
    _gate: Gate

    def listed(self, worker: str | None = None) -> list[dict[str, Any]]:
        """The erasures, oldest first; with a worker's id only theirs."""
        return [
            {"id": each.id, "worker": self._gate.label(each.worker), "state": each.state, "time": iso(each.time)}
            for each in Erasing(self._store, self._gate.register).listed(worker)
        ]

    def certificate(self, erasure: str, name: str = "") -> dict[str, Any]:
        """The certificate of an erasure, by the beginning of its id. `name` is written on it; the book has none.

        Raises `UnknownNameError`, and `InputError` for one that has not come to its end.
        """
        erasing = Erasing(self._store, self._gate.register)
        known = erasing.listed()
        found = [each for each in known if each.id.startswith(erasure)]
        if len(found) != 1:
            raise UnknownNameError("erasure", erasure, [each.id for each in known])
        one = found[0]
        if one.seq is None:
            raise InputError(
                "This erasure has not come to its end.", "The next `guildbook learn` finishes it.", "unfinished"
            )
        log = self._gate.register.log
        with self._store.change() as ledger:
            taken = checkpoint.take(self._store, log, ledger)
        with self._store.look() as ledger:
            proof = proofs.prove_entry(log, ledger, one.seq, taken.size, opening=True).to_dict()
        label = self._gate.label(one.worker)
        called = name or ("" if label == one.worker else label)
        exports = [
            each | {"recipient": self._gate.label(each["recipient"]) if each["recipient"] else ""}
            for each in erasing.exports(one.worker)
        ]
        return certificate.make(self._store.book_id, called, proof["opening"]["act"]["body"], exports, proof, taken)


def write(made: dict[str, Any], output: Path) -> list[Path]:
    """The certificate as JSON at `output` and for people beside it. Returns both paths."""
    plain = output.with_suffix(".txt")
    if plain == output:
        output = output.with_suffix(".json")
    write_text(output, json.dumps(made, ensure_ascii=False, indent=2) + "\n")
    write_text(plain, certificate.text(made))
    return [output, plain]
