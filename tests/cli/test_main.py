from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from guildbook.cli.main import app, asked

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


def test_damaged_sums_are_made_again_from_the_events(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path
) -> None:
    learnt = guildbook_json("learn", small_log)
    for artefact in (tmp_path / "book" / "artefacts").iterdir():
        artefact.write_bytes(artefact.read_bytes()[:-30])
    assert guildbook("practices", "list")[0] == 1
    assert guildbook("doctor")[0] == 1
    again = guildbook_json("learn")
    assert again["model_hash"] == learnt["model_hash"]
    assert any("from the beginning" in note for note in again["notes"])
    assert guildbook_json("doctor")["healthy"]
    assert guildbook("practices", "list")[0] == 0


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


def test_every_option_has_an_environment_variable() -> None:
    """`GUILDBOOK_` and the way to the option; only what ends the program at once (`--help`, …) has none."""
    from typer.main import get_command

    from guildbook.cli.main import app

    def options(command: Any, path: str) -> list[tuple[str, bool]]:
        own = [
            (f"{path} {p.name}", bool(p.allow_from_autoenv))
            for p in command.params
            if p.param_type_name == "option" and not p.is_eager
        ]
        for name, child in getattr(command, "commands", {}).items():
            own += options(child, f"{path} {name}")
        return own

    found = options(get_command(app), "guildbook")
    assert len(found) > 40
    without = [name for name, has in found if not has]
    # Both are settings: config reads GUILDBOOK_HOME and GUILDBOOK_NEXT_MODEL itself, to tell where a value came from.
    assert without == ["guildbook home", "guildbook next model"]


def test_an_option_comes_from_its_variable(
    guildbook_json: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, small_log: Path
) -> None:
    monkeypatch.setenv("GUILDBOOK_LEARN_TERMS", "research")
    guildbook_json("learn", small_log)
    assert guildbook_json("imports", "list")[0]["terms"] == ["research"]


HOSTILE = "\x1b[2J\x1b]0;owned\x07=HYPERLINK(1)\u202eevil <script>alert(1)</script> [bold]x[/bold]"


def test_hostile_names_are_only_text_on_a_terminal(guildbook: Run, tmp_path: Path) -> None:
    log = tmp_path / "hostile.csv"
    lines = ["case,time,worker,activity"]
    for case in range(30):
        for step in range(3):
            who = HOSTILE if case % 10 == 0 else f"somebody with a name {case % 4}"
            cells = (f"t:{case}", f"2026-02-{1 + case % 28:02}T10:{step:02}:00Z", who, f"step {step} of {who}")
            lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    log.write_text("\n".join(lines) + "\n")
    assert guildbook("learn", log)[0] == 0
    page = tmp_path / "page.html"
    for words in (
        ("learn",),
        ("workers", "list"),
        ("uses",),
        ("practices", "list"),
        ("ask", "who does what?", HOSTILE),
        ("report", "-o", page),
        ("forget", "--worker", "x" + HOSTILE, "--yes"),
    ):
        _, out, err = guildbook(*words)
        assert "\x1b" not in out + err, words
        assert "\x07" not in out + err, words
        assert "\u202e" not in out + err, words
    assert "<script>alert" not in page.read_text()


def _shape(command: Any) -> Any:
    """Names of a command and all its parameters, and of all below it."""
    below = {name: _shape(each) for name, each in getattr(command, "commands", {}).items()}
    return command.name, command.help, [(p.name, p.opts, p.envvar) for p in command.params], below


def test_the_command_asked_for_is_made_alone_and_the_same() -> None:
    whole: Any = typer.main.get_command(app)
    assert len(whole.commands) > 30
    for name, command in whole.commands.items():
        made: Any = typer.main.get_command(asked(["--home", "learn", name, "learn"]))
        assert list(made.commands) == [name]
        assert _shape(made.commands[name]) == _shape(command)
        assert _shape(made)[:3] == _shape(whole)[:3]


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_the_help_names_all_without_making_what_groups_hold(words: list[str]) -> None:
    short, whole = (CliRunner().invoke(each, words, prog_name="guildbook") for each in (asked(words), app))
    assert asked(words) is not app
    assert (short.exit_code, short.output) == (whole.exit_code, whole.output)
    assert "simulate" in short.output


@pytest.mark.parametrize("words", [["lern"], ["--wait", "3", "learn"], ["--home", "learn"], ["--home"]])
def test_where_no_command_is_plain_to_see_all_are_made(words: list[str]) -> None:
    assert asked(words) is app


def test_completion_knows_all_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_GUILDBOOK_COMPLETE", "complete_bash")
    assert asked(["learn"]) is app
