"""A day of an office that settles claims, in real applications on a screen of its own, recorded as any day would be.

Each claim is done clumsily or well, as is said for the shift. What records is the recorder as people start it.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from xml.sax.saxutils import escape

from day_desk import Desk, await_, lacking
from day_mailbox import PASSWORD, Mailbox
from day_office import Office, claims
from day_shell import PROMPT, Shell
from day_work import LOST, PAUSE, SHEET, TIMES, Hands, clumsily, well

PARTS: Final = {
    "desktop": ("Xvfb", "openbox", "xdotool", "dbus-daemon"), "browser": ("chromium",), "office": ("soffice",),
    "imap": ("/usr/sbin/dovecot",), "shells": ("bash",),
}  # fmt: skip
WANTED: Final = ("browser", "desktop", "git", "mail", "sheets", "shell")
_UNASKED: Final = {
    "/org.openoffice.Office.Common/Save/Document": {"WarnAlienFormat": "false"},
    "/org.openoffice.Office.Common/Misc": {"FirstRun": "false", "ShowTipOfTheDay": "false"},
    "/org.openoffice.Setup/Office": {"OfficeRestartInProgress": "false"},
    "/org.openoffice.Office.Calc/Input": {"AutoInput": "false"},
}  # what LibreOffice would ask, or fill in by itself


class Day:
    """Open the office, have shifts worked, close it. `sources`: what is recorded, of `WANTED`."""

    def __init__(self, folder: Path, *, count: int, sources: Sequence[str] = WANTED, record: bool = True) -> None:
        self.folder = folder
        self.desk = Desk(folder)
        self.sources = list(sources)
        self.claims = claims(count)
        self.done = 0
        self._sheet_window = ""
        self._record = record
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.desk.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._record:
            self._stop()
        self._browser.close()
        self._playwright.stop()
        self.office.close()
        self.desk.close()

    def _open(self) -> None:
        from playwright.sync_api import sync_playwright

        self.desk.open()
        self._sheet()
        self.mailbox = Mailbox(self.desk)
        self.office = Office(self.mailbox, self.claims)
        for claim in self.claims:
            self.mailbox.deliver("Cara Client <cara@example.org>", f"Claim {claim.name}", claim.letter())
        self._ledger()
        if self._record:
            self._switch_on()
        self._playwright = sync_playwright().start()
        options = ["--no-sandbox", "--disable-background-networking", "--disable-blink-features=AutomationControlled",
                   "--window-size=1280,880"]  # fmt: skip
        extension = self.folder / "extension"
        if extension.is_dir():
            options += [f"--load-extension={extension}", f"--disable-extensions-except={extension}"]
        self._browser = self._playwright.chromium.launch_persistent_context(
            str(self.folder / "profile"), executable_path="/usr/bin/chromium", headless=False, no_viewport=True,
            args=options, env=dict(self.desk.environment),
            ignore_default_args=["--disable-extensions", "--enable-automation"],
        )  # fmt: skip
        self.page = self._browser.pages[0]
        self.page.set_default_timeout(90_000)
        self.desk.window("LibreOffice Calc")

    def _switch_on(self) -> None:
        """As a worker would, once."""
        known = {each["source"] for each in self.guildbook("record", "sources")}
        self.sources = [name for name in self.sources if name in known]
        settings = {
            "git": {"repositories": self.desk.home},
            "sheets": {"folders": self.desk.home / "Documents"},
            "browser": {"values": "all"},
            "mail": {"host": "127.0.0.1", "port": self.mailbox.port, "security": "plain", "user": "claims",
                     "folders": "INBOX", "password_command": f"echo {PASSWORD}"},
        }  # fmt: skip
        for name in self.sources:
            values = [f"--set={key}={value}" for key, value in settings.get(name, {}).items()]
            self.guildbook("record", "on", name, *values)
        if "browser" in self.sources:
            self.guildbook("record", "extension", str(self.folder / "extension"), "--port", str(self.port))
        if "shell" in self.sources:
            self.guildbook("record", "shell-hook", "bash", "--install")

    def _ledger(self) -> None:
        """A repository of the worker's, and the command that asks the claims system."""
        home = self.desk.home
        (home / ".bashrc").write_text(f"PS1='{PROMPT}'\nPATH=$HOME/bin:$PATH\n")
        (home / ".gitconfig").write_text("[user]\nname = Office\nemail = office@example.org\n")
        (home / "bin").mkdir()
        program = home / "bin" / "claims"
        program.write_text(
            "#!/bin/bash\n"
            f"exec 3<>/dev/tcp/127.0.0.1/{self.office.address.rpartition(':')[2]}\n"
            "printf 'GET /verdict/%s HTTP/1.0\\r\\n\\r\\n' \"$1\" >&3\n"
            "if grep -q accepted <&3; then echo accepted; else echo rejected; exit 1; fi\n"
        )
        program.chmod(0o755)
        ledger = home / "ledger"
        self.desk.run("git", "init", "-q", str(ledger))
        (ledger / "ledger.csv").write_text("claim,policy,payable\n")
        self.desk.run("git", "-C", str(ledger), "add", ".")
        self.desk.run("git", "-C", str(ledger), "commit", "-qm", "Begin")

    def _sheet(self) -> None:
        from openpyxl import Workbook

        (self.desk.home / "Documents").mkdir()
        book = Workbook()
        sheet: Any = book.active
        sheet.append(["Claim", "Item 1", "Item 2", "Item 3", "Total", "Payable"])
        path = self.desk.home / "Documents" / SHEET
        book.save(path)
        profile = self.desk.home / ".config" / "libreoffice" / "4" / "user"
        profile.mkdir(parents=True)
        items = "".join(
            f'<item oor:path="{escape(where)}"><prop oor:name="{name}" oor:op="fuse">'
            f"<value>{value}</value></prop></item>"
            for where, values in _UNASKED.items()
            for name, value in values.items()
        )
        (profile / "registrymodifications.xcu").write_text(
            '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
            f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{items}</oor:items>'
        )
        self.desk.begin(["soffice", "--norestore", "--nologo", "--calc", str(path)])

    def shift(self, worker: str, count: int, *, good: bool | Sequence[bool]) -> dict[str, Any]:
        """A worker settles the next claims, each well or clumsily; how long it took and what was recorded.

        Clumsily done, every other claim is wrong, the first one is.
        """
        ways = [good] * count if isinstance(good, bool) else list(good)
        shell = Shell(self.desk)
        shell.run("cd ledger")
        hands = Hands(self.desk, self.office, self.page, shell)
        if not self.done:
            self.desk.show(SHEET)
            self.desk.keys("ctrl+Home", "Down")
            self._sheet_window = self.desk.window(SHEET)
        self.desk.leave()  # or the recorder's start would count as work with what is in front
        if self._record:
            self.guildbook("record", "start", "--worker", worker, "--port", str(self.port))
        self.page.goto(f"{self.office.address}/mail")
        self.desk.come_back(self._sheet_window)
        begun = time.monotonic()
        for turn, right in enumerate(ways):
            claim, before = self.claims[self.done], time.monotonic()
            if right:
                well(hands, claim, self.done)
                hands.lost = max(LOST, TIMES * (time.monotonic() - before - PAUSE))
            else:
                clumsily(hands, claim, slips=ways[:turn].count(False) % 2 == 0)
            self.done += 1
        saved = datetime.now(UTC).isoformat()
        hands.save()
        took = time.monotonic() - begun
        hands.front()  # not what the next worker begins with, which would seem to have been in front all the while
        self.desk.leave()
        status: dict[str, Any] = {}
        if self._record:
            status = self._settled(saved)
            self._stop()
        shell.close()
        return {"seconds": took, "status": status}

    def _settled(self, since: str) -> dict[str, Any]:
        """What the recorder says once it has told of the sheet that was saved last."""
        status: dict[str, Any] = {}

        def told() -> bool:
            status.update(self._status())
            last = [each["last"] or "" for each in status["sources"] if each["source"] == "sheets"]
            return not last or last[0] >= since

        await_(told, "the sheet's rows", 60)
        return status

    def _status(self) -> dict[str, Any]:
        """What the recorder says, asked again where a busy machine lets it answer late."""
        said: list[dict[str, Any]] = []

        def ask() -> bool:
            said.append(self.guildbook("record", "status", check=False) or {})
            return bool(said[-1])

        await_(ask, "the recorder to answer", 90)
        return said[-1]

    def _stop(self) -> None:
        """End the recorder; on a busy machine it may take longer than the command waits."""
        await_(lambda: self.guildbook("record", "stop", check=False) == {"stopped": False}, "the recorder to end", 120)

    def guildbook(self, *words: str, check: bool = True) -> Any:
        """The command line of this book, at this desk."""
        done = subprocess.run(
            [sys.executable, "-m", "guildbook", *words, "--json"], env=self.desk.environment, cwd=self.desk.home,
            capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"guildbook {' '.join(words)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None


def absent() -> tuple[str, str] | None:
    """The first part of the day that this machine has not: (part, program)."""
    for part, programs in PARTS.items():
        if name := lacking(programs):
            return part, name
    return None
