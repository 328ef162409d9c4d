"""What the browser extension's content script costs a page: CPU time per event it handles, on a page of 5,000 elements.

A real Chromium with the extension, paired with a recorder that keeps all values, works on a page with a table of 1,000
rows and a form: presses of buttons and of cells, writing, choices, copies. Chromium's own trace says how long each call
into the content script took and for which event. Prints JSON: per kind of event how many there were, the median and
the 99th percentile in µs of what all of the script's listeners took for one; and what starting in the page took.

    python benchmarks/extension_cost.py
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from _measure import report
from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

from guildbook.app.extension import write_extension
from guildbook.app.recording import Recording
from guildbook.config import load

ROWS = 1_000
PAGE = (
    "<!doctype html><title>Claims</title><form aria-label=Claim>"
    + "".join(f"<label>Field {i} <input name=f{i}></label>" for i in range(20))
    + "<label>Kind <select name=kind><option>Fire<option>Theft</select></label>"
    "<button type=button id=press>Check</button></form><table>"
    + "".join(f"<tr><td>{i}</td><td>Claim {i}</td><td>open</td><td>12.50</td></tr>" for i in range(ROWS))
    + "</table>"
)


class Handler(BaseHTTPRequestHandler):
    """One page."""

    def do_GET(self) -> None:
        """Whatever is asked."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class calls it so
        """Nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100, help="presses of a button, and of a cell")
    asked = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        home = Path(folder)
        recording = Recording(load(home))
        recording.switch_on(["browser"], {"values": "all"})
        recording.start(port=free_port())
        try:
            extension = write_extension(load(home), home / "extension")["folder"]
            context = play.chromium.launch_persistent_context(
                str(home / "profile"),
                executable_path=shutil.which("chromium"),
                args=[
                    "--headless=new", "--no-sandbox", "--disable-background-networking",
                    f"--load-extension={extension}", f"--disable-extensions-except={extension}",
                ],
                ignore_default_args=["--disable-extensions"],
            )  # fmt: skip
            traced = trace(context, f"http://127.0.0.1:{server.server_port}/", asked.times)
            context.close()
        finally:
            os.kill(pid := recording.status()["pid"], signal.SIGKILL)  # what waits need not go to a book
            os.waitpid(pid, 0)
            server.shutdown()
    figures = costs(traced)
    figures["elements"] = PAGE.count("<") - PAGE.count("</")
    report("what the browser extension costs a page", figures)


def trace(context: BrowserContext, address: str, times: int) -> list[dict[str, Any]]:
    """Chromium's trace of the work, as a list of events."""
    page = context.pages[0]
    page.wait_for_timeout(2_000)
    session = context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    session.on("Tracing.dataCollected", lambda said: found.extend(said["value"]))
    session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": [
        "devtools.timeline", "v8.execute",
    ]}})  # fmt: skip
    page.goto(address)
    page.wait_for_timeout(1_000)
    work(page, times)
    page.wait_for_timeout(500)
    ended(session, page)
    return found


def work(page: Page, times: int) -> None:
    for _ in range(times):
        page.locator("#press").click()
    for row in range(times):
        page.locator("td").nth(4 * row + 1).click()
    for number in range(20):
        page.locator(f"[name=f{number}]").click()
        page.keyboard.type("Jane Roe, 12 Mill Lane")
    for _ in range(20):
        page.locator("select").focus()
        page.keyboard.press("T")
        page.keyboard.press("F")
    for row in range(20):
        page.locator("td").nth(4 * row + 1).click(click_count=3)
        page.keyboard.press("Control+c")


def ended(session: CDPSession, page: Page) -> None:
    over: list[Any] = []
    session.on("Tracing.tracingComplete", lambda said: over.append(said))  # noqa: PLW0108  # Playwright marks the function
    session.send("Tracing.end")
    while not over:
        page.wait_for_timeout(50)


def costs(traced: list[dict[str, Any]]) -> dict[str, Any]:
    """Per kind of event: what the content script's listeners took for one, µs."""
    dispatches = sorted(
        ((each["ts"], each["ts"] + each["dur"], each["tid"], each["args"]["data"]["type"])
         for each in traced if each["name"] == "EventDispatch" and "dur" in each),
    )  # fmt: skip
    taken: defaultdict[tuple[int, str], float] = defaultdict(float)
    other = 0.0
    for each in traced:
        if each["name"] != "FunctionCall" or "content.js" not in json.dumps(each.get("args", {})):
            continue
        inside = [i for i, (since, until, thread, _) in enumerate(dispatches)
                  if thread == each["tid"] and since <= each["ts"] < until]  # fmt: skip
        if inside:
            taken[inside[-1], dispatches[inside[-1]][3]] += each["dur"]
        else:
            other += each["dur"]
    kinds: defaultdict[str, list[float]] = defaultdict(list)
    for (_, kind), micros in taken.items():
        kinds[kind].append(micros)
    started = [each["dur"] for each in traced if each["name"] == "EvaluateScript" and "content.js" in json.dumps(each)]
    every = np.array([micros for one in kinds.values() for micros in one])
    return {
        "events": {kind: summed(one) for kind, one in sorted(kinds.items(), key=lambda item: -sum(item[1]))},
        "all": summed(list(every)),
        "elsewhere_us": round(other),
        "started_us": [round(micros) for micros in started],
    }


def summed(micros: list[float]) -> dict[str, float]:
    found = np.array(micros or [0.0])
    return {
        "count": len(micros), "median_us": round(float(np.median(found))),
        "p99_us": round(float(np.percentile(found, 99))), "total_ms": round(float(found.sum()) / 1e3, 1),
    }  # fmt: skip


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


if __name__ == "__main__":
    main()
