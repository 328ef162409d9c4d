"""Programs of ActivityWatch's that are on PyPI, as they are, in processes of their own, against a real recorder.

The watchers that are on no registry (windows, absence) and aw-client's own tests: benchmarks/activitywatch_programs.py.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from aw_client import ActivityWatchClient
from aw_core.models import Event


class Recorder:
    """`guildbook record start activitywatch --testing` on a fresh book, and where ActivityWatch's programs find it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.environment = {
            f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")
        }
        self._words = [sys.executable, "-m", "guildbook", "--home", str(folder / "book"), "record"]
        self.configure("aw-client/aw-client.toml", f'[server-testing]\nhostname = "127.0.0.1"\nport = "{self.port}"\n')

    def configure(self, name: str, text: str) -> None:
        """Write a file where their programs look for what they are told."""
        path = self.folder / "config" / "activitywatch" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def start(self) -> None:
        words = [*self._words, "start", "activitywatch", "--testing", "--port", str(self.port)]
        subprocess.run(words, check=True, capture_output=True)

    def stop(self) -> None:
        subprocess.run([*self._words, "stop"], check=False, capture_output=True)

    def events(self, bucket: str) -> list[dict[str, Any]]:
        answer = requests.get(f"http://127.0.0.1:{self.port}/api/0/buckets/{bucket}/events?limit=-1", timeout=10)
        return answer.json() if answer.ok else []


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    made = Recorder(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    yield made
    made.stop()


def test_a_watcher_from_pypi_records_as_it_is(recorder: Recorder) -> None:
    """aw-watcher-netstatus says whether a server can be reached; here one that comes and goes."""
    recorder.start()
    with socket.create_server(("127.0.0.1", 0)) as reached:
        place = f"poll_time = 0.5\nhost = 127.0.0.1\nport = {reached.getsockname()[1]}\n"
        recorder.configure("aw-watcher-netstatus/aw-watcher-netstatus.toml", f"[aw-watcher-netstatus-testing]\n{place}")
        watcher = subprocess.Popen(
            [str(Path(sys.executable).with_name("aw-watcher-netstatus")), "--testing"],
            env=os.environ | recorder.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        bucket = f"aw-watcher-netstatus_{socket.gethostname()}"
        try:
            until(lambda: requests.get(_buckets(recorder), timeout=10).json().get(bucket) is not None)
            time.sleep(1.5)
            reached.close()
            # the client holds what may still grow: the end of being online is sent when something else begins
            until(lambda: [one["data"] for one in recorder.events(bucket)][-1:] == [{"status": "online"}])
        finally:
            watcher.terminate()
            watcher.wait(10)
    assert recorder.events(bucket)[-1]["duration"] > 0


def test_what_its_client_queued_while_nobody_listened_arrives(recorder: Recorder) -> None:
    """The same as aw-client's test_failqueue, which waits for whoever runs it."""
    first = datetime(2026, 3, 2, 9, tzinfo=UTC)
    client = ActivityWatchClient("queued", testing=True)
    client.create_bucket("queued", "test", queued=True)
    for number in range(4):
        told = Event(timestamp=first + timedelta(seconds=number), data={"label": str(number)})
        client.heartbeat("queued", told, pulsetime=1, queued=True)
    with client:
        time.sleep(0.5)
    recorder.start()
    client.create_bucket("queued", "test", queued=True)  # whoever leaves forgets which it asked for
    with client:
        until(lambda: len(recorder.events("queued")) >= 3)
    client.instance.fp.close()
    assert [one["data"]["label"] for one in recorder.events("queued")] == ["2", "1", "0"]  # it holds the last


def _buckets(recorder: Recorder) -> str:
    return f"http://127.0.0.1:{recorder.port}/api/0/buckets/"


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)
