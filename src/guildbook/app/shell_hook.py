"""The shell's hook of one book's recorder."""

from __future__ import annotations

from pathlib import Path

from guildbook.app.recorder import FOLDER
from guildbook.config import Config
from guildbook.record.sources import _shell_hook


def text(config: Config, shell: str) -> str:
    """What the shell has to read. Raises `UsageError` for a shell without a hook."""
    return _shell_hook.hook(shell, config.home / FOLDER)


def install(config: Config, shell: str) -> Path:
    """Have every new shell of this person read the hook; returns the start file."""
    return _shell_hook.install(shell, config.home / FOLDER, Path.home())


def remove(config: Config, shell: str) -> Path:
    """Take it away again; returns the start file."""
    return _shell_hook.remove(shell, config.home / FOLDER, Path.home())
