"""Raw browser events become interactions: a click, an entry, a scroll. One keystroke is no step of work.

A browser tells of one click as mousedown, mouseup and click, each of them twice where a recorder listens while the
event goes down the page and again while it comes back up, and of one word typed as dozens of key events. Whole columns
at once: rows of one case and element that belong together are one event from the first to the last of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from guildbook.record.importers._batches import ROWS, Batch
from guildbook.record.importers._guess import Sample, guess, joined
from guildbook.record.importers._names import NAMES, bare
from guildbook.record.importers._plan import Plan
from guildbook.record.importers._time_form import read_times
from guildbook.record.importers._times import numbers_of

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

POINTER, DOUBLE, KEY, SCROLL, ASIDE, OTHER = range(6)
_KINDS: Final = {
    POINTER: "mousedown mouseup click pointerdown pointerup touchstart touchend",
    DOUBLE: "dblclick",
    KEY: "keydown keypress keyup input beforeinput textinput change",
    SCROLL: "scroll wheel touchmove",
    ASIDE: "mousemove mouseover mouseout mouseenter mouseleave pointermove pointerover pointerout pointerenter "
    "pointerleave focus blur focusin focusout",
    OTHER: "submit reset select copy cut paste drag dragstart dragend drop contextmenu resize load unload",
}
_KIND_OF: Final = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_RAW: Final = frozenset({"mousedown", "mouseup", "keydown", "keyup", "keypress", "pointerdown", "pointerup"})
_DOWN: Final = frozenset({"mousedown", "pointerdown", "touchstart"})
_ENTRY: Final = r"(?i)^(input|textarea|select)"
_BUTTONS: Final = r"(?i)^input[_ .:-]?(submit|button|image|reset|checkbox|radio|file)"
_BACKSPACE: Final = 8
_DELETE: Final = 46
_SPACE: Final = 32
_PASTE: Final = 86
_PHASES: Final = frozenset({"phase", "eventphase"})
_BUBBLING: Final = 3
_KEYS: Final = frozenset({"keycode", "key", "which", "charcode", "code"})
_SEEN: Final = 3
"""Cases in which an element must have shown the same words to be called by them."""


class Interactions:
    """The batches as they are, or, where they are of raw browser events, with these folded into interactions.

    Rows of the last case of a batch wait for the next one, so that no interaction is cut in two.
    """

    def __init__(self, batches: Iterable[Batch], mapping: Mapping[str, str], path: Path) -> None:
        self._batches = batches
        self._path = path
        self.mapping = dict(mapping)
        """What the user said of the columns, and once the first batch was seen, which was found to name the case:
        folded rows no longer tell, where one interaction is all there was to a case."""

    def __iter__(self) -> Iterator[Batch]:
        fold: Fold | None = None
        first = True
        rest: Batch | None = None
        for batch in self._batches:
            if first and batch.lines:
                first = False
                fold = fold_of(batch.columns, self.mapping, self._path)
                if fold is not None and "case" in fold.plan.sources:
                    self.mapping.setdefault("case", str(fold.plan.sources["case"]))
            if fold is None:
                yield batch
                continue
            done, rest = fold.cut(batch if rest is None else _joined(rest, batch))
            yield fold.folded(done)
        if fold is not None and rest is not None and rest.lines:
            yield fold.folded(rest)


def fold_of(sample: Sample, mapping: Mapping[str, str], path: Path) -> Fold | None:
    """How to fold a table of raw browser events; None when it is none."""
    named = mapping.get("action") or next(
        (name for wanted in NAMES["action"] for name in sample if bare(name) == wanted and _raw(sample[name])), None
    )
    if named is None or named not in sample or not _raw(sample[named]):
        return None
    plan = guess(sample, {**mapping, "action": named}, path)
    return Fold(plan, _Elements(sample, plan).constant_words(_case(sample, plan)))


def _raw(column: pa.Array) -> bool:
    """Whether a column holds names of browser events, low ones among them."""
    if not pa.types.is_string(column.type):
        return False
    words = {word.lower() for word in pc.unique(column).to_pylist() if word}
    return bool(words & _RAW) and words <= _KIND_OF.keys()


@dataclass
class Fold:
    """The fold of one table: where its fields are, and what its elements were found to be called."""

    plan: Plan
    names: Mapping[str, str]
    """Elements that always show the same words, and these."""
    shows: set[str] = field(default_factory=set[str])
    """Fields of entry whose value the table shows."""

    def cut(self, batch: Batch) -> tuple[Batch, Batch | None]:
        """The rows up to the last case, and those of the last case."""
        source = self.plan.sources.get("case")
        if source is None or not batch.lines or len(batch.lines) > 4 * ROWS:
            return batch, None
        case = joined(batch.columns, source)
        other = pc.fill_null(pc.not_equal(case, case[-1]), fill_value=True)
        differs = np.flatnonzero(other.to_numpy(zero_copy_only=False))
        at = int(differs[-1]) + 1 if len(differs) else 0
        head = {name: column[:at] for name, column in batch.columns.items()}
        tail = {name: column[at:] for name, column in batch.columns.items()}
        return (
            replace(batch, columns=head, lines=batch.lines[:at]),
            replace(batch, columns=tail, lines=batch.lines[at:], rejected=()),
        )

    def folded(self, batch: Batch) -> Batch:
        """The batch with a row for each interaction."""
        if not batch.lines:
            return replace(batch, columns=self._shaped(batch.columns))
        kept = _kept(batch.columns, self._kind(batch.columns))
        columns = {name: column.filter(pa.array(kept)) for name, column in batch.columns.items()}
        lines = [line for line, keep in zip(batch.lines, kept.tolist(), strict=True) if keep]
        if not lines:
            return replace(batch, columns=self._shaped(columns), lines=[])
        found, starts = self._folded(columns)
        return replace(batch, columns=found, lines=[lines[i] for i in starts.tolist()])

    def _kind(self, columns: Sample) -> Ints:
        words = joined(columns, self.plan.sources["action"]).dictionary_encode()
        codes = [_KIND_OF.get((word or "").lower(), OTHER) for word in words.dictionary.to_pylist()]
        return np.array([*codes, OTHER], np.int64)[words.indices.fill_null(-1).to_numpy()]

    def _shaped(self, columns: Sample) -> dict[str, pa.Array]:
        """The columns of a folded table that has no rows."""
        gone = _low(columns)
        kept = {self.plan.key(name): column for name, column in columns.items() if name not in gone}
        size = len(next(iter(kept.values())))
        empty = pa.nulls(size, pa.string())
        return kept | {"duration_ms": pa.nulls(size, pa.float64()), "element_name": empty, "value_after": empty}

    def _folded(self, columns: Sample) -> tuple[dict[str, pa.Array], Ints]:
        kind = self._kind(columns)
        action = pc.utf8_lower(joined(columns, self.plan.sources["action"]))
        element = _Elements(columns, self.plan)
        starts = np.flatnonzero(_begins(kind, action, _codes(_case(columns, self.plan)), element.code))
        picked = pa.array(starts)
        low = _low(columns)
        found = {self.plan.key(name): column.take(picked) for name, column in columns.items() if name not in low}
        group = np.cumsum(np.isin(np.arange(len(kind)), starts)) - 1
        micros = read_times(self.plan.time, joined(columns, self.plan.sources["time"], " "))
        ends = np.append(starts[1:], len(kind)) - 1
        length = pc.divide(pc.subtract(micros.take(pa.array(ends)), micros.take(picked)).cast(pa.float64()), 1000.0)
        value = self._values(columns, element, action, kind, group, starts)
        found[self.plan.sources["action"].columns[0]] = pa.array(_actions(kind, action, group, starts, element))
        found["duration_ms"] = pc.if_else(pc.greater(length, 0), length, pa.scalar(None, pa.float64()))
        found["element_name"] = self._called(element).take(picked)
        found["value_after"] = value
        shown = element.text_column
        if shown is not None:
            entry = pa.array(element.entry[starts])
            found[shown] = pc.if_else(entry, pa.scalar(None, pa.string()), columns[shown].take(picked))
        undone = np.bincount(group, _pressed(columns, (_BACKSPACE, _DELETE), action), len(starts)).astype(np.int64)
        found["corrections"] = pa.array(undone, mask=undone == 0)
        return found, starts

    def _called(self, element: _Elements) -> pa.Array:
        """What each row's element is called: the words it always shows, else its id, class or tag."""
        handles = element.handle.dictionary_encode()
        words = [self.names.get(h, h) if h is not None else None for h in handles.dictionary.to_pylist()]
        return pa.array(words, pa.string()).take(handles.indices)

    def _values(
        self, columns: Sample, element: _Elements, action: pa.Array, kind: Ints, group: Ints, starts: Ints
    ) -> pa.StringArray:
        """What each interaction left in the field it was with: what the page shows, else the keys put together.

        Where the table shows a field's value at all, a field that shows nothing after keys is empty.
        """
        text = element.text
        shown = np.where(text.is_valid().to_numpy(zero_copy_only=False) & element.entry, np.arange(len(kind)), -1)
        handles = element.handle.to_pylist() if element.entry.any() else []
        self.shows |= {handles[i] for i in np.flatnonzero(shown >= 0).tolist() if handles[i] is not None}
        last = np.maximum.reduceat(shown, starts)
        ends = np.append(starts[1:], len(kind)) - 1
        typed = kind[starts] == KEY
        values: list[str | None] = []
        chars = _typed(columns, typed[group], group, pc.equal(action, "keydown"))
        for place, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            if not element.entry[start]:
                values.append(None)
            elif shown[end] >= 0 or (last[place] >= 0 and not typed[place]):
                values.append(text[int(last[place])].as_py())
            elif typed[place]:
                values.append("" if handles[start] in self.shows else chars.get(place))
            else:
                values.append(None)
        return pa.array(values, pa.string())


