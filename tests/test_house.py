"""The rules of the house: architecture, file sizes, what may not be written, versions that agree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from importlinter.cli import lint_imports

import guildbook

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src" / "guildbook"
MOST_LINES = 500
MOST_BYTES = 300_000
# Written in pieces, so that this file does not hold what it forbids.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "NotImplemented" + "Error"]) + r")\b")
MACHINE = re.compile(r"(?<![\w.])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "tmp/" + "w"]) + r")/[a-z]")
NOT_WANTED = {"pm4py", "browser-use", "openrecall", "pymerkle", "litellm", "ibis-framework"}


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def tracked() -> tuple[Path, ...]:
    """The files git knows or would take: what a commit can hold."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return tuple(p for name in listed.stdout.split("\0") if name and (p := ROOT / name).is_file())


def texts(*endings: str) -> Iterator[tuple[str, str]]:
    """Name and text of the tracked files with these endings (all text files when none is given)."""
    for path in tracked():
        if not endings or path.suffix in endings:
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def modules() -> list[Path]:
    return sorted(SRC.rglob("*.py"))


def test_imports_obey_the_contracts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0, capsys.readouterr().out


def test_the_contracts_say_what_the_design_says() -> None:
    contracts = {c["type"]: c for c in project()["tool"]["importlinter"]["contracts"]}
    assert contracts["layers"]["exhaustive"] is True
    assert set(contracts["protected"]["protected_modules"]) == {"guildbook.store", "guildbook.llm"}
    assert set(contracts["protected"]["allowed_importers"]) == {"guildbook.govern", "guildbook.app"}
    assert contracts["forbidden"]["source_modules"] == ["guildbook.model"]
    layers = contracts["layers"]["layers"]
    assert layers[2] == "record | distil | teach | measure | simulate"
    assert layers[-1] == "model"


def test_every_layer_is_a_package_with_a_docstring() -> None:
    layers = project()["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {name.strip() for layer in layers for name in layer.split("|")}
    assert named == {p.parent.name for p in SRC.glob("*/__init__.py")}
    undocumented = [p for p in modules() if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert undocumented == []


def test_the_vocabulary_imports_only_the_standard_library() -> None:
    for path in (SRC / "model").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None, path
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                assert name.startswith("guildbook.model") or name.partition(".")[0] in sys.stdlib_module_names, path


def test_help_loads_nothing_heavy() -> None:
    heavy = ["alembic", "cryptography", "duckdb", "jinja2", "numba", "numpy", "pyarrow", "scipy", "sqlalchemy"]
    code = f"import sys, guildbook.cli.main; print([m for m in {heavy!r} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=ROOT)
    assert told.stdout.strip() == "[]"


def test_files_are_short() -> None:
    long = {name: n for name, text in texts(".py", ".sh") if (n := len(text.splitlines())) > MOST_LINES}
    assert long == {}


def test_files_are_small() -> None:
    """Real data and built things do not belong into the repository."""
    assert [p.name for p in tracked() if p.stat().st_size > MOST_BYTES] == []


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{name}:{i}" for name, text in texts(".py") for i, x in enumerate(text.splitlines(), 1) if UNFINISHED.search(x)
    ]
    assert found == []


def test_no_path_of_somebodys_machine() -> None:
    found = [f"{name}:{i}" for name, text in texts() for i, x in enumerate(text.splitlines(), 1) if MACHINE.search(x)]
    assert found == []


def test_errors_are_caught_by_name() -> None:
    found: list[str] = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "BaseException"
                passes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
                if re.search(r"\b(Base)?Exception\b", caught) and not passes_on:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_silenced_checks_say_why() -> None:
    """A silenced type error, security rule or blind except is followed by the reason."""
    silent = re.compile(r"#\s*(noqa(?!:)|noqa: .*?\b(S|BLE)\d+\b(?!\W+\w+ \w+)|type: ignore(?!\[[\w-]+\]\W+\w+ \w+))")
    found = [f"{n}:{i}" for n, text in texts(".py") for i, x in enumerate(text.splitlines(), 1) if silent.search(x)]
    assert [f for f in found if not f.startswith("tests/test_house.py")] == []


def test_tests_mirror_the_source() -> None:
    """A test folder is named after a package, and no package that does something is without tests."""
    folders = {p.relative_to(ROOT / "tests") for p in (ROOT / "tests").rglob("test_*.py") if p.parent != ROOT / "tests"}
    strangers = {str(f.parent) for f in folders if not (SRC / f.parent).is_dir()}
    assert strangers == set()
    working = {p.relative_to(SRC).parts[0] for p in modules() if p.parent != SRC and p.name != "__init__.py"}
    assert working - {f.parts[0] for f in folders} == set()


def test_versions_agree() -> None:
    assert guildbook.__version__ == project()["project"]["version"]
    released = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert not released or released[0] == guildbook.__version__


def test_changelog_fragments_have_a_known_kind() -> None:
    kinds = {"feature", "bugfix", "doc", "removal", "misc"}
    names = [p.name for p in (ROOT / "changelog.d").iterdir() if p.name != "README.md"]
    assert [n for n in names if not re.fullmatch(rf"(\d+|\+[\w-]+)\.({'|'.join(kinds)})(\.\d+)?\.md", n)] == []


def test_dependencies_are_wanted() -> None:
    named = [*project()["project"]["dependencies"]]
    for extra in project()["project"]["optional-dependencies"].values():
        named += extra
    assert {re.split(r"[\[<>=!~ ;]", name)[0].lower() for name in named} & NOT_WANTED == set()


def test_docs_are_listed() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in (ROOT / "docs").glob("*.md") if p.name != "README.md" and f"({p.name})" not in index] == []


def test_decisions_are_listed() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    notes = sorted(p.name for p in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert notes == re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index)
