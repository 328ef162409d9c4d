"""The extension in a real Chromium, through the recorder's own door, into the real outbox."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Worker, sync_playwright

from guildbook.app.extension import write_extension
from guildbook.app.recording import Recording
from guildbook.config import load
from guildbook.record.sources import browser

PAGES = Path(__file__).parent / "pages"
PASSWORD, CODE = "hunter2-Zq9", "shadow-Zq9"
CARDS = ("4242424242424242", "4000 0566 5566 5556")
Missing = Callable[[str, str], NoReturn]


class Handler(BaseHTTPRequestHandler):
    """A small office on the web."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/done":
            self.send_response(204)
            self.end_headers()
            return
        body = b"a,b\n" if path == "/report.csv" else (PAGES / _PAGES.get(path, "claims.html")).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/csv" if path == "/report.csv" else "text/html; charset=utf-8")
        if path == "/report.csv":
            self.send_header("Content-Disposition", "attachment; filename=report.csv")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class calls it so
        """Nothing."""


_PAGES = {"/second": "second.html", "/traps": "traps.html"}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def play(missing_part: Missing) -> Iterator[Playwright]:
    if shutil.which("chromium") is None:
        missing_part("browser", "Chromium is not on the path")
    if not browser.is_built():
        missing_part("browser", browser.NOT_BUILT)
    with sync_playwright() as made:
        yield made


@dataclass
class Desk:
    """A recorder and a browser that has its extension."""

    recording: Recording
    port: int
    home: Path
    context: BrowserContext
    page: Page
    seen: set[int] = field(default_factory=set[int])

    @property
    def worker(self) -> Worker:
        """The extension's worker that runs now."""
        return self.context.service_workers[-1]

    def fresh(self) -> None:
        """From now on only what comes is looked at."""
        self.page.goto("about:blank")
        self.page.wait_for_timeout(700)  # a page is said when it has had time to get its title
        _until(lambda: not self.held()["waiting"]["rows"] and not self.held()["waiting"]["batch"])
        self.seen |= {each["id"] for each in self.recording.entries(1_000)}

    def rows(self, *actions: str, least: int = 1) -> list[dict[str, Any]]:
        """What is kept, in order of time, of these kinds, or of all but what was in front: once there are enough."""
        found: list[dict[str, Any]] = []
        until = time.monotonic() + 20
        while time.monotonic() < until:
            kept = [each for each in self.recording.entries(1_000) if each["id"] not in self.seen]
            kept.sort(key=lambda each: (each["time"], each["id"]))
            found = [each["data"] | {"seconds": each["seconds"]} for each in kept]
            found = [row for row in found if (row["action"] in actions if actions else row["action"] != "focus")]
            if len(found) >= least:
                return found
            time.sleep(0.1)
        raise AssertionError(f"{len(found)} instead of {least}: {[_said(row) for row in found]}")

    def kill(self) -> None:
        """The recorder's process, at once."""
        pid = self.recording.status()["pid"]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def held(self) -> dict[str, Any]:
        """What the extension holds."""
        kept: dict[str, Any] = self.worker.evaluate("chrome.storage.session.get('kept')")
        return kept.get("kept", {"reach": "none"})

    def tick(self) -> None:
        """What else happens every half minute."""
        self.worker.evaluate("chrome.alarms.create('tick', { when: Date.now() })")


def _said(row: dict[str, Any]) -> tuple[Any, Any, Any]:
    return row["action"], row.get("element_role"), row.get("element_name")


@contextmanager
def desk_of(play: Playwright, home: Path, settings: dict[str, str]) -> Generator[Desk]:
    recording = Recording(load(home))
    recording.switch_on(["browser"], settings)
    port = _free_port()
    recording.start(port=port)
    try:
        extension = write_extension(load(home), home / "extension")
        context = play.chromium.launch_persistent_context(
            str(home / "profile"),
            executable_path=shutil.which("chromium"),
            args=[
                "--headless=new", "--no-sandbox", "--disable-background-networking",
                f"--load-extension={extension['folder']}", f"--disable-extensions-except={extension['folder']}",
            ],
            ignore_default_args=["--disable-extensions"],
        )  # fmt: skip
        if not context.service_workers:
            context.wait_for_event("serviceworker")
        made = Desk(recording, port, home, context, context.pages[0])
        _until(lambda: made.held()["reach"] == "recording")
        yield made
        context.close()
    finally:
        os.kill(pid := recording.status()["pid"], signal.SIGKILL)  # what waits need not go to a book
        os.waitpid(pid, 0)


