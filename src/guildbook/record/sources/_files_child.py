"""The process that reads documents: short-lived, at low priority, bounded in memory, and fed one file after another.

A line of JSON a job on standard input, a line a result on standard output. The last version of each file lies encrypted
beside the source; a new one is written as `.part`, and put in its place by whoever asked, once the rows are durable.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
import traceback
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guildbook.record.sources._files_packages import RefusedError, TornError

_NICE: Final = 10
_MEMORY: Final = 2 << 30
"""Bytes of address space."""
_NONCE: Final = 12
_ABOUT: Final = b"guildbook version"


class Job(Protocol):
    """A file that was read."""

    by: str
    """Who saved it, as it says itself; empty where it does not."""

    @property
    def app(self) -> str:
        """The program that saved it."""
        ...

    def dumped(self) -> bytes:
        """Itself, for the next comparison."""
        ...

    def first(self) -> dict[str, Any]:
        """What is said of it where its last version is not known."""
        ...

    def rows(self, before: bytes | None, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What changed since."""
        ...


def opened(kind: str, path: Path) -> Job:
    """The file read as what its kind reads. Raises `RefusedError` and `TornError`."""
    if kind == "sheets":
        from guildbook.record.sources._sheets_job import SheetsJob  # noqa: PLC0415 - one process reads one kind

        return SheetsJob(path)
    from guildbook.record.sources._documents_job import DocumentsJob  # noqa: PLC0415 - as above

    return DocumentsJob(path)


def answer(job: Mapping[str, Any]) -> dict[str, Any]:
    """What came of a job: `rows`, or why there are none."""
    path, state, key = Path(job["path"]), Path(job["state"]), base64.b64decode(job["key"])
    try:
        before = path.stat()
        read = opened(job["kind"], path)
        after = path.stat()
    except RefusedError as refused:
        return {"refused": str(refused)}
    except TornError as torn:
        return {"torn": str(torn)}
    except PermissionError:
        return {"refused": "it may not be read"}
    except OSError as error:
        return {"torn": error.strerror or "it cannot be read"}
    except MemoryError:
        return {"refused": "it needs more memory than a document should"}
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        return {"torn": "it is being written"}
    try:
        last = _last(state, key)
        out = _told(read, last, job)
        _write(state.with_suffix(".part"), key, read.dumped(), before.st_mtime_ns)
    except MemoryError:
        return {"refused": "it needs more memory than a document should"}
    return out | {"stamp": before.st_mtime_ns}


def _told(read: Job, last: bytes | None, job: Mapping[str, Any]) -> dict[str, Any]:
    if job.get("quiet"):
        return {"rows": [], "app": read.app}
    if job.get("me") and read.by and read.by.casefold() not in job["me"]:
        return {"rows": [], "app": read.app, "other": True}
    if last is None and not job.get("whole"):
        return {"rows": [], "app": read.app, "first": read.first()}
    return {"rows": read.rows(last, job), "app": read.app, "known": last is not None}


def _last(state: Path, key: bytes) -> bytes | None:
    """The last version; None where there is none that can be read."""
    try:
        sealed = state.read_bytes()
        return zlib.decompress(AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _ABOUT))
    except (OSError, InvalidTag, zlib.error, ValueError):
        return None


def _write(path: Path, key: bytes, plain: bytes, stamp: int) -> None:
    nonce = os.urandom(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, zlib.compress(plain, 1), _ABOUT)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
    os.utime(path, ns=(stamp, stamp))


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Where it failed, without what it was reading."""
    frames = traceback.extract_tb(trace)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    del error
    sys.stdout.write(json.dumps({"refused": f"its reader failed ({kind.__name__} at {where})"}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer until standard input ends."""
    sys.excepthook = _last_words
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
