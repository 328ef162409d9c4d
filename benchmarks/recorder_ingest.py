"""How fast the recorder takes heartbeats and events in, durably, beside aw-server in the same run.

Both servers run on this machine on a port each, on a fresh folder, and get the same requests from the same kind of
client (one connection kept open): heartbeats one after another, some of which are merged; events in lists of 1,000; and
heartbeats at 200 a second, of which the 99th percentile of the answer times is taken. Ours is durable when it
answers (SQLite, synchronous=FULL); aw-server commits every now and then. Prints JSON.

    python benchmarks/recorder_ingest.py --peer /path/to/venv/bin/aw-server   (pip install aw-server 'peewee<4')
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from _measure import median, report

BUCKET = "/api/0/buckets/window_desk"
FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="aw-server's program; without it, ours alone")
    parser.add_argument("--heartbeats", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--peer-heartbeats", type=int, default=200)
    parser.add_argument("--peer-events", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    ours, theirs = [], []
    for _ in range(asked.rounds):
        with recorder() as port:
            ours.append(tried(port, asked.heartbeats, asked.events))
        if asked.peer:
            with peer(asked.peer) as port:
                theirs.append(tried(port, asked.peer_heartbeats, asked.peer_events))
    figures: dict[str, Any] = {"guildbook": middle(ours)}
    if theirs:
        figures["aw-server"] = middle(theirs)
        figures["times"] = {
            name: round(figures["guildbook"][name] / figures["aw-server"][name], 1)
            for name in ("heartbeats_per_second", "events_per_second")
        }
    report("recorder ingest", figures)


def middle(found: list[dict[str, float]]) -> dict[str, float]:
    """Medians over the rounds."""
    return {name: round(median([one[name] for one in found]), 2) for name in found[0]}


def tried(port: int, heartbeats: int, events: int) -> dict[str, float]:
    """One server, asked."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    link.connect()
    link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as urllib3 does for aw-client
    ask(link, BUCKET, {"client": "bench", "type": "currentwindow", "hostname": "desk"})
    out: dict[str, float] = {}
    begun = time.perf_counter()
    for number in range(heartbeats):
        ask(link, f"{BUCKET}/heartbeat?pulsetime=2", event(number, f"window {number // 5}"))
    out["heartbeats_per_second"] = heartbeats / (time.perf_counter() - begun)
    lists = [
        [event(1_000_000 + number, f"window {number}") for number in range(low, low + 1_000)]
        for low in range(0, events, 1_000)
    ]
    begun = time.perf_counter()
    for each in lists:
        ask(link, f"{BUCKET}/events", each)
    out["events_per_second"] = events / (time.perf_counter() - begun)
    times: list[float] = []
    following = time.perf_counter()
    for number in range(min(heartbeats, 1_000)):
        following += 0.005
        time.sleep(max(0.0, following - time.perf_counter()))
        begun = time.perf_counter()
        ask(link, f"{BUCKET}/heartbeat?pulsetime=2", event(9_000_000 + number, f"window {number // 5}"))
        times.append(time.perf_counter() - begun)
    out["p99_ms_at_200_per_second"] = 1_000 * sorted(times)[int(0.99 * len(times))]
    return out


def event(second: int, title: str) -> dict[str, Any]:
    """An event of a window."""
    return {
        "timestamp": (FIRST + timedelta(seconds=second)).isoformat(), "duration": 0.5,
        "data": {"app": "Firefox", "title": f"{title} - Mozilla Firefox"},
    }  # fmt: skip


def ask(link: http.client.HTTPConnection, path: str, body: Any) -> None:
    """One request on the open connection."""
    link.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = link.getresponse()
    answer.read()
    if answer.status >= http.client.BAD_REQUEST:
        raise RuntimeError(f"{path}: {answer.status}")


def free() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def recorder() -> Iterator[int]:
    """Our recorder on a fresh book."""
    with tempfile.TemporaryDirectory() as folder:
        port, words = free(), [sys.executable, "-m", "guildbook", "--home", f"{folder}/book", "record"]
        subprocess.run([*words, "start", "activitywatch", "--port", str(port)], check=True, capture_output=True)
        try:
            yield port
        finally:
            subprocess.run([*words, "stop"], check=True, capture_output=True)


@contextmanager
def peer(program: str) -> Iterator[int]:
    """aw-server on a fresh folder."""
    with tempfile.TemporaryDirectory() as folder:
        port = free()
        environment = os.environ | {
            f"XDG_{name}_HOME": f"{folder}/{name}" for name in ("CONFIG", "DATA", "CACHE", "STATE")
        }
        words = [program, "--testing", "--host", "127.0.0.1", "--port", str(port)]
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(words, env=environment, stdout=output, stderr=output)
            try:
                for _ in range(300):
                    try:
                        socket.create_connection(("127.0.0.1", port), 1).close()
                        break
                    except OSError:
                        time.sleep(0.1)
                yield port
            finally:
                process.terminate()
                process.wait(20)


if __name__ == "__main__":
    main()
