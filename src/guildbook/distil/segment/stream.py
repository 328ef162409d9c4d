"""Event columns as a stream of symbols: what was done to which kind of element, with its content left aside.

An element is told as it is where it comes back throughout the stream (`input_12_0_3`, a field of a form), and by its
kind where it does not (`A17` is `A#`: a cell of a row that is worked on once). So the columns decide, not their names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from guildbook.columns import RAW_SCHEMA
from guildbook.columns.words import one_array
from guildbook.distil.segment import things

Ints = NDArray[np.int64]

COLUMNS: Final = (
    "time",
    "app",
    "action",
    "window",
    "document",
    "url",
    "element_role",
    "element_name",
    "element_id",
    "element_selector",
    "value_after",
    "attributes",
    "objects",
)
"""What a stream is read from."""
CONTEXT: Final = COLUMNS[1:10]
CLIP: Final = "clip"
"""The type of the object that stands for what was copied (`record/live/intake.py`)."""
KEYED: Final = ("element_id", "element_name", "document", "window")
"""Fields whose changing digits may say which thing is worked on, best first."""

NAMING: Final = ("element_name", "element_id", "element_selector", "element_role")
PLACING: Final = ("document", "window", "url")

MOST_SYMBOLS: Final = 1_500
"""Beyond it the rarest symbols give way to their app and action."""
FEW: Final = 3
SPREAD: Final = 0.25
"""An element that comes back is seen over at least this share of the stream."""
RARE: Final = 0.05
"""…and at least this often, relative to the commonest element of its app and action."""
CELL_SHARE: Final = 0.125
"""A cell's row is part of the symbol only where few rows make up its column."""
MOST_KINDS: Final = 200
REPEATS: Final = 5
NONE: Final = -1
SHOWN: Final = 80

_DIGITS: Final = re.compile(r"\d+")
_CELL: Final = re.compile(r"\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?")
_QUERY: Final = re.compile(r"[?#].*$", re.DOTALL)
_SPACE: Final = re.compile(r"\s+|\\[nrt]")


@dataclass(frozen=True)
class Step:
    """A symbol in parts; a part that was not said is empty."""

    app: str
    action: str
    place: str
    """Document, window or address."""
    element: str

    def __str__(self) -> str:
        """In one line."""
        return " ".join(part for part in (f"{self.app}:" if self.app else "", self.action, self.element) if part)


@dataclass(frozen=True)
class Stream:
    """One person's events in the order they happened."""

    symbol: Ints
    names: tuple[str, ...]
    """What each symbol says, its parts joined by blanks."""
    steps: tuple[Step, ...]
    value: Ints
    """Code of the content an event carries; −1: none worth comparing."""
    key: Ints
    """Code of the thing worked on (the row of a sheet); −1: not said."""
    kind: Ints
    """Which kind of thing `key` tells apart; −1: none."""
    time: Ints
    """µs."""
    named: Ints
    """(n, k): codes of the identifiers an event names (`things`); −1: none."""

    def __len__(self) -> int:
        return len(self.symbol)

    def take(self, rows: Ints) -> Stream:
        """The events at these places."""
        return Stream(
            self.symbol[rows],
            self.names,
            self.steps,
            self.value[rows],
            self.key[rows],
            self.kind[rows],
            self.time[rows],
            self.named[rows],
        )


@dataclass(frozen=True)
class _Part:
    """One field of the symbol: its texts, each event's, and what of them was left aside."""

    name: str
    texts: list[str]
    code: Ints
    key: Ints


def read(table: pa.Table) -> Stream:
    """The stream of a table with at least an `action` column of the event schema, rows in order."""
    apps, app = words(table, "app")
    actions, action = words(table, "action")
    group = dense(app, action)
    parts = [_Part("app", apps, app, _none(table)), _Part("action", actions, action, _none(table))]
    said = np.zeros(len(table), dtype=bool)
    kinds = {"app": NONE, "action": NONE}
    for name in CONTEXT[2:]:
        texts, code = words(table, name)
        if (code >= 0).any():
            kinds[name] = len(parts)
            parts.append(_part(name, texts, code, group))
            said |= code >= 0
    parts += [_part(name, texts, code, group) for name, texts, code in _others(table, said)]
    symbol, names, steps = _symbols(parts, group)
    key, kind = _keys(parts, [kinds[name] for name in KEYED if name in kinds])
    named = things.named([words(table, name) for name in things.FIELDS])
    return Stream(symbol, names, steps, _values(table), key, kind, _times(table), named)


