"""The audit desk: the log shown, held against evidence, proved to others; and what others check without the book."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guildbook.app.identities import read_json, read_text, write_text
from guildbook.govern import certificate, statement
from guildbook.govern.audit import checkpoint, copies, proofs, verify
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.govern.audit.copies import Copy
from guildbook.govern.audit.entry import Opening
from guildbook.govern.audit.log import Log
from guildbook.govern.audit.note import Verifier
from guildbook.govern.audit.replay import Departure, Replayed, replay, tables_found
from guildbook.govern.audit.verify import Report
from guildbook.govern.identity.signing import Identity
from guildbook.govern.roles import check_shown, shown
from guildbook.govern.world import World
from guildbook.model.errors import InputError, UnknownNameError, UsageError
from guildbook.model.time import iso
from guildbook.store import Store


@dataclass(frozen=True, slots=True)
class Auditing:
    """The audit log of a book. `label` gives the name of a person, by id."""

    _store: Store
    _log: Log
    _label: Callable[[str], str]

    def status(self) -> dict[str, Any]:
        """How long the log is, its root, and the key its checkpoints are signed with (None before the first)."""
        with self._store.look() as ledger:
            size = self._log.size(ledger)
            key = checkpoint.log_key(self._store, ledger)
            last = self._log.entry(ledger, size - 1)
            return {
                "book": self._store.book_id,
                "entries": size,
                "root": self._log.root(ledger, size).hex(),
                "last": iso(last.time) if last else None,
                "key": str(key) if key else None,
            }

    def entries(self, last: int, viewer: str = "", world: World | None = None) -> list[dict[str, Any]]:
        """The last entries, opened, oldest first.

        With a `world`, what `viewer` (an id) may not see of the others' say is left closed.
        """
        with self._store.look() as ledger:
            if not (size := self._log.size(ledger)):
                return []
            found = list(self._log.openings(ledger, max(0, size - last)))
        names = {by: self._label(by) for one in found if (by := str(one.act.get("by", "")))}
        return [_told(one, names) if world is None or shown(world, one.act, viewer) else _closed(one) for one in found]

    def entry(self, seq: int, viewer: str = "", world: World | None = None) -> dict[str, Any]:
        """One entry, opened, or closed as in `entries`. Raises `UnknownNameError`."""
        with self._store.look() as ledger:
            if not 0 <= seq < self._log.size(ledger):
                raise UnknownNameError("log entry", str(seq))
            one = next(iter(self._log.openings(ledger, seq, seq + 1)))
        if world is not None and not shown(world, one.act, viewer):
            return _closed(one)
        by = str(one.act.get("by", ""))
        return _told(one, {by: self._label(by)} if by else {})

    def openings(self) -> Iterator[Opening]:
        """The whole log, opened: what a replay starts from."""
        with self._store.look() as ledger:
            if self._log.size(ledger):
                yield from self._log.openings(ledger)

    def checkpoint(self, output: Path | None = None, signer: Identity | None = None) -> Checkpoint:
        """A signed checkpoint of the log as it is, written to `output`; `signer` adds their signature."""
        with self._store.change() as ledger:
            made = checkpoint.take(self._store, self._log, ledger)
        if signer is not None:
            made = signer.cosign(made)
        if output is not None:
            write_text(output, str(made))
        return made

    def verify(self, checkpoints: Sequence[Path] = (), *, copy: Path | None = None, keys: Sequence[str] = ()) -> Report:
        """Hold the log against itself, checkpoints and a copy that somebody else has kept."""
        known = read_checkpoints(checkpoints, keys)
        held = None
        if copy is not None:
            found = Copy.find(copy)
            if found.book != self._store.book_id:
                raise InputError(f"{copy} is a copy of the log of another book.", "Give one of this book.", "bad-copy")
            earlier = [one for one in known if one.size <= found.size]
            held = verify.sound_copy(found, verify.verify_copy(found, earlier))
        with self._store.look() as ledger:
            key = checkpoint.log_key(self._store, ledger)
            return verify.verify(self._log, ledger, known, copy=held, key=key)

    def replay(self, checkpoints: Sequence[Path] = (), keys: Sequence[str] = ()) -> Replayed:
        """Decide everything again from the log, and hold the tables against it. What was tampered with comes first."""
        report = self.verify(checkpoints, keys=keys)
        if not report.sound:
            return _tampered(report)
        out = replay(self._store.book_id, self.openings())
        with self._store.look() as ledger:
            out.findings += tables_found(ledger, self.openings())
        return out

    def prove(
        self, seq: int, *, against: Path | None = None, opening: bool = False, viewer: str = "",
        world: World | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The proof that entry `seq` is in the log of a checkpoint (None: in the log as it is).

        With a `world`, it is opened only where `viewer` (an id) may see what was done; else `DeniedError`.
        """
        size = self._size(against)
        with self._store.look() as ledger:
            if opening and world is not None and 0 <= seq < self._log.size(ledger):
                check_shown(world, next(iter(self._log.openings(ledger, seq, seq + 1))).act, viewer)
            return proofs.prove_entry(self._log, ledger, seq, size, opening=opening).to_dict()

    def prove_growth(self, since: Path, *, against: Path | None = None) -> dict[str, Any]:
        """The proof that the log of a checkpoint (None: the log as it is) begins with that of an earlier one."""
        old = self._size(since)
        new = self._size(against)
        assert old is not None  # a file was given
        with self._store.look() as ledger:
            return proofs.prove_growth(self._log, ledger, old, new).to_dict()

    def export(self, output: Path, *, openings: bool) -> int:
        """Write a copy of the log for others; with `openings` it shows what was done. Returns how many entries."""
        draft = output.with_name(f".{output.name}.{os.getpid()}.part")
        try:
            with draft.open("wb") as out, self._store.look() as ledger:
                count = copies.write(self._log, ledger, out, openings=openings)
            draft.replace(output)
        except OSError as error:
            raise InputError(f"{output} cannot be written: {error.strerror}.", "Give another -o FILE.") from error
        finally:
            draft.unlink(missing_ok=True)
        return count

    def _size(self, path: Path | None) -> int | None:
        if path is None:
            return None
        found = read_checkpoint(path)
        if found.book != self._store.book_id:
            raise InputError(f"{path} is a checkpoint of another book.", "Give one of this book.", "bad-checkpoint")
        return found.size


