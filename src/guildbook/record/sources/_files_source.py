"""What the sources of spreadsheets and of documents share: folders watched, each save compared with the one before.

Of every document the last version is kept, encrypted under a key that only its owner reads, so that the next save can
be compared. What was changed while nothing was recorded is taken over unseen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import UsageError
from guildbook.plugins import Sink, SourceOptions
from guildbook.record.importers._attributes import canonical
from guildbook.record.secret_file import secret_in
from guildbook.record.sources._files_watching import (
    Watch,
    folders_of,
    has_lock,
    locked_elsewhere,
    stat_of,
)  # fmt: skip
from guildbook.record.sources._files_worker import StoppedError, Worker

VALUES: Final = ("all", "names-only")
MOST_KNOWN: Final = 5_000
"""Documents whose version is taken when the source starts, the newest; of others when they are opened or saved."""
_TRIES: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before a file that was not whole is read again."""
_SLICE: Final = 0.5
"""Seconds at a time for which versions are taken at the start, so that saves need not wait."""
SAVED: Final = ("save", "")
"""The act of saving, as a live source tells it."""
_AWAIT: Final = 1.0
"""Seconds for which the comparison waits for a live source to tell of the save first, as often as `_AWAITS`."""
_AWAITS: Final = 4
_RECENT: Final = 60 * clock.SECOND
VERSION: Final = "1"

Row = dict[str, Any]


