"""A disk that is full: answered, reported, retried; nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from starlette.testclient import TestClient

from guildbook.app.recorder import Recorder, choices, choose
from guildbook.config import load
from guildbook.server.activitywatch import About, api
from guildbook.server.door import DOOR, door
from guildbook.server.recorder import steer

FIRST = 1_780_000_000_000_000


def opened(home: Path) -> Recorder:
    choose(home / "recorder", replace(choices(home / "recorder"), worker="Ada", sources={"browser": {}}))
    return Recorder(load(home))


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = opened(tmp_path / "book")
    yield made
    made.release()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, where this machine lets us make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    words = [mount or "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if mount is None or os.geteuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def limit(recorder: Recorder, pages: int | None) -> None:
    """Let the outbox have so many pages more than it has; None: as many as it likes."""

    def work(connection: Any) -> None:
        (now,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {1_000_000 if pages is None else now + pages}")

    recorder.outbox.submit(work).result()


def handed(recorder: Recorder, first: int, count: int) -> int:
    """Status of handing rows in at the door."""
    letters = Random(first).choices("abcdefghijk      ", k=200 * count)  # else they would take no room, compressed
    rows = [{"time": FIRST + number, "action": "click", "window": f"w{number}",
             "value_after": "".join(letters[200 * at : 200 * at + 200])}
            for at, number in enumerate(range(first, first + count))]  # fmt: skip
    with TestClient(door(recorder)) as client:
        headers = {"Authorization": f"Bearer {recorder.door}"}
        return client.post(f"{DOOR}browser", json=rows, headers=headers).status_code


def windows(recorder: Recorder) -> set[str]:
    return {
        entry.data["window"]
        for name in recorder.outbox.buckets()
        for entry in recorder.outbox.entries(name)
        if "window" in entry.data
    }


def test_a_full_disk_is_answered_and_recording_goes_on_when_there_is_room(recorder: Recorder) -> None:
    assert handed(recorder, 0, 5) == 200
    about = About("d", "v")
    with TestClient(api(recorder.intake, about), base_url="http://localhost") as watcher:
        bucket = "/api/0/buckets/w"
        watcher.post(bucket, json={"client": "w", "type": "currentwindow", "hostname": "h"})
        event = {"timestamp": "2026-06-01T08:00:00Z", "duration": 1, "data": {"app": "a", "title": "t" * 9_000}}
        limit(recorder, 0)
        assert handed(recorder, 100, 500) == 507
        for path in (f"{bucket}/events", f"{bucket}/heartbeat?pulsetime=5"):
            told = watcher.post(path, json=event)
            assert (told.status_code, told.json()["code"]) == (507, "outbox-full")
            assert told.headers["retry-after"]
        assert watcher.get(f"{bucket}/events").json() == []
        recorder.deliver(everything=True)  # the batch itself cannot be written down, or it can: neither ends anything
        limit(recorder, None)
        assert watcher.post(f"{bucket}/heartbeat?pulsetime=5", json=event).status_code == 200
    assert handed(recorder, 100, 500) == 200
    assert windows(recorder) == {f"w{number}" for number in (*range(5), *range(100, 600))}
    recorder.deliver(everything=True)
    assert (recorder.trouble, recorder.delivery.waiting(), recorder.delivered) == ("", 0, 506)


def test_heartbeats_that_were_acknowledged_outlast_a_full_disk(recorder: Recorder) -> None:
    row = {"action": "focus", "window": "w"}
    for second in range(3):
        recorder.intake.pulse("browser", {**row, "time": FIRST + second * 1_000_000}, 5)
    limit(recorder, 0)
    assert handed(recorder, 100, 500) == 507
    (name,) = [name for name in recorder.outbox.buckets() if "-now_" in name]
    assert [entry.duration for entry in recorder.outbox.entries(name)] == [2_000_000]
    limit(recorder, None)
    recorder.intake.pulse("browser", {**row, "time": FIRST + 4_000_000}, 5)
    assert [entry.duration for entry in recorder.outbox.entries(name)] == [4_000_000]


def test_a_file_system_that_is_full(small: Path) -> None:
    recorder = opened(small / "book")
    try:
        assert handed(recorder, 0, 10) == 200
        ballast = small / "ballast"
        with suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        taken, status = 10, 200
        while status == 200:
            status = handed(recorder, taken, 50)
            taken += 50 * (status == 200)
        assert status == 507
        assert recorder.deliver(everything=True) == 0
        assert recorder.trouble
        with TestClient(steer(recorder, asyncio.Event())) as client:
            told = client.post("/guildbook/0/status", headers={"Authorization": f"Bearer {recorder.token}"}, json={})
            assert "no room left" in told.json()["trouble"]
        ballast.unlink()
        assert handed(recorder, taken, 50) == 200
        assert recorder.deliver(everything=True) == taken + 50
        assert recorder.trouble == ""
    finally:
        recorder.release()
