"""Proofs that a third party checks with a checkpoint and nothing else: no book, no key.

An inclusion proof shows that an entry is in the log a checkpoint was taken of; with its opening also what was done. A
consistency proof shows that the log of a later checkpoint begins with the log of an earlier one. Both are JSON files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias, cast

from sqlalchemy import Connection

from guildbook.govern.audit import merkle
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.govern.audit.entry import SALT, Entry, Opening, commitment_of
from guildbook.govern.audit.log import Log
from guildbook.model.canonical import canonical
from guildbook.model.errors import InputError, UsageError

_INCLUSION: Final = "guildbook-inclusion-1"
_CONSISTENCY: Final = "guildbook-consistency-1"
_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an entry is in the log of `size` entries."""

    book: str
    entry: Entry
    size: int
    path: tuple[bytes, ...]
    opening: tuple[bytes, Mapping[str, Any]] | None = None
    """Salt and act, if they are shown."""

    def to_dict(self) -> dict[str, Any]:
        """As it is written to a file."""
        made: dict[str, Any] = {
            "format": _INCLUSION, "book": self.book, "size": self.size, "seq": self.entry.seq, "time": self.entry.time,
            "commitment": self.entry.commitment.hex(), "path": [h.hex() for h in self.path],
        }  # fmt: skip
        if self.opening is not None:
            made["opening"] = {"salt": self.opening[0].hex(), "act": dict(self.opening[1])}
        return made

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises `InputError`."""
        shown = _mapping(data["opening"]) if "opening" in data else None
        return cls(
            _text(data, "book"),
            Entry(_number(data, "seq"), _number(data, "time"), _hash(data.get("commitment"))),
            _number(data, "size"),
            tuple(_hash(h) for h in _list(data, "path")),
            None if shown is None else (_hash(shown.get("salt"), SALT), _mapping(shown.get("act"))),
        )

    def faults(self, checkpoint: Checkpoint) -> list[str]:
        """What is wrong with it, in words; nothing: the entry is in the log the checkpoint was taken of."""
        found = _same_book(self.book, [checkpoint])
        if self.size != checkpoint.size:
            found.append(f"The proof is for a log of {self.size} entries, the checkpoint for one of {checkpoint.size}.")
        if self.opening is not None and not _opens(self.entry, *self.opening):
            found.append(f"What is shown is not what entry {self.entry.seq} committed to.")
        entry = self.entry
        if not merkle.verify_inclusion(entry.leaf, entry.seq, self.size, self.path, checkpoint.root):
            found.append(f"The checkpoint's log has no such entry {entry.seq}.")
        return found


@dataclass(frozen=True, slots=True)
class Consistency:
    """That the log of `new` entries begins with the log of `old` entries."""

    book: str
    old: int
    new: int
    path: tuple[bytes, ...]

    def to_dict(self) -> dict[str, Any]:
        """As it is written to a file."""
        return {
            "format": _CONSISTENCY, "book": self.book, "old": self.old, "new": self.new,
            "path": [h.hex() for h in self.path],
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote. Raises `InputError`."""
        path = tuple(_hash(h) for h in _list(data, "path"))
        return cls(_text(data, "book"), _number(data, "old"), _number(data, "new"), path)

    def faults(self, one: Checkpoint, other: Checkpoint) -> list[str]:
        """What is wrong with it, in words; nothing: the later checkpoint's log begins with the earlier one's."""
        old, new = sorted((one, other), key=lambda c: c.size)
        found = _same_book(self.book, [old, new])
        if (self.old, self.new) != (old.size, new.size):
            told = f"The proof is for logs of {self.old} and {self.new} entries"
            found.append(f"{told}, the checkpoints are for {old.size} and {new.size}.")
        if not merkle.verify_consistency(old.size, new.size, old.root, new.root, self.path):
            found.append(f"The log of {new.size} entries does not begin with that of {old.size}: it was written anew.")
        return found


Proof: TypeAlias = Inclusion | Consistency


def parse(data: Any) -> Proof:
    """A proof from the JSON of its file. Raises `InputError`."""
    made = _mapping(data)
    kinds: dict[Any, Callable[[Mapping[str, Any]], Proof]] = {
        _INCLUSION: Inclusion.from_dict,
        _CONSISTENCY: Consistency.from_dict,
    }
    kind = made.get("format")
    if not isinstance(kind, str) or kind not in kinds:
        raise _bad("format")
    return kinds[kind](made)


def prove_entry(log: Log, ledger: Connection, seq: int, size: int | None = None, *, opening: bool = False) -> Inclusion:
    """The proof that entry `seq` is in the log of the first `size` entries (None: all).

    Raises `UsageError` when it is not, `StoreError` when the log is damaged there.
    """
    whole = log.size(ledger)
    size = whole if size is None else size
    if not 0 <= seq < size <= whole:
        raise UsageError(f"There is no entry {seq} among the first {size} of {whole}.", "See: guildbook audit show.")
    path = tuple(merkle.inclusion(seq, size, log.nodes(ledger)))
    if opening:
        shown = next(iter(log.openings(ledger, seq, seq + 1)))
        return Inclusion(log.book, shown.entry, size, path, (shown.salt, shown.act))
    entry = log.entry(ledger, seq)
    if entry is None:
        raise UsageError(f"Entry {seq} is missing.", "Run: guildbook audit verify.")
    return Inclusion(log.book, entry, size, path)


def prove_growth(log: Log, ledger: Connection, old: int, new: int | None = None) -> Consistency:
    """The proof that the log of the first `new` entries (None: all) begins with the first `old`; or `UsageError`."""
    whole = log.size(ledger)
    new = whole if new is None else new
    if not 0 <= old <= new <= whole:
        raise UsageError(
            f"The log has {whole} entries; {old} to {new} is no part of that.", "See: guildbook audit show."
        )
    return Consistency(log.book, old, new, tuple(merkle.consistency(old, new, log.nodes(ledger))))


def opens(opening: Opening) -> bool:
    """Whether what is shown is what the entry committed to."""
    return _opens(opening.entry, opening.salt, opening.act)


def _opens(entry: Entry, salt: bytes, act: Mapping[str, Any]) -> bool:
    try:
        return commitment_of(salt, canonical(dict(act))) == entry.commitment
    except (TypeError, ValueError):
        return False


def _same_book(book: str, checkpoints: Sequence[Checkpoint]) -> list[str]:
    if all(c.book == book for c in checkpoints):
        return []
    return [f"The proof is about book {book}, a checkpoint about another."]


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _bad("object")
    return cast("dict[str, Any]", value)


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise _bad(key)
    return cast("list[Any]", value)


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        raise _bad(key)
    return value


def _number(data: Mapping[str, Any], key: str) -> int:
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise _bad(key)
    return value


def _hash(value: Any, size: int = _HASH) -> bytes:
    try:
        found = bytes.fromhex(value)
    except (TypeError, ValueError):
        raise _bad("hash") from None
    if len(found) != size:
        raise _bad("hash")
    return found


def _bad(what: str) -> InputError:
    return InputError(
        f"This is no proof that Guildbook knows (its {what} is not as it should be).",
        "Make one: guildbook audit prove.",
        "bad-proof",
    )
