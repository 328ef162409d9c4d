"""Editing keeps everything but the one value."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.config import settings, tomlfile
from guildbook.config.values import from_toml, to_toml
from guildbook.model import UsageError

PATH = Path("guildbook.toml")


@pytest.mark.parametrize(
    ("before", "key", "literal", "after"),
    [
        ("", "a.x", "1", "[a]\nx = 1\n"),
        ("", "home", '"b"', 'home = "b"\n'),
        ("[a]\nx = 1 # why\ny = 2\n", "a.x", "3", "[a]\nx = 3  # why\ny = 2\n"),
        ("[a]\nx = '#' # why", "a.x", "'b'", "[a]\nx = 'b'  # why\n"),
        ("[a]\nx = [\n  1, # one\n]\ny = 2\n", "a.x", "[2]", "[a]\nx = [2]\ny = 2\n"),
        ("[a] # first\n[b]\nz = 1\n", "a.x", "1", "[a] # first\nx = 1\n[b]\nz = 1\n"),
        ("[a]\nx = 1\n\n# b is next\n[b]\n", "a.y", "2", "[a]\nx = 1\ny = 2\n\n# b is next\n[b]\n"),
        ("a.x = 1\n", "a.y", "2", "a.x = 1\na.y = 2\n"),
        ("# mine\n[b]\nz = 1\n", "home", "''", "home = ''\n# mine\n[b]\nz = 1\n"),
        ("[ a ]\n  x = 1\n", "a.x", "2", "[ a ]\n  x = 2\n"),
        ('[a]\nx = """\n[b]\ny = 1\n"""\n', "a.y", "2", '[a]\nx = """\n[b]\ny = 1\n"""\ny = 2\n'),
    ],
)
def test_changed(before: str, key: str, literal: str, after: str) -> None:
    assert tomlfile.changed(before, PATH, key, literal) == after


def test_an_inline_table_is_left_to_a_person() -> None:
    with pytest.raises(UsageError, match="by hand"):
        tomlfile.changed("a = {x = 1, y = 2}\n", PATH, "a.x", "3")


def test_statements_know_their_lines() -> None:
    text = "top = 1\n\n[a]\n# note\nx = [\n 1,\n]\n[a.b]\ny = {z = 1}\n"
    found = [(s.start + 1, s.end, s.values) for s in tomlfile.statements(text, PATH)]
    assert found == [(1, 1, {"top": 1}), (5, 7, {"a.x": [1]}), (9, 9, {"a.b.y.z": 1})]


def test_write_keeps_the_mode_and_follows_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("x = 1\n", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    tomlfile.write(link, "x = 2\n")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "x = 2\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.toml", "real.toml"]


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "guildbook.toml"
    path.write_text("x = 1\n", encoding="utf-8")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tomlfile.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        tomlfile.write(path, "x = 2\n")
    assert [p.name for p in tmp_path.iterdir()] == ["guildbook.toml"]
    assert path.read_text(encoding="utf-8") == "x = 1\n"


WORDS = st.text(st.characters(blacklist_categories=["Cs"]))


@given(st.lists(WORDS))
def test_any_words_survive_a_file(words: list[str]) -> None:
    setting = settings()["distil.good_outcomes"]
    text = tomlfile.changed("# kept\n", PATH, setting.key, to_toml(tuple(words)))
    assert text.startswith("# kept\n")
    assert from_toml(setting, tomllib.loads(text)["distil"]["good_outcomes"], Path()) == tuple(words)
    assert [s.values for s in tomlfile.statements(text, PATH)] == [{setting.key: words}]
