"""What the text of a screen costs, in processor time and bytes, against a video of the same screen.

    python benchmarks/screen_text.py --seconds 120

An X server of its own shows a form, a list and a mail in turn, one of them new every few seconds, and somebody types.
The source `screen` reads it into a real outbox while ffmpeg records the same screen at 5 frames a second (H.264). Also:
how long one look at a full page takes, what starting to read and reading a line take.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from guildbook.plugins import SourceOptions
from guildbook.record.live.guard import Guard
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import Supervisor
from guildbook.record.seeing.looking import Eyes, Line
from guildbook.record.seeing.reading import Reader
from guildbook.record.sources.screen import ScreenSource

WIDE, HIGH = 1920, 1080
WINDOW = """
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk
window = Gtk.Window(title="Claims desk")
window.set_wmclass("claims", "claims")
window.set_default_size(1500, 900)
label = Gtk.Label(xalign=0, yalign=0)
window.add(label)
window.show_all()
def say(source, condition):
    line = sys.stdin.readline().rstrip("\\n")
    if not line:
        return False
    label.set_markup("<span font='DejaVu Sans 12'>" + line.replace("/", "\\n") + "</span>")
    return True
GLib.io_add_watch(sys.stdin, GLib.IO_IN, say)
Gtk.main()
"""
WORDS = [
    "claim",
    "policy",
    "excess",
    "water",
    "damage",
    "settled",
    "waiting",
    "Hamburg",
    "invoice",
    "refused",
    "letter",
]


def page(chance: random.Random, lines: int = 35) -> list[str]:
    return [" ".join(chance.choices(WORDS, k=9)) + f" {chance.randrange(10_000)}" for _ in range(lines)]


def shown(child: subprocess.Popen[str], seconds: float, seed: int) -> int:
    """Work for so long; returns how many different lines were shown to rest."""
    chance, until, count = random.Random(seed), time.monotonic() + seconds, 0
    text = page(chance)
    while time.monotonic() < until:
        if chance.random() < 0.25:
            text = page(chance)
            count += len(text)
        else:  # a line is typed
            place, line = chance.randrange(len(text)), " ".join(chance.choices(WORDS, k=6))
            for end in range(1, len(line), 4):
                text[place] = line[:end]
                tell(child, text)
                time.sleep(0.4)
            count += 1
        tell(child, text)
        time.sleep(chance.uniform(2, 8))
    return count


def tell(child: subprocess.Popen[str], text: list[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("/".join(text) + "\n")
    child.stdin.flush()


def session(seconds: float, cpu: str, every: str) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        display = server(stack)
        seen = os.environ | {"DISPLAY": display, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
        start(stack, ["openbox", "--sm-disable"], env=seen)
        child = start(stack, ["/usr/bin/python3", "-c", WINDOW], env=seen, stdin=subprocess.PIPE, text=True)
        outbox = Outbox(folder / "recorder")
        stack.callback(outbox.close)
        intake = Intake(outbox, Guard(), "desk")
        supervisor, source = Supervisor(intake), ScreenSource()
        stack.callback(supervisor.close)
        video = folder / "screen.mp4"
        size = f"{WIDE}x{HIGH}"
        grab = [
            "ffmpeg",
            "-nostdin",
            "-v",
            "error",
            "-f",
            "x11grab",
            "-video_size",
            size,
            "-framerate",
            "5",
            "-i",
            display,
        ]
        grab += ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", str(video)]
        recorder = start(stack, grab)
        supervisor.start(source, SourceOptions(folder / "own", {"display": display, "cpu": cpu, "every": every}))
        before = time.process_time()
        lines = shown(child, seconds, 7)
        own = time.process_time() - before
        watching = source.watching
        assert watching is not None
        time.sleep(30)  # what waits is read
        spent = watching.budget.spent
        recorder.terminate()
        recorder.wait(30)
        rows = [entry.data for entry in outbox.entries(intake.own("screen"))]
        packed = len(zlib.compress(json.dumps(rows).encode(), 9))
        hour = 3600 / seconds
        return {
            "seconds": seconds, "lines shown": lines, "events": len(rows),
            "lines read": sum(json.loads(row["attributes"])["lines"] for row in rows),
            "cpu of looking and reading, share of a core": round(spent / (seconds + 30), 4),
            "cpu of this process, share of a core": round(own / seconds, 4),
            "MB an hour, events compressed": round(packed * hour / 1e6, 3),
            "MB an hour, outbox": round(outbox.size * hour / 1e6, 3),
            "MB an hour, video": round(video.stat().st_size * hour / 1e6, 1),
        }  # fmt: skip


def server(stack: ExitStack) -> str:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDE}x{HIGH}x24", "-nolisten", "tcp", "-noreset"]
    start(stack, command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as said:
        return f":{said.readline().strip()}"


def start(stack: ExitStack, command: list[str], **how: Any) -> subprocess.Popen[Any]:
    child = subprocess.Popen(command, **how)
    stack.callback(child.wait)
    stack.callback(child.kill)
    return child


def parts() -> dict[str, Any]:
    """One look at a page of 50 lines, and reading its lines."""
    picture = np.full((HIGH, WIDE), 255, np.uint8)
    chance = np.random.default_rng(3)
    for line in range(50):  # strokes as letters have them
        for left in np.arange(20, 1200, 5) + chance.integers(0, 3, 236):
            picture[20 * line + 12 : 20 * line + 24, left : left + 2] = 0
    looks: list[float] = []
    small: list[float] = []
    lines: list[Line] = []
    for _ in range(7):
        eyes, begun = Eyes(), time.thread_time()
        lines = eyes.look("w", picture)
        looks.append(time.thread_time() - begun)
        changed = picture.copy()
        changed[212:224, 600:640] = 0
        begun = time.thread_time()
        eyes.look("w", changed)
        small.append(time.thread_time() - begun)
    pictures = [line.picture for line in lines if line.picture is not None]
    one = [Reader().read(pictures[:1]).cpu for _ in range(3)]
    many = [Reader().read(pictures[:1] * 41).cpu for _ in range(3)]
    start_up = statistics.median(one)
    return {
        "look at a new page of 1920×1080, ms": round(1e3 * statistics.median(looks), 1),
        "look where one word changed, ms": round(1e3 * statistics.median(small), 1),
        "start of a child with one line, CPU s": round(start_up, 2),
        "a line more of 1200 pixels, CPU ms": round(1e3 * (statistics.median(many) - start_up) / 40, 1),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=120)
    options.add_argument("--cpu", default="1%")
    options.add_argument("--every", default="60")
    chosen = options.parse_args()
    os.getloadavg = lambda: (0.0, 0.0, 0.0)  # what else this machine does is not to hold up reading
    found = {"parts": parts(), "session": session(chosen.seconds, chosen.cpu, chosen.every)}
    json.dump(found, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
