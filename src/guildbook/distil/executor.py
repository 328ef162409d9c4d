"""The one seam through which summarising is spread out: anything with the shape of `concurrent.futures.Executor`."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class InProcess(Executor):
    """Runs each call at once, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn`; an exception it raises comes out here."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@contextmanager
def executor(jobs: int = 1) -> Generator[Executor]:
    """In-process for one job, else a pool of processes. A Dask client's `get_executor()` fits the same place.

    Processes are spawned, not forked: the caller may have threads (DuckDB, Arrow) that a fork would break.
    """
    if jobs <= 1:
        yield InProcess()
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield pool
