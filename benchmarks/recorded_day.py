"""What recording a day of work costs: the day of `tests/record/day`, at a pace people keep, with every source on.

Claims are settled in Chromium, LibreOffice, mail, shell and git on a screen of their own (Xvfb), one every `--pace`
seconds: 120, so 30 an hour, is a clerk who does nothing else. Keys of fields and cells go through the X server, 6 a
second; between steps somebody reads and scrolls. What is recorded: browser, desktop, documents, git, mail, screen,
sheets (with LibreOffice followed live) and shell.

Measured over the recorder's process and all its children, from when it is told to start until it is told to stop:
processor time by the system's accounts (children that ended included), in all and by thread and program; memory as
proportional set size; bytes of everything in the book's folder, outbox and keys included, once the recorder has ended,
beyond what is there when one was started and stopped that recorded nothing. Beside it the same screen as film:
H.264, 10 frames a second (ffmpeg's x11grab). What the X server, the applications and the film take is not the
recorder's; `others` says what they took.

    python benchmarks/recorded_day.py [--minutes 10] [--pace 120] [--without screen,mail] [--no-film] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, Self

from _measure import report
from recorder_cost import TICKS, mean, size, spent, tree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "record" / "day"))

import day_work
import recorded_day
from day_desk import SIZE
from recorded_day import Day, absent

from guildbook.app.book import open_book

KEY = 160
"""ms a key: 75 words a minute, which is quick."""
PIPE = "guildbook-day"
ASKED = {"processor_percent": 2.0, "pss_mib": 150.0, "stored_mb_an_hour": 2.0}
KINDS = {
    "guildbook.app.delivering": "delivery", "guildbook.record.seeing.child": "screen reading",
    "_libreoffice_helper": "libreoffice helper", "_files_child": "files reading",
    "find_spec": "libreoffice helper", "guildbook.server": "recorder",
}  # fmt: skip
OTHERS = {"soffice.bin", "chromium", "Xvfb", "dbus-daemon", "at-spi2-registryd", "ffmpeg", "openbox"}


class Unhurried(day_work.Hands):
    """Hands that need as long as people's do."""

    begun = 0.0
    pace = 120.0
    until = 0.0
    random = random.Random(1)

    def open_mail(self, claim: Any) -> None:
        """Read it, too."""
        Unhurried.begun = time.monotonic()
        super().open_mail(claim)
        self.read(10)

    def fill(self, label: str, text: str, delay: int) -> None:
        """Type at the keyboard."""
        del delay
        field = self.page.get_by_label(label, exact=True)
        field.click()
        self.desk.type(text, KEY)
        if field.input_value() != text:
            field.fill(text)
        self.read(4)

    def row(self, cells: list[str], delay: int) -> None:
        """With a remark, at the keyboard."""
        del delay
        super().row([*cells, "paid as agreed on the telephone, papers are in the file"], KEY)
        self.read(6)

    def book(self, claim: Any, payable: str) -> None:
        """Note it, and wait for the next claim's turn."""
        self.shell.run(f"echo '{claim.name} went well, {payable} paid.' >> ~/Documents/notes.md")
        super().book(claim, payable)
        self.front()
        while (left := Unhurried.begun + self.pace - time.monotonic()) > 0:
            self.read(min(left, 5))

    def read(self, seconds: float) -> None:
        """Look at what is in front, and scroll a little."""
        time.sleep(min(seconds, self.random.uniform(0.5, 1.5) * seconds))
        self.desk.run(
            "xdotool", "mousemove", str(self.random.randrange(300, 900)), str(self.random.randrange(300, 700))
        )
        self.desk.run(
            "xdotool", "click", "--repeat", "3", "--delay", "200", str(self.random.choice((4, 5))), check=False
        )


