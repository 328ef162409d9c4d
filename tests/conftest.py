"""What tests of more than one part share: the real logs and a real PostgreSQL.

A missing part skips the tests that need it, unless GUILDBOOK_REQUIRE names it (`data`, `postgres`, `browser`,
separated by commas): then they fail, so that the build machine cannot pass by leaving things out.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The first example of a test may compile a kernel or wait for a busy core: time says nothing about correctness.
settings.register_profile("guildbook", deadline=None)
settings.load_profile("guildbook")

ROOT = Path(__file__).resolve().parents[1]


def missing(part: str, why: str) -> NoReturn:
    """Skip, or fail when GUILDBOOK_REQUIRE names the part."""
    required = {name.strip() for name in os.environ.get("GUILDBOOK_REQUIRE", "").split(",")}
    if part in required:
        pytest.fail(f"{why} (GUILDBOOK_REQUIRE asks for {part})")
    pytest.skip(why)


APPLICATIONS = ("browser", "desktop", "imap", "office", "screen", "shells", "video")
"""Marks of tests that drive real programs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that drive real programs, and the pages' snippets, take longest and wait most: they come first."""
    items.sort(key=lambda item: not _together(item.nodeid) and item.path.name != "test_docs.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of one file that drive real programs run one after the other: they share the programs they started.

    So do all that drive LibreOffice, of which a user has one. (xdist's own `loadgroup` marks tests by an attribute
    that pytest 9.2 does not have any more, and so deals out what belongs together.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _together(nodeid) or nodeid

    return Scheduling(config, log)


def _together(test: str) -> str:
    """What a test must share a process with; empty: nothing."""
    file = test.partition("::")[0]
    named = _applications(file)
    return "office" if "office" in named else file if named else ""


@cache
def _applications(file: str) -> frozenset[str]:
    text = (ROOT / file).read_text("utf-8")
    return frozenset(name for name in APPLICATIONS if f"mark.{name}" in text)


@pytest.fixture(scope="session")
def missing_part() -> Callable[[str, str], NoReturn]:
    """`missing(part, why)`, for fixtures elsewhere (Chromium)."""
    return missing


@pytest.fixture(scope="module")
def chromium(missing_part: Callable[[str, str], NoReturn]) -> Iterator[Browser]:
    """Debian's Chromium under Playwright; skips without one unless GUILDBOOK_REQUIRE lists `browser`.

    Of a module, not the session: Playwright's loop runs as long as it is open, and other tests may want their own.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing_part("browser", "Chromium is not on the path")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-background-networking"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real logs: GUILDBOOK_SHARED_DATA, or `../shared/data` beside the repository."""
    named = os.environ.get("GUILDBOOK_SHARED_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        missing("data", "data not present")
    return folder.resolve()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL of this test session, as a SQLAlchemy URL of its maintenance database.

    It listens on a Unix socket in a folder of its own, so sessions side by side never meet.
    """
    programs = {name: _postgres_program(name) for name in ("initdb", "pg_ctl")}
    if None in programs.values():
        missing("postgres", "PostgreSQL's initdb and pg_ctl not present")
    folder = Path(tempfile.mkdtemp(prefix="gb-pg-", dir="/tmp"))
    user = _as_server_user(folder)
    data = folder / "data"

    def call(name: str, *arguments: str) -> None:
        # pg_ctl's server inherits the output, so a pipe would never close: a file instead.
        with (folder / f"{name}.out").open("wb") as out:
            status = subprocess.run(
                [*user, str(programs[name]), "-D", str(data), *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        if status:
            pytest.fail(f"{name} failed: {(folder / f'{name}.out').read_text()}")

    try:
        call("initdb", "-U", "guildbook", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=32MB"
        call("pg_ctl", "-w", "-t", "60", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://guildbook@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of a database of this test alone, on the running server."""
    url, name = make_url(postgres_url), f"t{uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
            yield url.set(database=name).render_as_string(hide_password=False)
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


def _postgres_program(name: str) -> Path | None:
    """Debian keeps the server's programs off the path; the newest version there is taken."""
    found = shutil.which(name)
    if found:
        return Path(found)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: float(p.parts[-3]))
    return installed[-1] if installed else None


def _as_server_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: hand the folder to nobody and go through runuser."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return ["runuser", "-u", "nobody", "--"]