class Live:
    """What a program told itself of a document that is open in it, so that its save says only the rest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, dict[str, str]] = {}
        self._acts: dict[str, set[tuple[str, str]]] = {}
        self._closed: set[str] = set()
        self.following = False
        """Whether a program is being followed now: then it says itself what is opened and closed in it."""

    def tell(self, path: str, cells: Mapping[str, str], acts: Iterable[tuple[str, str]] = ()) -> None:
        """Cells (`Sheet1!B3` → text) and acts (`insert`, sheet) that were recorded."""
        with self._lock:
            self._seen[real(path)] = dict(cells)
            self._acts.setdefault(real(path), set()).update(acts)
            self._closed.discard(real(path))

    def close(self, path: str) -> None:
        """The document was closed: what was told of it is forgotten with its next save, which may be on its way."""
        with self._lock:
            self._closed.add(real(path))

    def look(self, path: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """What was told of a document: cells as long as it is open, acts since its last save."""
        with self._lock:
            return dict(self._seen.get(real(path), {})), sorted(self._acts.get(real(path), set()))

    def done(self, path: str) -> None:
        """The save was compared: what was told up to it is forgotten."""
        with self._lock:
            self._acts.pop(real(path), None)
            if real(path) in self._closed:
                self._closed.discard(real(path))
                self._seen.pop(real(path), None)


def real(path: str) -> str:
    """The path without links, by which both sides know a document."""
    return os.path.realpath(path)


@dataclass(frozen=True, slots=True)
class Wishes:
    """The settings of such a source."""

    folders: tuple[Path, ...]
    values: str
    me: tuple[str, ...]
    """Names under which the worker saves; saves by others are then passed over."""


def wishes(settings: Mapping[str, Any], known: Iterable[str] = ()) -> Wishes:
    """The settings, checked. Raises `UsageError` and `InputError`."""
    unknown = set(settings) - {"folders", "values", "me", *known}
    if unknown:
        names = ", ".join(sorted({"folders", "values", "me", *known}))
        raise UsageError(f"There is no setting {min(unknown)!r}.", f"Settings: {names}.")
    values = str(settings.get("values", "all"))
    if values not in VALUES:
        raise UsageError(f"values={values} is no choice.", f"One of: {', '.join(VALUES)}.")
    me = tuple(name.strip().casefold() for name in str(settings.get("me", "")).split(",") if name.strip())
    return Wishes(folders_of(settings), values, me)


class Files:
    """One run of a source."""

    def __init__(
        self, kind: str, endings: Iterable[str], wanted: Wishes, options: SourceOptions, stop: threading.Event,
        live: Live | None = None,
    ) -> None:  # fmt: skip
        self._kind, self._wanted, self._stop, self._live = kind, wanted, stop, live or Live()
        self._endings = frozenset(endings)
        self._key = secret_in(options.folder / "key")
        self._versions = options.folder / "versions"
        self._versions.mkdir(mode=0o700, exist_ok=True)
        self._worker = Worker(stop)
        self._watch = Watch(wanted.folders, self._endings, stop)
        self._tries: dict[Path, int] = {}
        self._apps: dict[Path, str] = {}
        self._open: set[Path] = set()
        self._waits: dict[Path, int] = {}
        self._said: set[tuple[str, str]] = set()
        self._host = socket.gethostname()
        self._todo: list[Path] | None = None

    def run(self, sink: Sink) -> None:
        """Until it is to stop."""
        try:
            for found in self._watch.happened():
                for old, new in found.renamed:
                    self._rename(sink, old, new)
                for path in found.opened:
                    self._opened(sink, path, saved=path in found.saved)
                for path in found.saved:
                    self._saved(sink, path)
                for path in found.deleted:
                    self._delete(sink, path)
                for path in found.closed:
                    self._closed(sink, path)
                self._catch_up(sink)
                self._worker.rest()
        except StoppedError:
            return
        finally:
            self._worker.close()

    # What is told

    def _saved(self, sink: Sink, path: Path) -> None:
        stat = self._watch.known.get(path)
        fresh = not self._state(path).exists() and self._todo is not None and path not in self._todo
        seen, acts = self._live.look(str(path))
        if self._awaited(path, acts):
            self._watch.again(path, _AWAIT)
            return
        quiet = locked_elsewhere(path, self._host)
        whole = fresh and has_lock(path)
        answer = self._worker.ask(self._job(path, quiet=quiet, seen=seen, acts=acts, whole=whole))
        if "torn" in answer:
            self._torn(sink, path, str(answer["torn"]))
            return
        self._tries.pop(path, None)
        self._live.done(str(path))
        if "refused" in answer:
            self._skip(sink, path, str(answer["refused"]))
            return
        rows = [dict(row) for row in answer["rows"]]
        if "first" in answer:
            rows = [{"action": "create" if fresh else "save", "attributes": canonical(answer["first"])}]
        elif fresh and rows:
            rows[-1]["action"] = "create"
        if SAVED in acts:
            rows = [row for row in rows if row["action"] not in {"save", "create"}]
        when = _when(stat.stamp if stat else 0)
        self._apps[path] = str(answer["app"])
        sink.write([self._row(path, **{"time": when, **row}) for row in rows])
        self._keep(path)

    def _awaited(self, path: Path, acts: Iterable[tuple[str, str]]) -> bool:
        """Whether a program is followed that may tell of this save in a moment."""
        if SAVED in acts or not self._live.following:
            self._waits.pop(path, None)
            return False
        waited = self._waits.pop(path, 0)
        if waited < _AWAITS:
            self._waits[path] = waited + 1
        return waited < _AWAITS

    def _opened(self, sink: Sink, path: Path, *, saved: bool) -> None:
        """`saved`: it was saved since, too; then what it was before is still to be compared with what it is."""
        if locked_elsewhere(path, self._host):
            return
        if not self._live.following:
            self._open.add(path)
            sink.write([self._row(path, action="open")])
        stat = stat_of(path)
        if not saved and stat is not None and stat.stamp != self._stamp(path):
            self._take(sink, path)

    def _closed(self, sink: Sink, path: Path) -> None:
        if path in self._open:
            self._open.discard(path)
            sink.write([self._row(path, action="close")])

    def _rename(self, sink: Sink, old: Path, new: Path) -> None:
        self._apps[new] = self._apps.pop(old, "files")
        state = self._state(old)
        if state.exists():
            state.replace(self._state(new))
        row = self._row(new, action="rename", value_before=str(old), value_after=str(new))
        row["objects"].append({"id": f"file:{old}", "type": "document", "qualifier": "from"})
        sink.write([row])

    def _delete(self, sink: Sink, path: Path) -> None:
        self._state(path).unlink(missing_ok=True)
        sink.write([self._row(path, action="delete")])

    def _torn(self, sink: Sink, path: Path, why: str) -> None:
        tries = self._tries.get(path, 0)
        if tries < len(_TRIES):
            self._tries[path] = tries + 1
            self._watch.again(path, _TRIES[tries])
            return
        self._tries.pop(path, None)
        self._skip(sink, path, why)

    def _skip(self, sink: Sink, path: Path, why: str) -> None:
        """Say once that a file is not compared, and why."""
        if (str(path), why) not in self._said:
            self._said.add((str(path), why))
            sink.write([self._row(path, action="skip", attributes=canonical({"reason": why}))])

    def _row(self, path: Path, **more: Any) -> Row:
        return {
            "time": clock.now(), "app": self._apps.get(path, "files"), "document": str(path), "source_version": VERSION,
            "objects": [{"id": f"file:{path}", "type": "document", "qualifier": ""}], **more,
        }  # fmt: skip

    # Versions

    def _catch_up(self, sink: Sink) -> None:
        """Take versions of what there was when the source started, a little at a time, the newest first."""
        if self._todo is None:
            every = sorted(self._watch.known.items(), key=lambda item: item[1].stamp)
            self._todo = [path for path, stat in every if stat.stamp != self._stamp(path)][-MOST_KNOWN:]
            self._forget_others(path for path, _ in every)
        until = time.monotonic() + _SLICE
        while self._todo and time.monotonic() < until:
            self._take(sink, self._todo.pop())

    def _take(self, sink: Sink, path: Path) -> None:
        """Take over a document as it is."""
        answer = self._worker.ask(self._job(path, quiet=True))
        if "refused" in answer:
            self._skip(sink, path, str(answer["refused"]))
        elif "torn" not in answer:
            self._apps[path] = str(answer["app"])
            self._keep(path)

    def _forget_others(self, paths: Iterable[Path]) -> None:
        """Delete versions of what is no longer watched."""
        kept = {self._state(path).name for path in paths}
        for state in self._versions.iterdir():
            if state.name not in kept:
                state.unlink(missing_ok=True)

    def _job(self, path: Path, **more: Any) -> dict[str, Any]:
        return {
            "kind": self._kind, "path": str(path), "state": str(self._state(path)), "values": self._wanted.values,
            "key": base64.b64encode(self._key).decode(), "me": self._wanted.me, **more,
        }  # fmt: skip

    def _state(self, path: Path) -> Path:
        named = hmac.new(self._key, str(path).encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:32]
        return self._versions / f"{named}.version"

    def _keep(self, path: Path) -> None:
        part = self._state(path).with_suffix(".part")
        if part.exists():
            part.replace(self._state(path))

    def _stamp(self, path: Path) -> int:
        """When the document was written whose version is kept; 0 where none is."""
        try:
            return self._state(path).stat().st_mtime_ns
        except OSError:
            return 0


def _when(stamp: int) -> int:
    """When a file was saved, µs: what it says where that is a moment ago, else now (a copy keeps its old time)."""
    now, said = clock.now(), stamp // 1_000
    return said if now - _RECENT <= said <= now else now
