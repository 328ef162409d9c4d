"""What an event is called: its activity, with content generalised away. Deterministic and versioned.

Without an app (event logs of a process) the action is the activity, and a lifecycle other than complete is appended
unless the action ends with it already: `W_Nabellen+START`; with an element of a page (its role and name are known) it
is `action ELEMENT`: `click Submit`. With an app it is `APP: action ELEMENT (DOCUMENT CLASS)`,
in which names of rows, addresses, ids and quoted text have given way to their kind: `claims: click Settle # (pdf)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

LABEL_VERSION: Final = 2
"""Raised whenever a label may come out differently: sums of another version cannot be added to."""

LIMIT: Final = 80

_URL: Final = re.compile(r"\b[a-z][a-z0-9+.-]{1,9}://(?:[^\s/@]*@)?([^\s/:?#]+)\S*", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_UUID: Final = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_HEX: Final = re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{12,}\b", re.IGNORECASE)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|(?<!\w)'[^']*'(?!\w)")
_PATH: Final = re.compile(r"(?:\b[a-z]:\\|\\\\|(?<!\S)~?/)[^\s:;,)]*[^\s:;,.)]", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\d+(?:[.,]\d+)*")
_SPACE: Final = re.compile(r"[\s\x00-\x1f\x7f]+")
_RESERVED: Final = re.compile(r"^(worker|case):")

_CLASSES: Final = {
    "spreadsheet": "xls xlsx xlsm xlsb ods csv tsv numbers",
    "document": "doc docx odt rtf pages txt md tex",
    "slides": "ppt pptx odp key",
    "pdf": "pdf",
    "image": "png jpg jpeg gif bmp tif tiff svg webp heic",
    "mail": "eml msg mbox",
    "archive": "zip gz tar 7z rar xz bz2 zst",
    "page": "html htm xhtml",
    "data": "json xml yaml yml toml parquet sqlite db ini",
    "code": "py js ts java c h cpp cs go rs rb php sql sh ipynb r kt swift",
    "sound or film": "mp3 wav ogg mp4 mov avi mkv webm m4a",
}
_CLASS_OF: Final = {ending: name for name, endings in _CLASSES.items() for ending in endings.split()}


def clean(text: str, limit: int = LIMIT) -> str:
    """One line of at most `limit` characters, without control characters.

    A label can never look like a worker's or a condition's symbol, which carry a prefix of their own.
    """
    line = _SPACE.sub(" ", text).strip()
    line = _RESERVED.sub(r"\1 :", line)
    return line if len(line) <= limit else line[: limit - 1] + "…"


@lru_cache(maxsize=65_536)
def generalise(text: str) -> str:
    """The text with its content replaced by kinds: digits, addresses, ids, quotations, paths, web addresses."""
    text = _URL.sub(r"\1", text[:400])
    text = _identifiers(text)
    text = _QUOTED.sub("<text>", text)
    text = _PATH.sub(lambda m: f"<{document_class(m.group()) or 'path'}>", text)
    return clean(_DIGITS.sub("#", text))


def document_class(document: str | None) -> str:
    """The class of a document by its ending: `spreadsheet`, `pdf`, …; empty when unknown."""
    if not document:
        return ""
    stem, dot, ending = document.rstrip("/\\").rpartition(".")
    return _CLASS_OF.get(ending.strip().lower(), "") if dot and stem else ""


def plain_label(action: str, lifecycle: str | None) -> str:
    """The activity of an event without an app. Digits stay: in a process log they name the step."""
    name = clean(_identifiers(action[:400])) or "?"
    step = (lifecycle or "").strip()
    if not step or step.lower() == "complete" or name.lower().endswith(f"+{step.lower()}"):
        return name
    return clean(f"{name}+{step}")


def page_label(action: str, element: str) -> str:
    """The activity of an event without an app that is with an element of a page or window: `click Submit`."""
    verb = generalise(action) or "?"
    return verb if element.lower() in verb.lower() else clean(f"{verb} {element}")


def app_label(app: str, action: str, element: str, kind: str) -> str:
    """The activity of an event in an app. `element` is generalised already, `kind` is a document class."""
    verb = generalise(action) or "?"
    name = f"{generalise(app)}: {verb}"
    if element and element.lower() not in verb.lower():
        name += f" {element}"
    return clean(f"{name} ({kind})" if kind else name)


def label_of(fields: Mapping[str, str | None]) -> str:
    """The activity of one event given by field: app, action, element_name, element_role, document, lifecycle."""
    app, action = fields.get("app"), fields.get("action") or ""
    name, role = generalise(fields.get("element_name") or ""), generalise(fields.get("element_role") or "")
    if not app and name and role:
        return page_label(action, name)
    if not app:
        return plain_label(action, fields.get("lifecycle"))
    element = name or role
    return app_label(app, action, element, document_class(fields.get("document")))


def _identifiers(text: str) -> str:
    return _HEX.sub("<id>", _UUID.sub("<id>", _ADDRESS.sub("<address>", text)))