def words(table: pa.Table, name: str) -> tuple[list[str], Ints]:
    """The distinct texts of a column and each row's code; −1 for none."""
    if name not in table.column_names or not len(table):
        return [], _none(table)
    column = table.column(name)
    column = column.combine_chunks()
    whole = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(whole.type):
        whole = whole.cast(pa.string())
    encoded = whole.cast(pa.string()).dictionary_encode()
    return encoded.dictionary.to_pylist(), _codes(encoded)


def dense(*columns: Ints) -> Ints:
    """A code from 0 up for each combination that occurs, in order of the combination."""
    out = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        width = int(column.max(initial=NONE)) + 2
        out = np.unique(out * width + column + 1, return_inverse=True)[1].astype(np.int64)
    return out


def generalised(name: str, text: str) -> str:
    """The kind of a text: digits give way to `#`, an address loses its query."""
    return _DIGITS.sub("#", _plain(name, text))


def _plain(name: str, text: str) -> str:
    text = _QUERY.sub("", text).rstrip("/") if name == "url" else text
    return _SPACE.sub(" ", text[:400]).strip()[:SHOWN]


def _part(name: str, texts: Sequence[str], code: Ints, group: Ints) -> _Part:
    """Each event's text of this field: as it is if it comes back, else its kind if that does, else nothing."""
    rows = np.flatnonzero(code >= 0)
    cells, place, counts = np.unique(group[rows] * len(texts) + code[rows], return_inverse=True, return_counts=True)
    first, last = np.full(len(cells), len(code)), np.full(len(cells), NONE)
    np.minimum.at(first, place, rows)
    np.maximum.at(last, place, rows)
    of_group, of_text = cells // len(texts), cells % len(texts)
    most = np.zeros(int(group.max()) + 1, np.int64)
    np.maximum.at(most, of_group, counts)
    kinds: dict[str, int] = {}
    shown = [_plain(name, text) for text in texts]
    kind = np.array([kinds.setdefault(_DIGITS.sub("#", text), len(kinds)) for text in shown], np.int64)
    together = np.unique(of_group * len(kinds) + kind[of_text], return_inverse=True)[1]
    of_kind = np.bincount(together, counts).astype(np.int64)[together]
    cell = np.array([_CELL.fullmatch(text) is not None for text in shown], dtype=bool)[of_text]
    keeps = (counts >= FEW) & (last - first >= SPREAD * len(code)) & (counts >= RARE * most[of_group])
    keeps &= ~cell | (counts >= CELL_SHARE * of_kind)
    listed = list(kinds)
    out: dict[str, int] = {}
    keys: dict[str, int] = {}
    label = np.full(len(cells), NONE)
    key = np.full(len(cells), NONE)
    for i, (text, kept, often) in enumerate(zip(of_text.tolist(), keeps.tolist(), of_kind.tolist(), strict=True)):
        said = shown[text] if kept else listed[kind[text]] if often >= FEW else ""
        if said:
            label[i] = out.setdefault(said, len(out))
        if not kept and (digits := _DIGITS.findall(shown[text])):
            key[i] = keys.setdefault(" ".join(dict.fromkeys(digits)), len(keys))
    codes, held = np.full(len(code), NONE), np.full(len(code), NONE)
    codes[rows], held[rows] = label[place], key[place]
    return _Part(name, list(out), codes, held)


