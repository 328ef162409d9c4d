"""What can be told of a case by holding what was entered and clicked against what was asked: verdicts, never texts.

A case says what is asked of it in a case attribute that is text (`case:instruction`). For each field the last thing
entered is compared with it, for each thing clicked the words it shows, for the last step the deed it stands for. The
verdicts (`verdicts`: `✓ “to” holds what was asked for`, `✗ “to” was left empty`) are conditions of the case. So is
`deed asked for=forward`: what kind of deed the request speaks of, from a closed list.

Python looks once at each pair of request and entry; events are columns. Where no case says what is asked, a look at the
distinct attributes is all this costs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from guildbook.distil.conditions import REQUEST_KEYS, REQUEST_SPACES
from guildbook.distil.labels import generalise
from guildbook.distil.quality.agreement import Verdict, compare, listed, named, quotations
from guildbook.distil.quality.lexicon import concepts
from guildbook.distil.quality.verdicts import WORDS_GIVEN, clicked, deed_asked, done, entered, filled_in, used

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]

HIDDEN: Final = "[hidden]"
"""What stands for a secret: nothing can be said of it."""
MOST: Final = 12
"""Verdicts kept of one case."""

_TEXT: Final = r'(?:[^"\\ ]|\\.)*'
_ASKED: Final = (
    rf'(?P<asked>"case:(?i:{REQUEST_KEYS})":"(?:[^"\\]|\\.)+"|"case:[^"]*":"{_TEXT}(?: {_TEXT}){{{REQUEST_SPACES},}}")'
)
_SHOWN: Final = r'"(?:text|shown|innertext|target\.innerText)":(?P<shown>"(?:[^"\\]|\\.)*")'
_DEED: Final = r"(?i)click|press|tap|select|submit|choose|toggle|check|push"


@dataclass(frozen=True)
class Checked:
    """Verdicts by row: `sets[of_row[i]]`; −1 where nothing is asked."""

    sets: list[tuple[str, ...]]
    of_row: Codes


def checked(
    table: pa.Table, case: Codes, ids: NDArray[np.uint64], texts: Sequence[str], codes: Codes
) -> Checked | None:
    """The verdicts on each case whose attributes say what is asked; None where none does.

    `case` and `ids` (n, 2): of each row. `texts` and `codes`: the attributes by distinct text, and each row's (−1:
    none).
    """
    words = pa.array(texts, pa.string())
    if not len(words) or not pc.any(pc.match_substring_regex(words, _ASKED)).as_py():
        return None
    asked, requests = _picked(words, _ASKED, "asked")
    asked = np.append(asked, -1)[codes]
    of_request = np.zeros(int(case.max(initial=-1)) + 2, dtype=bool)
    of_request[case[asked >= 0]] = True
    of_request[-1] = False  # rows without a case
    rows = np.flatnonzero(of_request[case])
    if not len(rows):
        return None
    shown, labels = _picked(words, _SHOWN, "shown")
    rows = rows[_order(table, case, ids, rows)]
    work = _Cases(table, rows, case[rows], (asked[rows], [_request(r) for r in requests]))
    found = work.verdicts(np.append(shown, -1)[codes][rows], [json.loads(label) for label in labels])
    sets: dict[tuple[str, ...], int] = {}
    of_case = np.full(int(case.max()) + 1, -1, np.int32)
    for which, verdicts in found.items():
        of_case[which] = sets.setdefault(tuple(sorted(verdicts)[:MOST]), len(sets))
    return Checked(list(sets), np.where(case >= 0, of_case[case], -1).astype(np.int32))


def asked(table: pa.Table) -> bool:
    """Whether a case may say what is asked: then what its events are told of it hangs on all of them."""
    if "attributes" not in table.column_names:
        return False
    found = [chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk for chunk in table["attributes"].chunks]
    return any(pc.any(pc.match_substring_regex(words.cast(pa.string()), _ASKED)).as_py() for words in found)


def _picked(words: pa.Array, pattern: str, group: str) -> tuple[Ints, list[str]]:
    """The part of each text that a pattern finds: codes (−1: none) and the distinct parts."""
    part = pc.struct_field(pc.extract_regex(words, pattern), group).dictionary_encode()
    return pc.fill_null(part.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64), part.dictionary.to_pylist()


def _request(pair: str) -> str:
    """The text of a `"case:key":"text"` pair."""
    return str(next(iter(json.loads(f"{{{pair}}}").values())))


def _order(table: pa.Table, case: Codes, ids: NDArray[np.uint64], rows: Ints) -> Ints:
    """Places of the rows by case, time, seq and id: the order of joint traces."""
    time, seq = (
        pc.fill_null(table.column(name).cast(pa.int64()), -1).to_numpy()[rows]
        if name in table.column_names
        else np.zeros(len(rows), np.int64)
        for name in ("time", "seq")
    )
    return np.lexsort((ids[rows, 1], ids[rows, 0], seq, time, case[rows]))


class _Cases:
    """Rows of cases with a request, ordered by case and time; −1 stands for none in every code."""

    def __init__(self, table: pa.Table, rows: Ints, case: Codes, asked: tuple[Ints, list[str]]) -> None:
        self.case = case
        self._table, self._rows = table, rows
        self.element, self.handles = self._elements()
        self.value, self.values = self._words("value_after")
        starts = np.flatnonzero(np.append(True, case[1:] != case[:-1]))
        worked = np.repeat(np.maximum.reduceat(self.element, starts) >= 0, np.diff(np.append(starts, len(case))))
        said = np.flatnonzero((asked[0] >= 0) & worked)[::-1]
        self.request = {int(case[row]): asked[1][int(asked[0][row])] for row in said.tolist()}
        """What is asked first in each case that is work with elements of a page or window."""
        self.found: dict[int, set[str]] = {which: set() for which in self.request}

    def verdicts(self, shown: Ints, labels: list[str]) -> dict[int, set[str]]:
        """The verdicts on each case. `shown`: what each row's element shows, by number in `labels`."""
        self._entered(shown, labels)
        self._clicked(shown, labels)
        self._done()
        filled = {int(self.case[row]) for row in np.flatnonzero(self.value >= 0).tolist() if self._value(row)}
        for which, text in self.request.items():
            self.found[which].add(filled_in(right=which in filled))
            if quotations(text):
                self.found[which].add(WORDS_GIVEN)
            if goals := {*quotations(text), *listed(text)}:
                self.found[which].add(used(right=goals <= self._touched(which, shown, labels)))
        return self.found

    def _touched(self, which: int, shown: Ints, labels: list[str]) -> set[str]:
        """All that was entered in a case or shown by what was clicked, and what these are called."""
        start, end = self._run(which)
        words = {labels[place] for place in set(shown[start:end].tolist()) if place >= 0}
        words |= {self.values[place] for place in set(self.value[start:end].tolist()) if place >= 0}
        words |= {self.handles[place] for place in set(self.element[start:end].tolist()) if place >= 0}
        return {" ".join(text.split()) for text in words}

    def _run(self, which: int) -> tuple[int, int]:
        """The rows of a case."""
        return int(np.searchsorted(self.case, which, "left")), int(np.searchsorted(self.case, which, "right"))

    def _words(self, name: str) -> tuple[Ints, list[str]]:
        if name not in self._table.column_names:
            return np.full(len(self._rows), -1, np.int64), []
        column = self._table.column(name).take(pa.array(self._rows)).cast(pa.string()).combine_chunks()
        array = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
        coded = array.dictionary_encode()
        codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return codes, coded.dictionary.to_pylist()

    def _elements(self) -> tuple[Ints, list[str]]:
        """What each row's element is called: its name, else its id."""
        name, names = self._words("element_name")
        own, ids = self._words("element_id")
        texts = [generalise(text) for text in (*names, *ids)]
        distinct = {text: code for code, text in enumerate(dict.fromkeys(t for t in texts if t))}
        renumbered = np.array([*(distinct.get(text, -1) for text in texts), -1], np.int64)
        return renumbered[np.where(name >= 0, name, np.where(own >= 0, own + len(names), -1))], list(distinct)

    def _value(self, row: int) -> str:
        return self.values[int(self.value[row])]

    def _entered(self, shown: Ints, labels: list[str]) -> None:
        """The last thing entered in each field, against the request and what else the page showed."""
        rows = np.flatnonzero((self.value >= 0) & (self.element >= 0))
        lasts = {(int(self.case[row]), int(self.element[row])): row for row in rows.tolist()}
        for (which, element), row in lasts.items():
            value = self._value(row)
            if value == HIDDEN:
                continue
            verdict = compare(value, self.request[which])
            if verdict is Verdict.OTHER and self._copied(which, element, value, shown, labels):
                verdict = Verdict.COPIED
            self.found[which].add(entered(verdict, self.handles[element]))

    def _copied(self, which: int, element: int, value: str, shown: Ints, labels: list[str]) -> bool:
        """Whether another element of the case shows or holds the same."""
        for row in range(*self._run(which)):
            if self.element[row] != element:
                held = labels[int(shown[row])] if shown[row] >= 0 else ""
                if value in (held, self._value(row) if self.value[row] >= 0 else ""):
                    return True
        return False

    def _clicked(self, shown: Ints, labels: list[str]) -> None:
        """Of elements that show other words than their name: whether those clicked show words of the request."""
        said: dict[tuple[int, int], list[bool]] = {}
        here = (self.value < 0) & (shown >= 0) & (self.element >= 0)
        cells = np.unique(np.column_stack([self.case, self.element, shown])[here], axis=0)
        for which, element, label in cells.tolist():
            if generalise(labels[label]) != self.handles[element]:
                said.setdefault((which, element), []).append(named(labels[label], self.request[which]))
        for (which, element), each in said.items():
            self.found[which].add(clicked(self.handles[element], right=any(each), wrong=not all(each)))

    def _done(self) -> None:
        """Whether the deed of the last element that stands for one is among those asked for."""
        action, actions = self._words("action")
        clicks = pc.match_substring_regex(pa.array(actions, pa.string()), _DEED).to_numpy(zero_copy_only=False)
        stands = np.array([*(bool(concepts(handle)) for handle in self.handles), False])
        pressed = (self.value < 0) & np.append(clicks, np.False_)[action] & stands[self.element]
        last = {int(self.case[row]): int(self.element[row]) for row in np.flatnonzero(pressed).tolist()}
        for which, text in self.request.items():
            wanted = concepts(text)
            self.found[which] |= {deed_asked(concept) for concept in wanted}
            if wanted:
                stood = concepts(self.handles[last[which]]) if which in last else None
                self.found[which].add(done(right=None if stood is None else bool(stood & wanted)))
