"""An event's `attributes`: one JSON object in canonical form (sorted keys, no spaces, no ASCII escapes).

Equal attributes are equal text, so that the column can be dictionary encoded, compared and hashed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any, Final

ARTEFACTS: Final = frozenset({"", "Unnamed: 0", "Unnamed:0", "@@index", "@@case_index", "@@classifier"})
"""Names under which pandas and pm4py leave row numbers and the like: the tool's, not the work's, so never kept."""
VARIANT: Final = frozenset({"variant", "variant-index"})
"""Disco's names for the sequence a *finished* case took: derived, and known only when all is over, so never kept."""


def canonical(values: Mapping[str, Any]) -> str | None:
    """The canonical text of `values`; keys with a null or NaN value are left out; null when none is left.

    Raises `TypeError` for values JSON has no form for and `ValueError` for an infinite number.
    """
    return join({key: fragment(value) for key, value in values.items() if not missing(value)})


def missing(value: Any) -> bool:
    """Whether a value says nothing: None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def fragment(value: Any) -> str:
    """One value as canonical JSON."""
    if isinstance(value, str):
        return encode_basestring(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def key_prefix(key: str) -> str:
    """A key as it stands before its value, with the colon."""
    return f"{encode_basestring(key)}:"


def join(fragments: Mapping[str, str]) -> str | None:
    """The object whose values are already JSON text; null when there is none."""
    return join_sorted(sorted(fragments.items()))


def join_sorted(items: Iterable[tuple[str, str]]) -> str | None:
    """As `join`, for pairs already in order of key."""
    inner = ",".join([f"{encode_basestring(key)}:{text}" for key, text in items])
    return f"{{{inner}}}" if inner else None
