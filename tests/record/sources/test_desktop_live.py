"""The desktop source against real applications, through a real intake: GTK and LibreOffice, driven as by a person."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
from desktop_session import Session, lacking, until

from guildbook.plugins import SourceOptions
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import Supervisor
from guildbook.record.sources._desktop_discretion import Discretion
from guildbook.record.sources._desktop_display import Window
from guildbook.record.sources.desktop import DesktopSource

pytestmark = pytest.mark.desktop
Row = dict[str, Any]


@pytest.fixture(scope="module")
def session(missing_part: Callable[[str, str], NoReturn]) -> Iterator[Session]:
    if gone := lacking():
        missing_part("desktop", f"not present: {gone}")
    made = Session()
    try:
        made.form("Desk", "desk")  # never closed, so that some window is always in front
        yield made
    finally:
        made.close()


class Recording:
    """The source, watching."""

    def __init__(self, folder: Path, settings: Mapping[str, str], rules: tuple[Rule, ...] = ()) -> None:
        self.outbox = Outbox(folder / "recorder")
        self.intake = Intake(self.outbox, Guard(rules), "desk")
        self.supervisor = Supervisor(self.intake, first_wait=0.2)
        self.supervisor.start(DesktopSource(), SourceOptions(folder, settings))
        until(lambda: bool(self.rows() + self.rows(now=True)), f"sign of life: {self.supervisor.states()}")

    def rows(self, *, now: bool = False) -> list[Row]:
        """What was recorded, oldest first; with `now` the windows in front."""
        bucket = f"guildbook-desktop{'-now' if now else ''}_desk"
        return [{"time": each.time, **each.data} for each in reversed(self.outbox.entries(bucket))]

    def said(self) -> str:
        """All that was recorded, as text."""
        return json.dumps(self.rows() + self.rows(now=True))

    def one(self, action: str, **fields: Any) -> Row:
        """The newest event with these fields, waited for."""
        found: list[Row] = []

        def there() -> bool:
            wanted = fields | {"action": action}
            found[:] = [row for row in self.rows() if all(row.get(name) == value for name, value in wanted.items())]
            return bool(found)

        try:
            until(there, f"{action} {fields}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.supervisor.states()} {self.rows()[-12:]}") from None
        return found[-1]

    def close(self) -> None:
        self.supervisor.close()
        self.outbox.close()


@pytest.fixture
def record(session: Session, tmp_path: Path) -> Iterator[Callable[..., Recording]]:
    """Begins to record."""
    opened: list[Recording] = []

    def begin(*rules: Rule, **settings: str) -> Recording:
        opened.append(Recording(tmp_path, session.settings | settings, rules))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()


@pytest.fixture
def form(session: Session) -> Iterator[Callable[..., str]]:
    """Opens forms, and closes them."""
    opened: list[str] = []

    def begin(*arguments: str) -> str:
        opened.append(session.form(*arguments))
        return opened[-1]

    yield begin
    for window in opened:
        session.do("windowclose", window)


def keys(session: Session, *names: str) -> None:
    session.do("key", "--delay", "60", *names)
    time.sleep(0.3)


def write(session: Session, text: str) -> None:
    session.do("type", "--delay", "40", text)
    time.sleep(0.3)


def click(session: Session, window: str, x: int, y: int) -> None:
    session.do("mousemove", "--window", window, str(x), str(y))
    time.sleep(0.3)
    session.do("click", "1")
    time.sleep(0.5)


def arrived(recording: Recording, title: str) -> None:
    """Wait until a form's first field is known to have the focus."""
    recording.one("focus", window=title, element_name="Customer")


def counted(recording: Recording, app: str = "") -> int:
    """How many keys were typed, in one application or in all."""
    typed = [row for row in recording.rows() if row["action"] == "type" and app in {"", row["app"]}]
    return sum(attributes(row).get("keys", 0) for row in typed)


def attributes(row: Mapping[str, Any]) -> Row:
    return json.loads(row.get("attributes") or "{}")


def clip(row: Mapping[str, Any]) -> list[str]:
    return [each["id"] for each in row.get("objects", ()) if each["type"] == "clip"]


