"""Agreements in files: YAML as people write it, or the JSON document with both views."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, cast

from guildbook.govern.agreement.hashing import check, document_hash
from guildbook.govern.agreement.yaml import read
from guildbook.model.agreement import Agreement
from guildbook.model.errors import InputError

_MOST_BYTES: Final = 1_000_000


def load(path: Path) -> Agreement:
    """The agreement in a file. A document (`.json`) must have the text its machine view says. Raises `InputError`."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(
                f"{path} is too large for an agreement.", "Give the agreement's own file.", "agreement-file"
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {error}.", "Give a YAML or JSON file in UTF-8.", "agreement-file"
        ) from error
    return _document(text, path) if path.suffix == ".json" else read(text, str(path))


def _document(text: str, path: Path) -> Agreement:
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            offered = cast("dict[str, Any]", found)
            return check(offered, document_hash(offered))
        why = "it is no object"
    except (ValueError, TypeError, RecursionError) as error:
        why = str(error)
    raise InputError(
        f"{path} is no agreement document: {why}.", "guildbook agreement export FILE --format json.", "agreement-file"
    )
