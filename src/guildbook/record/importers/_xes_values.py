"""XES attribute values as JSON values and back in kind: each keeps its type.

`string`, `id` → text; `int`, `float`, `boolean` → number and truth value; `date` → `{"$date": text}`; `list` → array
(children keyed `item` bare, others as `{key: value}`); `container` → object. A value with attributes of its own
becomes `{"$value": value, key: …}`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

Leaf = str | tuple[str, str]
"""A plain string, or (XES type, text) for the other types."""
Node = tuple[str, str, list[tuple[str, Any]]]
"""(XES type, text, children): an attribute that holds others. The children are (key, Node)."""

ITEM: Final = "item"
_PAIR: Final = 2
_DIGITS: Final = 300
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
_EMPTY: Final[dict[str, Callable[[], Any]]] = {"list": list, "values": list, "container": dict}
_WHOLE_END: Final = ".0"
_NOBODY: Final = frozenset({"", "nan", "none", "null", "n/a", "na", "unknown", "undefined", "-", "?"})


def to_json(value: Leaf | Node) -> Any:
    """A value as JSON; None for NaN and for an empty number."""
    if isinstance(value, str):
        return value
    if len(value) == _PAIR:
        return _scalar(value[0], value[1])
    kind, text, children = value
    if kind in {"list", "values"}:
        return _array(children)
    if not children and kind != "container":
        return _scalar(kind, text)
    inner = {key: found for key, child in children if (found := to_json(child)) is not None}
    return inner if kind == "container" else {"$value": _scalar(kind, text), **inner}


def text_of(value: Leaf | Node | None) -> str:
    """A value as one word, trimmed; a whole float loses its `.0`, since tables saved by pandas turn ids to floats."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    text = value[1].strip()
    return text.removesuffix(_WHOLE_END) if value[0] == "float" else text


def worker_of(value: Leaf | Node | None) -> str | None:
    """The name of a person, or None for an empty value and the words logs put for nobody."""
    name = text_of(value)
    return None if name.lower() in _NOBODY else name


def _array(children: list[tuple[str, Any]]) -> list[Any]:
    items: list[Any] = []
    for key, child in children:
        if child[0] == "values":  # IEEE 1849 wraps a list's members in one element
            items += to_json(child)
        else:
            items.append(to_json(child) if key == ITEM else {key: to_json(child)})
    return items


def _scalar(kind: str, text: str) -> Any:
    if kind in _EMPTY:
        return _EMPTY[kind]()
    if kind == "date":
        return {"$date": text}
    if kind == "boolean":
        return _TRUTH.get(text.strip().lower(), text)
    if kind in {"int", "float"}:
        return _number(kind, text.strip())
    return text


def _number(kind: str, text: str) -> Any:
    # A text that is no number of its kind stays as it was written.
    if not text or len(text) > _DIGITS:
        return text or None
    try:
        number = int(text) if kind == "int" else float(text)
    except ValueError:
        return text
    if isinstance(number, float) and not math.isfinite(number):
        return None if math.isnan(number) else text
    return number
