"""What comes onto a real screen is read, and what must not be looked at is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from guildbook.model.errors import UsageError
from guildbook.plugins import SourceOptions
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import Supervisor
from guildbook.record.seeing import looking
from guildbook.record.seeing.reading import lacking
from guildbook.record.sources import screen
from guildbook.record.sources.screen import ScreenSource, chosen

WINDOW = """
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk
windows = {}
def say(source, condition):
    line = sys.stdin.readline().rstrip("\\n")
    if not line:
        return False
    name, title, text = line.split("|")
    if name not in windows:
        made = Gtk.Window(title=title)
        made.set_wmclass(name, name)
        made.set_default_size(420, 120)
        label = Gtk.Label(xalign=0)
        made.add(label)
        windows[name] = made, label
        made.show_all()
    made, label = windows[name]
    made.set_title(title)
    label.set_markup("<span font='DejaVu Sans 13'>" + text.replace("/", "\\n") + "</span>")
    made.present()
    return True
GLib.io_add_watch(sys.stdin, GLib.IO_IN, say)
Gtk.main()
"""


@pytest.fixture(scope="module")
def display(missing_part: Callable[[str, str], NoReturn]) -> Iterator[str]:
    """An X server of its own with a window manager."""
    if lacking():
        missing_part("screen", lacking())
    for program in ("Xvfb", "openbox"):
        if shutil.which(program) is None:
            missing_part("desktop", f"{program} not present")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x500x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as said:  # to the end of the line, or the server dies of a broken pipe
        name = f":{said.readline().strip()}"
    assert name != ":", "Xvfb did not start"
    manager = subprocess.Popen(
        ["openbox", "--sm-disable"], env=os.environ | {"DISPLAY": name}, stderr=subprocess.DEVNULL
    )
    yield name
    for child in (manager, server):
        child.terminate()
        child.wait(10)


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has nothing else to do: else reading waits, as it should."""
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    for module in (looking, screen):
        monkeypatch.setattr(module, "RESTS", 1_000_000)


@dataclass
class Windows:
    """Windows of a GTK program that show what they are told."""

    child: subprocess.Popen[str]

    def show(self, name: str, text: str, title: str = "") -> None:
        """Text of a window, which comes to the front; `/` is a line's end."""
        assert self.child.stdin is not None
        self.child.stdin.write(f"{name}|{title or name}|{text}\n")
        self.child.stdin.flush()


@pytest.fixture
def windows(display: str) -> Iterator[Windows]:
    child = subprocess.Popen(
        ["/usr/bin/python3", "-c", WINDOW],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"DISPLAY": display, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"},
    )
    with child:
        yield Windows(child)
        child.kill()


@dataclass
class Recording:
    """A source running into a real intake and outbox."""

    intake: Intake
    source: ScreenSource
    options: SourceOptions
    supervisor: Supervisor

    def rows(self) -> list[dict[str, Any]]:
        name = self.intake.own("screen")
        return [{"time": e.time, **e.data} for e in reversed(self.intake.outbox.entries(name))]

    def wait_for(self, text: str, seconds: float = 150) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for row in self.rows():
                if text in str(row.get("value_after")):
                    return row
            time.sleep(0.1)
        pytest.fail(f"{text!r} was not read: {self.rows()} {self.supervisor.states()}")


@contextmanager
def recording(folder: Path, display: str, guard: Guard | None = None, **settings: str) -> Generator[Recording]:
    outbox = Outbox(folder / "recorder")
    intake = Intake(outbox, guard or Guard(), "desk")
    supervisor = Supervisor(intake)
    source = ScreenSource()
    options = SourceOptions(folder / "own", {"display": display, "cpu": "100%", "every": "1"} | settings)
    try:
        supervisor.start(source, options)
        yield Recording(intake, source, options, supervisor)
    finally:
        supervisor.close()
        outbox.close()


