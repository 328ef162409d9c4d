"""A compiled scanner for the plain form nearly every XES file has, several times faster than a general XML parser.

It takes a stretch of whole traces and either proves that every byte of it is of this grammar, and says where each
attribute stands, or refuses the stretch, which then goes to the XML parser:

    stretch   = (space | "<trace>" (space | attribute | event)* "</trace>")*
    event     = "<event>" (space | attribute)* "</event>"
    attribute = "<" kind ' key="' text '" value="' text '"' " "? "/>"
    kind      = "string" | "date" | "int" | "float" | "boolean" | "id"
    text      = any bytes but control characters, `"` and `<`; no `&` in keys

Every such stretch is well-formed XML inside a log, provided its bytes are UTF-8 and its references are known ones,
which who calls checks (`WIDE`, `AMPERSAND`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from guildbook.columns.compiled import njit

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]

KINDS: Final = ("string", "date", "int", "float", "boolean", "id")
MOST_GROUPS: Final = 256
"""Different (level, kind, key) in a stretch; a stretch with more is refused."""
REFUSED: Final = -1
AMPERSAND: Final = 1
"""A value holds `&`."""
WIDE: Final = 2
"""A byte is not ASCII."""
IN_TRACE: Final = 1
IN_EVENT: Final = 2

_TRACE: Final = np.frombuffer(b"<trace>", np.uint8)
_TRACE_END: Final = np.frombuffer(b"</trace>", np.uint8)
_EVENT: Final = np.frombuffer(b"<event>", np.uint8)
_EVENT_END: Final = np.frombuffer(b"</event>", np.uint8)
_VALUE: Final = np.frombuffer(b'" value="', np.uint8)
_OPENINGS: Final = tuple(np.frombuffer(f'<{kind} key="'.encode(), np.uint8) for kind in KINDS)
_STRING, _DATE, _INT, _FLOAT, _BOOLEAN, _ID = _OPENINGS
_SHORTEST_ATTRIBUTE: Final = len(b'<id key="" value=""/>')
_SHORTEST_EVENT: Final = len(b"<event></event>")
_SLOTS: Final = 1_024  # of the table of groups; a power of two, four times as many as groups
_TAB, _BREAK, _RETURN, _SPACE = 9, 10, 13, 32
_NOT_ASCII: Final = 128


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where everything stands in a stretch the scanner has accepted."""

    traces: int
    lines: int
    """Line breaks in it."""
    flags: int
    event_traces: Ints
    """Event → its trace, from 0."""
    event_lines: Ints
    """Event → line breaks before its end."""
    groups: Ints
    """Attribute → its group: same level, kind and key."""
    owners: Ints
    """Attribute → its event, or its trace for those of traces."""
    begins: Ints
    ends: Ints
    """Attribute → where its value begins and ends in the stretch."""
    keys: list[bytes]
    """Group → key."""
    kinds: list[str]
    """Group → kind."""
    levels: list[int]
    """Group → `IN_TRACE` or `IN_EVENT`."""


def scan(data: bytes) -> Stretch | None:
    """What stands where; None when the stretch is not of the grammar."""
    buffer = np.frombuffer(data, np.uint8)
    most, events = len(data) // _SHORTEST_ATTRIBUTE + 1, len(data) // _SHORTEST_EVENT + 1
    attributes = np.empty((4, most), np.int32)
    marks = np.empty((2, events), np.int32)
    keys = np.empty((4, MOST_GROUPS), np.int32)
    count, event_count, traces, groups, flags, lines = _scan(buffer, attributes, marks, keys)
    if count == REFUSED:
        return None
    return Stretch(
        traces=int(traces),
        lines=int(lines),
        flags=int(flags),
        event_traces=marks[0, :event_count],
        event_lines=marks[1, :event_count],
        groups=attributes[0, :count],
        owners=attributes[1, :count],
        begins=attributes[2, :count],
        ends=attributes[3, :count],
        keys=[data[keys[0, g] : keys[1, g]] for g in range(groups)],
        kinds=[KINDS[keys[2, g]] for g in range(groups)],
        levels=[int(keys[3, g]) for g in range(groups)],
    )


def gather(data: bytes, begins: Ints, ends: Ints) -> tuple[Ints, Bytes]:
    """The given slices of `data` one after another: offsets (one more than slices) and bytes, as Arrow has strings."""
    offsets = np.zeros(len(begins) + 1, np.int32)
    np.cumsum(ends - begins, out=offsets[1:])
    out = np.empty(int(offsets[-1]), np.uint8)
    _copy(np.frombuffer(data, np.uint8), begins, ends, offsets, out)
    return offsets, out


@njit(cache=True)
def _copy(buffer: Bytes, begins: Ints, ends: Ints, offsets: Ints, out: Bytes) -> None:
    for n in range(len(begins)):
        place = offsets[n]
        for i in range(begins[n], ends[n]):
            out[place] = buffer[i]
            place += 1


