"""The recorder of one book: outbox, sources, ActivityWatch's API and the way into the book, in one process.

Everything it needs lies in `recorder/` beside the book: the outbox and its key, the rules, what is switched on, a token
for whoever steers it, and the state file that says where it listens. The book itself is opened only to deliver, so the
recorder goes on while the book's ledger cannot be reached.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import secrets
import socket
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from guildbook.app.delivering import apart, taken
from guildbook.config import Config
from guildbook.model import time as clock
from guildbook.model.errors import GuildbookError, InputError, StoreError
from guildbook.model.ids import uuid7
from guildbook.plugins import Forgetful, SourceOptions, source
from guildbook.record.live import turns
from guildbook.record.live.delivery import Delivery
from guildbook.record.live.guard import Guard, load
from guildbook.record.live.intake import FOREVER, Intake
from guildbook.record.live.lock import FolderLock
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import SILENT, Supervisor
from guildbook.record.live.trouble import told
from guildbook.record.pii.finder import Finder
from guildbook.record.secret_file import secret_in

FOLDER: Final = "recorder"
STATE: Final = "state.json"
"""Where the recorder that runs says where it listens; there as long as it does."""
ACTIVITYWATCH: Final = "activitywatch"
"""Not a source that watches, but the door for ActivityWatch's watchers; switched on like one."""
EVERY: Final = 900.0
"""Seconds between deliveries: each is a process of its own, which takes a second or so of a core."""
_PATIENCE: Final = 15.0
"""Seconds that forgetting waits for a batch that is on its way."""


class AlreadyError(InputError):
    """Somebody else works in this recorder's folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"A recorder of this book runs already ({folder}).",
            "See: guildbook record status. To start it anew: guildbook record stop.",
            "already-running",
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """What the worker switched on, kept beside the rules."""

    worker: str = ""
    """By whose name the work goes into the book."""
    device: str = ""
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    budget: int = 500 << 20
    """Bytes that the outbox may take."""
    paused_until: int = 0
    pii: bool = False
    """Whether names, numbers and addresses of persons are taken out of texts."""


def choices(folder: Path) -> Choices:
    """What was chosen; the defaults where nothing was. Raises `InputError` for a damaged file."""
    path = folder / "choices.json"
    if not path.exists():
        return Choices(_user(), uuid7().hex)
    try:
        return Choices(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "Mend it, or move it away.", "choices") from None


def choose(folder: Path, wanted: Choices) -> None:
    """Keep what was chosen, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = folder / "choices.part"
    unfinished.write_text(json.dumps(asdict(wanted), indent=2, default=dict), "utf-8")
    unfinished.replace(folder / "choices.json")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