class _Elements:
    """The element of each row."""

    def __init__(self, columns: Sample, plan: Plan) -> None:
        size = len(next(iter(columns.values())))
        none = pa.nulls(size, pa.string())

        def column(names: Sequence[str]) -> pa.Array:
            found = next((n for wanted in names for n in columns if bare(n) == wanted), None)
            return none if found is None else columns[found].cast(pa.string())

        self.role = column(NAMES["element_role"])
        self.id = column([n for n in NAMES["element_id"] if n != "id" or "case" not in plan.sources])
        self.classes = column(("classes", "class", "classname", "targetclass"))
        self.text_column = next((n for n in columns if bare(n) in {"text", "targetinnertext", "innertext"}), None)
        self.text = none if self.text_column is None else columns[self.text_column].cast(pa.string())
        button = pc.match_substring_regex(self.role, _BUTTONS)
        entry = pc.and_(pc.match_substring_regex(self.role, _ENTRY), pc.invert(button))
        self.entry: Flags = pc.fill_null(entry, fill_value=False).to_numpy(zero_copy_only=False)
        first = pc.struct_field(pc.extract_regex(self.classes, r"^\s*(?P<c>\S+)"), "c")
        made_up = pc.match_substring_regex(self.id, r"\d{3}|[0-9a-f]{8}")
        stable = pc.if_else(made_up, pa.scalar(None, pa.string()), self.id)
        self.handle = pc.coalesce(stable, first, pc.utf8_lower(self.role))
        parts = [pc.fill_null(part, "") for part in (self.role, self.id, self.classes)]
        self.code = _codes(pc.binary_join_element_wise(*parts, "\x1f"))

    def constant_words(self, case: pa.Array) -> dict[str, str]:
        """Handles of elements that show the same few words in every one of several cases."""
        rows = pa.table({"handle": self.handle, "text": self.text, "case": case}).filter(pa.array(~self.entry))
        rows = rows.filter(pc.is_valid(rows["handle"]))
        asked = [("text", "count_distinct"), ("case", "count_distinct"), ("text", "min")]
        held = rows.group_by("handle").aggregate(asked)
        return {
            row["handle"]: row["text_min"]
            for row in held.to_pylist()
            if row["text_count_distinct"] == 1 and row["case_count_distinct"] >= _SEEN and row["text_min"]
        }


