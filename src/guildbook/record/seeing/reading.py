"""Reading lines of text by RapidOCR (Apache-2.0) in a short-lived child process of low priority.

Its models come in the package; nothing is fetched. The child is bounded in processor time and memory, and what it
needs is given back when it ends.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from guildbook.model.errors import GuildbookError
from guildbook.record.seeing.budget import START, cost
from guildbook.record.seeing.child import packed
from guildbook.record.seeing.lines import Gray

SURE: Final = 0.6
"""A line read less surely is taken for no text: a symbol, a part of a picture."""
_SLACK: Final = 4.0
_PATIENCE: Final = 600.0


@dataclass(frozen=True, slots=True)
class Read:
    """What a child made of pictures."""

    texts: tuple[tuple[str, float], ...]
    """Text and how surely, for each picture; empty where it is no text."""
    cpu: float
    """Processor seconds it took."""


def lacking() -> str:
    """What must be installed before anything can be read; empty where nothing is."""
    needed = ("rapidocr", "onnxruntime")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        return f"Reading pictures needs {' and '.join(missing)}: pip install 'guildbook[screen]'."
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None or not list((Path(spec.origin).parent / "models").glob("*rec*.onnx")):
        return "This version of rapidocr brings no models: pip install --upgrade 'guildbook[screen]'."
    return ""


class Reader:
    """Reads pictures of lines; one child at a time. `close` ends the one that runs."""

    def __init__(self, nice: int = 19) -> None:
        """`nice`: how far others go first."""
        self._nice = str(nice)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    def read(self, pictures: Sequence[Gray]) -> Read:
        """Text of each picture, in order. Raises `ReadingError` where the child fails or takes too long."""
        if not pictures:
            return Read((), 0.0)
        bound = int(_SLACK * (START + sum(cost(picture) for picture in pictures))) + 5
        body = b"".join(packed(picture) for picture in pictures)
        child = self._begun(bound)
        try:
            out, errors = child.communicate(body, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise ReadingError(f"it took longer than {_PATIENCE:.0f} s") from None
        finally:
            with self._lock:
                self._child = None
        if child.returncode:
            last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise ReadingError(f"it ended with {child.returncode}: {last[:200]}")
        *lines, end = [json.loads(line) for line in out.splitlines()]
        if len(lines) != len(pictures):
            raise ReadingError(f"it read {len(lines)} of {len(pictures)} lines")
        texts = tuple((" ".join(str(line["text"]).split()), float(line["sure"])) for line in lines)
        return Read(tuple(found if found[1] >= SURE else ("", found[1]) for found in texts), float(end["cpu"]))

    def close(self) -> None:
        """End the child that runs, if any; nothing can be read any more."""
        with self._lock:
            self._closed = True
            if self._child is not None:
                with suppress(ProcessLookupError):
                    self._child.kill()

    def _begun(self, seconds: int) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise ReadingError("it was ended")
            self._child = subprocess.Popen(
                [sys.executable, "-m", "guildbook.record.seeing.child", str(seconds), self._nice],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            return self._child


class ReadingError(GuildbookError):
    """The child that reads text failed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Text on pictures could not be read: {why}.", "Try again.", "reading")
