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
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from guildbook.app.book import open_book
from guildbook.config import Config
from guildbook.model import time as clock
from guildbook.model.errors import GuildbookError, InputError
from guildbook.model.ids import uuid7
from guildbook.plugins import SourceOptions, source
from guildbook.record.live.delivery import Delivery
from guildbook.record.live.guard import load
from guildbook.record.live.intake import FOREVER, Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import SILENT, Supervisor

FOLDER: Final = "recorder"
ACTIVITYWATCH: Final = "activitywatch"
"""Not a source that watches, but the door for ActivityWatch's watchers; switched on like one."""
EVERY: Final = 60.0
"""Seconds between deliveries."""


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

    def __init__(self, config: Config) -> None:
        self.config = config
        self.folder = config.home / FOLDER
        self.chosen = choices(self.folder)
        choose(self.folder, self.chosen)
        guard = load(self.folder / "rules.json")
        self.outbox = Outbox(self.folder)
        self.intake = Intake(self.outbox, guard, socket.gethostname())
        self.intake.paused_until = self.chosen.paused_until
        self.supervisor = Supervisor(self.intake)
        self.delivery = Delivery(self.outbox, self.chosen.worker, self._take)
        self.token = _token(self.folder / "token")
        """What whoever steers the recorder must say."""
        self.door = _token(self.folder / "door")
        """What sources in other programs must say to hand in events; it opens nothing else."""
        self.delivered = 0
        self.trouble = ""
        """Why the last delivery failed; empty where it did not."""
        self._delivering = threading.Lock()
        self.begun = clock.now()

    def start(self) -> None:
        """Run what is switched on."""
        for name, settings in self.chosen.sources.items():
            if name == ACTIVITYWATCH:
                continue
            kept = self.folder / "sources" / name
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.supervisor.start(source(name), SourceOptions(kept, settings))

    @property
    def takes_watchers(self) -> bool:
        """Whether ActivityWatch's watchers may record."""
        return ACTIVITYWATCH in self.chosen.sources

    def reload(self) -> None:
        """Take up rules and choices that were changed on the disk."""
        self.intake.guard = load(self.folder / "rules.json")
        before, self.chosen = self.chosen, choices(self.folder)
        for name in before.sources:
            if before.sources[name] != self.chosen.sources.get(name):
                self.supervisor.stop(name)
        self.intake.paused_until = self.chosen.paused_until
        self.delivery = Delivery(self.outbox, self.chosen.worker, self._take)
        self.start()

    def deliver(self, *, everything: bool = False) -> int:
        """Bring what is due to the book; trouble is kept for the status, and tried again."""
        with self._delivering:
            try:
                sent = self.delivery.run(everything=everything)
                self.trouble = ""
            except (GuildbookError, OSError) as error:
                self.trouble = str(error)
                return 0
            self.delivered += sent
            self.outbox.prune(self.chosen.budget)
            return sent

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
        return {
            "running": True, "pid": os.getpid(), "worker": self.chosen.worker, "since": clock.iso(self.begun),
            "paused": self.intake.paused,
            "paused_until": clock.iso(until) if self.intake.paused and until < FOREVER else None,
            "sources": found, "taken": sum(self.intake.taken.values()), "dropped": sum(self.intake.dropped.values()),
            "waiting": self.delivery.waiting(), "delivered": self.delivered, "trouble": self.trouble,
            "bytes": self.outbox.size, "budget": self.chosen.budget,
        }  # fmt: skip

    def forget(self, since: int, until: int) -> int:
        """Delete what was recorded between two times and waits here; the book is asked by whoever calls."""
        return self.outbox.forget(since, until)

    def delete(self, numbers: Sequence[int]) -> int:
        """Delete single entries that wait here; returns how many there were."""
        return sum(any(self.outbox.delete(name, number) for name in self.outbox.buckets()) for number in numbers)

    def close(self) -> None:
        """Stop the sources, deliver what can be, let go."""
        self.supervisor.close()
        self.deliver(everything=True)
        self.outbox.close()

    async def kept(self, stop: asyncio.Event, every: float = EVERY) -> None:
        """Deliver again and again until `stop`."""
        while not stop.is_set():
            await asyncio.to_thread(self.deliver)
            try:
                await asyncio.wait_for(stop.wait(), every)
            except TimeoutError:
                continue

    def _names(self) -> list[str]:
        return sorted(self.chosen.sources)

    def _take(self, name: str, table: pa.Table) -> None:
        """A batch into the book, as an import of its own; one that is there already changes nothing."""
        overrides = {"store.ledger_url": self.config.store.ledger_url} if self.config.store.ledger_url else {}
        with open_book(self.config.home, overrides=overrides) as book:
            book.take_in("recorder", name, table)


def _of(bucket: str, name: str) -> bool:
    own = bucket.startswith("guildbook-")
    if name == ACTIVITYWATCH:
        return not own
    return own and bucket.removeprefix("guildbook-").partition("_")[0] in {name, f"{name}-now"}


def _token(path: Path) -> str:
    """A secret in a file that only its owner reads; made where there is none."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("utf-8")
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text("utf-8")
