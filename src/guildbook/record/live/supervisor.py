"""Keeps sources running: one thread each, started again when it dies, and reported either way."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.plugins import Sink, Source, SourceOptions
from guildbook.record.live.intake import Intake
from guildbook.record.live.labels import label

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 300.0
"""Seconds before a source that died is started again: doubled each time, until it ran for as long as that."""
SILENT: Final = 30 * clock.MINUTE
"""A source that runs and has recorded nothing for so long is called silent."""
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class State:
    """How a source is doing."""

    state: str
    """`running`, `waiting` (to be started again), `missing` (something on this machine) or `stopped`."""
    since: int
    """µs UTC."""
    restarts: int = 0
    trouble: str = ""
    """What it died of last, or what is missing."""


class Supervisor:
    """Runs sources into an intake."""

    def __init__(self, intake: Intake, *, first_wait: float = FIRST_WAIT) -> None:
        self._intake = intake
        self._first_wait = first_wait
        self._lock = threading.Lock()
        self._stops: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._states: dict[str, State] = {}

    def start(self, source: Source, options: SourceOptions) -> None:
        """Run a source from now on; nothing happens where it runs already."""
        with self._lock:
            if source.name in self._threads:
                return
            stop = self._stops[source.name] = threading.Event()
            self._states[source.name] = State("running", clock.now())
            thread = threading.Thread(
                target=self._kept, args=(source, options, stop), name=f"source {source.name}", daemon=True
            )
            self._threads[source.name] = thread
        thread.start()

    def lacking(self, name: str, trouble: str) -> None:
        """Say that a source is switched on and cannot even be begun."""
        with self._lock:
            self._states[name] = State("missing", clock.now(), trouble=trouble[:_SHOWN])

    def stop(self, name: str, wait: float = 10.0) -> None:
        """End a source; returns when it has ended, or after `wait` seconds."""
        with self._lock:
            stop, thread = self._stops.pop(name, None), self._threads.pop(name, None)
        if stop is not None and thread is not None:
            stop.set()
            thread.join(wait)
            self._set(name, state="stopped", since=clock.now())

    def close(self) -> None:
        """End all of them."""
        for stop in list(self._stops.values()):
            stop.set()
        for name in list(self._threads):
            self.stop(name)

    def states(self) -> dict[str, State]:
        """How each source is doing."""
        with self._lock:
            return dict(self._states)

    def _kept(self, source: Source, options: SourceOptions, stop: threading.Event) -> None:
        wait = self._first_wait
        while not stop.is_set():
            begun = clock.now()
            trouble, kind = self._run(source, options, stop)
            if stop.is_set():
                return
            if clock.now() - begun > LONGEST_WAIT * clock.SECOND:
                wait = self._first_wait
            with self._lock:
                restarts = self._states[source.name].restarts + (kind == "waiting")
            self._set(source.name, state=kind, since=clock.now(), trouble=trouble, restarts=restarts)
            stop.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT)
            if not stop.is_set():
                self._set(source.name, state="running", since=clock.now())

    def _run(self, source: Source, options: SourceOptions, stop: threading.Event) -> tuple[str, str]:
        """What it ended with: (trouble, state). A source may be anybody's, so it may end with anything."""
        with ThreadPoolExecutor(1, f"source {source.name}", label, (source.name,)) as pool:
            lacking = pool.submit(source.missing, options)
            if (error := lacking.exception()) is None and lacking.result():
                return lacking.result(), "missing"
            if error is None:
                error = pool.submit(source.run, _Funnel(self._intake, source.name), options, stop).exception()
        if error is None:
            return "It ended by itself.", "waiting"
        return "".join(traceback.format_exception_only(error)).strip()[:_SHOWN], "waiting"

    def _set(self, name: str, **changes: Any) -> None:
        with self._lock:
            if name in self._states:
                self._states[name] = replace(self._states[name], **changes)


class _Funnel(Sink):
    """One source's way into the intake."""

    def __init__(self, intake: Intake, source: str) -> None:
        self._intake = intake
        self._source = source

    def write(self, rows: Any) -> int:
        return self._intake.write(self._source, rows)

    def pulse(self, row: Mapping[str, Any], seconds: float) -> None:
        self._intake.pulse(self._source, row, seconds)

    def admits(self, row: Mapping[str, Any]) -> bool:
        return self._intake.admits(self._source, row)
