"""`record extension` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guildbook.app import extension
from guildbook.cli.main import app


def test_it_says_where_it_is_and_how_to_load_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "built"
    built.mkdir()
    (built / "manifest.json").write_text('{"name": "Guildbook"}', "utf-8")
    monkeypatch.setattr(extension, "BUILT", built)
    monkeypatch.setattr(extension, "is_built", lambda: True)
    words = ["--home", str(tmp_path / "book"), "record", "extension", str(tmp_path / "out"), "--port", "5777"]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0
    assert "chrome://extensions" in told.output
    assert "5777" in told.output
    asked = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(asked.stdout) == {"folder": str(tmp_path / "out"), "port": 5777}
