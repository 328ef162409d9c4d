"""Canonical JSON: one byte string for one value, so that what is signed and hashed can be written down again.

Sorted keys, no spaces, UTF-8, nothing escaped that JSON lets stand. Keys sort by code point. Only what is exact
is taken: money is whole cents, shares are whole millionths, times whole microseconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

Plain: TypeAlias = "str | int | bool | list[Plain] | tuple[Plain, ...] | Mapping[str, Plain] | None"
"""What canonical JSON can hold."""

_DEEPEST: Final = 64
_LEAVES: Final = frozenset({str, int, bool, type(None)})
"""Nothing can be wrong with these. A grant on a big book holds half a million, and calls are dear."""


def canonical(value: Plain) -> bytes:
    """The one byte string of `value`.

    A tuple is written as a list, a member of a `StrEnum` as its text. Raises `TypeError` for a float, a key that is
    not text, or any other type; `ValueError` for text that is no Unicode (a lone surrogate), or lists and mappings
    more than 64 deep.
    """
    _check(value, 0)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def digest(value: Plain) -> str:
    """SHA-256 of the canonical bytes, as hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def plain(data: bytes) -> Any:
    """What canonical bytes say. Raises `ValueError` unless they are exactly what `canonical` would write."""
    try:
        value = json.loads(data)
        same = canonical(value) == data
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if not same:
        raise ValueError("not in canonical form")
    return value


def _check(value: Any, depth: int) -> None:
    if value is None or isinstance(value, (str, int)):
        return
    if depth >= _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} levels deep")
    if isinstance(value, dict):
        for key, inner in cast("dict[Any, Any]", value).items():
            if not isinstance(key, str):
                raise TypeError(f"a key must be text, not {type(key).__name__}")
            if type(inner) not in _LEAVES:
                _check(inner, depth + 1)
    elif isinstance(value, (list, tuple)):
        for inner in cast("Sequence[Any]", value):
            if type(inner) not in _LEAVES:
                _check(inner, depth + 1)
    else:
        raise TypeError(f"canonical JSON holds no {type(value).__name__}")
