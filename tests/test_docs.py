"""What README and docs show is true: links lead somewhere, tables equal the code, snippets run.

Code blocks are run by language, page by page, in one folder and in the page's order: `sh` by bash up to the first
failure, `python` by this interpreter, `toml` as a book's settings. A block under `<!-- command: … -->` installs
things: `.ci/run` runs it in a fresh clone. A block under `<!-- printed by: FILE -->` is held against what that program
says by `tests/test_examples.py`. A block under `<!-- not run: reason -->` is for reading only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
import warm_guildbook
from typer.core import TyperGroup

from guildbook.config import FILE, load, settings
from guildbook.config.values import shown
from guildbook.model import Purpose

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.d/README.md"), ROOT / "examples" / "README.md"]
)
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """One code block of a page."""

    language: str
    text: str
    mark: str


def blocks(page: Path) -> list[Block]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(m["language"], m["text"], m["mark"] or "") for m in found]


def runnable(page: Path) -> list[Block]:
    return [
        b
        for b in blocks(page)
        if b.language in {"sh", "python", "toml"} and not b.mark.startswith(("command: ", "not run: "))
    ]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a `guildbook` that is loaded already: pages call it two hundred times."""
    folder = tmp_path_factory.mktemp("warm")
    warm_guildbook.client(folder, folder / "s")
    server = [sys.executable, warm_guildbook.__file__, str(folder / "s")]
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        yield folder
        run.stdin.close()


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if runnable(p)], ids=name)
def test_snippets_run(page: Path, tmp_path: Path, warm: Path) -> None:
    found = [str(Path(sys.executable).parent), os.environ["PATH"]]
    if page.parent != ROOT:  # what the README shows is done just as its reader would
        found.insert(0, str(warm))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GUILDBOOK_")} | {
        "PATH": os.pathsep.join(found),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "COLUMNS": "200",
    }
    for block in runnable(page):
        if block.language == "toml":
            (tmp_path / FILE).write_text(block.text, encoding="utf-8")
            load(tmp_path)
            continue
        if block.language == "sh":
            command = ["bash", "-euo", "pipefail", "-c", block.text]
        else:
            command = [sys.executable, "-W", "error", "-c", block.text]
        told = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, f"{block.text}\n{told.stdout}\n{told.stderr}"
        environment |= dict(re.findall(r"^export (\w+)=(\S+)", block.text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name(page)} links to {target}"
        if anchor:
            assert anchor in anchors(file), f"{name(page)} links to {target}"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_readme_has_its_two_commands() -> None:
    marked = {
        b.mark.removeprefix("command: "): b.text for b in blocks(ROOT / "README.md") if b.mark.startswith("command: ")
    }
    assert set(marked) == {"start", "tests"}
    for text in marked.values():
        assert text.startswith("python3 -m venv .venv && .venv/bin/pip install")
    assert ".venv/bin/pytest" in marked["tests"]
    assert "learn ." in marked["start"]
    assert " tour" in marked["start"]


def commands() -> dict[str, set[str]]:
    """Every command of the program with its options."""
    from guildbook.cli.main import app

    def walk(prefix: str, node: object) -> dict[str, set[str]]:
        if isinstance(node, TyperGroup):
            return {k: v for verb, inner in node.commands.items() for k, v in walk(f"{prefix} {verb}", inner).items()}
        return {prefix.strip(): {o for p in getattr(node, "params", []) for o in [*p.opts, *p.secondary_opts]}}

    return walk("", typer.main.get_command(app))


def test_the_readme_names_every_command_and_no_other() -> None:
    rows = re.findall(r"^\| (`.*?) \| .*\|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    known = commands()
    told: set[str] = set()
    for row in rows:
        for code in re.findall(r"`([^`]*)`", row):
            verb = next((c for c in sorted(known, key=len, reverse=True) if f"{code} ".startswith(f"{c} ")), None)
            if verb is not None:
                told.add(verb)
            options = set(re.findall(r"(?<!\w)--?[a-z][\w-]*", code))
            owners = [verb] if verb else [c for c in known if f"`{c}`" in row]
            assert owners, f"the README names a command {code!r}"
            for owner in owners:
                assert options <= known[owner], f"{owner}: {options - known[owner]}"
    assert set(known) - told == set()


def test_the_table_of_settings_equals_the_code() -> None:
    lines = ["| setting | default | environment variable | what it says |", "| --- | --- | --- | --- |"]
    for setting in settings().values():
        default = f"`{shown(setting.default)}`" if shown(setting.default) else "empty"
        lines.append(f"| `{setting.key}` | {default} | `{setting.env}` | {setting.doc} |")
    table = "\n".join(lines)
    assert table in (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8"), f"it should be:\n{table}"


def test_the_table_of_purposes_equals_the_code() -> None:
    text = (ROOT / "docs" / "consent.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE) == [str(p) for p in Purpose]