class Kept(Day):
    """The day, with LibreOffice taking connections."""

    def __init__(self, folder: Path, *, count: int) -> None:
        super().__init__(folder, count=count)
        begin = self.desk.begin

        def begun(words: Any, **more: str) -> Any:
            return begin([*words, f"--accept=pipe,name={PIPE};urp;"] if words[0] == "soffice" else words, **more)

        self.desk.begin = begun

    def switch(self, without: set[str]) -> None:
        """Turn on the rest, and off what is not wanted."""
        home = self.desk.home
        self.guildbook("record", "on", "screen")
        self.guildbook("record", "on", "documents", f"--set=folders={home / 'Documents'}")
        sheets = (f"--set=folders={home / 'Documents'}", f"--set=libreoffice={PIPE}")
        self.guildbook("record", "on", "sheets", *sheets)
        for name in without:
            self.guildbook("record", "off", name)


class Watch(threading.Thread):
    """Looks at the recorder while it runs."""

    def __init__(self, day: Kept) -> None:
        super().__init__(daemon=True)
        self.book = day.folder / "book"
        self.over = threading.Event()
        self.cpu = self.begun = self.ended = 0.0
        self.threads: dict[int, tuple[str, float]] = {}
        self.programs: dict[int, tuple[str, float]] = {}
        self.pss: list[float] = []
        self.weights: list[float] = []
        self.sizes: list[dict[int, float]] = []

    def run(self) -> None:
        """From the recorder's start to its end."""
        while (pid := self.pid()) == 0 and not self.over.wait(0.1):
            continue
        self.begun = time.monotonic()
        while not self.over.is_set() and self.pid() == pid:
            now = time.monotonic()
            self.look(pid)
            self.over.wait(0.15 if len(tree(pid)) > 2 else 1.0)
            self.weights.append(time.monotonic() - now)

    def pid(self) -> int:
        """The recorder's; 0 while there is none."""
        with suppress(OSError, ValueError):
            return int(json.loads((self.book / "recorder" / "state.json").read_text())["pid"])
        return 0

    def look(self, pid: int) -> None:
        """One look."""
        found = tree(pid)
        cpu = spent(pid)
        if cpu < self.cpu:  # it is ending
            return
        self.cpu, self.ended = cpu, time.monotonic()
        sizes = [size(each)[0] / 1024 for each in found]
        self.pss.append(sum(sizes))
        if pid not in self.programs:
            self.programs[pid] = "recorder", 0.0
        self.sizes.append(dict(zip(found, sizes, strict=True)))
        for each in found[1:]:
            keep(self.programs, each, kind(each), own(f"/proc/{each}/stat"))
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                keep(self.threads, int(task.name), (task / "comm").read_text().strip(), own(f"{task}/stat"))

    def figures(self) -> dict[str, Any]:
        """What was seen."""
        seconds = self.ended - self.begun
        weights = self.weights[: len(self.pss)]
        threads, programs = by_name(self.threads), by_name(self.programs)
        rest = self.cpu - sum(threads.values()) - sum(programs.values())
        share = {name: round(100 * cpu / seconds, 3) for name, cpu in sorted(threads.items()) if cpu >= 0.01}
        return {
            "seconds": round(seconds), "processor_percent": round(100 * self.cpu / seconds, 2),
            "by_thread_percent": share,
            "by_program_percent": {name: round(100 * cpu / seconds, 3) for name, cpu in sorted(programs.items())},
            "too_short_to_be_seen_percent": round(100 * rest / seconds, 3),
            "pss_mib_mean": round(mean(self.pss[: len(weights)], weights), 1), "pss_mib_most": round(max(self.pss), 1),
            "pss_mib_mean_by_program": self.held(weights),
        }  # fmt: skip

    def held(self, weights: list[float]) -> dict[str, float]:
        """What each program takes, averaged over the whole time; one that runs for a moment has little."""
        out: dict[str, float] = defaultdict(float)
        for sizes, weight in zip(self.sizes, weights, strict=False):
            for pid, mib in sizes.items():
                out[self.programs[pid][0]] += mib * weight / sum(weights)
        return {name: round(mib, 1) for name, mib in sorted(out.items())}


def keep(found: dict[int, tuple[str, float]], number: int, name: str, cpu: float) -> None:
    """What one took so far; what has ended since took what it had taken."""
    before = found.get(number, ("", 0.0))
    found[number] = name or before[0], max(cpu, before[1])


