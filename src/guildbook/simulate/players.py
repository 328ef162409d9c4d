"""Who runs the runs of an experiment: this process, a pool of processes on this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any, Final

from guildbook.model.errors import GuildbookError, InputError
from guildbook.simulate.journal import Journal, key
from guildbook.simulate.measures import ended
from guildbook.simulate.running import averaged, simulated
from guildbook.simulate.scenario import Scenario

Report = Callable[[float], None]
_AHEAD: Final = 4
"""Runs handed out for each process before one is done: nobody waits, and nothing piles up."""
_PATIENCE: Final = 10.0
"""Seconds in which a cluster has to answer."""
_ONE = threading.Lock()


@dataclass(frozen=True, slots=True)
class Task:
    """One run."""

    scenario: Scenario
    seed: int | None
    """None: the twin."""


def played(task: Task) -> dict[str, float]:
    """The measures of a run, on one thread; one at a time in a process, since two at once may not use the kernel."""
    import numba  # noqa: PLC0415 - who only hands out runs needs none

    with _ONE:
        threads = numba.get_num_threads()
        numba.set_num_threads(1)
        try:
            run = averaged(task.scenario) if task.seed is None else simulated(task.scenario, task.seed)
        finally:
            numba.set_num_threads(threads)
    return ended(run)


class Players:
    """Runs what has not been run."""

    def __init__(self, journal: Journal, executor: Executor | None, count: int) -> None:
        """Without an executor runs are run here, one after the other."""
        self._journal, self._executor, self._count = journal, executor, count

    def play(self, tasks: Sequence[Task], report: Report | None = None) -> list[dict[str, float]]:
        """The measures of each task, in order; equal tasks are run once."""
        keys = [key(task.scenario, task.seed) for task in tasks]
        missing = {name: task for name, task in zip(keys, tasks, strict=True) if self._journal.get(name) is None}
        total = max(len(set(keys)), 1)
        done = total - len(missing)

        def keep(name: str, values: dict[str, float]) -> None:
            nonlocal done
            self._journal.put(name, values)
            done += 1
            if report is not None:
                report(done / total)

        if self._executor is None:
            for name, task in missing.items():
                keep(name, played(task))
        elif missing:
            self._hand_out(self._executor, missing, keep)
        if report is not None:
            report(1.0)
        return [self._journal.get(name) or {} for name in keys]

    def _hand_out(
        self, executor: Executor, missing: dict[str, Task], keep: Callable[[str, dict[str, float]], None]
    ) -> None:
        waiting = iter(missing.items())
        running: dict[Any, str] = {}

        def hand() -> None:
            for name, task in waiting:
                running[executor.submit(played, task)] = name
                if len(running) >= self._count * _AHEAD:
                    return

        hand()
        while running:
            for each in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(each)
                try:
                    keep(name, each.result())
                except BrokenProcessPool:
                    raise GuildbookError(
                        "A process that ran the simulation was ended, perhaps for want of memory.",
                        "The same command goes on where it was; fewer at once: --jobs.", "player-ended",
                    ) from None  # fmt: skip
            hand()


@contextmanager
def players(journal: Journal, jobs: int | None = None, dask: str | None = None) -> Generator[Players]:
    """Whoever runs: `jobs` processes (as many as there are cores; 1: none but this), or the cluster at an address."""
    if dask is not None:
        with _cluster(dask) as (executor, count):
            yield Players(journal, executor, count)
        return
    count = jobs or _cores()
    if count == 1:
        yield Players(journal, None, 1)
        return
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin)
    try:
        yield Players(journal, pool, count)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin() -> None:
    """A process of the pool leaves Ctrl-C to who started it, and ends with them however they end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: Any) -> None:
    connection.wait([sentinel])
    os._exit(1)


@contextmanager
def _cluster(address: str) -> Generator[tuple[Executor, int]]:
    try:
        from distributed import Client  # noqa: PLC0415 - few have a cluster
    except ImportError:
        raise InputError(
            "Dask is not installed here.", "Install it: pip install 'guildbook[dask]'.", "missing-extra"
        ) from None
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"There is no Dask cluster at {address}: {error}.", "Look at the address.", "dask") from None
    try:
        threads: Any = client.nthreads()  # not awaited: this client is not asynchronous
        count = sum(threads.values())
        if not count:
            raise InputError(f"The cluster at {address} has no workers.", "Start some: dask worker.", "dask")
        # Not pure: Dask would else take equal calls of long ago for this one.
        yield client.get_executor(pure=False), count
    finally:
        client.close()