def test_a_form_is_filled_in_and_no_value_is_kept(
    session: Session, form: Callable[..., str], record: Callable[..., Recording]
) -> None:
    recording = record()
    window = form()
    arrived(recording, "Claims form")
    write(session, "Ada Lovelace")
    keys(session, "Tab")
    write(session, "1200")
    keys(session, "Tab")
    time.sleep(1)  # of a password nothing is told that one could wait for
    write(session, "s3cretpass")
    keys(session, "Tab", "Down", "Tab", "space", "Tab", "Return")
    changed = recording.one("change", element_name="Customer")
    assert (changed["app"], changed["window"], changed["element_role"]) == ("claims", "Claims form", "textbox")
    assert attributes(changed) == {"length": 12, "length_before": 0}
    assert attributes(recording.one("change", element_name="Amount"))["length"] == 4
    assert attributes(recording.one("change", element_name="Urgent")) == {"checked": True}
    assert recording.one("select", element_name="Product")["element_role"] == "combobox"
    assert attributes(recording.one("click", element_name="Submit claim")) == {"by": "key"}
    typed = 12 + 4 + 1
    until(lambda: counted(recording) >= typed, f"{typed} keys")
    assert counted(recording) == typed
    for hidden in ("Ada", "1200", "s3cret", "Password", "Marine"):
        assert hidden not in recording.said()
    assert recording.rows(now=True)[-1]["window"] == "Claims form"
    click(session, window, 20, 12)
    assert attributes(recording.one("click", element_role="menu", element_name="File"))["button"] == "left"
    for _ in range(5):  # on a busy machine a menu may not be there yet when it is clicked, as for any person
        time.sleep(1)
        click(session, window, 40, 40)
        if any(row.get("element_role") == "menuitem" for row in recording.rows()):
            break
        keys(session, "Escape")
        click(session, window, 20, 12)
    assert recording.one("click", element_role="menuitem")["element_name"] == "Approve claim"


def test_values_and_typed_text_are_kept_where_the_worker_says_so(
    session: Session, form: Callable[..., str], record: Callable[..., Recording]
) -> None:
    recording = record(values="all", content="typed")
    form("Claims form", "claims", "Ada")
    arrived(recording, "Claims form")
    keys(session, "End")
    write(session, " Byron")
    keys(session, "Tab", "Tab")
    write(session, "s3cretpass")
    keys(session, "Tab", "Down")
    changed = recording.one("change", element_name="Customer")
    assert (changed["value_before"], changed["value_after"]) == ("Ada", "Ada Byron")
    assert recording.one("type", element_name="Customer")["value_after"] == " Byron"
    assert recording.one("select", element_name="Product")["value_after"] == "Marine"
    assert "s3cret" not in recording.said()
    assert "Password" not in recording.said()


def test_commands_are_named_and_what_is_copied_leaves_a_mark(
    session: Session, form: Callable[..., str], record: Callable[..., Recording]
) -> None:
    recording = record()
    form("Claims form", "claims", "claim 4711")
    arrived(recording, "Claims form")
    keys(session, "ctrl+s", "F5", "F5", "ctrl+a", "ctrl+c")
    assert attributes(recording.one("save")) == {"keys": "Ctrl+S"}
    assert attributes(recording.one("press")) == {"keys": "F5", "times": 2}
    copied = recording.one("copy", element_name="Customer")
    assert clip(copied) == [f"clip:{recording.outbox.mark('claim 4711')}"]
    keys(session, "Tab", "ctrl+c")  # nothing is selected here, so nothing is copied
    assert clip(recording.one("copy", element_name="Amount")) == []
    keys(session, "ctrl+v")
    assert clip(recording.one("paste", element_name="Amount"))[0] == clip(copied)[0]
    keys(session, "Tab", "ctrl+v")
    keys(session, "Tab", "ctrl+s")
    recording.one("save", element_role="togglebutton")
    assert len([row for row in recording.rows() if row["action"] == "paste"]) == 1
    assert "4711" not in recording.said()
    text = "claim " * 100_000  # 600 kB: it comes in parts
    form("Long form", "claims", text)
    arrived(recording, "Long form")
    keys(session, "ctrl+a", "ctrl+c")
    assert clip(recording.one("copy", window="Long form")) == [f"clip:{recording.outbox.mark(text.strip())}"]