def _told(one: Opening, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "seq": one.entry.seq,
        "time": iso(one.entry.time),
        "kind": one.act.get("kind"),
        "by": names.get(str(one.act.get("by", "")), ""),
        "act": dict(one.act),
        "salt": one.salt.hex(),
        "commitment": one.entry.commitment.hex(),
        "leaf": one.entry.leaf.hex(),
    }


def _closed(one: Opening) -> dict[str, Any]:
    """An entry as third parties have it: what was done stays covered."""
    return {
        "seq": one.entry.seq, "time": iso(one.entry.time), "kind": "closed", "by": "", "act": {},
        "commitment": one.entry.commitment.hex(), "leaf": one.entry.leaf.hex(),
    }  # fmt: skip


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint from its file. Raises `InputError`."""
    return Checkpoint.parse(read_text(path))


def read_checkpoints(paths: Sequence[Path], keys: Sequence[str] = ()) -> list[Checkpoint]:
    """Checkpoints, each signed with all of `keys` (as `Verifier` writes them). Raises `InputError`."""
    found = [read_checkpoint(path) for path in paths]
    for verifier in map(Verifier.parse, keys):
        for path, one in zip(paths, found, strict=True):
            if not one.cosigned_by(verifier):
                raise InputError(
                    f"{path} does not bear the signature of {verifier.name}.",
                    "Get the checkpoint from them, or give another --key.",
                    "not-signed",
                )
    return found


def cosign(path: Path, signer: Identity, output: Path | None = None) -> Checkpoint:
    """Add somebody's signature to a checkpoint file."""
    made = signer.cosign(read_checkpoint(path))
    write_text(output or path, str(made))
    return made


