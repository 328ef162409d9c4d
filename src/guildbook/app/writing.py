"""Files for people, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from guildbook.model.errors import InputError


def written(output: Path, text: str) -> Path:
    """Write a text file in UTF-8; raises `InputError` where that cannot be done."""
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(output)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"{output} cannot be written: {error.strerror}.", "Give another -o FILE.") from error
    return output
