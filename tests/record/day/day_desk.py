"""A desk of its own for a recorded day: a screen, a window manager, a session bus; nothing of it outlives the day."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

SIZE: Final = "1280x900"


class Desk:
    """Programs with one screen in common."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self._running: list[subprocess.Popen[bytes]] = []
        self._after: list[Callable[[], None]] = []
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        self.environment: dict[str, str] = kept | {
            "HOME": str(self.home), "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8", "TERM": "dumb",
            "GUILDBOOK_HOME": str(folder / "book"), "NO_AT_BRIDGE": "0", "GTK_MODULES": "gail:atk-bridge",
            "SAL_USE_VCLPLUGIN": "gtk3", "XDG_SESSION_TYPE": "x11", "GIT_CONFIG_NOSYSTEM": "1",
        }  # fmt: skip

    def open(self) -> None:
        """Screen, bus and window manager."""
        read, write = os.pipe()
        os.set_inheritable(write, True)  # noqa: FBT003 - it takes no name
        words = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE}x24", "-nolisten", "tcp", "-noreset"]
        self._begin(words, pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as said:
            self.environment["DISPLAY"] = f":{int(said.readline())}"
        bus = f"unix:path={self.folder / 'run' / 'bus'}"
        self._begin(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}"])
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus
        await_((self.folder / "run" / "bus").exists, "a session bus")
        self.begin(["openbox"])

    def begin(self, words: Sequence[str], **more: str) -> subprocess.Popen[bytes]:
        """Start a program at this desk; it ends with the day."""
        return self._begin(words, env=self.environment | more)

    def _begin(
        self, words: Sequence[str], env: dict[str, str] | None = None, pass_fds: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        with (self.folder / f"{Path(words[0]).name}.log").open("ab") as log:
            made = subprocess.Popen(
                list(words), env=env or self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=pass_fds, start_new_session=True, cwd=self.home,
            )  # fmt: skip
        self._running.append(made)
        return made

    def run(self, *words: str, check: bool = True) -> str:
        """Run a program to its end; what it said."""
        done = subprocess.run(
            words, env=self.environment, cwd=self.home, capture_output=True, text=True, check=False, timeout=120
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def keys(self, *names: str) -> None:
        """Press keys, as a person at the keyboard: `ctrl+s`, `Tab`."""
        self.run("xdotool", "key", "--delay", "15", *names)

    def type(self, text: str, delay: int = 15) -> None:
        """Write; `delay` in ms a key."""
        self.run("xdotool", "type", "--delay", str(delay), "--", text)

    def window(self, title: str, seconds: float = 60) -> str:
        """The window of that title, waited for."""
        found: list[str] = []

        def look() -> bool:
            found[:] = self.run("xdotool", "search", "--onlyvisible", "--name", title, check=False).split()
            return bool(found)

        await_(look, f"a window called {title}", seconds)
        return found[-1]

    def show(self, title: str) -> None:
        """Bring a window to the front."""
        window = self.window(title)
        for _ in range(50):
            self.run("xdotool", "windowactivate", window, check=False)
            if self.run("xdotool", "getactivewindow", check=False).strip() == window:
                return
            time.sleep(0.05)
        raise AssertionError(f"{title} does not come to the front")

    def leave(self) -> None:
        """Turn to a second, empty desktop."""
        self.run("xdotool", "set_desktop", "1")

    def come_back(self, window: str) -> None:
        """Turn to the desktop with the windows, and to one of them."""
        self.run("xdotool", "set_desktop", "0", "windowactivate", "--sync", window)

    def close(self) -> None:
        """End what was started here, last one first."""
        for each in reversed(self._running):
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGTERM)
            try:
                each.wait(5)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(each.pid, signal.SIGKILL)
                each.wait()
        self._running.clear()
        for act in self._after:
            act()
        self._after.clear()

    def after(self, act: Callable[[], None]) -> None:
        """What to do when all has ended."""
        self._after.append(act)


def lacking(programs: Sequence[str]) -> str:
    """The first of these programs that this machine has not; empty where it has all."""
    return next((name for name in programs if shutil.which(name) is None and not Path(name).exists()), "")


def await_(enough: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait for something."""
    until = time.monotonic() + seconds
    while not enough():
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)
