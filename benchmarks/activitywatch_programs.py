r"""ActivityWatch's own programs against our recorder: aw-client's tests, aw-watcher-window, aw-watcher-afk.

No registry has them (aw-client's tests are in no package), so their folders are given: a clone of
`ActivityWatch/aw-client` and of each watcher. They run as they are, in processes of their own, against
`guildbook record start activitywatch --testing` on a fresh book, and with `--peer` against aw-server as well; only
where they find the server is set, by aw-client's own configuration file.

aw-client's tests ask whoever runs them to stop and start the server: that is done, for real. What fails as it is
is run once more with known faults mended, in a copy that is thrown away:

- aw-client 0.5.15 asks `if e.response and …`, but a `requests.Response` is false for what it wants to see there
  (404, 400), so that `get_event` raises where it means to return None;
- its tests are older than server and client: `test_client` expects events in the order they were made, where
  every server gives the newest first, so that it passes only if all three fall into one millisecond;
  `test_failqueue` expects a heartbeat at the server that the client still holds, to prolong it.

The watcher of windows runs under Xvfb and openbox with two forms brought to the front in turn; the one of absence
(20 s without input with `--testing`) sees a mouse that is moved, rests, and is moved again. Prints JSON.

    python benchmarks/activitywatch_programs.py --client aw-client/tests --window aw-watcher-window \
        --afk aw-watcher-afk [--python venv/bin/python] [--peer venv/bin/aw-server]

`--python` has what these import (`pip install aw-client pytest python-xlib pynput`).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "record"))

from _measure import report
from desktop_session import Session

QUESTIONS: Mapping[str, str] = {
    "Make sure aw-server isn't running, then press enter > ": "stop",
    "Start aw-server with --testing, then press enter > ": "start",
}
"""What `test_failqueue` asks for."""
MENDED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "test_client.py": (
        ("def create_unique_event():\n", "def create_unique_event():\n    time.sleep(0.01)\n"),
        ("e.data) for e in events\n", "e.data) for e in reversed(events)\n"),
    ),
    "test_failqueue.py": (("== events[2].data", "== events[1].data"),),
}
WINDOWS = ("Claim 4711", "Ledger of March")


class Server:
    """A server on a port and a folder of its own, which it finds again when it is started again."""

    def __init__(self, folder: Path, peer: str | None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.name = "aw-server" if peer else "guildbook"
        self.folder = folder
        self.environment = os.environ | {
            f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")
        }
        written = folder / "config" / "activitywatch" / "aw-client" / "aw-client.toml"
        written.parent.mkdir(parents=True)
        written.write_text(f'[server-testing]\nhostname = "127.0.0.1"\nport = "{self.port}"\n', "utf-8")
        self._peer = peer
        self._process: subprocess.Popen[bytes] | None = None
        self._ours = [sys.executable, "-m", "guildbook", "--home", str(folder / "book"), "record"]

    def start(self) -> None:
        """Start it, where it does not run."""
        if self._peer is None:
            words = [*self._ours, "start", "activitywatch", "--testing", "--port", str(self.port)]
            subprocess.run(words, check=True, capture_output=True)
        elif self._process is None:
            words = [self._peer, "--testing", "--host", "127.0.0.1", "--port", str(self.port)]
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(words, env=self.environment, stdout=log, stderr=log)
        until(lambda: self.ask("info") is not None, f"answer of {self.name}")

    def stop(self) -> None:
        """End it as one ends it."""
        if self._peer is None:
            subprocess.run([*self._ours, "stop"], check=False, capture_output=True)
        elif self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def ask(self, path: str) -> Any:
        """What it answers; None where it does not."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/0/{path}", timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", type=Path, help="folder with aw-client's tests")
    parser.add_argument("--window", type=Path, help="folder that holds aw_watcher_window/")
    parser.add_argument("--afk", type=Path, help="folder that holds aw_watcher_afk/")
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has what these import")
    parser.add_argument("--peer", help="aw-server's program, for comparison")
    asked = parser.parse_args()
    out: dict[str, dict[str, Any]] = {}
    for peer in (None, asked.peer) if asked.peer else (None,):
        found: dict[str, Any] = {}
        if asked.client:
            found["aw-client's tests"] = tested(asked.client, asked.python, peer)
        if asked.window:
            found["aw-watcher-window"] = watched(asked.window, "aw_watcher_window", asked.python, peer, windows)
        if asked.afk:
            found["aw-watcher-afk"] = watched(asked.afk, "aw_watcher_afk", asked.python, peer, absence)
        out["aw-server" if peer else "guildbook"] = found
    report("activitywatch programs", out)


