"""Writes out the browser extension that belongs to this book's recorder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

from guildbook.app.recorder import FOLDER, STATE, secret_of
from guildbook.config import Config
from guildbook.model.errors import InputError, UsageError
from guildbook.record.sources.browser import BUILT, NOT_BUILT, is_built

PORT: Final = 5600
MARK: Final = "manifest.json"
PAIRING: Final = "config.json"
"""Where the recorder listens and the token of its door: whoever reads it may hand in events, and nothing else."""


def write_extension(config: Config, folder: Path, port: int | None = None) -> dict[str, Any]:
    """Write the unpacked extension to a folder that is empty, new, or has an earlier one; returns folder and port.

    `port`: where the recorder listens; else where the one that runs does, or 5600. Raises `InputError` where the
    extension was not built and `UsageError` for a folder with something else in it.
    """
    if not is_built():
        raise InputError("There is no extension to write out.", NOT_BUILT, "not-built")
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not _ours(folder))):
        raise UsageError(f"{folder} has something else in it.", "Name a folder that is empty or not there yet.")
    recorder = config.home / FOLDER
    recorder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = port or _port(recorder / STATE) or PORT
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for part in BUILT.iterdir():
        shutil.copyfile(part, folder / part.name)
    unfinished = folder / f"{PAIRING}.part"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"port": wanted, "token": secret_of(recorder / "door")}, file)
    unfinished.replace(folder / PAIRING)
    return {"folder": str(folder), "port": wanted}


def _ours(folder: Path) -> bool:
    try:
        return json.loads((folder / MARK).read_text("utf-8"))["name"] == "Guildbook"
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _port(state: Path) -> int | None:
    try:
        return int(json.loads(state.read_text("utf-8"))["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
