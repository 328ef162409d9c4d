"""A desktop for tests and benchmarks: an X server without a screen, a window manager, a D-Bus session of its own."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("Xvfb", "openbox", "xdotool", "dbus-daemon")
FORM: Final = Path(__file__).with_name("desktop_form.py")
PYTHON: Final = "/usr/bin/python3"
"""The system's, which has gi."""


def lacking() -> str:
    """Which program is missing; empty where none is."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    paths = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/python3/dist-packages/gi")
    return ", ".join([*missing, *(path for path in paths if not Path(path).exists())])


class Session:
    """Runs until it is closed."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gb-x-"))
        self.folder.chmod(0o700)
        self._running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DISPLAY", "WAYLAND_DISPLAY", "AT_SPI_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"}
        } | {"XDG_RUNTIME_DIR": str(self.folder), "HOME": str(self.folder), "GTK_USE_PORTAL": "0", "LANG": "C.UTF-8"}
        read, write = os.pipe()
        self.server = self.start(
            # Without -noreset it begins anew when its last client leaves, as xdotool does before openbox is there.
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1000x24", "-nolisten", "tcp", "-noreset"],
            keep=(write,),
        )
        self.display = f":{_line(read)}"
        self.environment["DISPLAY"] = self.display
        read, write = os.pipe()
        self.start(["dbus-daemon", "--session", "--nofork", f"--print-address={write}"], keep=(write,))
        self.bus = self.environment["DBUS_SESSION_BUS_ADDRESS"] = _line(read)
        self.start(["openbox"])
        until(lambda: bool(self.do("get_num_desktops").strip()), "a window manager")

    @property
    def settings(self) -> dict[str, str]:
        """How the desktop source finds this session."""
        return {"display": self.display, "bus": self.bus}

    def start(
        self, command: Sequence[str], keep: Sequence[int] = (), said: bytes = b"", **more: str
    ) -> subprocess.Popen[bytes]:
        """Run a program in this session; `said` is its standard input, `keep` what it writes to."""
        running = subprocess.Popen(
            command, env=self.environment | more, pass_fds=keep, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        for descriptor in keep:
            os.close(descriptor)
        assert running.stdin is not None
        running.stdin.write(said)
        running.stdin.close()
        self._running.append(running)
        return running

    def form(self, title: str = "Claims form", program: str = "claims", text: str = "") -> str:
        """Open a form, and return its window's number once it is in front."""
        self.start([PYTHON, str(FORM), title, program], said=text.encode())
        return self.window(title)

    def window(self, title: str, seconds: float = 60.0) -> str:
        """The number of the window with that title, once it is there and in front."""
        found: list[str] = []

        def there() -> bool:
            found[:] = self.do("search", "--onlyvisible", "--name", title).split()
            return bool(found) and self.front() == title

        until(there, f"a window {title!r}", seconds, lambda: found and self.do("windowactivate", found[-1]))
        return found[-1]

    def front(self) -> str:
        """The title of the window in front."""
        return self.do("getactivewindow", "getwindowname").strip()

    def do(self, *arguments: str) -> str:
        """What xdotool says; empty where it fails."""
        return subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=60
        ).stdout

    def close(self) -> None:
        """End everything."""
        for running in reversed(self._running):
            running.terminate()
        for running in self._running:
            try:
                running.wait(5)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def until(
    true: Callable[[], bool], what: str, seconds: float = 60.0, again: Callable[[], object] = lambda: None
) -> None:
    """Wait for something, and do something else each time it is not there yet."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        again()
        time.sleep(0.1)


def _line(descriptor: int) -> str:
    """The line that a program writes when it is ready."""
    with os.fdopen(descriptor) as read:
        assert select.select([read], [], [], 30)[0], "a program did not start within 30 s"
        return read.readline().strip()