def test_rules_private_windows_and_password_managers_keep_out(
    session: Session, form: Callable[..., str], record: Callable[..., Recording]
) -> None:
    recording = record(Rule("title", "bank"))
    for title, program in (("Bank", "money"), ("Search - Incognito", "browser"), ("Vault of Ada", "keepassxc")):
        form(title, program, "copied words")
        write(session, "hidden")
        keys(session, "ctrl+a", "ctrl+c", "Tab", "Tab", "Tab", "Tab", "space")
    form()
    keys(session, "ctrl+s")
    recording.one("save")
    said = recording.said()
    assert not any(word in said for word in ("Bank", "Incognito", "Vault", "clip:"))
    assert {row["app"] for row in recording.rows()} == {"claims"}
    assert "keepassxc" in {row["app"] for row in recording.rows(now=True)}


def test_a_window_that_is_closed_meanwhile_ends_nothing(
    session: Session, form: Callable[..., str], record: Callable[..., Recording]
) -> None:
    recording = record()
    form()
    for turn in range(3):
        window = form(f"Second {turn}")
        session.do("type", "--delay", "1", "abcdefgh")
        session.do("windowkill", window)
    session.window("Claims form")
    keys(session, "ctrl+s")
    recording.one("save", window="Claims form")
    state = recording.supervisor.states()["desktop"]
    assert (state.state, state.restarts) == ("running", 0)
    assert {f"Second {turn}" for turn in range(3)} <= {row.get("window") for row in recording.rows(now=True)}


