"""Whoever follows LibreOffice may end in any way, at any moment: LibreOffice and what is typed into it stay."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from random import Random
from signal import SIGKILL, SIGTERM
from typing import Any, Final, NoReturn
from uuid import uuid4

import desktop_session
import pytest

from guildbook.record.sources._libreoffice_live import PYTHON, lacking, pipe_path

BOOK: Final = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:body><office:spreadsheet><table:table table:name="Bill"><table:table-row><table:table-cell/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document>
"""
OPTIONS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""
"""No windows that come up in front of the workbook."""
WAYS: Final = (SIGKILL, SIGTERM, None)
"""Killed; asked to end; and what the recorder does, or what its own death does: standard input ends."""
TIMES: Final = 9


class Desk:
    """LibreOffice with a workbook, on a desktop of its own."""

    def __init__(self, session: desktop_session.Session) -> None:
        self.session, self.pipe = session, f"gb-{uuid4().hex[:12]}"
        self.book = session.folder / "bill.fods"
        self.book.write_text(BOOK)
        options = session.folder / "profile" / "user" / "registrymodifications.xcu"
        options.parent.mkdir(parents=True)
        options.write_text(OPTIONS)
        profile = options.parents[1].as_uri()
        self.office = session.start([
            "soffice", f"-env:UserInstallation={profile}", "--norestore", "--nologo", "--calc",
            f"--accept=pipe,name={self.pipe};urp;", str(self.book),
        ])  # fmt: skip
        session.window("bill.fods - LibreOffice Calc")
        desktop_session.until(lambda: pipe_path(self.pipe) is not None, "a pipe")

    def enter(self, text: str) -> None:
        self.session.do("type", "--delay", "8", text)
        self.key("Return")  # xdotool loses line ends that it types

    def key(self, *names: str) -> None:
        self.session.do("key", "--delay", "8", *names)

    def lives(self) -> bool:
        return self.office.poll() is None

    @contextmanager
    def typing(self) -> Generator[None]:
        """Somebody types all the while."""
        enough = threading.Event()

        def at_work() -> None:
            while not enough.is_set() and self.lives():
                self.enter("seven")
                self.enter("7")
                self.key("Up", "Down", "ctrl+z")

        person = threading.Thread(target=at_work)
        person.start()
        try:
            yield
        finally:
            enough.set()
            person.join()


@pytest.fixture
def desk(missing_part: Callable[[str, str], NoReturn]) -> Iterator[Desk]:
    if shutil.which("soffice") is None or lacking(PYTHON):
        missing_part("office", "soffice or python3-uno not present")
    if found := desktop_session.lacking():
        missing_part("desktop", f"{found} not present")
    session = desktop_session.Session()
    try:
        yield Desk(session)
    finally:
        session.close()


@contextmanager
def following(desk: Desk) -> Generator[subprocess.Popen[str]]:
    """The helper, once it listens."""
    spec = find_spec("guildbook.record.sources._libreoffice_helper")
    assert spec is not None
    assert spec.origin is not None
    helper = subprocess.Popen(
        [PYTHON, "-s", "-E", spec.origin, desk.pipe],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with helper:
        heard(helper, lambda said: said["event"] == "ready")
        try:
            yield helper
        finally:
            helper.kill()


def heard(helper: subprocess.Popen[str], wanted: Callable[[dict[str, Any]], bool], seconds: float = 30.0) -> None:
    """Read on until something wanted is told."""
    assert helper.stdout is not None
    late = threading.Timer(seconds, helper.kill)
    late.start()
    lines: list[str] = []
    try:
        for line in helper.stdout:
            lines.append(line)
            if wanted(json.loads(line)):
                return
    finally:
        late.cancel()
    raise AssertionError(lines)


def typed(said: dict[str, Any], text: str) -> bool:
    """Whether a line tells that this was typed."""
    return said["event"] == "done" and any(
        cell[3] == text for cell in said["cells"].get("Bill", {"cells": ()})["cells"]
    )


def end(helper: subprocess.Popen[str], way: int | None) -> int:
    """End the helper; what it ended with."""
    assert helper.stdin is not None
    if way is None:
        helper.stdin.close()
    else:
        helper.send_signal(way)
    return helper.wait(30)


def told(desk: Desk) -> bool:
    """Whether whoever follows LibreOffice now is told what is typed and selected."""
    with following(desk) as helper:
        desk.key("Escape", "ctrl+Home")
        desk.enter("nine")
        try:
            heard(helper, lambda said: typed(said, "nine"), 12)
            desk.key("Right", "Right")
            heard(helper, lambda said: said["event"] == "select" and said["range"] == [1, 2, 1, 2], 12)
        except AssertionError:
            return False
        return end(helper, None) == 0


@pytest.mark.office
@pytest.mark.desktop
def test_libreoffice_outlives_whoever_follows_it(desk: Desk) -> None:
    chance = Random(20261122)
    ends: list[tuple[int | None, int]] = []
    with desk.typing():
        for n in range(TIMES):
            with following(desk) as helper:
                threading.Event().wait(chance.random())
                way = WAYS[n % len(WAYS)]
                ends.append((way, end(helper, way)))
            assert desk.lives(), ends
    assert set(ends) == {(SIGKILL, -SIGKILL), (SIGTERM, 0), (None, 0)}
    assert any(told(desk) for _ in range(4))  # what is typed may go amiss on a busy machine
    desk.key("ctrl+s")
    desktop_session.until(lambda: "nine" in desk.book.read_text(), "save")
    assert desk.lives()
