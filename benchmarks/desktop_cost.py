"""What the desktop source costs: CPU while somebody types ten keys a second, works, and while nothing happens.

    .venv/bin/python benchmarks/desktop_cost.py [--seconds 60]

A desktop of its own (Xvfb, openbox, D-Bus, a GTK form) is driven by xdotool, the source runs in a process of its own
with a real intake and outbox, as it does in the recorder. Prints one JSON object: per phase the share of one core that
this process took (`cpu_percent`: user and system time over wall time) and what was recorded (`events`), and its
greatest memory (`rss_mb`). CPU of the X server and of the applications is not in it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "record"))

from desktop_session import Session, lacking

PIECE = "the quick brown fox "
RATE: float = 10.0
"""Keys a second."""
MOST: float = 2.0
"""Per cent of one core that the whole recorder may take on average."""


def watch(folder: str, settings: dict[str, str], line: Connection) -> None:
    """The recorder's part: answers each message with CPU seconds, events and memory so far, and ends with the pipe."""
    from guildbook.plugins import SourceOptions  # noqa: PLC0415 — in the measured process only
    from guildbook.record.live.guard import Guard  # noqa: PLC0415
    from guildbook.record.live.intake import Intake  # noqa: PLC0415
    from guildbook.record.live.outbox import Outbox  # noqa: PLC0415
    from guildbook.record.live.supervisor import Supervisor  # noqa: PLC0415
    from guildbook.record.sources.desktop import DesktopSource  # noqa: PLC0415

    outbox = Outbox(Path(folder))
    intake = Intake(outbox, Guard(), "desk")
    supervisor = Supervisor(intake)
    supervisor.start(DesktopSource(), SourceOptions(Path(folder), settings))
    threading.Event().wait(2)
    while True:
        try:
            line.recv()
        except EOFError:
            break
        used = resource.getrusage(resource.RUSAGE_SELF)
        state = supervisor.states()["desktop"]
        assert state.state == "running", state
        line.send((time.monotonic(), used.ru_utime + used.ru_stime, sum(intake.taken.values()), used.ru_maxrss))
    supervisor.close()
    outbox.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=60.0, help="of each phase")
    seconds = arguments.parse_args().seconds
    if gone := lacking():
        sys.exit(f"not present: {gone}")
    session, found = Session(), {}
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    try:
        session.form("Desk", "desk")
        with tempfile.TemporaryDirectory() as folder:
            process = context.Process(target=watch, args=(folder, session.settings, there))
            process.start()
            there.close()
            here.send("ready?")
            here.recv()
            window = session.form()
            for name, act in (("typing", typing), ("working", working), ("idle", idle)):
                here.send("")
                before = here.recv()
                act(session, window, seconds)
                here.send("")
                after = here.recv()
                found[name] = {
                    "cpu_percent": round(100 * (after[1] - before[1]) / (after[0] - before[0]), 2),
                    "events": after[2] - before[2],
                    "wall_s": round(after[0] - before[0], 1),
                }
            here.close()
            process.join(20)
    finally:
        session.close()
    worst = max(each["cpu_percent"] for each in found.values())
    load = os.getloadavg()[0]
    print(json.dumps({**found, "rss_mb": after[3] // 1024, "load": round(load, 1), "holds": worst <= MOST}, indent=2))


def typing(session: Session, window: str, seconds: float) -> None:
    """Ten keys a second into one field: xdotool waits half of its delay after each press and each release."""
    session.do("mousemove", "--window", window, "200", "50", "click", "1")
    end, due = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < end:
        session.do("type", "--delay", "100", PIECE)
        due += len(PIECE) / RATE
        time.sleep(max(0.0, due - time.monotonic()))


def working(session: Session, window: str, seconds: float) -> None:
    """From field to field, a few keys in each, a command, a menu, another window: about five things a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        session.do("mousemove", "--window", window, "200", "50", "click", "1")
        for text in ("Ada", "1200", "secret"):
            session.do("type", "--delay", "100", text)
            session.do("key", "--delay", "100", "Tab")
        session.do("key", "--delay", "200", "Down", "Tab", "space", "Tab", "ctrl+s", "Tab", "Down")
        session.do("key", "--delay", "200", "alt+Tab", "alt+Tab")


def idle(session: Session, window: str, seconds: float) -> None:
    """Nobody is there."""
    del session, window
    time.sleep(seconds)


if __name__ == "__main__":
    main()
