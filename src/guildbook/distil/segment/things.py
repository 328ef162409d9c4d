"""Identifiers that events name, wherever they stand: `C-003` in a mail's subject, in a form's field and in a command.

What is worked on is often named in every application it goes through, each in a field of its own. Such a name on both
sides of a gap speaks against a border there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

FIELDS: Final = ("element_name", "window", "value_after", "document", "url")
"""Where identifiers are looked for. What an element is called by machines (`Sheet1!A4`) names a place, not a thing."""
MOST: Final = 4
"""Identifiers looked at in one event: the first of each field in turn."""
WIDELY: Final = 3
"""Kinds of field that name a thing. A content that is carried from field to field is in none but `value_after`."""
REACH: Final = 40
"""Events between two mentions of one thing beyond which they say nothing of what is between."""
SPREAD: Final = 0.25
"""What is named again and again over this share of the stream is no thing that is worked on once."""
NONE: Final = -1

_NAME: Final = re.compile(
    r"(?<![\w.-])[A-Za-z]{1,12}[-_]?\d[\w-]{1,40}(?![\w-])|(?<![\w.,-])\d[\d-]{4,40}(?![\w-]|[.,]\d)"
)
_LOOKED_AT: Final = 400


def identifiers(text: str) -> list[str]:
    """The identifiers in a text: letters and digits as in `C-003` or `POL0717`, or at least five digits.

    Words, small numbers, amounts with a fraction and cells of a sheet (`A4`) are none.
    """
    return [found.casefold() for found in _NAME.findall(text[:_LOOKED_AT]) if len(found) > 3]  # noqa: PLR2004


def named(fields: Sequence[tuple[Sequence[str], Ints]]) -> Ints:
    """(n, `MOST`): codes of the identifiers that each event names; −1 where there are no more.

    `fields`: of each of `FIELDS` its distinct texts and every event's code, −1 for none.
    """
    said = [[list(dict.fromkeys(identifiers(text)))[:MOST] for text in texts] for texts, _ in fields]
    often = Counter(each for texts in said for each in {name for names in texts for name in names})
    codes = {name: code for code, name in enumerate(name for name, count in often.items() if count >= WIDELY)}
    n = len(fields[0][1])
    out = np.full((n, MOST), NONE)
    free = np.zeros(n, np.int64)
    for texts, (_, code) in zip(said, fields, strict=True):
        of_text = np.full((len(texts) + 1, MOST), NONE)
        for place, names in enumerate(texts):
            for at, name in enumerate(names):
                of_text[place, at] = codes.get(name, NONE)
        for column in of_text[code].T:
            rows = np.flatnonzero((column >= 0) & (free < MOST))
            out[rows, free[rows]] = column[rows]
            free[rows] += 1
    return out


def between(found: Ints) -> NDArray[np.bool_]:
    """(n,): whether one thing is named before a place and, not far from that, at it or after it.

    `found`: as `named` gives it, rows in the order looked at; a row of −1 names nothing.
    """
    row, column = np.nonzero(found >= 0)
    code = found[row, column]
    order = np.lexsort((row, code))
    row, code = row[order], code[order]
    begins = np.ones(len(row), dtype=bool)
    begins[1:] = (np.diff(code) != 0) | (np.diff(row) > REACH)
    first = row[begins]
    last = row[np.append(np.flatnonzero(begins)[1:], len(row)) - 1] if len(row) else row
    once = last - first <= max(int(SPREAD * len(found)), REACH)
    change = np.zeros(len(found) + 1, np.int64)
    np.add.at(change, first[once] + 1, 1)
    np.add.at(change, last[once] + 1, -1)
    return np.cumsum(change[:-1]) > 0
