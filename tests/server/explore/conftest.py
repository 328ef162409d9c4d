from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from exploring import process
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario that is run in no time, with a change in its second year."""
    path = tmp_path_factory.mktemp("scenario") / "small.yaml"
    path.write_text(
        "about: a licence from the second year on\nmonths: 36\nworkers: 3000\nseeds: 3\nchanges: {12: {licence: 0.8}}\n"
    )
    return path


@pytest.fixture(scope="module")
def page_at(small: Path) -> Iterator[str]:
    """Where the page of the small scenario is served."""
    with process(str(small)) as (running, where):
        assert where.startswith("http://127.0.0.1:"), where
        yield where
    assert running.returncode == 0


@pytest.fixture(scope="module")
def chromium(missing_part: Callable[[str, str], NoReturn]) -> Iterator[Browser]:
    """Debian's Chromium under Playwright."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing_part("browser", "Chromium is not on the path")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-background-networking"])
        yield browser
        browser.close()
