"""Every program in examples/ runs, in a folder and with settings of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_it_runs(program: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GUILDBOOK_")}
    environment |= {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    for line in quoted(program):
        assert line in told.stdout.splitlines(), f"the README says that it prints {line!r}; it prints:\n{told.stdout}"


def quoted(program: Path) -> list[str]:
    """The lines of the README that this program is said to print."""
    text = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    found = re.finditer(rf"<!-- printed by: examples/{program.name} -->\n```text\n(.*?)```", text, re.DOTALL)
    return [line for block in found for line in block[1].splitlines()]


def test_every_program_is_described() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in PROGRAMS if f"({p.name})" not in listed] == []
