from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from guildbook.model.errors import BookBusyError

_PROGRAM = Path(__file__).with_name("other_process.py")


def _start(books: Any, command: str, *arguments: str) -> subprocess.Popen[str]:
    line = [sys.executable, str(_PROGRAM), command, str(books.home), books.url or "-", *arguments]
    return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextmanager
def _holder(books: Any) -> Generator[subprocess.Popen[str]]:
    """Another process that holds the lock until a line is written to it."""
    with _start(books, "hold") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


def test_a_second_writer_is_told_and_readers_go_on(books: Any, events: Callable[..., pa.Table], take: Any) -> None:
    store = books.open(wait=0.1)
    take(store, events(5))
    store.seal()
    with _holder(books) as holder:
        with pytest.raises(BookBusyError) as caught:
            store.add_worker("Bob")
        assert caught.value.code == "book-busy"
        late = books.open(wait=0.1)
        assert late.read(late.segments()[0].id, ["time"]).num_rows == 5
        assert holder.stdin is not None
        holder.stdin.write("let go\n")
        holder.stdin.flush()
        books.open(wait=30).add_worker("Bob")


def test_a_killed_holder_gives_it_up(books: Any) -> None:
    store = books.open()
    with _holder(books) as holder:
        holder.kill()
        holder.wait(30)
        store.add_worker("Bob")


def test_two_processes_write_at_once_and_nothing_is_lost(books: Any, everything: Any) -> None:
    store = books.open()
    writers = [_start(books, "import", name, "12") for name in ("Ann", "Bob")]
    for writer in writers:
        writer.communicate(timeout=120)
    assert [writer.returncode for writer in writers] == [0, 0]
    store.seal()
    assert len(everything(store)) == len(set(everything(store))) == 48
    assert store.check() == []


def test_four_processes_make_the_same_book_at_once(books: Any) -> None:
    writers = [_start(books, "import", name, "2") for name in ("Ann", "Bob", "Cy", "Dee")]
    for writer in writers:
        writer.communicate(timeout=120)
    assert [writer.returncode for writer in writers] == [0] * 4
    store = books.open()
    assert len(store.imports()) == 4
    assert [w.name for w in store.workers() if w.name == "Both"] == ["Both"]


def test_it_is_re_entrant_in_a_thread_and_exclusive_among_threads(books: Any) -> None:
    store = books.open(wait=0.2)
    caught: list[BaseException] = []

    def other() -> None:
        try:
            store.add_worker("Bob")
        except BookBusyError as error:
            caught.append(error)

    with store.writing(), store.writing():
        store.add_worker("Ann")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(caught) == 1
    store.add_worker("Bob")


def test_it_is_given_up_after_an_error(books: Any) -> None:
    store = books.open(wait=0.2)
    with pytest.raises(ZeroDivisionError), store.writing():
        _ = 1 / 0
    books.open(wait=0.2).add_worker("Ann")
