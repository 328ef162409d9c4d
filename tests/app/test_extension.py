"""The extension written out for one recorder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guildbook.app import extension
from guildbook.app.extension import write_extension
from guildbook.app.recorder import Recorder
from guildbook.config import load
from guildbook.model.errors import InputError, UsageError


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Something built, whether or not this installation has the extension."""
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"name": "Guildbook"}', "utf-8")
    (folder / "worker.js").write_text("1", "utf-8")
    monkeypatch.setattr(extension, "BUILT", folder)
    monkeypatch.setattr(extension, "is_built", (folder / "manifest.json").exists)
    return folder


def test_it_is_paired_with_the_recorder_and_private(built: Path, tmp_path: Path) -> None:
    told = write_extension(load(tmp_path / "book"), tmp_path / "out")
    pairing = tmp_path / "out" / "config.json"
    recorder = Recorder(load(tmp_path / "book"))
    assert json.loads(pairing.read_text("utf-8")) == {"port": 5600, "token": recorder.door}
    recorder.outbox.close()
    assert pairing.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out" / "worker.js").read_text("utf-8") == "1"
    assert told == {"folder": str(tmp_path / "out"), "port": 5600}


def test_it_is_written_anew_over_an_earlier_one(built: Path, tmp_path: Path) -> None:
    config = load(tmp_path / "book")
    write_extension(config, tmp_path / "out")
    (built / "worker.js").write_text("2", "utf-8")
    assert write_extension(config, tmp_path / "out", 5777)["port"] == 5777
    assert (tmp_path / "out" / "worker.js").read_text("utf-8") == "2"
    assert json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))["port"] == 5777


def test_it_finds_where_the_recorder_listens(built: Path, tmp_path: Path) -> None:
    (tmp_path / "book" / "recorder").mkdir(parents=True)
    (tmp_path / "book" / "recorder" / "state.json").write_text('{"pid": 1, "port": 5999}', "utf-8")
    assert write_extension(load(tmp_path / "book"), tmp_path / "out")["port"] == 5999


@pytest.mark.parametrize("name", ["letter.txt", "manifest.json"])
def test_nothing_else_is_written_over(built: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text('{"name": "Mine"}', "utf-8")
    with pytest.raises(UsageError, match="something else"):
        write_extension(load(tmp_path / "book"), tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == [name]


def test_an_installation_without_it_says_so(built: Path, tmp_path: Path) -> None:
    (built / "manifest.json").unlink()
    with pytest.raises(InputError, match="no extension") as told:
        write_extension(load(tmp_path / "book"), tmp_path / "out")
    assert "npm" in told.value.fix
