"""What a recorder kept comes into the book through a process of its own, and trouble with it is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from guildbook.app.delivering import apart
from guildbook.app.recorder import Recorder
from guildbook.config import load
from guildbook.record.live.entry import Bucket, Entry
from guildbook.record.live.lock import FolderLock

SECOND = 1_000_000


def filled(home: Path, *, lean: bool = True) -> Recorder:
    """A recorder with forty things to deliver."""
    made = Recorder(load(home), lean=lean)
    made.outbox.create(Bucket("b", "currentwindow", "aw-watcher-window", "desk", 5))
    made.outbox.insert("b", [Entry(k * SECOND, SECOND, {"app": "Writer", "title": str(k)}) for k in range(40)]).result()
    return made


def test_what_waits_is_delivered_once_by_another_process(tmp_path: Path) -> None:
    recorder = filled(tmp_path)
    try:
        assert recorder.deliver(everything=True) == 40
        assert (recorder.trouble, recorder.delivery.waiting(), recorder.delivered) == ("", 0, 40)
        assert recorder.deliver(everything=True) == 0
    finally:
        recorder.release()


def test_trouble_is_told_and_what_waited_waits(tmp_path: Path) -> None:
    recorder = filled(tmp_path)
    try:
        (tmp_path / "recorder" / "delivering").mkdir()
        lock = FolderLock(tmp_path / "recorder" / "delivering")
        assert lock.take()
        assert recorder.deliver(everything=True) == 0
        assert "still on its way" in recorder.trouble
        lock.release()
        sent, trouble = apart(load(tmp_path), tmp_path / "nowhere" / "at" / "all", "Ada", everything=True)
        assert (sent, "Delivering ended with 1" in trouble) == (0, True)
        assert recorder.deliver(everything=True) == 40
    finally:
        recorder.release()


@pytest.mark.parametrize("heavy", ["guildbook.app.book", "numba", "duckdb", "sqlalchemy", "scipy"])
def test_the_recorder_holds_nothing_that_only_books_need(heavy: str) -> None:
    code = f"import sys, guildbook.server.__main__; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
