"""What is known of a case: its `case:` attributes as conditions a practice may hang on."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import Any, Final

LIFECYCLE: Final = "lifecycle:transition"
PREFIX: Final = "case:"
LIMIT: Final = 40
"""Longer strings are text, not categories."""
LISTED: Final = 8
"""Words of a list that each are a condition: what a thread is about, for example."""
STEPS: Final = 4
"""A number names this many of the 1-2-5 boundaries it has reached, the largest."""

REQUEST_KEYS: Final = "instructions?|goal|request|query|question|utterance|prompt|command|assignment|wish|asked"
"""Names (as a regular expression) of attributes that say what is asked of a case; so does any longer text."""
REQUEST_SPACES: Final = 5

_REQUEST: Final = re.compile(REQUEST_KEYS, re.IGNORECASE)
_NAMING: Final = re.compile(
    r"(^|[\W_])(id|ids|uuid|guid|name|number|nr|date|time|timestamp|created|updated|start|end|deadline|description)"
    r"($|[\W_])|(?<=[a-z])(Id|ID|Date|Time)$",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"[a-z](Id|ID|Date|Time|Name|Number)$")
_PAIR: Final = re.compile(r'(?<=[{,])"case:([^"]*)":("[^"]*"|true|false|-?[0-9][0-9.eE+-]*)')
_LIFECYCLE: Final = re.compile(r'(?<=[{,])"lifecycle:transition":"([^"]*)"')
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?$")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_OPAQUE: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}|\d{9,}", re.IGNORECASE)


def parse_attributes(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The lifecycle and the conditions in one event's attributes (a JSON object in canonical form)."""
    if "\\" in text or ": " in text or "{" in text[1:] or '":[' in text:
        return parse_json(text)
    # Flat, without escapes or spaces: pairs can be read off, and each has been seen before more often than not.
    named = [c for key, value in _PAIR.findall(text) for c in _read(key, value)]
    lifecycle = _LIFECYCLE.search(text)
    return (lifecycle.group(1) if lifecycle else None), tuple(sorted(named))


def parse_json(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The same for any JSON."""
    found: Any = json.loads(text)
    if not isinstance(found, dict):
        return None, ()
    lifecycle = found.get(LIFECYCLE)
    named: list[str] = []
    for key, value in found.items():
        if key.startswith(PREFIX):
            for part in _words(value) if isinstance(value, list) else (value,):
                named.extend(_conditions(key[len(PREFIX) :], type(part), part if _scalar(part) else None))
    return (lifecycle if isinstance(lifecycle, str) else None), tuple(sorted(named))


def _words(values: list[Any]) -> list[str]:
    """The words of a list; numbers in a list measure nothing that is known."""
    return [value for value in values[:LISTED] if isinstance(value, str) and not _NUMBER.match(value.strip())]


@lru_cache(maxsize=65_536)
def _read(key: str, text: str) -> tuple[str, ...]:
    """The conditions of one pair, its value still as JSON."""
    value: Any = json.loads(text)
    return _conditions(key, type(value), value)


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


@lru_cache(maxsize=65_536)
def _conditions(key: str, kind: type, value: str | float | bool | None) -> tuple[str, ...]:  # noqa: FBT001
    """Texts such as `product=marine`, `fast=true` and `amount≥5000`.

    Keys that name, number or date a case say nothing about others like it and are left out, as are values that
    look like ids. `kind` keeps 1, 1.0 and true apart in the cache, where they are equal.
    """
    if value is None or _NAMING.search(key) or _CAMEL.search(key):
        return ()
    if kind is bool:
        return (f"{key}={'true' if value else 'false'}",)
    if isinstance(value, str):
        text = value.strip()
        if _NUMBER.match(text):
            return _boundaries(key, float(text))
        if not text or len(text) > LIMIT or _DATE.match(text) or _OPAQUE.search(text) or _asks(key, text):
            return ()
        return (f"{key}={text}",)
    return _boundaries(key, float(value))


def _asks(key: str, text: str) -> bool:
    """Whether a text is a request (see `quality.checks`) rather than a category."""
    return text.count(" ") >= REQUEST_SPACES or _REQUEST.fullmatch(key) is not None


def _boundaries(key: str, value: float) -> tuple[str, ...]:
    """The largest 1-2-5 boundaries not above a positive number."""
    if not (value > 0 and math.isfinite(value)):
        return ()
    decade = math.floor(math.log10(value)) + 1
    found: list[str] = []
    while len(found) < STEPS and decade >= -9:  # noqa: PLR2004 - below a billionth there is nothing to tell apart
        for digit in (5, 2, 1):
            reached = digit * 10**decade if decade >= 0 else digit / 10**-decade
            if reached <= value and len(found) < STEPS:
                found.append(f"{key}≥{reached:.{max(0, -decade)}f}")
        decade -= 1
    return tuple(found)
