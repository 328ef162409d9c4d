"""A worker's traces in a folder to take elsewhere: open formats, and a manifest that is signed.

`manifest.json` names every file with its SHA-256, and who signed. What is signed (Ed25519) is the canonical JSON of the
manifest without its signatures, with `_CONTEXT` before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from guildbook.model.canonical import canonical
from guildbook.model.errors import InputError
from guildbook.record.exporters.parquet import export_parquet

FORMAT: Final = "guildbook-portable-1"
MANIFEST: Final = "manifest.json"
EVENTS: Final = "events.parquet"
_CONTEXT: Final = b"guildbook-portable-1\n"
_MOST: Final = 1 << 20
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Seal:
    """Somebody who signs the manifest."""

    by: str
    """`book` or `worker`."""
    key: str
    """Public Ed25519 key, hex."""
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Portable:
    """A folder that was found to be just what was signed."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def events(self) -> Path:
        """The events, as Parquet."""
        return self.folder / EVENTS

    @property
    def signers(self) -> list[tuple[str, str]]:
        """(who, public key in hex) of each signature."""
        return [(each["by"], each["key"]) for each in self.manifest["signatures"]]


def write(
    folder: Path,
    tables: Iterable[pa.Table],
    documents: Mapping[str, Any],
    about: Mapping[str, Any],
    seals: Sequence[Seal],
) -> int:
    """Fill an empty folder: the events of `tables` (`ADMITTED_SCHEMA`), each document as `NAME.json`; signed by all.

    Returns how many events there are.
    """
    events = export_parquet(tables, folder / EVENTS)
    for name, value in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")
    files = {path.name: {"sha256": _sha256(path), "bytes": path.stat().st_size} for path in sorted(folder.iterdir())}
    said: dict[str, Any] = {"format": FORMAT, **about, "events": events, "files": files}
    message = _CONTEXT + canonical(said)
    said["signatures"] = [{"by": s.by, "key": s.key, "signature": s.sign(message).hex()} for s in seals]
    (folder / MANIFEST).write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return events


def is_portable(path: Path) -> bool:
    """Whether a folder says that it is one; it may still have been changed."""
    try:
        with (path / MANIFEST).open("rb") as file:
            return FORMAT.encode() in file.read(_MOST)
    except OSError:
        return False


def read(folder: Path) -> Portable:
    """The folder, if its files and signatures are those of its manifest. Raises `InputError`."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes()[:_MOST])
        signatures = [(str(s["key"]), str(s["signature"])) for s in manifest["signatures"]]
        files = {str(name): str(each["sha256"]) for name, each in manifest["files"].items()}
        message = _CONTEXT + canonical({k: v for k, v in manifest.items() if k != "signatures"})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _altered(f"its {MANIFEST} cannot be read") from None
    if manifest.get("format") != FORMAT or not signatures:
        raise _altered("it is of another format, or nobody has signed it")
    for key, signature in signatures:
        if not _holds(key, signature, message):
            raise _altered("a signature does not hold")
    if EVENTS not in files or any(Path(name).name != name for name in files):
        raise _altered("its list of files makes no sense")
    for name, wanted in files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file() or _sha256(path) != wanted:
            raise _altered(f"{name} is missing or not what was signed")
    return Portable(folder, manifest)


def _holds(key: str, signature: str, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _altered(why: str) -> InputError:
    return InputError(
        f"This portable export was changed: {why}.", "Import the folder as it was handed out.", "portable-altered"
    )
