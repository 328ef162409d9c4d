"""What an import depends on, as one digest: bytes, options, and the version of the importer's mapping."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from guildbook.model.errors import InputError
from guildbook.plugins import ImportOptions

_PIECE: Final = 1 << 20


def file_fingerprint(path: Path, options: ImportOptions, format_version: str) -> str:
    """SHA-256 over the file's bytes, the options and `format_version`, as hex; streamed.

    Raises `InputError` when the file cannot be read.
    """
    digest = hashlib.sha256()
    said = json.dumps({**asdict(options), "mapping": dict(options.mapping)}, sort_keys=True)
    digest.update(f"{format_version}\0{said}\0".encode())
    try:
        with path.open("rb") as handle:
            while piece := handle.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise unreadable(path, error) from error
    return digest.hexdigest()


def unreadable(path: Path, error: OSError) -> InputError:
    """The error for a file the operating system will not give us."""
    if path.is_dir():
        return InputError(f"{path} is a folder, not a file.", "Give the file inside it.", "input-folder")
    return InputError(f"{path} cannot be read: {error.strerror or error}.", "Check the path and its permissions.")
