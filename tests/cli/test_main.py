from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


def test_help_imports_no_heavy_part() -> None:
    """What keeps `--help` instant: none of the libraries that take long to load."""
    code = (
        "import sys\n"
        "from guildbook.cli.main import run\n"
        "run(['--help'])\n"
        "heavy = {'numpy', 'numba', 'pyarrow', 'duckdb', 'sqlalchemy', 'scipy', 'jinja2', 'alembic'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "practices" in done.stdout


@pytest.mark.parametrize("place", ["before", "after", "equals"])
def test_home_may_stand_anywhere(guildbook: Run, tmp_path: Path, small_log: Path, place: str) -> None:
    home = tmp_path / place
    words = {
        "before": ["--home", home, "learn", small_log],
        "after": ["learn", small_log, "--home", home],
        "equals": ["learn", f"--home={home}", small_log],
    }[place]
    assert guildbook(*words)[0] == 0
    assert (home / "book.key").exists()


def test_config_says_where_a_value_comes_from(
    guildbook: Run, guildbook_json: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUILDBOOK_DISTIL_JOBS", "2")
    assert guildbook("config", "set", "distil.fdr", "0.1")[0] == 0
    rows = {row["key"]: row for row in guildbook_json("config", "show", "--origin")}
    assert (rows["distil.jobs"]["value"], rows["distil.jobs"]["origin"]) == ("2", "environment")
    assert (rows["distil.fdr"]["value"], rows["distil.fdr"]["origin"]) == ("0.1", "book file")
    status, _, err = guildbook("config", "set", "distil.fdrr", "0.1")
    assert status == 2
    assert "distil.fdr" in err


def test_doctor_tells_a_whole_book_from_a_damaged_one(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path
) -> None:
    assert guildbook_json("doctor")["facts"]["book"] == "none yet"
    guildbook_json("learn", small_log)
    whole = guildbook_json("doctor")
    assert whole["healthy"]
    assert whole["facts"]["events"] == "160"
    segment = next(p for p in (tmp_path / "book").rglob("*") if p.is_file() and "segments" in str(p.parent))
    segment.write_bytes(segment.read_bytes()[:-20])
    status, out, _ = guildbook("doctor", "--json")
    damaged = json.loads(out)
    assert status == 1
    assert not damaged["healthy"]
    assert all(finding["fix"] for finding in damaged["findings"])


def test_a_book_whose_key_is_gone_is_one_clear_error(guildbook: Run, small_log: Path, tmp_path: Path) -> None:
    assert guildbook("learn", small_log)[0] == 0
    (tmp_path / "book" / "book.key").rename(tmp_path / "elsewhere")
    for words in (("learn",), ("practices", "list"), ("doctor",)):
        status, _, err = guildbook(*words)
        assert status == 1
        assert "key" in err


def test_version(guildbook: Run) -> None:
    status, out, _ = guildbook("--version")
    assert status == 0
    assert out.startswith("guildbook 0.")
