"""Runs agent by agent, on demand: one at a time, in a process of its own that can be ended at once."""

from __future__ import annotations

import multiprocessing as mp
import os
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final
from uuid import uuid4

from guildbook.model.errors import InputError
from guildbook.simulate.answer import with_chance
from guildbook.simulate.question import Question
from guildbook.simulate.threads import use

UNWATCHED: Final = 180.0
"""Seconds after which a run ends that nobody asks about any more; browsers let hidden pages ask once a minute."""
_TURN: Final = 0.2
_POLITE: Final = 2
_GRACE: Final = 5.0


@dataclass(slots=True)
class _Run:
    """One run and what is known of it."""

    process: BaseProcess
    told: Connection
    state: str = "running"
    progress: float = 0.0
    result: dict[str, Any] | None = None
    asked: float = field(default_factory=time.monotonic)


class Agents:
    """At most one run goes on; a new one ends the last."""

    def __init__(self, unwatched: float = UNWATCHED) -> None:
        self._lock = threading.Lock()
        self._name, self._run = "", None
        self._unwatched = unwatched

    def begin(self, asked: Question) -> str:
        """Start a run; returns its name."""
        context = mp.get_context("spawn")
        told, tell = context.Pipe(duplex=False)
        process = context.Process(target=_played, args=(asked, tell), daemon=True)
        with self._lock:
            self._end()
            process.start()
            tell.close()  # ours; when theirs closes, too, they have ended
            self._name, self._run = uuid4().hex, _Run(process, told)
            threading.Thread(target=self._follow, args=(self._run,), daemon=True).start()
            return self._name

    def told(self, name: str) -> dict[str, Any]:
        """How far a run is, and what came of it. Raises `InputError` for one that is not there any more."""
        with self._lock:
            run = self._known(name)
            run.asked = time.monotonic()
            return {"state": run.state, "progress": run.progress, "result": run.result}

    def cancel(self, name: str) -> None:
        """End a run. Raises `InputError` for one that is not there any more."""
        with self._lock:
            self._known(name)
            self._end()

    def close(self) -> None:
        """End whatever runs."""
        with self._lock:
            self._end()

    def _known(self, name: str) -> _Run:
        if self._run is None or name != self._name:
            raise InputError("This run is not there any more.", "Run the agents again.", "no-run")
        return self._run

    def _end(self) -> None:
        if self._run is not None and self._run.state == "running":
            self._run.state = "cancelled"
            self._run.process.terminate()
            self._run.process.join(_GRACE)

    def _follow(self, run: _Run) -> None:
        """Take what the process says until it ends."""
        try:
            while run.state == "running":
                if run.told.poll(_TURN):
                    said = run.told.recv()
                    if isinstance(said, float):
                        run.progress = said
                    else:
                        run.result, run.progress, run.state = said, 1.0, "done"
                elif time.monotonic() - run.asked > self._unwatched:
                    with self._lock:
                        if self._run is run:
                            self._end()
        except (EOFError, OSError):  # it ended without a word: out of memory, killed, or cancelled just now
            if run.state == "running":
                run.state = "failed"
        finally:
            run.told.close()


def _played(asked: Question, tell: Connection) -> None:
    """The process: the twin and the page come first."""
    os.nice(_POLITE)
    use()
    try:
        tell.send(with_chance(asked, tell.send))
    except (BrokenPipeError, KeyboardInterrupt):  # nobody listens any more
        return