def _others(table: pa.Table, said: NDArray[np.bool_]) -> list[tuple[str, list[str], Ints]]:
    """Attributes that repeat, for events of which nothing else says what was worked on."""
    texts, code = words(table, "attributes")
    bare = (code >= 0) & ~said
    if not bare.any():
        return []
    found: dict[str, Any] = {}
    for place in np.unique(code[bare]).tolist():
        values: dict[str, Any] = json.loads(texts[place])
        for name, value in values.items():
            if isinstance(value, str):
                found.setdefault(name, {})[place] = value
    out: list[tuple[str, list[str], Ints]] = []
    for name in sorted(found):
        distinct = {text: i for i, text in enumerate(dict.fromkeys(found[name].values()))}
        of_text = np.full(len(texts) + 1, NONE)
        for place, value in found[name].items():
            of_text[place] = distinct[value]
        codes = np.where(bare, of_text[code], NONE)
        if 1 < len(distinct) <= MOST_KINDS and (codes >= 0).sum() >= REPEATS * len(distinct):
            out.append((name, list(distinct), codes))
    return out


def _symbols(parts: Sequence[_Part], group: Ints) -> tuple[Ints, tuple[str, ...], tuple[Step, ...]]:
    if not len(group):
        return group, (), ()
    symbol = dense(*[part.code for part in parts])
    counts = np.bincount(symbol)
    if len(counts) > MOST_SYMBOLS:
        common = np.sort(np.argsort(-counts, kind="stable")[:MOST_SYMBOLS])
        rare = ~np.isin(symbol, common)
        parts = [*parts[:2], *(_Part(p.name, p.texts, np.where(rare, NONE, p.code), p.key) for p in parts[2:])]
        symbol = dense(*[part.code for part in parts])
    _, first = np.unique(symbol, return_index=True)
    said = [{part.name: part.texts[part.code[i]] for part in parts if part.code[i] >= 0} for i in first.tolist()]
    return symbol, tuple(" ".join(texts.values()) for texts in said), tuple(_step(texts) for texts in said)


def _step(said: Mapping[str, str]) -> Step:
    others = [text for name, text in said.items() if name not in CONTEXT]
    element = next((said[name] for name in NAMING if name in said), " ".join(others))
    mark = said.get("element_id", "")
    place = " ".join(dict.fromkeys(said[name] for name in PLACING if name in said))
    named = element if mark in element else f"{element} {mark}"
    return Step(said.get("app", ""), said.get("action", ""), place, named)


def _keys(parts: Sequence[_Part], places: Sequence[int]) -> tuple[Ints, Ints]:
    """For each event the first field that tells which thing is worked on: its key and which field said so."""
    key = np.full(len(parts[0].code), NONE)
    kind = np.full(len(key), NONE)
    for place in places:
        free = (key < 0) & (parts[place].key >= 0)
        key[free], kind[free] = parts[place].key[free], place
    return key, kind


def _values(table: pa.Table) -> Ints:
    """Codes of contents long enough that equality says something; of what was copied or pasted, of its mark."""
    texts, code = words(table, "value_after")
    long = np.array([len(text.strip()) >= FEW for text in texts] + [False], dtype=bool)
    value = np.where(long[code], code, NONE)
    rows, clip = _clips(table)
    value[rows] = len(texts) + clip
    return value


def _clips(table: pa.Table) -> tuple[Ints, Ints]:
    """Rows whose event has an object of type `clip`, and a code of it: a copy and its paste have the same."""
    nothing = np.empty(0, np.int64)
    if "objects" not in table.column_names or not table.num_rows:
        return nothing, nothing
    objects = one_array(table.column("objects"))
    flat = objects.flatten()
    if not len(flat):
        return nothing, nothing
    marks = pc.fill_null(pc.equal(flat.field("type"), CLIP), fill_value=False)
    rows = pc.list_parent_indices(objects).filter(marks).to_numpy(zero_copy_only=False).astype(np.int64)
    codes = _codes(flat.field("id").filter(marks).dictionary_encode())
    first = np.unique(rows, return_index=True)[1]
    return rows[first], codes[first]


def _times(table: pa.Table) -> Ints:
    if "time" not in table.column_names:
        return np.zeros(len(table), np.int64)
    whole = table.column("time").cast(RAW_SCHEMA.field("time").type).cast(pa.int64())
    return np.ascontiguousarray(pc.fill_null(whole, 0).to_numpy())


def _codes(encoded: pa.DictionaryArray) -> Ints:
    return pc.fill_null(encoded.indices, NONE).to_numpy(zero_copy_only=False).astype(np.int64)


def _none(table: pa.Table) -> Ints:
    return np.full(len(table), NONE, np.int64)
