"""JSON values as XES attribute elements: the inverse of how the importer reads them."""

from __future__ import annotations

import re
from typing import Any, Final

ITEM: Final = "item"
"""The key of a list's members that have none of their own."""
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
# What XML 1.0 has no way to write, not even as a reference (its production `Char`).
_IMPOSSIBLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SCALARS: Final = (str, bool, int, float)


def escaped(text: str) -> str:
    """Text for an attribute value in double quotes; characters XML cannot hold become U+FFFD."""
    return _IMPOSSIBLE.sub("\ufffd", text).translate(_ESCAPES)


def element(key: str, value: Any) -> str:
    """One attribute element; empty for null."""
    if value is None:
        return ""
    if isinstance(value, list):
        inner = "".join(_member(item) for item in value)
        return f'<list key="{escaped(key)}"><values>{inner}</values></list>'
    if isinstance(value, dict):
        return _of_object(key, value)
    kind, text = _scalar(value)
    return f'<{kind} key="{escaped(key)}" value="{text}"/>'


def _of_object(key: str, value: dict[str, Any]) -> str:
    date = value.get("$date")
    if isinstance(date, str) and len(value) == 1:
        return f'<date key="{escaped(key)}" value="{escaped(date)}"/>'
    own = value.get("$value")
    inner = {name: found for name, found in value.items() if found is not None}
    if isinstance(own, _SCALARS) and len(inner) > 1:
        kind, text = _scalar(own)
        children = "".join(element(name, found) for name, found in inner.items() if name != "$value")
        return f'<{kind} key="{escaped(key)}" value="{text}">{children}</{kind}>'
    return f'<container key="{escaped(key)}">{"".join(element(*pair) for pair in inner.items())}</container>'


def _member(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        if key not in {ITEM, "$date"} and inner is not None:
            return element(key, inner)
    return element(ITEM, value)


def _scalar(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean", "true" if value else "false"
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, float):
        return "float", repr(value)
    return "string", escaped(str(value))