@pytest.fixture(scope="module")
def plain(play: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """With the settings that are there without a word from the worker."""
    with desk_of(play, tmp_path_factory.mktemp("plain"), {}) as made:
        yield made


@pytest.fixture
def desk(plain: Desk) -> Desk:
    plain.fresh()
    return plain


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def work(page: Page, site: str) -> None:
    """A piece of an office day: sign in, fill in, look at frames and parts, go on, carry a number over."""
    write = page.keyboard.type
    page.goto(f"{site}/claims?name=Jane")
    page.wait_for_timeout(200)
    page.get_by_label("User").click()
    write("ada")
    page.locator("#pw").click()
    write(PASSWORD[:6])
    page.get_by_role("button", name="Show password").click()
    page.locator("#pw").click()
    write(PASSWORD[6:])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Customer").click()
    write("Jane Roe")
    page.locator("select").focus()
    page.keyboard.press("T")
    page.get_by_label("Urgent").click()
    page.get_by_label("What happened").click()
    write("a bike")
    page.get_by_label("Card").click()
    write(CARDS[0])
    page.get_by_placeholder("Reference").click()
    write(CARDS[1])
    page.get_by_label("Photo").set_input_files(str(PAGES / "second.html"))
    page.get_by_role("button", name="Save claim").click()
    page.locator("#editor").click()
    write("Hello ")
    page.locator("#row").click()
    page.locator("my-panel input[name=amount]").click()
    write("120")
    page.locator("my-panel #code").click()
    write(CODE)
    page.get_by_role("button", name="Approve").click()
    frame = page.frame_locator("iframe[title=Inner]")
    frame.get_by_role("button").click()
    frame.get_by_label("Inner field").click()
    write("inside")
    page.get_by_role("button", name="Open claim").click()
    with page.expect_download():
        page.get_by_text("Get report").click()
    page.locator("#plain").click(click_count=3)
    page.keyboard.press("Control+c")
    page.get_by_text("Second page").click()
    page.wait_for_url("**/second")
    page.get_by_label("Policy").click()
    page.keyboard.press("Control+v")
    page.get_by_role("button", name="Look up").click()


WORK = [
    ("navigate", None, None), ("type", "textbox", "User"), ("click", "button", "Show password"),
    ("click", "button", "Sign in"), ("submit", "form", "Sign in"), ("type", "textbox", "Customer"),
    ("change", "combobox", "Kind"), ("change", "checkbox", "Urgent"), ("type", "textbox", "What happened"),
    ("type", "textbox", "Reference"), ("upload", "file", "Photo"), ("click", "button", "Save claim"),
    ("submit", "form", "New claim"), ("type", "textbox", "Note"), ("click", "generic", "Claim 4711"),
    ("type", "textbox", "Amount"), ("click", "button", "Approve"), ("submit", "form", "Panel"),
    ("click", "button", "Inner button"), ("type", "textbox", "Inner field"), ("click", "button", "Open claim"),
    ("navigate", None, None), ("click", "link", "Get report"), ("download", None, None), ("click", "generic", None),
    ("copy", "generic", None), ("click", "link", "Second page"), ("navigate", None, None),
    ("paste", "textbox", "Policy"), ("type", "textbox", "Policy"), ("click", "button", "Look up"),
]  # fmt: skip


@pytest.fixture(scope="module")
def worked(play: Playwright, site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A day's work recorded with all values, and the recorder still running."""
    with desk_of(play, tmp_path_factory.mktemp("worked"), {"values": "all"}) as made:
        work(made.page, site)
        made.rows(least=len(WORK))
        yield made


@pytest.mark.browser
def test_everything_arrives_in_order_with_roles_and_names(worked: Desk) -> None:
    assert [_said(row) for row in worked.rows()] == WORK


@pytest.mark.browser
def test_values_addresses_and_elements_are_what_the_page_shows(worked: Desk, site: str) -> None:
    rows = worked.rows()
    by_name = {(row["action"], row.get("element_name")): row for row in rows}
    values = {
        name: (row.get("value_before"), row.get("value_after"))
        for (_, name), row in by_name.items()
        if "value_after" in row
    }
    assert values == {
        "User": (None, "ada"), "Customer": (None, "Jane Roe"), "Kind": ("Fire", "Theft"), "Urgent": ("off", "on"),
        "What happened": (None, "a bike"), "Amount": (None, "120"), "Inner field": (None, "inside"),
        "Policy": (None, "Policy AB-2291"), "Note": ("Dear all", by_name["type", "Note"]["value_after"]),
    }  # fmt: skip
    assert "Hello" in by_name["type", "Note"]["value_after"]
    assert by_name["type", "Customer"]["element_selector"] == "#customer"
    assert by_name["type", "Amount"]["element_selector"].endswith('my-panel >>> input[name="amount"]')
    assert by_name["click", "Save claim"]["element_selector"] == 'button[data-testid="save"]'
    assert by_name["upload", "Photo"]["document"] == "second.html"
    assert by_name["click", "Inner button"]["attributes"] == f'{{"frame":"{site}/"}}'
    assert all(len(row["element_bounds"]) == 4 for row in rows if "element_role" in row)
    pages = [row for row in rows if row["action"] == "navigate"]
    assert [row["url"] for row in pages] == [f"{site}/claims?name=Jane", f"{site}/claims/4711?tab=3", f"{site}/second"]
    assert [row["window"] for row in pages] == ["Claims", "Claim 4711", "Second"]
    assert pages[0]["objects"] == [{"id": f"url:{site}/claims", "type": "page", "qualifier": ""}]
    assert {row["app"] for row in rows} == {"chromium"}
    assert {row["origin"] for row in rows} == {"agent"}  # a program drives this browser
    assert len({row["session"] for row in rows}) == 1


@pytest.mark.browser
def test_passwords_cards_and_hidden_fields_are_nowhere(worked: Desk) -> None:
    never = [PASSWORD, PASSWORD[:6], PASSWORD[6:], CODE, "hidden-field-value", *CARDS, CARDS[1].replace(" ", "")]
    kept = repr(worked.recording.entries(1_000)) + repr(worked.held())
    for path in (worked.home / "recorder").rglob("*"):
        if path.is_file():
            kept += path.read_bytes().decode("latin-1")
    assert [text for text in never if text in kept] == []
    # Nothing of ours is on the browser's disk either.
    assert [p.name for p in (worked.home / "profile").rglob("*Extension Settings*") if any(p.iterdir())] == []


@pytest.mark.browser
def test_a_copy_and_its_paste_carry_the_same_mark(worked: Desk) -> None:
    marks = [
        {each["id"] for each in row["objects"] if each["type"] == "clip"}
        for row in worked.rows("copy", "paste", least=2)
    ]
    assert marks[0] == marks[1]
    assert len(marks[0]) == 1


@pytest.mark.browser
def test_the_page_in_front_grows(worked: Desk) -> None:
    front = worked.rows("focus", least=2)
    assert {row["window"] for row in front} <= {"Claims", "Claim 4711", "Second"}
    assert max(row["seconds"] for row in front) > 0.5


@pytest.mark.browser
def test_secrets_in_other_clothes_are_not_kept_either(worked: Desk, site: str) -> None:
    worked.fresh()
    page, secret = worked.page, "Zq9trap"
    page.goto(f"{site}/traps")
    page.locator("#field").click()
    page.keyboard.type(secret)
    page.evaluate("twin()")
    for name in ("#field", "#masked", "#otp", "#turned", "#v1", "#v2"):
        page.locator(name).click()
        page.keyboard.type(secret)
    page.locator("#editor").click()
    page.keyboard.type(f"pay with {CARDS[0]}")
    page.locator("#both").click()
    page.keyboard.type("fine")
    page.keyboard.press("Enter")
    page.frame_locator("#far").get_by_label("Policy").click()
    page.keyboard.type("of another site")
    page.locator("#words").click()
    page.keyboard.type("Zwölf Boxkämpfer 😀")
    page.get_by_role("button", name="End").click()
    rows = worked.rows(least=6)
    assert [_said(row) for row in rows] == [
        ("navigate", None, None), ("type", "textbox", "Message"), ("type", "textbox", "Both"),
        ("type", "textbox", "Policy"), ("type", "textbox", "Words"), ("click", "button", "End"),
    ]  # fmt: skip
    assert [row.get("attributes") for row in rows[1:3]] == ['{"withheld":"card"}', None]
    assert rows[3]["attributes"] == f'{{"frame":"{site.replace("127.0.0.1", "localhost")}/second"}}'
    assert [row["value_after"] for row in rows[2:5]] == ["fine", "of another site", "Zwölf Boxkämpfer 😀"]
    assert not any(text in repr(rows) for text in (secret, CARDS[0], "filled-before"))


@pytest.mark.browser
def test_without_a_word_from_the_worker_nothing_that_was_written_is_kept(desk: Desk, site: str) -> None:
    desk.page.goto(f"{site}/claims?name=Jane")
    desk.page.get_by_label("Customer").click()
    desk.page.keyboard.type("Jane Roe")
    desk.page.get_by_label("What happened").click()
    rows = desk.rows(least=2)
    assert rows[1]["attributes"] == '{"length":8,"was":0}'
    assert "Jane" not in repr(rows)
    assert rows[1]["url"] == f"{site}/claims"


@pytest.mark.browser
def test_a_recorder_that_was_killed_gets_what_waited_once(desk: Desk, site: str) -> None:
    desk.page.goto(f"{site}/second")
    desk.page.get_by_role("button", name="Look up").click()
    desk.rows(least=2)
    desk.kill()
    for _ in range(3):
        desk.page.get_by_role("button", name="Look up").click()
    _until(lambda: desk.held()["reach"] == "away")
    assert "Look up" not in _files(desk.home / "profile" / "Default", "Session Storage", "Local Storage", "IndexedDB")
    desk.recording.start(port=desk.port)
    desk.page.get_by_label("Policy").click()
    desk.page.keyboard.type("x")
    desk.page.get_by_role("button", name="Look up").click()
    assert [_said(row)[::2] for row in desk.rows(least=7)] == [
        ("navigate", None), *[("click", "Look up")] * 4, ("type", "Policy"), ("click", "Look up")
    ]  # fmt: skip
    time.sleep(2)
    assert len(desk.rows()) == 7


@pytest.mark.browser
def test_rules_act_in_the_page(desk: Desk, site: str, request: pytest.FixtureRequest) -> None:
    def told() -> int:
        desk.tick()
        return len(desk.held()["told"]["rules"])

    def without() -> None:
        while desk.recording.rules():
            desk.recording.remove_rule(1)
        _until(lambda: told() == 0)

    request.addfinalizer(without)
    for rule in (("url", "/second"), ("title", "^Claim 4711$")):
        desk.recording.add_rule(*rule)
    _until(lambda: told() == 2)
    desk.fresh()
    dropped = desk.recording.status()["dropped"]
    desk.page.goto(f"{site}/second")
    desk.page.wait_for_timeout(1_000)
    desk.page.get_by_role("button", name="Look up").click()
    desk.page.goto(f"{site}/claims")
    desk.page.get_by_role("button", name="Save claim").click()
    desk.page.get_by_role("button", name="Open claim").click()
    desk.page.wait_for_timeout(1_000)
    desk.page.get_by_role("button", name="Save claim").click()
    desk.page.wait_for_timeout(2_000)
    assert [_said(row)[::2] for row in desk.rows()] == [
        ("navigate", None), ("click", "Save claim"), ("submit", "New claim"), ("click", "Open claim"),
    ]  # fmt: skip
    assert desk.recording.status()["dropped"] == dropped, "the extension had not heard of the rules"


@pytest.mark.browser
def test_a_pause_reaches_the_page_and_a_site_can_be_kept_out(desk: Desk, site: str) -> None:
    desk.page.goto(f"{site}/second")
    press = partial(desk.page.get_by_role("button", name="Look up").click)
    press()
    desk.rows(least=2)
    desk.recording.pause(None)
    press()
    _until(lambda: desk.held()["reach"] == "paused")
    assert desk.worker.evaluate("chrome.action.getBadgeText({})") == "II"
    press()
    desk.recording.pause(0)
    popup = desk.context.new_page()
    popup.goto(desk.worker.url.replace("worker.js", "popup.html"))
    desk.tick()
    _until(lambda: desk.held()["reach"] == "recording")
    told = popup.evaluate("chrome.runtime.sendMessage({ kind: 'site', host: '127.0.0.1', pause: true })")
    assert told["out"] is True
    press()
    popup.evaluate("chrome.runtime.sendMessage({ kind: 'site', host: '127.0.0.1', pause: false })")
    popup.wait_for_timeout(200)
    press()
    assert len(desk.rows("click", least=2)) == 2
    time.sleep(1.5)
    assert len(desk.rows("click")) == 2
    popup.close()


@pytest.mark.browser
def test_the_pairing_is_private_and_nobody_elses(desk: Desk, site: str) -> None:
    pairing = desk.home / "extension" / "config.json"
    assert pairing.stat().st_mode & 0o777 == 0o600
    desk.page.goto(f"{site}/second")
    desk.rows()  # so that the next test does not take it for its own
    address = desk.worker.url.replace("worker.js", "config.json")
    assert desk.page.evaluate(f"fetch('{address}').then(() => 'read', () => 'refused')") == "refused"


@pytest.mark.browser
def test_what_waits_outlives_the_worker(desk: Desk, site: str) -> None:
    desk.page.goto(f"{site}/second")
    desk.rows()
    desk.kill()
    desk.page.get_by_role("button", name="Look up").click()
    _until(lambda: desk.held()["reach"] == "away" and any(desk.held()["waiting"][part] for part in ("rows", "batch")))
    session = desk.held()["session"]
    control = desk.context.new_cdp_session(desk.page)
    desk.page.bring_to_front()
    control.send("ServiceWorker.enable")
    control.send("ServiceWorker.stopAllWorkers")
    desk.recording.start(port=desk.port)
    desk.page.get_by_role("button", name="Look up").click()
    rows = desk.rows(least=3)
    assert [row["action"] for row in rows] == ["navigate", "click", "click"]
    assert {row["session"] for row in rows} == {session}


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def _files(folder: Path, *parts: str) -> str:
    found = [path for part in parts for path in (folder / part).rglob("*") if path.is_file()]
    return "".join(path.read_bytes().decode("latin-1") for path in found)