def verify_copy(path: Path, checkpoints: Sequence[Path] = (), keys: Sequence[str] = ()) -> Report:
    """Hold a copy of a log against itself and checkpoints, with no book."""
    return verify.verify_copy(Copy.find(path), read_checkpoints(checkpoints, keys))


def replay_copy(path: Path, checkpoints: Sequence[Path] = (), keys: Sequence[str] = ()) -> Replayed:
    """Decide everything again from a copy with openings, with no book. Raises `InputError` for one without."""
    copy = Copy.find(path)
    report = verify.verify_copy(copy, read_checkpoints(checkpoints, keys))
    return replay(copy.book, _opened(copy)) if report.sound else _tampered(report)


def _opened(copy: Copy) -> Iterator[Opening]:
    for entry, opening in copy.entries():
        if opening is None:
            raise InputError(
                f"{copy.path} does not show what was done in entry {entry.seq}.",
                "Make one that does: guildbook audit export --openings.",
                "no-openings",
            )
        yield opening


def _tampered(report: Report) -> Replayed:
    """A log that was tampered with is not replayed: what follows from it says nothing."""
    return Replayed(report.book, report.size, findings=[Departure(f.first, "log", f.what) for f in report.findings])


def check_proof(path: Path, checkpoints: Sequence[Path], keys: Sequence[str] = ()) -> dict[str, Any]:
    """Check a proof file against one checkpoint (of inclusion) or two (of consistency), with no book.

    A certificate of erasure, and a statement, bring their own checkpoint, unless another of the same size is given.
    """
    data, known = read_json(path), read_checkpoints(checkpoints, keys)
    if statement.is_one(data):
        return _check_statement(data, known)
    if certificate.is_one(data):
        return _check_certificate(data, known)
    proof = proofs.parse(data)
    if isinstance(proof, proofs.Inclusion):
        if len(known) != 1:
            raise UsageError("A proof that an entry is in the log is checked against one checkpoint.")
        faults = proof.faults(known[0])
        shown = dict(proof.opening[1]) if proof.opening and not faults else None
        what: dict[str, Any] = {
            "proof": "inclusion",
            "entry": proof.entry.seq,
            "time": iso(proof.entry.time),
            "act": shown,
        }
    else:
        if len(known) != 2:  # noqa: PLR2004 - the earlier and the later one
            raise UsageError("A proof that the log only grew is checked against two checkpoints.")
        faults = proof.faults(*known)
        what = {"proof": "consistency", "from": proof.old, "to": proof.new}
    return {**what, "holds": not faults, "faults": faults, "book": proof.book, "signed_by": _signers(known)}


def _check_certificate(data: Mapping[str, Any], known: Sequence[Checkpoint]) -> dict[str, Any]:
    if len(known) > 1:
        raise UsageError("A certificate is checked against one checkpoint.")
    proof, own, faults = certificate.opened(data)
    used = known[0] if known else own
    faults = [*proof.faults(used), *faults]
    shown = dict(proof.opening[1]) if proof.opening and not faults else None
    return {
        "proof": "erasure", "entry": proof.entry.seq, "time": iso(proof.entry.time), "act": shown,
        "holds": not faults, "faults": faults, "book": proof.book, "signed_by": _signers([used]),
    }  # fmt: skip


def _check_statement(data: Mapping[str, Any], known: Sequence[Checkpoint]) -> dict[str, Any]:
    if len(known) > 1:
        raise UsageError("A statement is checked against one checkpoint.")
    used, faults = statement.checked(data, known[0] if known else None)
    return {
        "proof": "statement", "entries": [line["entry"] for line in data["lines"]], "from": data["from"],
        "to": data["to"], "holds": not faults, "faults": faults, "book": data["book"], "signed_by": _signers([used]),
    }  # fmt: skip


def _signers(known: Sequence[Checkpoint]) -> list[str]:
    return sorted({s.name for one in known for s in one.note.signatures})
