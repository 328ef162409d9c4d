"""Whole traces as columns, without a Python object an event: the fast way for the plain form of XES.

The result is what `XesEvents` makes of the same bytes, event for event. What is unusual, in a way that would need the
rules written down a second time here, is not decided here: then the stretch goes through the XML parser after all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.record.importers._attributes import ARTEFACTS, VARIANT, fragment, key_prefix, missing
from guildbook.record.importers._cases import case_id
from guildbook.record.importers._guess import join_said
from guildbook.record.importers._xes_mapping import (
    CASE,
    CASE_OUTCOME,
    ECHOES,
    LIFECYCLE,
    LOOSE,
    OTHER_KEYS,
    OUTCOME,
    XesMapping,
)
from guildbook.record.importers._xes_parts import Part, UnusualError
from guildbook.record.importers._xes_scan import AMPERSAND, IN_EVENT, WIDE, Stretch, gather, scan
from guildbook.record.importers._xes_values import Leaf, text_of, to_json, worker_of

_REFERENCE: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")


@dataclass(frozen=True, slots=True)
class Group:
    """The values of the attributes of one level, kind and key."""

    key: str
    kind: str
    level: int
    owners: pa.Int32Array
    """Value → its event or trace."""
    values: pa.StringArray

    def leaves(self, words: list[str]) -> list[Leaf]:
        """Words of this group as the XML parser would give them."""
        return list(words) if self.kind == "string" else [(self.kind, word) for word in words]


@dataclass(frozen=True, slots=True)
class Block:
    """Some traces."""

    part: Part
    traces: int
    lines: int
    """Line breaks in the stretch."""


def read_block(data: bytes, mapping: XesMapping, traces: int, lines: int) -> Block | None:
    """The events of a stretch of whole traces; None when it is not plain markup.

    `traces`, `lines`: how many of each came before it in the file. Raises `UnusualError` for plain markup that says
    something only the general way can read.
    """
    stretch = scan(data)
    if stretch is None:
        return None
    part = _Block(stretch, _groups(data, stretch), mapping).part(traces, lines)
    return Block(part, stretch.traces, stretch.lines)


class _Block:
    def __init__(self, stretch: Stretch, groups: list[Group], mapping: XesMapping) -> None:
        self._events = len(stretch.event_traces)
        self._stretch = stretch
        self._mapping = mapping
        self._of_events = {g.key: g for g in groups if g.level == IN_EVENT}
        self._of_traces = {g.key: g for g in groups if g.level != IN_EVENT}
        if len(self._of_events) + len(self._of_traces) < len(groups):
            raise UnusualError  # one key with values of two kinds

    def part(self, traces: int, lines: int) -> Part:
        mapping = self._mapping
        self._check()
        action = self._field(mapping.action, lambda leaf: text_of(leaf) or None)
        if action.null_count:
            raise UnusualError  # rejected events, which do not count as places in the trace
        worker = self._field(mapping.worker, worker_of)
        runs = self._stretch.event_traces
        firsts = np.searchsorted(runs, runs)
        columns: dict[str, pa.Array] = {
            "action": action,
            "worker": worker,
            "seq": pa.array(np.arange(self._events, dtype=np.int64) - firsts),
            "case": self._cases(traces).take(pa.array(runs)),
            "attributes": self._attributes(action, worker),
        }
        at = self._stretch.event_lines.astype(np.int64) + lines + 1
        return Part(self._full(self._of_events[mapping.time].values, self._of_events[mapping.time]), at, columns)

    def _check(self) -> None:
        """Refuse what needs rules that only `XesEvents` has."""
        mapping, events, traces = self._mapping, self._of_events, self._of_traces
        time = events.get(mapping.time)
        if mapping.action not in events or time is None or len(time.values) < self._events:
            raise UnusualError
        worker = events.get(mapping.worker)
        if (worker is None or len(worker.values) < self._events) and not events.keys().isdisjoint(OTHER_KEYS["worker"]):
            raise UnusualError
        if not events.keys().isdisjoint(mapping.fields) or not traces.keys().isdisjoint({OUTCOME, CASE_OUTCOME, LOOSE}):
            raise UnusualError
        named = {key if key.startswith(CASE) else f"{CASE}{key}" for key in traces}
        if len(named) < len(traces) or not named.isdisjoint(events.keys()):
            raise UnusualError  # two values under one name

    def _full(self, values: pa.Array, group: Group, size: int | None = None) -> pa.Array:
        """The values of a group at the places of their owners; null for the others."""
        rows = self._events if size is None else size
        if len(values) == rows:
            return values  # owners are ascending and distinct, so each has one
        places = np.full(rows, -1, np.int64)
        places[group.owners] = np.arange(len(values))
        return values.take(pa.array(places, mask=places < 0))

    def _field(self, key: str, convert: Callable[[Leaf], str | None]) -> pa.Array:
        group = self._of_events.get(key)
        if group is None:
            return pa.nulls(self._events, pa.string())
        return self._full(_each(group, convert), group)

    def _cases(self, traces: int) -> pa.Array:
        """The case of each trace."""
        group = self._of_traces.pop(self._mapping.case, None)
        if group is None:
            raw = [""] * self._stretch.traces
        else:
            raw = self._full(_each(group, text_of), group, self._stretch.traces).fill_null("").to_pylist()
        named = [name or f"unnamed {traces + place}" for place, name in enumerate(raw, 1)]
        return pa.array([case_id(self._mapping.namespace, name) for name in named], pa.string())

    def _attributes(self, action: pa.Array, worker: pa.Array) -> pa.Array:
        used = {self._mapping.action, self._mapping.worker, self._mapping.time}
        members: dict[str, pa.Array] = {}
        for key, group in self._of_events.items():
            if key not in used and key not in ARTEFACTS:
                members[key] = self._member(group, key, action, worker)
        skipped = ARTEFACTS | VARIANT if self._of_traces.keys() >= VARIANT else ARTEFACTS
        runs = pa.array(self._stretch.event_traces)
        for key, group in self._of_traces.items():
            if key not in skipped:
                name = key if key.startswith(CASE) else f"{CASE}{key}"
                of_trace = self._full(_each(group, _fragment(name)), group, self._stretch.traces)
                members[name] = of_trace.take(runs)
        if not members:
            return pa.nulls(self._events, pa.string())
        inner = join_said([members[name] for name in sorted(members)], ",")
        whole = pc.binary_join_element_wise("{", inner, "}", "")
        return pc.if_else(inner.is_valid(), whole, pa.scalar(None, pa.string()))

    def _member(self, group: Group, key: str, action: pa.Array, worker: pa.Array) -> pa.Array:
        made = self._full(_each(group, _fragment(key)), group)
        if key in ECHOES:
            said = self._full(_each(group, text_of), group)
            echo = pc.or_kleene(pc.equal(said, action), pc.fill_null(pc.equal(said, worker), fill_value=False))
            made = pc.if_else(pc.fill_null(echo, fill_value=False), pa.scalar(None, pa.string()), made)
        return made


def _groups(data: bytes, stretch: Stretch) -> list[Group]:
    """The attributes by group, each with its values as text."""
    order = np.argsort(stretch.groups, kind="stable")
    offsets, out = gather(data, stretch.begins[order], stretch.ends[order])
    texts = pa.StringArray.from_buffers(len(order), pa.py_buffer(offsets), pa.py_buffer(out))
    if stretch.flags & WIDE:
        _check_encoding(data)
    owners = stretch.owners[order]
    bounds = np.searchsorted(stretch.groups[order], np.arange(len(stretch.keys) + 1))
    groups: list[Group] = []
    for number, key in enumerate(stretch.keys):
        begin, end = int(bounds[number]), int(bounds[number + 1])
        mine = owners[begin:end]
        if np.any(mine[1:] == mine[:-1]):
            raise UnusualError  # an event with two values under one key
        values = texts.slice(begin, end - begin)
        if stretch.flags & AMPERSAND:
            values = _unescaped(values)
        groups.append(Group(key.decode(), stretch.kinds[number], stretch.levels[number], mine, values))
    return groups


def _check_encoding(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusualError from error


def _unescaped(values: pa.StringArray) -> pa.StringArray:
    """The five entities every XML has, resolved; any other reference is for the XML parser."""
    if not pc.any(pc.match_substring(values, "&")).as_py():
        return values
    encoded = values.dictionary_encode()
    words: list[str] = encoded.dictionary.to_pylist()
    if any(_REFERENCE.search(word) for word in words):
        raise UnusualError
    return pa.array([unescape(word) for word in words], pa.string()).take(encoded.indices)


def _each(group: Group, convert: Callable[[Leaf], str | None]) -> pa.Array:
    """A group's values, each distinct one converted once."""
    encoded = group.values.dictionary_encode()
    made = [convert(leaf) for leaf in group.leaves(encoded.dictionary.to_pylist())]
    return pa.array(made, pa.string()).take(encoded.indices)


def _fragment(key: str) -> Callable[[Leaf], str | None]:
    """The converter to a member of a JSON object, `"key":value`; null for what says nothing."""
    prefix = key_prefix(key)

    def member(leaf: Leaf) -> str | None:
        value = to_json(leaf)
        usual = key == LIFECYCLE and text_of(leaf).lower() == "complete"
        return None if usual or missing(value) else prefix + fragment(value)

    return member
