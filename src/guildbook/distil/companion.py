"""A second process that takes a share of what this one has to do: both cores without the interpreter's lock.

To start a process costs more than one day's mining gains by it, unless it is a fork of one that has loaded everything
already. A fork is safe only where nothing else is going on: a lock that another thread holds at that moment is held
for ever in the copy. So a program forks at its very start, before it opens anything and before it starts a thread
(`companion`), and the copy does nothing but what it is asked to. Elsewhere, and where processes are many, they are
spawned (`executor`). Two threads that are none of Python's are there by then: OpenBLAS ends its own before a fork and
starts them again when they are needed, and jemalloc, which Arrow brings, takes all of its locks before one and lets go
of them after it.

The companion has no file of ours: its standard streams are the null device and all else is closed, so it keeps no lock
and no pipe of a caller's open. It ends at once when this process does, however that ends. What is asked of it must be a
pure function of its arguments: whatever fails there, and whatever it leaves undone when it is killed, is done again
here, where an error then comes up as if there had been no companion.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Final, TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")

_STREAMS: Final = 3
"""Standard input, output and error."""
_AT_ONCE: Final = 32 << 20
"""Bytes, about, that are sent before the answer to them is waited for."""
_PLACES: Final = 256
"""Items that are shared out at once, at most: a place among them is one byte."""


class Companion:
    """The second process as the first sees it. For one thread."""

    def __init__(self, pid: int, asks: Connection, answers: Connection, places: tuple[int, int]) -> None:
        self.pid = pid
        self._asks = asks
        self._answers = answers
        self._places = places
        self._there = True

    def begin(self, function: Callable[[], object]) -> None:
        """Let it call `function` for what that leaves in its memory; nothing is waited for."""
        if self._there:
            self._ask([pickle.dumps((function, 0))])

    def share(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """`function` of each item, in the order of the items.

        Whoever of the two is free takes the next, so the largest had better stand first. The function, the items and
        what comes of them must be such as can be pickled. Raises what `function` raises.
        """
        out: list[Result] = []
        while len(out) < len(items):
            rest = items[len(out) :]
            sent = _packed(rest) if self._there else []
            out += self._shared(function, rest[: len(sent)], sent) if len(sent) > 1 else [function(rest[0])]
        return out

    def _shared(self, function: Callable[[Item], Result], items: Sequence[Item], sent: list[bytes]) -> list[Result]:
        known: dict[int, Result] = {}
        done = False
        try:
            os.write(self._places[1], bytes(range(len(items))))
            if self._ask([pickle.dumps((function, len(sent))), *sent]):
                for place in _taken(self._places[0]):
                    known[place] = function(items[place])
                known |= self._answer()
            done = True
        finally:
            if not done:  # an error, or Ctrl-C: what it is doing now is of no use to anybody
                self.end()
        return [known[place] if place in known else function(item) for place, item in enumerate(items)]

    def _ask(self, messages: Sequence[bytes]) -> bool:
        try:
            for message in messages:
                self._asks.send_bytes(message)
        except OSError:
            self.end()
        return self._there

    def _answer(self) -> dict[int, Any]:
        try:
            return pickle.loads(self._answers.recv_bytes())  # noqa: S301 - from a fork of this process, by a pipe
        except (EOFError, OSError):
            self.end()
            return {}

    def end(self) -> None:
        """End it, whatever it is doing: there is nothing that it could leave half done."""
        if not self._there:
            return
        self._there = False
        with suppress(OSError):  # somebody else may have taken note of its end
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        _close(self._asks, self._answers, self._places)


@contextmanager
def companion(*, wanted: bool = True) -> Generator[Companion | None]:
    """A companion for as long as the context lasts; None where none is wanted or a fork is not known to be safe.

    For a program to ask for at its start, once it has loaded what will be asked of the companion.
    """
    made = _forked() if wanted and _safe() else None
    try:
        yield made
    finally:
        if made is not None:
            made.end()


def _safe() -> bool:
    """Whether nothing else is going on in this process, and there is a second core."""
    alone = threading.active_count() == 1 and threading.current_thread() is threading.main_thread()
    return sys.platform == "linux" and alone and len(os.sched_getaffinity(0)) > 1


def _forked() -> Companion | None:
    asked, asks = Pipe(duplex=False)
    answers, answered = Pipe(duplex=False)
    places = os.pipe()
    os.set_blocking(places[0], False)
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until the companion knows that it is none of its
    pid = -1
    if min(asked.fileno(), asks.fileno(), answers.fileno(), answered.fileno(), *places) >= _STREAMS:
        with suppress(OSError), warnings.catch_warnings():
            # Python warns of any thread, from 3.12 on; why those that are there do no harm is said above.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
    if pid == 0:
        try:
            _live(asked, answered, places[0], held)
        finally:
            os._exit(0)
    signal.pthread_sigmask(signal.SIG_SETMASK, held)
    _close(asked, answered)
    if pid < 0:
        _close(asks, answers, places)
        return None
    return Companion(pid, asks, answers, places)


def _live(asked: Connection, answered: Connection, places: int, held: Collection[int]) -> None:
    """All that the companion does. Ends by an error: of what it was asked, or since nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal goes to both; the first process decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, held)
    _let_go({asked.fileno(), answered.fileno(), places})
    gc.freeze()  # to look for cycles in what was there would copy its pages
    threading.Thread(target=_end_with, args=(asked.fileno(),), daemon=True).start()
    with threadpool_limits(limits=1, user_api="blas"):
        while True:
            _answer(asked, answered, places)


def _let_go(kept: set[int]) -> None:
    """Close all files but some, and put the null device in place of the standard streams."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(_STREAMS):
        os.dup2(null, stream)
    for name in list(Path("/proc/self/fd").iterdir()):
        if (there := int(name.name)) >= _STREAMS and there not in kept:
            with suppress(OSError):  # the folder that was listed is closed already
                os.close(there)


def _end_with(asked: int) -> None:
    """End this process when the other end of a pipe is closed, even in the middle of something."""
    gone = select.poll()
    gone.register(asked, 0)
    gone.poll()
    os._exit(0)


def _answer(asked: Connection, answered: Connection, places: int) -> None:
    """Do what is asked next; in a function of its own, so that nothing of it stays in memory."""
    function, count = pickle.loads(asked.recv_bytes())  # noqa: S301 - from the process this is a fork of, by a pipe
    if not count:
        function()
        return
    items = [asked.recv_bytes() for _ in range(count)]
    found = {place: function(pickle.loads(items[place])) for place in _taken(places)}  # noqa: S301 - as above
    answered.send_bytes(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))


def _packed(items: Sequence[object]) -> list[bytes]:
    """The first of some items, as many as are shared out at once."""
    sent: list[bytes] = []
    for item in items[:_PLACES]:
        sent.append(pickle.dumps(item, pickle.HIGHEST_PROTOCOL))
        if sum(map(len, sent)) > _AT_ONCE:
            break
    return sent


def _taken(places: int) -> Iterator[int]:
    """The places that nobody has taken yet, each taken in turn: what one process reads, the other does not."""
    with suppress(BlockingIOError):
        while place := os.read(places, 1):
            yield place[0]


def _close(*ends: Connection | tuple[int, int]) -> None:
    for end in ends:
        if isinstance(end, tuple):
            os.close(end[0])
            os.close(end[1])
        else:
            end.close()
