"""One recorder a folder, whatever a killed one left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from guildbook.record.live.lock import FolderLock, held

HOLDER = """
import sys, time
from pathlib import Path
from guildbook.record.live.lock import FolderLock
assert FolderLock(Path(sys.argv[1])).take()
print("held", flush=True)
time.sleep(60)
"""


def test_only_one_holds_it(tmp_path: Path) -> None:
    assert not held(tmp_path)
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    assert first.take()
    assert held(tmp_path)
    assert not second.take()
    first.release()
    first.release()
    assert not held(tmp_path)
    assert second.take()
    second.release()


def test_a_killed_process_gives_it_up(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert held(tmp_path)
        assert not FolderLock(tmp_path).take()
        os.kill(holder.pid, signal.SIGKILL)
    assert not held(tmp_path)
    mine = FolderLock(tmp_path)
    assert mine.take()
    mine.release()
