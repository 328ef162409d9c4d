"""What runs all day holds nothing that only a book or a child process needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import importlib, sys
for name in NAMES:
    importlib.import_module(name)
heavy = {"numba", "sqlalchemy", "scipy", "pandas", "pyarrow.parquet", "rapidocr", "cv2", "openpyxl"}
print(" ".join(sorted(heavy & set(sys.modules))))
"""
ALWAYS = ("guildbook.server.__main__", "guildbook.app.delivering")
SOURCES = ("browser", "documents", "git", "mail", "screen", "sheets", "shell")
PARTS = ("_mail_watch", "_files_source", "_files_watching", "_git_clones", "_libreoffice_live")


def loaded(names: list[str]) -> str:
    code = CODE.replace("NAMES", repr(names))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_recorder_with_its_sources_is_light() -> None:
    assert not loaded([*ALWAYS, *(f"guildbook.record.sources.{name}" for name in (*SOURCES, *PARTS))])


def test_so_are_those_that_speak_to_x() -> None:
    pytest.importorskip("xcffib")
    pytest.importorskip("jeepney")
    assert not loaded([f"guildbook.record.sources.{name}" for name in ("desktop", "_desktop_watch", "_screen_x11")])
