"""Whether what was entered is what was asked for, and if not, what is amiss with it.

Only the verdict leaves this module; texts stay where they are.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

_QUOTED: Final = re.compile(r"\"([^\"]*)\"|“([^”]*)”|«([^»]*)»|(?<!\w)'([^']*)'(?!\w)")
_CLOCK: Final = re.compile(r"(?<![\d:])(\d{1,2})[:.h](\d{2})(?::\d{2})?(?:\s?([AaPp])\.?[Mm]\b\.?)?(?![\d:])")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)*")
_DATES: Final = (
    (re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)"), (0, 1, 2)),
    (re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)"), (2, 0, 1)),
    (re.compile(r"(?<!\d)(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)"), (2, 1, 0)),
)
_PICKED: Final = re.compile(
    r"\b(?:select|check|tick|choose|pick|click|mark)(?: on)? (?!the\b|an?\b)(.+?),? and (?:then )?"
    r"(?:click|press|hit|submit|confirm)\b",
    re.IGNORECASE,
)
_AND: Final = re.compile(r",\s*(?:and\s+)?|\s+and\s+")
_NOTHING: Final = frozenset({"nothing", "none", "all", "everything"})
_FEW_WORDS: Final = 3
_SPACE: Final = re.compile(r"\s+")
_NAME: Final = re.compile(r"[A-Z][\w’-]*")
_DAY_MINUTES: Final = 1440
_HALF_DAY: Final = 720
_NEAR: Final = 4
"""One slip in this many letters is a slip; more, and it is another word."""
_SHORT: Final = 3


class Verdict(StrEnum):
    """How an entry compares with the request."""

    RIGHT = "right"
    EMPTY = "empty"
    CASE = "case"
    PART = "part"
    MORE = "more"
    HALF_DAY = "half-day"
    NEAR = "near"
    OTHER = "other"
    COPIED = "copied"
    """Other than what was asked for, and the same as something else that was shown."""


@lru_cache(maxsize=65_536)
def compare(value: str, asked: str) -> Verdict:
    """The verdict on a value in a field, given the text of the request.

    Times, dates and numbers are compared as such. Words count as asked for when they stand in the request as whole
    words, and what stands in quotation marks when it is entered whole.
    """
    entered = _plain(value)
    if not entered:
        return Verdict.EMPTY
    typed = _as_time(entered, asked) or _as_date(entered, asked) or _as_number(entered, asked)
    return typed or _as_words(entered, _plain(asked))


@lru_cache(maxsize=65_536)
def named(shown: str, asked: str) -> bool:
    """Whether the words that something shows stand in the request."""
    words = _plain(shown)
    return len(words) > 1 and _within(words, _plain(asked))


@lru_cache(maxsize=65_536)
def quotations(asked: str) -> tuple[str, ...]:
    """What stands in quotation marks."""
    found = (next(g for g in m.groups() if g is not None) for m in _QUOTED.finditer(asked))
    return tuple(_plain(text) for text in found if text.strip())


@lru_cache(maxsize=65_536)
def listed(asked: str) -> tuple[str, ...]:
    """What a request wants picked, one by one: `Select red, blue and green and press Submit.` names three colours."""
    found = _PICKED.search(_QUOTED.sub(" ", asked))
    if found is None:
        return ()
    parts = (_plain(part) for part in _AND.split(found[1]))
    return tuple(part for part in parts if part and len(part.split()) <= _FEW_WORDS and part.lower() not in _NOTHING)


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _within(words: str, text: str) -> bool:
    """Whether words stand in a text between the borders of words."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def _minutes(match: re.Match[str]) -> int | None:
    hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):  # noqa: PLR2004 - of a clock
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return (hour * 60 + minute) % _DAY_MINUTES


def _as_time(value: str, asked: str) -> Verdict | None:
    own = _CLOCK.fullmatch(value)
    entered = _minutes(own) if own else None
    wanted = {minutes for m in _CLOCK.finditer(asked) if (minutes := _minutes(m)) is not None}
    if entered is None or not wanted:
        return None
    if entered in wanted:
        return Verdict.RIGHT
    if any((entered - minutes) % _DAY_MINUTES == _HALF_DAY for minutes in wanted):
        return Verdict.HALF_DAY
    return Verdict.OTHER


def _dates(text: str) -> set[tuple[int, ...]]:
    return {tuple(int(m[i + 1]) for i in order) for pattern, order in _DATES for m in pattern.finditer(text)}


def _as_date(value: str, asked: str) -> Verdict | None:
    entered, wanted = _dates(value), _dates(asked)
    if not entered or not wanted:
        return None
    return Verdict.RIGHT if entered <= wanted else Verdict.OTHER


def _as_number(value: str, asked: str) -> Verdict | None:
    if not _NUMBER.fullmatch(value):
        return None
    wanted = set(_NUMBER.findall(asked))
    if value in wanted or value.lstrip("0") in {text.lstrip("0") for text in wanted}:
        return Verdict.RIGHT
    return Verdict.OTHER if wanted else None


def _as_words(value: str, asked: str) -> Verdict:
    quoted = quotations(asked)
    outside = _QUOTED.sub(" \N{SYMBOL FOR NULL} ", asked)
    if value in quoted or _within(value, outside):
        return Verdict.RIGHT
    small = value.casefold()
    if small in {text.casefold() for text in quoted} or _within(small, outside.casefold()):
        return Verdict.CASE
    if any(small in text.casefold() for text in quoted):
        return Verdict.PART
    goals = [*quoted, *_NAME.findall(outside)]
    if any(text.casefold() in small for text in goals if len(text) > _SHORT):
        return Verdict.MORE
    slips = min((_distance(small, goal.casefold()) / max(len(goal), 1) for goal in goals), default=1.0)
    if slips <= 1 / _NEAR:
        return Verdict.NEAR
    return Verdict.PART if len(small) > 1 and any(g.casefold().startswith(small) for g in goals) else Verdict.OTHER


def _distance(one: str, two: str) -> int:
    """Insertions, deletions and changes between two texts (Wagner and Fischer 1974), cut at 400 characters."""
    one, two = one[:400], two[:400]
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(two, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
