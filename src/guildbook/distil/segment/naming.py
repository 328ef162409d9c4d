"""Names of routines that are the same whoever does them, whenever: they tell what was done, not who did it with what.

A name holds a title for people and marks: hashes of the steps that most of its performances hold, each as it is and
with its digits left aside. Which document, window or address it was is no mark: the next person's is another. Marks
tell nothing about contents and cannot be read back, but names can be held against one another by what they share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.labels import generalise
from guildbook.distil.segment.stream import dense, words
from guildbook.model.ids import symbol

Ints = NDArray[np.int64]

MARKED: Final = ("app", "action", "element_role", "element_name", "element_id", "element_selector")
"""What a mark is made of."""
OFTEN: Final = 0.5
"""Share of its performances that hold a mark of a routine."""
MOST: Final = 128
"""Marks kept: those of the lowest hashes, which are as good as drawn by lot."""
SIGN: Final = "\x07"
"""Begins a name; no case type and no label has it."""
_APART: Final = "\x1f"
_MARK: Final = (1 << 40) - 1
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True)
class Name:
    """What a routine is called in the sums."""

    otherwise: str
    """The task it counts as where it turns out not to be done again and again: `work in APP`."""
    title: str
    marks: tuple[int, ...]
    """Rising."""

    def __str__(self) -> str:
        """As the sums have it."""
        return SIGN + _APART.join((self.otherwise, self.title, *(f"{mark:x}" for mark in self.marks)))

    @classmethod
    def read(cls, text: str) -> Name | None:
        """The name a text of the sums holds; None for any other task."""
        if not text.startswith(SIGN):
            return None
        otherwise, title, *marks = text[len(SIGN) :].split(_APART)
        return cls(otherwise, title, tuple(int(mark, 16) for mark in marks))


def marks_of(table: pa.Table) -> tuple[Ints, Ints]:
    """(codes (n, 2), hashes): two marks of each row, as codes into the hashes of all."""
    columns = [words(table, name) for name in MARKED]
    cells = dense(*[code for _, code in columns])
    _, first = np.unique(cells, return_index=True)
    whole: dict[int, int] = {}
    of_cell = np.empty((len(first), 2), np.int64)
    for place, row in enumerate(first.tolist()):
        said = _APART.join(texts[code[row]] if code[row] >= 0 else "" for texts, code in columns)
        for kind, text in enumerate((said, _DIGITS.sub("#", said))):
            mark = symbol(f"mark:{text}") & _MARK
            of_cell[place, kind] = whole.setdefault(mark, len(whole))
    return of_cell[cells], np.fromiter(whole, np.int64, len(whole))


def shared(rows: Ints, owner: Ints, marks: tuple[Ints, Ints]) -> tuple[int, ...]:
    """The marks that most performances of a routine hold, rising. `owner`: the performance of each of the rows."""
    codes, hashes = marks
    width = len(hashes)
    cells = np.unique(owner[:, None] * width + codes[rows])
    held = np.bincount(cells % width, minlength=width)
    often = hashes[held >= min(OFTEN * len(np.unique(owner)), held.max())]
    return tuple(np.sort(often)[:MOST].tolist())


def shown(title: str) -> str:
    """A title without numbers, addresses and the like: what it names comes back, but not for everybody's eyes."""
    return generalise(title)