@pytest.mark.screen
@pytest.mark.desktop
def test_text_that_comes_onto_the_screen_is_recorded(tmp_path: Path, display: str, windows: Windows) -> None:
    with recording(tmp_path, display) as work:
        windows.show("claims", "Claim 4711 of Jutta Weiss/Amount 12480.50 EUR", "Claims desk")
        first = work.wait_for("Claim 4711 of Jutta Weiss")
        assert first["app"] == "claims"
        assert first["window"] == "Claims desk"
        assert first["action"] == "show"
        assert "Amount 12480.50 EUR" in first["value_after"]
        left, top, wide, high = first["element_bounds"]
        assert 0 <= left < 800
        assert 0 <= top < 500
        assert 100 < wide <= 420
        assert 20 < high <= 120
        changed_at = time.time()
        windows.show("claims", "Claim 4711 of Jutta Weiss/Amount 310.00 EUR", "Claims desk")
        second = work.wait_for("310.00")
        assert "Claim 4711" not in second["value_after"]  # what stood there before is not told again
        assert second["value_before"] == "Amount 12480.50 EUR"
        assert abs(second["time"] / 1e6 - changed_at) < 4
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"Jutta" in path.read_bytes()]


@pytest.mark.screen
@pytest.mark.desktop
def test_excluded_and_private_windows_are_not_even_looked_at(
    tmp_path: Path, display: str, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guildbook.record.sources import _screen_x11

    grabbed: list[str] = []
    real = _screen_x11.Screen.grab

    def grab(self: Any, front: Any, part: Any) -> Any:
        grabbed.append(front.app)
        return real(self, front, part)

    monkeypatch.setattr(_screen_x11.Screen, "grab", grab)
    with recording(tmp_path, display, Guard((Rule("app", "signal"),))) as work:
        windows.show("signal", "Dinner with Nobody at eight", "Chats")
        time.sleep(2.5)
        windows.show("web", "A secret page for nobody", "Bank - Private Browsing")
        time.sleep(2.5)
        windows.show("Google-chrome", "Perhaps private, so for nobody", "Claims desk")
        time.sleep(2.5)
        windows.show("keepassxc", "The word of nobody", "Passwords")
        time.sleep(2.5)
        windows.show("claims", "An ordinary claim", "Claims desk")
        work.wait_for("An ordinary claim")
        assert set(grabbed) == {"claims"}
        assert not any("obody" in str(row) for row in work.rows())


@pytest.mark.screen
@pytest.mark.desktop
def test_what_was_forgotten_before_it_was_read_is_never_told(
    tmp_path: Path, display: str, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 99.0, 99.0))
    with recording(tmp_path, display) as work:
        windows.show("claims", "Something to forget", "Claims desk")
        time.sleep(3)
        assert work.rows() == []  # who is busy is not disturbed
        work.source.forget(work.options, 0, 1 << 62)
        windows.show("claims", "Something to keep", "Claims desk")
        time.sleep(1)
        monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
        work.wait_for("Something to keep")
        assert not any("forget" in str(row) for row in work.rows())


@pytest.mark.screen
@pytest.mark.desktop
def test_a_screen_that_stands_still_costs_next_to_nothing(tmp_path: Path, display: str, windows: Windows) -> None:
    with recording(tmp_path, display) as work:
        windows.show("claims", "Nothing moves here", "Claims desk")
        work.wait_for("Nothing moves here")
        watching = work.source.watching
        assert watching is not None
        time.sleep(1)
        spent, rows = watching.budget.spent, len(work.rows())
        time.sleep(3)
        assert watching.budget.spent - spent < 0.02
        assert len(work.rows()) == rows


def test_settings_are_checked(tmp_path: Path) -> None:
    def said(**settings: str) -> Any:
        return chosen(SourceOptions(tmp_path, settings))

    assert said().cpu == 0.01
    assert said(cpu="2.5 %", every="60").cpu == 0.025
    for wrong in ({"cpu": "much"}, {"cpu": "0%"}, {"every": "-1"}, {"colour": "red"}):
        with pytest.raises(UsageError) as caught:
            said(**wrong)
        assert next(iter(wrong)) in str(caught.value)


def test_without_a_display_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    said = ScreenSource().missing(SourceOptions(tmp_path))
    assert "X display" in said or "guildbook[screen]" in said


def test_a_server_that_is_not_there_is_trouble_that_is_told(tmp_path: Path) -> None:
    pytest.importorskip("xcffib")
    from guildbook.model.errors import InputError
    from guildbook.record.sources._screen_x11 import Screen

    with pytest.raises(InputError, match="no X server"):
        Screen(":997")
