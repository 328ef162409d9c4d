"""The command that becomes the page's process."""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest

from guildbook.app.exploring import MissingPageError, become, words


def test_the_process_is_told_what_the_command_was_told() -> None:
    assert words(None, None, opens=True) == [sys.executable, "-m", "guildbook.server.explore"]
    assert words("-a.yaml", 5631, opens=False)[3:] == ["--port", "5631", "--no-open", "--", "-a.yaml"]


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        del name

    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    with pytest.raises(MissingPageError, match="without support"):
        words(None, None, opens=True)


def test_it_goes_on_as_that_process(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[tuple[str, list[str]]] = []

    def execv(program: str, command: list[str]) -> None:
        became.append((program, command))

    monkeypatch.setattr(os, "execv", execv)
    become(["python", "-m", "x"])
    assert became == [("python", ["python", "-m", "x"])]