def _case(columns: Sample, plan: Plan) -> pa.Array:
    """The case of each row."""
    source = plan.sources.get("case")
    return pa.nulls(len(next(iter(columns.values()))), pa.string()) if source is None else joined(columns, source)


def _low(columns: Sample) -> set[str]:
    """Columns that speak of single keys and phases."""
    return {name for name in columns if bare(name) in _KEYS | _PHASES}


def _kept(columns: Sample, kind: Ints) -> Flags:
    """Rows that are neither asides nor the same event on its way back up."""
    kept = kind != ASIDE
    phase = next((name for name in columns if bare(name) in _PHASES), None)
    if phase is not None:
        number = pc.fill_null(numbers_of(columns[phase]), 0).to_numpy()
        if ((number > 0) & (number < _BUBBLING)).any():
            kept &= number != _BUBBLING
    return kept


def _begins(kind: Ints, action: pa.Array, case: Ints, element: Ints) -> Flags:
    """Where a new interaction begins."""
    words = action.dictionary_encode()
    down = np.array([w in _DOWN for w in words.dictionary.to_pylist()])[words.indices.to_numpy()]
    click = np.array([w == "click" for w in words.dictionary.to_pylist()])[words.indices.to_numpy()]
    hand = np.where(kind == DOUBLE, POINTER, kind)
    begins = np.ones(len(kind), dtype=bool)
    begins[1:] = (case[1:] != case[:-1]) | (hand[1:] != hand[:-1]) | (kind[1:] == OTHER)
    begins[1:] |= (down[1:] & ~down[:-1]) | (click[1:] & click[:-1])
    begins[1:] |= np.isin(kind[1:], (KEY, SCROLL)) & (element[1:] != element[:-1])
    return begins