def test_keys_belong_to_the_window_that_was_in_front_when_they_were_pressed(
    session: Session, form: Callable[..., str], record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Discretion.seen
    asked = threading.Event()

    def slowly(self: Discretion, window: Window) -> Window:
        """As where a program has to be asked, and takes its time to answer."""
        if window.title == "Slow one" and not asked.is_set():
            asked.set()
            time.sleep(3)
        return seen(self, window)

    slow, quick = form("Slow one", "slow"), form("Quick one", "quick")
    recording = record()
    monkeypatch.setattr(Discretion, "seen", slowly)
    session.do("windowactivate", "--sync", slow)
    assert asked.wait(20)
    session.do("type", "--delay", "30", "abc")
    session.do("windowactivate", "--sync", quick)
    session.do("type", "--delay", "30", "defgh")
    until(lambda: counted(recording) >= 8, "8 keys")
    found = {app: counted(recording, app=app) for app in ("slow", "quick")}
    assert found == {"slow": 3, "quick": 5}, recording.rows()


def test_it_stops_at_once_and_says_what_was_begun(
    session: Session, form: Callable[..., str], record: Callable[..., Recording]
) -> None:
    recording = record()
    form()
    arrived(recording, "Claims form")
    write(session, "abc")
    begun = time.monotonic()
    recording.supervisor.close()
    assert time.monotonic() - begun < 5  # a second; the machine may be busy
    assert attributes(recording.one("change", element_name="Customer"))["length"] == 3
    assert attributes(recording.one("type"))["keys"] == 3


def test_without_elements_windows_and_input_are_recorded(
    session: Session, form: Callable[..., str], record: Callable[..., Recording]
) -> None:
    recording = record(elements="off")
    window = form()
    write(session, "abc")
    click(session, window, 100, 100)
    clicked = recording.one("click")
    assert (clicked["app"], clicked["window"]) == ("claims", "Claims form")
    assert not any("element_role" in row for row in recording.rows())


def test_without_an_x_server_that_sees_all_elements_are_recorded_and_the_rest_is_said_to_lack(
    session: Session, form: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", session.display)
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    session.do("windowactivate", form("Another", "another"))
    recording = Recording(tmp_path, {"bus": session.bus})
    try:
        lacking = attributes(recording.one("note"))["lacking"]
        assert "Wayland" in lacking
        form()
        arrived(recording, "Claims form")
        write(session, "Ada")
        keys(session, "Tab")
        changed = recording.one("change", element_name="Customer")
        assert (changed["app"], changed["window"]) == ("claims", "Claims form")
        until(lambda: any(row.get("window") == "Claims form" for row in recording.rows(now=True)), "window")
        assert not any(row["action"] in {"type", "click"} for row in recording.rows())
    finally:
        recording.close()


def test_a_lost_server_is_told(tmp_path: Path, missing_part: Callable[[str, str], NoReturn]) -> None:
    if gone := lacking():
        missing_part("desktop", f"not present: {gone}")
    session = Session()
    try:
        session.form()
        recording = Recording(tmp_path, session.settings)
        session.server.kill()
        until(lambda: "X server" in recording.supervisor.states()["desktop"].trouble, "word of the lost server")
        recording.close()
    finally:
        session.close()


@pytest.mark.browser
def test_a_private_window_of_chromium_is_known_by_its_accessible_name(
    session: Session, record: Callable[..., Recording], tmp_path: Path, missing_part: Callable[[str, str], NoReturn]
) -> None:
    if shutil.which("chromium") is None:
        missing_part("browser", "chromium not present")
    recording = record()
    for title, private in (("Secret page", ["--incognito"]), ("Open page", [])):
        page = tmp_path / f"{title}.html"
        page.write_text(f"<title>{title}</title><input autofocus>")
        chromium = session.start(
            ["chromium", "--no-sandbox", "--disable-background-networking", "--no-first-run", *private,
             f"--user-data-dir={tmp_path / title}", str(page)]
        )  # fmt: skip
        session.window(f"{title} - Chromium")
        keys(session, "ctrl+a", "ctrl+c")
        if not private:
            wanted = f"{title} - Chromium"
            until(lambda w=wanted: any(row.get("window") == w for row in recording.rows(now=True)), wanted)
        chromium.terminate()
        chromium.wait(20)
    assert "Secret" not in recording.said()


@pytest.mark.office
def test_cells_and_menus_of_a_spreadsheet_and_a_paste_from_elsewhere(
    session: Session,
    form: Callable[..., str],
    record: Callable[..., Recording],
    tmp_path: Path,
    missing_part: Callable[[str, str], NoReturn],
) -> None:
    if shutil.which("soffice") is None:
        missing_part("office", "soffice not present")
    sheet, profile = tmp_path / "claims.fods", tmp_path / "profile"
    sheet.write_text(_SHEET, "utf-8")
    recording = record()
    form("Claims form", "claims", "Lloyd 4711")
    arrived(recording, "Claims form")
    keys(session, "ctrl+a", "ctrl+c")
    copied = recording.one("copy", app="claims")
    office = session.start(
        ["soffice", f"-env:UserInstallation=file://{profile}", "--norestore", "--nologo", "--nofirststartwizard",
         "--calc", str(sheet)], SAL_USE_VCLPLUGIN="gtk3",
    )  # fmt: skip
    try:
        title = "claims.fods - LibreOffice Calc"
        window = session.window(title, 120)
        session.do("windowsize", window, "1000", "700")
        until(
            lambda: any((row["action"], row.get("element_role")) == ("click", "cell") for row in recording.rows()),
            "click on a cell", again=lambda: click(session, window, 300, 300),
        )  # fmt: skip
        clicked = recording.one("click", app="libreoffice", element_role="cell")
        assert (clicked["window"], clicked["document"]) == (title, str(sheet))
        cell = clicked["element_id"]
        assert cell.startswith("Motor!")
        assert {"id": f"file:{sheet}", "type": "document", "qualifier": ""} in clicked["objects"]
        keys(session, "ctrl+v")
        pasted = recording.one("paste", app="libreoffice", element_id=cell)
        assert clip(pasted) == clip(copied) != []
        keys(session, "Down")
        write(session, "77")
        keys(session, "Return")
        recording.one("type", app="libreoffice", element_role="cell")
        keys(session, "alt+f")
        time.sleep(1)
        keys(session, "Escape", "Escape")
        assert attributes(recording.one("press", app="libreoffice"))["keys"] == "Alt+F"
        assert "Lloyd" not in recording.said()
    finally:
        office.terminate()
        office.wait(30)


_SHEET = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body><office:spreadsheet>
<table:table table:name="Motor"><table:table-row><table:table-cell office:value-type="string"><text:p>Claim</text:p>
</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document>
"""