def kind(pid: int) -> str:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
        return next((name for part, name in KINDS.items() if part in words), words.replace("\0", " ")[:80])
    return ""


def own(path: str) -> float:
    """Seconds of the processor of a thread or process itself."""
    with suppress(OSError):
        words = Path(path).read_text().rpartition(") ")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS
    return 0.0


def by_name(found: dict[int, tuple[str, float]]) -> dict[str, float]:
    out: dict[str, float] = defaultdict(float)
    for name, cpu in found.values():
        out[name] += cpu
    return dict(out)


def weight(folder: Path) -> int:
    """Bytes of the files in a folder."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def others() -> dict[str, float]:
    """Seconds of the processor that what else runs at this desk took so far; the recorder is nobody's child."""
    out: dict[str, float] = defaultdict(float)
    for process in tree(os.getpid()):
        with suppress(OSError):
            name = Path(f"/proc/{process}/comm").read_text().strip()
            if name in OTHERS:
                out[name] += own(f"/proc/{process}/stat")
    return dict(out)


class Film:
    """The screen as film, while it is entered."""

    def __init__(self, day: Kept) -> None:
        self.path = day.folder / "screen.mp4"
        self._desk = day.desk

    def __enter__(self) -> Self:
        display = self._desk.environment["DISPLAY"]
        self._running = self._desk.begin([
            "nice", "-n", "10", "ffmpeg", "-loglevel", "error", "-f", "x11grab", "-framerate", "10", "-i", display,
            "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-y", str(self.path),
        ])  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._running.terminate()
        self._running.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--pace", type=float, default=Unhurried.pace, help="seconds a claim")
    parser.add_argument("--without", default="", help="sources that are off")
    parser.add_argument("--no-film", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the day lies afterwards; it must be empty")
    asked = parser.parse_args()
    if (lacking := absent()) is not None:
        sys.exit(f"not present: {lacking[1]}")
    Unhurried.pace = asked.pace
    recorded_day.Hands = Unhurried
    count = max(1, round(asked.minutes * 60 / asked.pace))
    without = {name for name in asked.without.split(",") if name}
    with nullcontext(str(asked.folder)) if asked.folder else tempfile.TemporaryDirectory() as folder:
        report("recorded day", lived(Path(folder), count, without, film=not asked.no_film) | {
            "claims": count, "pace_seconds": asked.pace, "without": sorted(without), "asked": ASKED,
            "load_average": [round(each, 1) for each in os.getloadavg()],
        })  # fmt: skip


def lived(folder: Path, count: int, without: set[str], *, film: bool) -> dict[str, Any]:
    """One day, and what it took."""
    folder.mkdir(parents=True, exist_ok=True)
    with Kept(folder, count=count) as day:
        day.switch(without)
        day.guildbook("record", "start", "--worker", "Ada", "--port", str(day.port))
        day.guildbook("record", "stop")
        open_book(folder / "book").close()  # which the first delivery would make
        empty, before, began = weight(folder / "book"), others(), time.monotonic()
        watch = Watch(day)
        watch.start()
        shot = Film(day)
        with shot if film else nullcontext():
            said = day.shift("Ada", count, good=True)
        watch.over.set()
        watch.join()
        wall = time.monotonic() - began
        after = others()
        film_bytes = shot.path.stat().st_size if film else 0
    figures = watch.figures()
    stored = weight(day.folder / "book") - empty
    return figures | {
        "others_percent": {name: round(100 * (cpu - before.get(name, 0)) / wall, 1) for name, cpu in after.items()},
        "events": said["status"]["taken"], "sources": sources(said["status"]),
        "stored_bytes": stored, "stored_mb_an_hour": round(stored / figures["seconds"] * 3600 / 1e6, 2),
        "film_mb_an_hour": round(film_bytes / wall * 3600 / 1e6, 1), "screen": SIZE,
    }  # fmt: skip


def sources(status: dict[str, Any]) -> dict[str, str]:
    """How each was doing at the end."""
    return {each["source"]: each["trouble"] or each["state"] for each in status["sources"]}


if __name__ == "__main__":
    main()
