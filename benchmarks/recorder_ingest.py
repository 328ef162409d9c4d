"""How fast the recorder takes heartbeats and events in, durably, beside aw-server in the same run.

Both servers run on this machine at the same time, each on a fresh folder, and are asked in turn, so that whatever else
the machine does meets both. Both get the same requests from `_load.py`, a process of its own: so many watchers, each on
a connection and with a bucket of its own, each sending its next request when the last one was answered. Heartbeats are
a second apart and four in five say what the one before said; lists are of windows as people have them (`_load.titles`),
or with `distinct` of events no two of which say the same. Ours has answered when it is on the disk (SQLite,
synchronous=FULL) and encrypted; aw-server (its defaults: threaded Werkzeug, peewee, SQLite in WAL mode) writes on when
it pleases. Each figure is the median of the rounds. Prints JSON.

    python benchmarks/recorder_ingest.py --peer /path/to/venv/bin/aw-server   (pip install aw-server 'peewee<4')
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from _measure import median, report

LOADS = {
    "heartbeats, 1 watcher": (("heartbeats", "--watchers", 1), 2_000, 200),
    "heartbeats, 8 watchers": (("heartbeats", "--watchers", 8), 8_000, 400),
    "heartbeats, 64 watchers": (("heartbeats", "--watchers", 64), 16_000, 640),
    "events, lists of 1": (("bulk", "--size", 1), 1_000, 200),
    "events, lists of 1, 64 watchers": (("bulk", "--size", 1, "--watchers", 64), 8_000, 640),
    "events, lists of 100": (("bulk", "--size", 100), 500, 50),
    "events, lists of 1,000": (("bulk", "--size", 1_000), 200, 10),
    "events, lists of 10,000": (("bulk", "--size", 10_000), 40, 2),
    "events, lists of 1,000, distinct": (("bulk", "--size", 1_000, "--distinct"), 100, 10),
    "events, lists of 10,000, distinct": (("bulk", "--size", 10_000, "--distinct"), 20, 2),
}
"""What is asked, and how many requests ours and theirs get."""
PACED = ("heartbeats", "--watchers", 8, "--rate", 200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="aw-server's program; without it, ours alone")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    ours: dict[str, list[float]] = {name: [] for name in LOADS}
    theirs: dict[str, list[float]] = {name: [] for name in LOADS}
    waits: list[float] = []
    for turn in range(asked.rounds):
        with recorder() as (own, _, _), peer(asked.peer) if asked.peer else nullcontext(0) as other:
            for number, (name, (words, requests, fewer)) in enumerate(LOADS.items()):
                bucket = f"r{turn}-{number}"
                ours[name].append(loaded(own, words, requests, bucket)["per_second"])
                if other:
                    with suppress(subprocess.CalledProcessError):  # it answers some loads with errors
                        theirs[name].append(loaded(other, words, fewer, bucket)["per_second"])
            waits.append(loaded(own, PACED, 2_000, f"r{turn}-paced")["p99_ms"])
            print(f"round {turn + 1}: done", file=sys.stderr)
    figures: dict[str, Any] = {"p99_ms_at_200_heartbeats_per_second": median(waits), "per_second": {}}
    for name in LOADS:
        found = {"guildbook": median(ours[name])}
        if theirs[name]:
            found |= {"aw-server": median(theirs[name]), "times": round(median(ours[name]) / median(theirs[name]), 1)}
        figures["per_second"][name] = found
    report("recorder ingest", figures | {"load_average": os.getloadavg()})


def loaded(port: int, words: tuple[str | int, ...], requests: int, bucket: str) -> dict[str, float]:
    """One load on one server."""
    command = [sys.executable, str(Path(__file__).with_name("_load.py")), str(port), *map(str, words)]
    done = subprocess.run(
        [*command, "--requests", str(requests), "--name", bucket], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def free() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def recorder() -> Iterator[tuple[int, int, str]]:
    """Our recorder on a fresh book: its port, its process and the book."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home, port = f"{folder}/book", free()
        words = [sys.executable, "-m", "guildbook", "--home", home, "record"]
        subprocess.run([*words, "start", "activitywatch", "--port", str(port)], check=True, capture_output=True)
        pid = json.loads(Path(home, "recorder", "state.json").read_text("utf-8"))["pid"]
        try:
            yield port, pid, home
        finally:
            os.kill(pid, signal.SIGKILL)  # asked to stop, it would first bring all this to the book
            time.sleep(0.5)


@contextmanager
def peer(program: str) -> Iterator[int]:
    """aw-server on a fresh folder."""
    with tempfile.TemporaryDirectory() as folder:
        port = free()
        environment = os.environ | {
            f"XDG_{name}_HOME": f"{folder}/{name}" for name in ("CONFIG", "DATA", "CACHE", "STATE")
        }
        words = [program, "--host", "127.0.0.1", "--port", str(port)]
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