@contextmanager
def serving(peer: str | None) -> Iterator[Server]:
    """A server on a fresh folder."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder), peer)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def tested(tests: Path, python: str, peer: str | None) -> dict[str, Any]:
    """What became of each test, as it is and mended where it failed."""
    out: dict[str, Any] = {}
    with serving(peer) as server:
        for each in sorted(tests.glob("test_*.py")):
            as_it_is = one(server, each, python, {})
            if all(result == "passed" for result in as_it_is.values()):
                out |= as_it_is
                continue
            after = one(server, mended(server.folder, each), python, {"PYTHONPATH": client(server.folder, python)})
            out |= {name: {"as it is": found, "mended": after.get(name)} for name, found in as_it_is.items()}
    return out


def mended(folder: Path, test: Path) -> Path:
    """A copy of a test file without the fault that is known of it."""
    text = test.read_text("utf-8")
    for old, new in MENDED.get(test.name, ()):
        text = text.replace(old, new)
    copy = folder / "mended" / test.name
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(text, "utf-8")
    return copy


def client(folder: Path, python: str) -> str:
    """A folder with a copy of the interpreter's aw-client that knows a 404 when it sees one."""
    where = subprocess.run(
        [python, "-c", "import aw_client; print(aw_client.__path__[0])"], check=True, capture_output=True, text=True
    ).stdout.strip()
    copy = folder / "client" / "aw_client"
    if not copy.exists():
        shutil.copytree(where, copy)
        source = copy / "client.py"
        text = source.read_text("utf-8")
        source.write_text(text.replace("e.response and e.response", "e.response is not None and e.response"), "utf-8")
    return str(copy.parent)


def one(server: Server, test: Path, python: str, more: Mapping[str, str]) -> dict[str, str]:
    """Run a test file as whoever sits at the keyboard would: where it asks for it, the server is stopped or started."""
    results = server.folder / "results.xml"
    results.unlink(missing_ok=True)
    words = [python, "-u", "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", f"--junit-xml={results}", str(test)]
    with subprocess.Popen(
        words, cwd=server.folder, env=server.environment | more, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, bufsize=0,
    ) as running:  # fmt: skip
        assert running.stdin is not None
        assert running.stdout is not None
        said, asks = "", dict(QUESTIONS)
        while piece := running.stdout.read(4096):
            said += piece.decode("utf-8", "replace")
            for question, act in list(asks.items()):
                if question in said:
                    del asks[question]  # a failure shows the test's source, questions and all
                    (server.stop if act == "stop" else server.start)()
                    running.stdin.write(b"\n")
    server.start()
    if not results.exists():
        return {test.name: "did not run"}
    return {f"{test.name}::{case.get('name')}": _result(case) for case in ET.parse(results).iter("testcase")}


def _result(case: ET.Element) -> str:
    for kind in ("failure", "error", "skipped"):
        found = case.find(kind)
        if found is not None:
            return f"{kind}: {(found.get('message') or '').splitlines()[0][:160]}"
    return "passed"


def watched(
    folder: Path, package: str, python: str, peer: str | None, life: Callable[[Session, Callable[[], Any]], None]
) -> dict[str, Any]:
    """What a watcher brought while something went on at a desktop."""
    with serving(peer) as server:
        session = Session()
        try:
            environment = server.environment | session.environment | {"PYTHONPATH": str(folder)}
            with (server.folder / "watcher").open("wb") as log:
                watcher = subprocess.Popen(
                    [python, "-m", package, "--testing"], env=environment, stdout=log, stderr=log
                )
            try:
                life(session, lambda: events(server, package))
            finally:
                watcher.terminate()
                watcher.wait(10)
        finally:
            session.close()
        found = events(server, package)
        trouble = [line for line in (server.folder / "watcher").read_text("utf-8").splitlines() if "[ERROR" in line]
    return {
        "events": len(found),
        "said": sorted({json.dumps(one["data"], sort_keys=True) for one in found}),
        "seconds": round(sum(one["duration"] for one in found), 1),
        "errors": trouble[:3],
    }


def events(server: Server, package: str) -> list[dict[str, Any]]:
    """What is in a watcher's bucket."""
    bucket = f"{package.replace('_', '-')}_{socket.gethostname()}"
    return server.ask(f"buckets/{bucket}/events?limit=-1") or []


def windows(session: Session, found: Callable[[], list[dict[str, Any]]]) -> None:
    """Two forms, in front in turn, until the watcher has told of both."""
    for title in WINDOWS:
        session.form(title, "claims")
    for turn in range(8):
        session.window(WINDOWS[turn % 2])
        time.sleep(4)
        if {one["data"].get("title") for one in found()} >= set(WINDOWS):
            return


def absence(session: Session, found: Callable[[], list[dict[str, Any]]]) -> None:
    """Somebody who moves the mouse, is away for longer than the watcher waits, and comes back."""
    for seconds in (6, 0, 8):
        for step in range(2 * seconds):
            session.do("mousemove", str(100 + 10 * step), "200")
            time.sleep(0.5)
        if not seconds:
            time.sleep(26)
    until(lambda: {"afk", "not-afk"} <= {one["data"].get("status") for one in found()}, "state of both kinds", 60)


def until(true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            sys.exit(f"no {what} within {seconds} s")
        time.sleep(0.2)


if __name__ == "__main__":
    if importlib.util.find_spec("guildbook") is None:
        sys.exit("Run it with the interpreter that has Guildbook.")
    main()