@njit(cache=True)
def _at(buffer: Bytes, i: int, word: Bytes) -> bool:
    if i + len(word) > len(buffer):
        return False
    for k in range(len(word)):  # noqa: SIM110 (compiled: a generator would cost more)
        if buffer[i + k] != word[k]:
            return False
    return True


@njit(cache=True)
def _opening(buffer: Bytes, i: int) -> tuple[int, int]:
    """The kind of the attribute that begins at `i`, and where its key begins; kind -1 when none does."""
    letter = buffer[i + 1]
    if letter == ord("s") and _at(buffer, i, _STRING):
        return 0, i + len(_STRING)
    if letter == ord("d") and _at(buffer, i, _DATE):
        return 1, i + len(_DATE)
    if letter == ord("i") and _at(buffer, i, _INT):
        return 2, i + len(_INT)
    if letter == ord("f") and _at(buffer, i, _FLOAT):
        return 3, i + len(_FLOAT)
    if letter == ord("b") and _at(buffer, i, _BOOLEAN):
        return 4, i + len(_BOOLEAN)
    if letter == ord("i") and _at(buffer, i, _ID):
        return 5, i + len(_ID)
    return -1, i


@njit(cache=True)
def _group(buffer: Bytes, begin: int, end: int, kind: int, level: int, slots: Ints, keys: Ints, known: int) -> int:
    """The number of a group; `known` when it is new, and then it has been entered; -1 when there are too many."""
    code = np.uint32(2_166_136_261 + kind * 7 + level)
    for i in range(begin, end):
        code = np.uint32((code ^ np.uint32(buffer[i])) * np.uint32(16_777_619))  # FNV-1a
    slot = np.int64(code) & (len(slots) - 1)
    while slots[slot] >= 0:
        g = slots[slot]
        if keys[2, g] == kind and keys[3, g] == level and keys[1, g] - keys[0, g] == end - begin:
            same = True
            for k in range(end - begin):
                if buffer[keys[0, g] + k] != buffer[begin + k]:
                    same = False
                    break
            if same:
                return g
        slot = (slot + 1) & (len(slots) - 1)
    if known >= keys.shape[1]:
        return -1
    slots[slot] = known
    keys[0, known], keys[1, known], keys[2, known], keys[3, known] = begin, end, kind, level
    return known


@njit(cache=True)
def _scan(buffer: Bytes, attributes: Ints, marks: Ints, keys: Ints) -> tuple[int, int, int, int, int, int]:  # noqa: C901, PLR0911, PLR0912 (one loop: compiled calls that return tuples cost more than they explain)
    size = len(buffer)
    refused = (REFUSED, 0, 0, 0, 0, 0)
    slots = np.full(_SLOTS, -1, np.int32)
    i, level, line, flags = 0, 0, 0, 0
    count, events, traces, groups = 0, 0, 0, 0
    while True:
        while i < size and (buffer[i] == _SPACE or buffer[i] == _BREAK or buffer[i] == _TAB or buffer[i] == _RETURN):
            line += buffer[i] == _BREAK
            i += 1
        if i >= size:
            return (count, events, traces, groups, flags, line) if level == 0 else refused
        if buffer[i] != ord("<") or i + 1 >= size:
            return refused
        if buffer[i + 1] == ord("/"):
            if level == IN_EVENT and _at(buffer, i, _EVENT_END):
                marks[1, events] = line
                events += 1
                level = IN_TRACE
            elif level == IN_TRACE and _at(buffer, i, _TRACE_END):
                traces += 1
                level = 0
            else:
                return refused
            i += 8
            continue
        if level == 0:
            if not _at(buffer, i, _TRACE):
                return refused
            level = IN_TRACE
            i += 7
            continue
        if level == IN_TRACE and _at(buffer, i, _EVENT):
            marks[0, events] = traces
            level = IN_EVENT
            i += 7
            continue
        kind, key = _opening(buffer, i)
        if kind < 0:
            return refused
        i = key
        while i < size and buffer[i] != ord('"'):
            if buffer[i] < _SPACE or buffer[i] == ord("<") or buffer[i] == ord("&"):
                return refused
            flags |= WIDE * (buffer[i] >= _NOT_ASCII)
            i += 1
        g = _group(buffer, key, i, kind, level, slots, keys, groups)
        if g < 0 or not _at(buffer, i, _VALUE):
            return refused
        groups += g == groups
        i += len(_VALUE)
        attributes[0, count] = g
        attributes[1, count] = events if level == IN_EVENT else traces
        attributes[2, count] = i
        while i < size and buffer[i] != ord('"'):
            letter = buffer[i]
            if letter < _SPACE or letter == ord("<"):
                return refused
            flags |= (letter == ord("&")) | WIDE * (letter >= _NOT_ASCII)
            i += 1
        attributes[3, count] = i
        count += 1
        i += 1
        if i < size and buffer[i] == _SPACE:
            i += 1
        if i + 1 >= size or buffer[i] != ord("/") or buffer[i + 1] != ord(">"):
            return refused
        i += 2
