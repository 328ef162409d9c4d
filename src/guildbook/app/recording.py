"""The recorder's desk: starts, steers and asks the recorder's process; sees to its files where none runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, cast

import pyarrow as pa

from guildbook.app import forgetting, previewing
from guildbook.app.book import Book, open_configured
from guildbook.app.persons import NOBODY, Actor
from guildbook.app.recorder import ACTIVITYWATCH, FOLDER, STATE, AlreadyError, Recorder, choices, choose
from guildbook.config import Config
from guildbook.govern.signer import Signer
from guildbook.model import time as clock
from guildbook.model.errors import GuildbookError, InputError, StoreError, UnknownNameError, UsageError
from guildbook.plugins import SourceOptions, sources
from guildbook.record.live.delivery import Delivery
from guildbook.record.live.guard import FIELDS, Rule, load, save
from guildbook.record.live.intake import FOREVER
from guildbook.record.live.kept import Kept, kept, numbered
from guildbook.record.live.lock import held
from guildbook.record.live.outbox import Outbox
from guildbook.record.pii.finder import require

WAIT: Final = 20.0
"""Seconds in which a recorder must have started, or ended."""
UNIT: Final = "guildbook-recorder"
ONE_BY_ONE: Final = 50
"""So many entries are deleted one by one in the book: for each, what was learnt is made anew."""
Acts = Callable[[Book, str], Actor]
"""Who deletes in a book, as a rule the worker of that name."""
Signs = Callable[[Book], Signer | None]
"""Who asks, in a book: their keys, or None for the book itself."""


class Recording:
    """Everything `guildbook record` does."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._folder = config.home / FOLDER

    # The process

    def start(self, *, port: int | None = None, testing: bool = False, token: bool = False) -> dict[str, Any]:
        """Start the recorder's process; returns its status, with `already` where one ran. Raises `InputError`."""
        already = self._running() is not None
        if not already:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            wanted = port or (5666 if testing else 5600)
            log = self._folder / "recorder.log"
            words = [*self._command(), "--port", str(wanted), *(["--testing"] if testing else [])]
            self._await(_spawned([*words, *(["--token"] if token else [])], log), log)
        return self.status() | {"already": already}

    def stop(self) -> bool:
        """End the recorder; False where none runs."""
        running = self._running()
        if running is None:
            return False
        self._ask("stop")
        until = time.monotonic() + WAIT
        while held(self._folder) and time.monotonic() < until:
            time.sleep(0.05)
        self._alive(running["pid"])
        if held(self._folder):
            raise StoreError(
                f"The recorder (process {running['pid']}) is still ending.",
                "Ask again: guildbook record status.",
                "busy",
            )
        return True

    def status(self) -> dict[str, Any]:
        """What the recorder says, or that none runs and what waits."""
        if self._running() is not None:
            return cast("dict[str, Any]", self._ask("status"))
        chosen = choices(self._folder)
        waiting, refused = 0, 0
        if (self._folder / "outbox.sqlite").exists():
            with self._box() as box:
                delivery = Delivery(box, chosen.worker, _nowhere)
                waiting, refused = delivery.waiting(), delivery.refused()[0]
        return {
            "running": False, "worker": chosen.worker, "sources": sorted(chosen.sources), "waiting": waiting,
            "refused": refused,
        }  # fmt: skip

    def pause(self, until: int | None) -> dict[str, Any]:
        """Record nothing until then (µs UTC); None: until resumed; 0: resume."""
        when = FOREVER if until is None else until
        if self._running() is not None:
            return cast("dict[str, Any]", self._ask("pause", {"until": when}))
        choose(self._folder, replace(choices(self._folder), paused_until=when))
        return self.status()

    def deliver(self) -> dict[str, Any]:
        """Bring everything to the book now."""
        return self._done("deliver", {}, _delivered)

    # What is recorded

    def sources(self) -> list[dict[str, Any]]:
        """Every source, whether it is on, and what it lacks here."""
        chosen = choices(self._folder).sources
        out = [{
            "source": ACTIVITYWATCH, "title": "ActivityWatch's watchers, through its API",
            "on": ACTIVITYWATCH in chosen, "missing": "",
        }]  # fmt: skip
        for name, each in sources().items():
            options = SourceOptions(self._folder / "sources" / name, chosen.get(name, {}))
            out.append({
                "source": name, "title": each.title, "on": name in chosen, "missing": each.missing(options)
            })  # fmt: skip
        return out

    def switch_on(self, names: Sequence[str], settings: Mapping[str, Any] | None = None) -> list[str]:
        """Switch sources on; returns what is on now. Raises `UnknownNameError`."""
        known = [ACTIVITYWATCH, *sources()]
        for name in names:
            if name not in known:
                raise UnknownNameError("source", name, known)
        chosen = choices(self._folder)
        now = {**chosen.sources, **{name: dict(settings or chosen.sources.get(name, {})) for name in names}}
        return self._chosen(replace(chosen, sources=now))

    def switch_off(self, names: Sequence[str]) -> list[str]:
        """Switch sources off; returns what is on now."""
        chosen = choices(self._folder)
        for name in names:
            if name not in chosen.sources:
                raise UnknownNameError("source that is on", name, list(chosen.sources))
        left = {name: settings for name, settings in chosen.sources.items() if name not in names}
        return self._chosen(replace(chosen, sources=left))

    def set_worker(self, worker: str) -> None:
        """Say by whose name the work goes into the book."""
        self._chosen(replace(choices(self._folder), worker=worker))

    def rules(self) -> list[dict[str, Any]]:
        """What is never recorded."""
        return [asdict(rule) for rule in load(self._folder / "rules.json").rules]

    def add_rule(self, field: str, pattern: str) -> list[dict[str, Any]]:
        """Never record what fits. Raises `UsageError` for a rule that says nothing."""
        if field not in FIELDS:
            raise UsageError(f"A rule cannot be about {field!r}.", f"Fields: {', '.join(FIELDS)}.")
        save(self._folder / "rules.json", [*load(self._folder / "rules.json").rules, Rule(field, pattern)])
        self._reloaded()
        return self.rules()

    def remove_rule(self, number: int) -> list[dict[str, Any]]:
        """Take away the rule of that number, from 1."""
        rules = list(load(self._folder / "rules.json").rules)
        if not 1 <= number <= len(rules):
            raise UsageError(f"There is no rule {number}.", "See: guildbook record rules list.")
        del rules[number - 1]
        save(self._folder / "rules.json", rules)
        self._reloaded()
        return self.rules()

    def redact_persons(self, *, on: bool | None = None) -> bool:
        """Switch on or off that persons are taken out of texts; None: leave it. Returns whether it is on.

        Raises `UsageError` where the extra is missing.
        """
        chosen = choices(self._folder)
        if on is None:
            return chosen.pii
        if on:
            require()
        self._chosen(replace(chosen, pii=on))
        return on

    # What was recorded

    def entries(
        self, limit: int = 20, *, source: str = "", since: int | None = None, until: int | None = None
    ) -> list[dict[str, Any]]:
        """What was recorded and is kept here, newest first; of one source or a time (µs UTC) only if that is asked."""
        with self._box() as box:
            return [_shown(each) for each in kept(box, source=source, since=since, until=until, limit=limit)]

    def entry(self, number: int) -> dict[str, Any]:
        """One entry that is kept here, whole. Raises `UnknownNameError`."""
        with self._box() as box:
            found = numbered(box, (number,))
        if not found:
            raise UnknownNameError("entry", str(number))
        one = found[0]
        return _shown(one) | {"bucket": one.bucket.id, "end": clock.iso(one.entry.end)}

    def in_book(self, numbers: Sequence[int]) -> int:
        """Of how many of these entries the book has something, or is about to."""
        with self._box() as box:
            return sum(each.begun for each in numbered(box, numbers))

    def delete(self, numbers: Sequence[int], acts: Acts = lambda _book, _worker: NOBODY) -> dict[str, Any]:
        """Delete single entries, here and in the book. Raises `DeniedError`, and nothing is deleted, where not.

        Returns how many entries were here (`deleted`) and how many events were in the book (`events`); `left` are
        entries that are in the book still, because one by one they are too many.
        """
        with self._box() as box:
            found = numbered(box, numbers)
        return self._deleted(found, acts)

    def delete_source(
        self, source: str, since: int | None, until: int | None, acts: Acts = lambda _book, _worker: NOBODY
    ) -> dict[str, Any]:
        """The same for what one source recorded between two times (µs UTC; None: from the beginning, to the end)."""
        with self._box() as box:
            found = kept(box, source=source, since=since, until=until)
        return self._deleted(found, acts)

    def _deleted(self, found: Sequence[Kept], acts: Acts) -> dict[str, Any]:
        worker, went = choices(self._folder).worker, [each for each in found if each.begun]
        few = went if len(went) <= ONE_BY_ONE else []
        with self._book() as book, contextlib.suppress(UnknownNameError):  # of whom nothing is in the book yet
            if book is not None and few:
                _check_forgetting(book, worker, acts(book, worker).signer)
        numbers = [each.entry.id or 0 for each in found]
        told = self._done("delete", {"entries": numbers}, lambda recorder: {"deleted": recorder.delete(numbers)})
        events = 0
        with self._book() as book, contextlib.suppress(UnknownNameError):
            if book is not None and few:
                actor = acts(book, worker)
                for event, time in book.mine.recorded(actor, _places(few)):
                    part = forgetting.Part(time, time + 1, None, event)
                    events += book.forget(worker, part, signer=actor.signer).events
        return {"deleted": int(told["deleted"]), "events": events, "left": len(went) - len(few)}

    def forget_last(self, minutes: int, signs: Signs = lambda _: None) -> dict[str, Any]:
        """Forget the last minutes, here and in the book. Raises `DeniedError`, and nothing is forgotten, where not."""
        until = clock.now()
        return self.forget(until - minutes * clock.MINUTE, until, signs)

    def forget(self, since: int, until: int, signs: Signs = lambda _: None) -> dict[str, Any]:
        """Forget what was recorded between two times (µs UTC), here and in the book, if the book's gate allows it."""
        worker = choices(self._folder).worker
        signer = None
        with self._book() as book:
            if book is not None:
                signer = signs(book)
                _check_forgetting(book, worker, signer)
        asked = {"since": since, "until": until}
        told = self._done("forget", asked, lambda recorder: {"entries": recorder.forget(since, until)})
        events = 0
        with self._book() as book, contextlib.suppress(UnknownNameError):  # what was on its way is there now
            if book is not None:
                events = book.forget(worker, forgetting.Part(since, until + 1, None), signer=signer).events
        return told | {"events": events}

    def preview(self, minutes: int, asked: Mapping[str, str], acts: Callable[[Book], Actor]) -> dict[str, Any]:
        """What waits and what was recorded in the last minutes: to whom it would go, and what redaction does to it.

        `asked`: fields of `previewing.Asked`. Raises `DeniedError` for whom another's terms are hidden from.
        """
        worker = choices(self._folder).worker
        with self._book() as book, self._box() as box:
            if book is not None:
                with contextlib.suppress(UnknownNameError):
                    book.managing.only(acts(book), worker)
            since = clock.now() - minutes * clock.MINUTE
            return previewing.preview(box, worker, since, previewing.Asked(**asked), book)

    def attempt(self, text: str) -> dict[str, Any]:
        """What redaction makes of a text."""
        return previewing.attempt(text)

    def unit(self, *, autostart: bool = False, remove: bool = False) -> Path:
        """Write, or take away, what starts the recorder when the worker logs in."""
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        words = " ".join(shlex.quote(word) for word in [*self._command(), "--port", "5600"])
        if autostart:
            path, text = base / "autostart" / f"{UNIT}.desktop", _DESKTOP.format(command=words)
        else:
            path, text = base / "systemd" / "user" / f"{UNIT}.service", _UNIT.format(command=words)
        if remove:
            path.unlink(missing_ok=True)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    # Inside

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "guildbook.server", "--home", str(self._config.home)]

    def _chosen(self, wanted: Any) -> list[str]:
        choose(self._folder, wanted)
        self._reloaded()
        return sorted(wanted.sources)

    def _reloaded(self) -> None:
        if self._running() is not None:
            self._ask("reload")

    def _done(self, verb: str, body: Mapping[str, Any], here: Callable[[Recorder], dict[str, Any]]) -> dict[str, Any]:
        """Let the recorder do it, or where none runs do it here, holding its folder meanwhile."""
        until = time.monotonic() + WAIT
        while True:
            if self._running() is not None:
                return cast("dict[str, Any]", self._ask(verb, body))
            try:
                recorder = Recorder(self._config)
            except AlreadyError:  # it starts or ends just now, or another command is at work
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
                continue
            try:
                return here(recorder)
            finally:
                recorder.release()

    @contextmanager
    def _book(self) -> Generator[Book | None]:
        if not (self._config.home / "book.key").exists() and self._config.store.key_file is None:
            yield None
            return
        with open_configured(self._config) as book:
            yield book

    @contextmanager
    def _box(self) -> Generator[Outbox]:
        box = Outbox(self._folder)  # SQLite lets a second process read beside the recorder
        try:
            yield box
        finally:
            box.close()

    def _running(self) -> dict[str, Any] | None:
        """What the recorder said of itself; None where none runs, whatever a killed one left behind."""
        if not held(self._folder):
            return None
        try:
            return json.loads((self._folder / STATE).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    @staticmethod
    def _alive(pid: int) -> bool:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # where it is ours, and ended, it goes away
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _ask(self, verb: str, body: Mapping[str, Any] | None = None) -> Any:
        running = self._running()
        if running is None:
            raise InputError("No recorder is running.", "Start it: guildbook record start.", "not-running")
        link = http.client.HTTPConnection("127.0.0.1", running["port"], timeout=WAIT)
        try:
            token = (self._folder / "token").read_text("utf-8")
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            link.request("POST", f"/guildbook/0/{verb}", json.dumps(body or {}), headers)
            answer = link.getresponse()
            told = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise StoreError(
                f"The recorder (process {running['pid']}) does not answer: {error}.",
                "Stop it by its process id and start it again; nothing that was acknowledged is lost.", "no-answer",
            ) from None  # fmt: skip
        finally:
            link.close()
        if answer.status != http.client.OK:
            raise GuildbookError(
                told.get("message", "The recorder refused."), told.get("fix", ""), told.get("code", "recorder")
            )
        return told

    def _await(self, pid: int, log: Path) -> None:
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            if self._running() is not None:
                return
            if not self._alive(pid) and not held(self._folder):
                break
            time.sleep(0.05)
        said = log.read_text("utf-8", "replace").strip().splitlines()
        what = next((line.removeprefix("Error: ") for line in said if line.startswith("Error: ")), "")
        raise InputError(
            what or "The recorder did not start.", said[-1].strip() if said else f"See {log}.", "not-started"
        )  # fmt: skip


def _delivered(recorder: Recorder) -> dict[str, Any]:
    return {"delivered": recorder.deliver(everything=True), "trouble": recorder.trouble}


def _nowhere(_: str, table: pa.Table) -> None:
    """Where nothing is sent."""
    del table


def _shown(one: Kept) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": entry.id, "source": one.bucket.client, "time": clock.iso(entry.time),
        "seconds": entry.duration / clock.SECOND, "state": str(one.state), "data": dict(entry.data),
    }  # fmt: skip


def _places(found: Sequence[Kept]) -> dict[tuple[str, int], tuple[int, int]]:
    """Where entries are in the book: source and number of their events, and between which times."""
    return {
        (each.source, int(each.entry.data.get("seq") or each.entry.id or 0)): (each.entry.time, each.entry.end)
        for each in found
    }


def _check_forgetting(book: Book, worker: str, signer: Signer | None) -> None:
    """Raise `DeniedError` where the traces of this worker are not this person's to forget."""
    with contextlib.suppress(UnknownNameError):  # nothing of theirs is in the book yet
        book.govern.check_forgetting(book.govern.known(worker), signer)


def _spawned(words: Sequence[str], log: Path) -> int:
    """Start a process that outlives this one, all it says going to a log; returns its id."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(words[0], list(words), os.environ, file_actions=actions, setsid=True)


_UNIT: Final = """[Unit]
Description=Guildbook recorder

[Service]
ExecStart={command}
Restart=on-failure
Nice=5

[Install]
WantedBy=default.target
"""
_DESKTOP: Final = """[Desktop Entry]
Type=Application
Name=Guildbook recorder
Exec={command}
X-GNOME-Autostart-enabled=true
"""