def _actions(kind: Ints, action: pa.Array, group: Ints, starts: Ints, element: _Elements) -> list[str]:
    """What each interaction is called."""
    own = kind[starts]
    double = np.bincount(group, kind == DOUBLE, len(starts)) > 0
    clicked = np.bincount(group, pc.equal(action, "click").to_numpy(zero_copy_only=False), len(starts)) > 0
    names = np.full(len(starts), "press", dtype=object)
    names[(own == POINTER) & clicked] = "click"
    names[double & np.isin(own, (POINTER, DOUBLE))] = "double click"
    names[own == KEY] = np.where(element.entry[starts[own == KEY]], "enter", "press keys")
    names[own == SCROLL] = "scroll"
    other = np.flatnonzero(own == OTHER)
    names[other] = action.take(pa.array(starts[other])).to_pylist()
    return names.tolist()


def _codes(column: pa.Array) -> Ints:
    return pc.fill_null(column.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _numbers(columns: Sample, names: frozenset[str]) -> Ints | None:
    found = next((name for name in columns if bare(name) in names), None)
    return None if found is None else pc.fill_null(numbers_of(columns[found]), 0).cast(pa.int64()).to_numpy()


def _pressed(columns: Sample, keys: Sequence[int], action: pa.Array) -> Flags:
    """Rows in which one of these keys went down."""
    code = _numbers(columns, frozenset({"keycode", "which"}))
    if code is None:
        return np.zeros(len(action), dtype=bool)
    return np.isin(code, keys) & pc.equal(action, "keydown").to_numpy(zero_copy_only=False)


def _typed(columns: Sample, typed: Flags, group: Ints, pressed: pa.Array) -> dict[int, str]:
    """The characters of each run of keys, backspaces obeyed; nothing for runs with a paste, which keys do not tell.

    `typed`: rows in such runs. `pressed`: rows in which a key goes down.
    """
    char, code = _numbers(columns, frozenset({"charcode"})), _numbers(columns, frozenset({"keycode", "which"}))
    if char is None:
        return {}
    letter = typed & (char >= _SPACE)
    back, pasted = np.zeros_like(letter), set[int]()
    if code is not None:
        down = typed & pressed.to_numpy(zero_copy_only=False)
        followed = np.append(letter[1:], False)  # a key that gives a letter is followed by it
        pasted = set(group[down & (code == _PASTE) & ~followed].tolist())
        back = down & (code == _BACKSPACE)
    out: dict[int, list[str]] = {}
    for row in np.flatnonzero(letter | back).tolist():
        letters = out.setdefault(int(group[row]), [])
        if letter[row]:
            letters.append(chr(int(char[row])))
        elif letters:
            letters.pop()
    return {place: "".join(letters) for place, letters in out.items() if place not in pasted}


def _joined(rest: Batch, batch: Batch) -> Batch:
    columns: dict[str, Any] = {
        name: pa.concat_arrays([rest.columns[name], column]) for name, column in batch.columns.items()
    }
    return Batch(columns, [*rest.lines, *batch.lines], batch.rejected, batch.progress)
