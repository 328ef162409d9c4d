"""Asks the process that finds persons; what it does not answer in time is withheld, never passed on as it is."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from guildbook.model.errors import UsageError
from guildbook.record.pii.child import MODEL

WITHHELD: Final = "[withheld]"
"""Stands for a text that nobody could look at."""
LONGEST: Final = 8_192
"""Characters of a text that are looked at; what lies beyond is withheld."""
IDLE: Final = 300.0
"""Seconds without a question after which the process ends; it takes a second or two to start anew."""
PATIENCE: Final = 30.0
"""Seconds that a question waits for its answer, the start of the process included."""
_AGAIN: Final = 60.0
"""Seconds after a failure in which nothing is asked."""
_NICE: Final = 10
_REMEMBERED: Final = 4_096
_AT_ONCE: Final = 32_000
"""Bytes asked at once: with one text more they fit into a pipe, so that asking never waits."""


def missing() -> str:
    """What this needs and is not installed; empty where nothing is."""
    absent = [name for name in ("presidio_analyzer", "spacy", MODEL) if importlib.util.find_spec(name) is None]
    return f"Not installed: {', '.join(absent)}." if absent else ""


def require() -> None:
    """Raises `UsageError` where the extra is not installed."""
    if lacking := missing():
        raise UsageError(f"Names of persons cannot be found. {lacking}", "pip install 'guildbook[pii]'", "no-pii")


class Finder:
    """Takes names, numbers and addresses of persons out of texts. Safe from any thread."""

    def __init__(self, *, idle: float = IDLE, patience: float = PATIENCE, command: Sequence[str] | None = None) -> None:
        """`command`: what to run instead of the child."""
        self._command = command or [sys.executable, "-m", "guildbook.record.pii.child", str(idle), str(_NICE)]
        self._patience = patience
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._known: dict[str, str] = {}
        self._failed = -_AGAIN
        self.withheld = 0
        """Texts that nobody could look at."""
        self.trouble = ""
        """Why not, the last time."""

    @property
    def running(self) -> bool:
        """Whether its process is there now."""
        child = self._child
        return child is not None and child.poll() is None

    def warm(self) -> None:
        """Start the process if it does not run, and do not wait until it can answer."""
        with self._lock, suppress(OSError):
            self._started()

    def cleaned(self, texts: Sequence[str]) -> list[str]:
        """The texts without persons, in their order; `WITHHELD` for what could not be looked at in time."""
        with self._lock:
            new = list(dict.fromkeys(text for text in texts if text and text not in self._known))
            found = dict(zip(new, self._looked_at(new), strict=True))
            out = [found.get(text) or self._known.get(text, text) for text in texts]
            if len(self._known) + len(found) > _REMEMBERED:
                self._known = {}
            if len(found) <= _REMEMBERED:
                self._known |= {text: said for text, said in found.items() if said != WITHHELD and len(text) <= LONGEST}
            return out

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._ended()

    def _looked_at(self, texts: Sequence[str]) -> list[str]:
        end = time.monotonic() + self._patience
        out: list[str] = []
        for some in _portions(texts):
            answer = self._asked(some, end)
            if answer is None:
                self.withheld += len(texts) - len(out)
                return [*out, *[WITHHELD] * (len(texts) - len(out))]
            out += answer
        return out

    def _asked(self, texts: Sequence[str], end: float) -> list[str] | None:
        """What the process says; None where it says nothing in time."""
        if time.monotonic() < self._failed + _AGAIN:
            return None
        line = json.dumps([text[:LONGEST] for text in texts], ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        for _ in range(2):  # one that was idle may have ended just now
            fresh = not self.running
            answer = self._answer(line, end)
            if answer is not None and len(answer) == len(texts):
                self.trouble = ""
                pairs = zip(texts, answer, strict=True)
                return [f"{said} {WITHHELD}" if len(text) > LONGEST else said for text, said in pairs]
            self._ended()
            if fresh or time.monotonic() > end:
                break
        self._failed = time.monotonic()
        self.trouble = missing() or "The process that finds names of persons gave no answer in time."
        return None

    def _answer(self, line: bytes, end: float) -> list[str] | None:
        try:
            child = self._started()
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(line)
            said = _line(child.stdout.fileno(), end)
            return None if said is None else [str(text) for text in json.loads(said)]
        except (OSError, ValueError):
            return None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or not self.running:
            self._ended()
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
            )
        return self._child

    def _ended(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _portions(texts: Sequence[str]) -> Iterator[list[str]]:
    """Some at a time, so that a question fits into a pipe."""
    some: list[str] = []
    size = 0
    for text in texts:
        bytes_ = len(json.dumps(text[:LONGEST], ensure_ascii=False).encode("utf-8", "replace"))
        if some and size + bytes_ > _AT_ONCE:
            yield some
            some, size = [], 0
        some.append(text)
        size += bytes_
    if some:
        yield some


def _line(descriptor: int, end: float) -> bytes | None:
    held = b""
    while not held.endswith(b"\n"):
        left = end - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return None
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            return None
        held += piece
    return held