class Recorder:
    """An open recorder. `serve` runs it; everything else may be asked from any thread."""

    def __init__(self, config: Config, *, lean: bool = False) -> None:
        """`lean`: deliver in processes of their own. Raises `AlreadyError` where another works in this folder."""
        self.config = config
        self._lean = lean
        self.folder = config.home / FOLDER
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = FolderLock(self.folder)
        if not self._lock.take():
            raise AlreadyError(self.folder)
        try:
            (self.folder / STATE).unlink(missing_ok=True)  # of one that was killed
            self.chosen = choices(self.folder)
            choose(self.folder, self.chosen)
            self._finder = Finder()
            guard = self._guarded()
            self.token = secret_of(self.folder / "token")
            """What whoever steers the recorder must say."""
            self.door = secret_of(self.folder / "door")
            """What sources in other programs must say to hand in events; it opens nothing else."""
            self.outbox = Outbox(self.folder)
        except sqlite3.Error as error:
            self._lock.release()
            raise told(error, self.folder / "outbox.sqlite") from error
        except BaseException:
            self._lock.release()
            raise
        turns.begin(self.outbox, self.chosen.worker)
        self.intake = Intake(self.outbox, guard, socket.gethostname())
        self.intake.paused_until = self.chosen.paused_until
        self.supervisor = Supervisor(self.intake)
        self.delivery = Delivery(self.outbox, self.chosen.worker, self._take)
        self.delivered = 0
        self.trouble = ""
        """Why the last delivery failed; empty where it did not."""
        self._delivering = threading.Lock()
        self.begun = clock.now()

    def listening(self, port: int, *, testing: bool) -> None:
        """Say where this recorder listens, for as long as it does."""
        unfinished = self.folder / "state.part"
        unfinished.write_text(json.dumps({"pid": os.getpid(), "port": port, "testing": testing}), "utf-8")
        unfinished.replace(self.folder / STATE)

    def start(self) -> None:
        """Run what is switched on, and try once more what the book refused: this version may bring it there."""
        if self.delivery.refused()[0]:
            self.delivery.retry()
        self.intake.off = turns.switched_on(self.outbox)
        self._run()

    def _run(self) -> None:
        if self.chosen.pii:
            self._finder.warm()
        for name, settings in self.chosen.sources.items():
            if name == ACTIVITYWATCH:
                continue
            try:
                found = source(name)
            except GuildbookError as error:
                self.supervisor.lacking(name, str(error))
                continue
            self.supervisor.start(found, self._options(name, settings))

    @property
    def takes_watchers(self) -> bool:
        """Whether ActivityWatch's watchers may record."""
        return ACTIVITYWATCH in self.chosen.sources

    def reload(self) -> None:
        """Take up rules and choices that were changed on the disk."""
        before, self.chosen = self.chosen, choices(self.folder)
        self.intake.guard = self._guarded()
        for name in before.sources:
            if before.sources[name] != self.chosen.sources.get(name):
                self.supervisor.stop(name)
        self.intake.paused_until = self.chosen.paused_until
        turns.begin(self.outbox, self.chosen.worker)
        self.delivery = Delivery(self.outbox, self.chosen.worker, self._take)
        self._run()

    def _guarded(self) -> Guard:
        rules = load(self.folder / "rules.json")
        if not self.chosen.pii:
            self._finder.close()
            return rules
        return replace(rules, names=self._finder)

    def deliver(self, *, everything: bool = False) -> int:
        """Bring what is due to the book; trouble is kept for the status, and tried again."""
        with self._delivering:
            before = self.delivered
            try:
                self.trouble = self._delivered(everything=everything)
                self.outbox.prune(self.chosen.budget)
            except sqlite3.Error as error:
                self.trouble = str(told(error, self.folder))
            except (GuildbookError, OSError) as error:
                self.trouble = str(error)
            return self.delivered - before

    def _delivered(self, *, everything: bool) -> str:
        """Deliver; returns what went wrong, where that was not raised."""
        if not self._lean:
            self.delivery.run(everything=everything)
            return ""
        if not self.delivery.anything():
            return ""
        sent, trouble = apart(self.config, self.folder, self.chosen.worker, everything=everything)
        self.delivered += sent
        return trouble

    def status(self) -> dict[str, Any]:
        """What is recorded, what has fallen silent, what waits."""
        now, last = clock.now(), self.intake.last()
        heard = {name: max((t for bucket, t in last.items() if _of(bucket, name)), default=0) for name in self._names()}
        found: list[dict[str, Any]] = []
        states = self.supervisor.states()
        for name in self._names():
            state = states.get(name)
            since = max(heard[name], 0)
            running = name == ACTIVITYWATCH or (state is not None and state.state == "running")
            quiet = now - max(since, self.begun) > SILENT
            found.append({
                "source": name,
                "state": "running" if state is None else state.state,
                "trouble": "" if state is None else state.trouble,
                "restarts": 0 if state is None else state.restarts,
                "last": clock.iso(since) if since else None,
                "silent": running and quiet and not self.intake.paused,
            })  # fmt: skip
        until = self.intake.paused_until
        refused, why = self.delivery.refused()
        return {
            "running": True, "pid": os.getpid(), "worker": self.chosen.worker, "since": clock.iso(self.begun),
            "paused": self.intake.paused,
            "paused_until": clock.iso(until) if self.intake.paused and until < FOREVER else None,
            "sources": found, "taken": sum(self.intake.taken.values()), "dropped": sum(self.intake.dropped.values()),
            "waiting": self.delivery.waiting(), "delivered": self.delivered, "trouble": self.trouble,
            "refused": refused, "refused_why": why,
            "bytes": self.outbox.size, "budget": self.chosen.budget,
            "pii": self.chosen.pii, "withheld": self._finder.withheld, "withheld_why": self._finder.trouble,
            "ahead": {name: round(ahead / clock.SECOND) for name, ahead in sorted(self.intake.ahead.items())},
        }  # fmt: skip

    def forget(self, since: int, until: int) -> int:
        """Delete what was recorded between two times and is here, with what sources keep of it.

        On return no batch with any of it is on its way any more, so that the book can be asked next, by whoever calls.
        Raises `StoreError` where one still is.
        """
        gone = self.outbox.forget(since, until)
        self.intake.clips.clear()
        for name, settings in self.chosen.sources.items():
            found = None if name == ACTIVITYWATCH else source(name)
            if isinstance(found, Forgetful):
                found.forget(self._options(name, settings), since, until)
        self._settled()
        return gone

    def delete(self, numbers: Sequence[int]) -> int:
        """Delete single entries that are here; returns how many there were."""
        gone = sum(self.outbox.delete(name, *numbers) for name in self.outbox.buckets())
        self.intake.clips.clear()
        self.outbox.shrink()
        self._settled()
        return gone

    def _settled(self) -> None:
        """Wait until what was read before is in the book, so that it can be deleted there."""
        if not self._delivering.acquire(timeout=_PATIENCE):
            raise StoreError(
                "It is deleted here, but a batch with some of it may be on its way to the book.",
                "Ask again once the book answers: guildbook record status.",
                "delivering",
            )
        self._delivering.release()

    def close(self) -> None:
        """Stop the sources, deliver what can be, let go."""
        self.supervisor.close()
        self._switched_off()
        self.deliver(everything=True)
        self.release()

    def _switched_off(self) -> None:
        try:
            turns.switched_off(self.outbox)
        except (sqlite3.Error, StoreError) as error:  # on a full disk: then what comes late is kept, as after a kill
            self.trouble = str(error)

    def release(self) -> None:
        """Let go of the folder, delivering nothing."""
        self.outbox.close()
        self._finder.close()
        (self.folder / STATE).unlink(missing_ok=True)
        self._lock.release()

    async def kept(self, stop: asyncio.Event, every: float = EVERY) -> None:
        """Deliver again and again until `stop`."""
        while not stop.is_set():
            await asyncio.to_thread(self.deliver)
            try:
                await asyncio.wait_for(stop.wait(), every)
            except TimeoutError:
                continue

    def _options(self, name: str, settings: Mapping[str, Any]) -> SourceOptions:
        kept = self.folder / "sources" / name
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SourceOptions(kept, settings)

    def _names(self) -> list[str]:
        return sorted(self.chosen.sources)

    def _take(self, name: str, table: pa.Table) -> None:
        """A batch into the book, as an import of its own; one that is there already changes nothing."""
        self.delivered += taken(self.config, name, table)


def _of(bucket: str, name: str) -> bool:
    own = bucket.startswith("guildbook-")
    if name == ACTIVITYWATCH:
        return not own
    return own and bucket.removeprefix("guildbook-").partition("_")[0] in {name, f"{name}-now"}


def secret_of(path: Path) -> str:
    """A secret in a file that only its owner reads; made where there is none."""
    return secret_in(path, lambda: secrets.token_urlsafe(32).encode()).decode()
