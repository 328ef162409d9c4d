"""Of a user's recorders one follows LibreOffice on a pipe, and the other says so."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from guildbook.model.errors import InputError
from guildbook.record.sources import _libreoffice_live as live
from guildbook.record.sources._files_source import Live
from guildbook.record.sources._libreoffice_live import FollowedError, LibreOffice, lock_of


class Rows:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def write(self, rows: Sequence[Mapping[str, Any]]) -> int:
        self.rows += map(dict, rows)
        return len(rows)

    def pulse(self, row: Mapping[str, Any], seconds: float) -> None:
        raise AssertionError((row, seconds))

    def admits(self, row: Mapping[str, Any]) -> bool:
        return bool(row)


@pytest.fixture
def pipe() -> Iterator[str]:
    name = f"gb-{uuid4().hex[:12]}"
    yield name
    for folder in Path("/tmp").glob(f"guildbook-*-{name}"):
        shutil.rmtree(folder)


@contextmanager
def following(pipe: str, sink: Rows, *, alone: bool = False) -> Any:
    stop = threading.Event()
    follower = LibreOffice(Live(), stop, pipe=pipe, python="python3", values=True, alone=alone)
    thread = threading.Thread(target=follower.run, args=(sink,))
    thread.start()
    yield
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def free(pipe: str) -> bool:
    lock = lock_of(pipe)
    taken = lock.take()
    lock.release()
    return taken


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_second_says_so_once_and_follows_when_the_first_has_ended(
    pipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_AGAIN", 0.1)
    first, second = Rows(), Rows()
    with following(pipe, first):
        until(lambda: not free(pipe))
        with pytest.raises(FollowedError, match="follows LibreOffice on the pipe"):
            LibreOffice(Live(), threading.Event(), pipe=pipe, python="python3", values=True).run(Rows())
        held = following(pipe, second)
        held.__enter__()
        until(lambda: bool(second.rows))
        time.sleep(1)
    (row,) = second.rows
    assert row["action"] == "skip"
    assert pipe in json.loads(row["attributes"])["reason"]
    until(lambda: not free(pipe))  # the second has it now
    held.__exit__(None, None, None)
    assert free(pipe)
    assert first.rows == []


def test_what_another_put_in_its_place_is_told(pipe: str, tmp_path: Path) -> None:
    lock_of(pipe)
    (folder,) = Path("/tmp").glob(f"guildbook-*-{pipe}")
    folder.rmdir()
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(InputError, match="not yours"):
            lock_of(pipe)
    finally:
        folder.unlink()
