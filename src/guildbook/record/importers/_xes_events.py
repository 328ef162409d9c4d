"""From the events and traces of an XES log to chunks of event columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.plugins import Chunk, Rejected
from guildbook.record.importers._attributes import ARTEFACTS, VARIANT, fragment, join, missing
from guildbook.record.importers._cases import case_id
from guildbook.record.importers._fields import field_column
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
from guildbook.record.importers._xes_parser import Values
from guildbook.record.importers._xes_parts import Part, table_of
from guildbook.record.importers._xes_values import text_of, to_json, worker_of

ROWS: Final = 49_152
"""Events after which a chunk is full."""
REJECTS: Final = 8_192
MOST_ATTRIBUTES: Final = 2_000
"""Of one event or trace."""
SHOWN: Final = 500
_MOST_REMEMBERED: Final = 50_000


class XesEvents:
    """The sink of `XesParser`: gathers rows; `take` gives them as a chunk."""

    def __init__(self, mapping: XesMapping) -> None:
        self.mapping = mapping
        self.traces = 0
        """Traces that have ended."""
        self.lines_before = 0
        """Lines of the file that the XML parser was not given."""
        self.rejected: list[Rejected] = []
        self._parts: list[Part] = []
        self._sealed = 0
        self._fields = mapping.fields
        self._workers: dict[Any, str | None] = {}
        self._fragments: dict[Any, str] = {}
        self._trace: Values | None = None
        self._seq = 0
        # Rows that are in no part yet, column by column.
        self.times: list[str] = []
        self.actions: list[str] = []
        self.workers: list[str | None] = []
        self.seqs: list[int] = []
        self.lines: list[int] = []
        self.extra: dict[str, list[Any]] = {}
        self._rests: list[tuple[tuple[str, str], ...] | None] = []
        # Settled: of these rows, those whose case is known. A trace's rows settle when it ends.
        self.attributes: list[str | None] = []
        self.cases: list[str | None] = []
        self.lengths: list[int] = []

    @property
    def any(self) -> bool:
        """Whether an event was read."""
        return bool(self.times or self._parts)

    @property
    def full(self) -> bool:
        """Whether it is time to `take`."""
        return self._sealed + len(self.times) >= ROWS or len(self.rejected) >= REJECTS

    def add(self, part: Part, traces: int) -> None:
        """Events of whole traces that were read without the XML parser."""
        self._settle(None, {}, len(self._rests))
        self._seal()
        self._parts.append(part)
        self._sealed += len(part.times)
        self.traces += traces

    def trace_begins(self, values: Values) -> None:
        """The events that follow belong together; `values` fills with what the trace says."""
        self._settle(None, {}, len(self._rests))
        self._trace, self._seq = values, 0

    def event(self, values: Values, line: int) -> None:
        """One event: a row, or a rejected one when it says no activity or no time."""
        pop = values.pop
        action = pop(self.mapping.action, None)
        time = pop(self.mapping.time, None)
        worker = pop(self.mapping.worker, None)
        if action is None or time is None or worker is None:
            action, time, worker = self._elsewhere(values, action, time, worker)
        action = action.strip() if isinstance(action, str) else text_of(action)
        if not action or time is None or len(values) > MOST_ATTRIBUTES:
            self._reject(values, line, action, time)
            return
        try:
            name = self._workers[worker]
        except (KeyError, TypeError):
            name = self._name(worker)
        self.times.append(time if isinstance(time, str) else time[1])
        self.actions.append(action)
        self.workers.append(name)
        self.lines.append(line + self.lines_before)
        self.seqs.append(self._seq)
        self._seq += 1
        self._rests.append(self._rest(values, action, name) if values else None)

    def trace_ends(self, values: Values) -> None:
        """The trace is over: its attributes go to each of its events, its outcome to the last."""
        self.traces += 1
        outcome = values.pop(OUTCOME, values.pop(CASE_OUTCOME, None))
        if outcome is not None and self._rests:
            self.extra.setdefault(OUTCOME, [])[len(self.times) - 1 :] = []
            self._put(OUTCOME, to_json(outcome))
        self._settle(self._case(values), values, len(self._rests))
        self._trace = None

    def take(self, progress: float, source: str, *, last: bool) -> Chunk:
        """The settled rows as a chunk; the others wait, unless this is the `last` or there are very many."""
        pending = len(self._rests)
        if self._trace is None:
            self._settle(None, {}, pending)
        elif last or pending > ROWS:
            # All but one, so that a row is left to bear the trace's outcome.
            known = dict(self._trace)
            self._settle(self._case(known, self.traces + 1), known, pending if last else pending - 1)
        self._seal()
        table, bad = table_of(self._parts, source)
        chunk = Chunk(table, tuple(sorted([*self.rejected, *bad], key=lambda r: r.line or 0)), progress)
        self._parts, self._sealed, self.rejected = [], 0, []
        return chunk

    def _seal(self) -> None:
        """Make the settled rows a part."""
        rows = len(self.attributes)
        if not rows:
            return
        runs = np.repeat(np.arange(len(self.cases), dtype=np.int32), self.lengths)
        columns: dict[str, pa.Array] = {
            "action": pa.array(self.actions[:rows], pa.string()),
            "worker": pa.array(self.workers[:rows], pa.string()),
            "seq": pa.array(self.seqs[:rows], pa.int64()),
            "case": pa.array(self.cases, pa.string()).take(pa.array(runs)),
            "attributes": pa.array(self.attributes, pa.string()),
        }
        for name, values in self.extra.items():
            column = field_column(name, [*values[:rows], *([None] * (rows - len(values)))])
            columns[name] = pc.coalesce(column, columns[name]) if name == "seq" else column
        times = pa.array(self.times[:rows], pa.string())
        self._parts.append(Part(times, np.array(self.lines[:rows], np.int64), columns))
        self._sealed += rows
        pending: list[list[Any]] = [self.times, self.actions, self.workers, self.seqs, self.lines, *self.extra.values()]
        for column in pending:
            del column[:rows]
        self.attributes, self.cases, self.lengths = [], [], []

    def _case(self, values: Values, number: int | None = None) -> str | None:
        if values.pop(LOOSE, None) is not None:
            values.clear()
            return None
        raw = text_of(values.pop(self.mapping.case, None)) or f"unnamed {number or self.traces}"
        return case_id(self.mapping.namespace, raw)

    def _elsewhere(self, values: Values, *found: Any) -> tuple[Any, Any, Any]:
        out: list[Any] = []
        for name, value in zip(("action", "time", "worker"), found, strict=True):
            keys = OTHER_KEYS[name] if value is None else ()
            out.append(next((values.pop(key) for key in keys if key in values), value))
        return out[0], out[1], out[2]

    def _name(self, worker: Any) -> str | None:
        name = worker_of(worker)
        if not _is_leaf(worker):
            return name
        if len(self._workers) > _MOST_REMEMBERED:
            self._workers.clear()
        self._workers[worker] = name
        return name

    def _rest(self, values: Values, action: str, worker: str | None) -> tuple[tuple[str, str], ...] | None:
        """What the event says besides, as (key, canonical JSON); fields of the event go to their columns."""
        rest: list[tuple[str, str]] = []
        fields = self._fields
        for key, value in values.items():
            if key == LIFECYCLE and text_of(value).lower() == "complete":
                continue
            if key in fields:
                self._put(fields[key], to_json(value))
            elif key not in ARTEFACTS and not (key in ECHOES and text_of(value) in {action, worker}):
                text = self._fragment(value)
                if text:
                    rest.append((key, text))
        return tuple(rest) or None

    def _fragment(self, value: Any) -> str:
        try:
            return self._fragments[value]
        except (KeyError, TypeError):
            found = to_json(value)
        text = "" if missing(found) else fragment(found)
        if _is_leaf(value):
            if len(self._fragments) > _MOST_REMEMBERED:
                self._fragments.clear()
            self._fragments[value] = text
        return text

    def _put(self, field: str, value: Any) -> None:
        column = self.extra.setdefault(field, [])
        column.extend([None] * (len(self.times) - 1 - len(column)))
        column.append(value)

    def _settle(self, case: str | None, values: Values, rows: int) -> None:
        """Finish the first `rows` of the rows whose case was not known yet."""
        if not rows:
            return
        base = self._of_case(values)
        plain = join(base)
        made: dict[tuple[tuple[str, str], ...], str | None] = {}
        for rest in self._rests[:rows]:
            if rest is None:
                self.attributes.append(plain)
                continue
            if rest not in made:
                made[rest] = join({**base, **dict(rest)})
            self.attributes.append(made[rest])
        self.cases.append(case)
        self.lengths.append(rows)
        del self._rests[:rows]

    def _of_case(self, values: Mapping[str, Any]) -> dict[str, str]:
        base: dict[str, str] = {}
        skipped = ARTEFACTS | VARIANT if values.keys() >= VARIANT else ARTEFACTS
        for key, value in values.items():
            text = self._fragment(value)
            if text and key not in skipped:
                base[key if key.startswith(CASE) else f"{CASE}{key}"] = text
        return base

    def _reject(self, values: Values, line: int, action: str, time: Any) -> None:
        if not action:
            reason = f"no activity ({self.mapping.action})"
        elif time is None:
            reason = f"no time ({self.mapping.time})"
        else:
            reason = f"more than {MOST_ATTRIBUTES:,} attributes"
        said = [action, text_of(time), *(f"{k}={text_of(v)}" for k, v in list(values.items())[:20])]
        self.rejected.append(Rejected(line + self.lines_before, reason, " ".join(s for s in said if s)[:SHOWN]))


def _is_leaf(value: Any) -> bool:
    """Whether a value can be remembered: those with attributes of their own hold lists, which do not hash."""
    return value is None or isinstance(value, str) or len(value) == len(("kind", "text"))
