"""From the events and traces of an XES log to chunks of event columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns import RAW_SCHEMA, TIME, raw_table
from guildbook.plugins import Chunk, ImportOptions, Rejected
from guildbook.record.importers._attributes import ARTEFACTS, VARIANT, fragment, join, missing
from guildbook.record.importers._cases import case_id
from guildbook.record.importers._fields import field_column
from guildbook.record.importers._times import in_range, parse_text
from guildbook.record.importers._xes_parser import Values
from guildbook.record.importers._xes_values import text_of, to_json, worker_of

ROWS: Final = 49_152
"""Events after which a chunk is full."""
REJECTS: Final = 8_192
MOST_ATTRIBUTES: Final = 2_000
"""Of one event or trace."""
OWN: Final = "guildbook:"
"""Prefix of the attributes under which the exporter writes event fields that XES has no name for."""
LOOSE: Final = "guildbook:loose"
"""Marks a trace that the exporter made of a person's day: its events have no case."""
LIFECYCLE: Final = "lifecycle:transition"
OUTCOME: Final = "outcome"
SHOWN: Final = 500

_KEYS: Final = {"action": "concept:name", "worker": "org:resource", "time": "time:timestamp"}
_OTHER_KEYS: Final = {
    "action": ("Activity", "activity"),
    "worker": ("Resource", "resource", "org:user", "user"),
    "time": ("Complete Timestamp", "timestamp", "Timestamp"),
}
"""Where to look in logs whose writer did not use the standard's extensions."""
_ECHOES: Final = ("Activity", "Resource")
"""Tools that convert tables repeat the activity and the person under these names; an equal value says nothing new."""
_EXTRA: Final = frozenset(RAW_SCHEMA.names) - {*_KEYS, "case", "attributes", "source"}
_MOST_REMEMBERED: Final = 50_000


class XesEvents:
    """The sink of `XesParser`: gathers rows; `take` gives them as a chunk."""

    def __init__(self, options: ImportOptions) -> None:
        self._namespace = options.namespace
        self._action, self._worker, self._time = (
            options.mapping.get(f, _KEYS[f]) for f in ("action", "worker", "time")
        )
        self._fields = {f"{OWN}{name}": name for name in _EXTRA} | {OUTCOME: OUTCOME}
        self._fields |= {key: name for name, key in options.mapping.items() if name in _EXTRA}
        self._case_key = options.mapping.get("case", _KEYS["action"])
        self._workers: dict[Any, str | None] = {}
        self._fragments: dict[Any, str] = {}
        self._traces = 0
        self._trace: Values | None = None
        self._seq = 0
        self.times: list[str] = []
        self.actions: list[str] = []
        self.workers: list[str | None] = []
        self.seqs: list[int] = []
        self.lines: list[int] = []
        self.extra: dict[str, list[Any]] = {}
        self._rests: list[tuple[tuple[str, str], ...] | None] = []
        # Settled: of the rows above, those whose case is known. A trace's rows settle when it ends.
        self.attributes: list[str | None] = []
        self.cases: list[str | None] = []
        self.lengths: list[int] = []
        self.rejected: list[Rejected] = []

    def key(self, field: str) -> str:
        """The attribute key in which a field is looked for."""
        return {"action": self._action, "worker": self._worker, "time": self._time}[field]

    @property
    def any(self) -> bool:
        """Whether an event was read."""
        return bool(self.times)

    @property
    def full(self) -> bool:
        """Whether it is time to `take`."""
        return len(self.times) >= ROWS or len(self.rejected) >= REJECTS

    def trace_begins(self, values: Values) -> None:
        """The events that follow belong together; `values` fills with what the trace says."""
        self._settle(None, {}, len(self._rests))
        self._trace, self._seq = values, 0

    def event(self, values: Values, line: int) -> None:
        """One event: a row, or a rejected one when it says no activity or no time."""
        pop = values.pop
        action = pop(self._action, None)
        time = pop(self._time, None)
        worker = pop(self._worker, None)
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
        self.lines.append(line)
        self.seqs.append(self._seq)
        self._seq += 1
        self._rests.append(self._rest(values, action, name) if values else None)

    def trace_ends(self, values: Values) -> None:
        """The trace is over: its attributes go to each of its events, its outcome to the last."""
        self._traces += 1
        outcome = values.pop(OUTCOME, values.pop(f"case:{OUTCOME}", None))
        if outcome is not None and self._rests:
            self.extra.setdefault(OUTCOME, [])[len(self.times) - 1 :] = []
            self._put(OUTCOME, to_json(outcome))
        self._settle(self._case(values), values, len(self._rests))
        self._trace = None

    def take(self, progress: float, source: str, *, last: bool) -> Chunk:
        """The settled rows as a chunk; the others wait, unless this is the `last` or there are very many.

        Times are read here, a column at once.
        """
        pending = len(self._rests)
        if self._trace is None:
            self._settle(None, {}, pending)
        elif last or pending > ROWS:
            # All but one, so that a row is left to bear the trace's outcome.
            known = dict(self._trace)
            self._settle(self._case(known, self._traces + 1), known, pending if last else pending - 1)
        rows = len(self.attributes)
        micros = parse_text(pa.array(self.times[:rows], pa.string()))
        fits = in_range(micros)
        table = raw_table(self._columns(rows, micros, source), rows)
        if not pc.all(fits, min_count=0).as_py():
            for row in np.flatnonzero(~fits.to_numpy(zero_copy_only=False)):
                self._reject_time(int(row), unread=not micros[int(row)].is_valid)
            table = table.filter(fits)
        chunk = Chunk(table, tuple(sorted(self.rejected, key=lambda r: r.line or 0)), progress)
        self._drop(rows)
        return chunk

    def _drop(self, rows: int) -> None:
        columns: list[list[Any]] = [self.times, self.actions, self.workers, self.seqs, self.lines, *self.extra.values()]
        for column in columns:
            del column[:rows]
        self.attributes, self.cases, self.lengths, self.rejected = [], [], [], []

    def _columns(self, rows: int, micros: pa.Int64Array, source: str) -> dict[str, Any]:
        runs = np.repeat(np.arange(len(self.cases), dtype=np.int32), self.lengths)
        cases = pa.array(self.cases, pa.string()).dictionary_encode()
        columns: dict[str, Any] = {
            "time": micros.cast(TIME),
            "action": self.actions[:rows],
            "worker": self.workers[:rows],
            "seq": self.seqs[:rows],
            "case": pa.DictionaryArray.from_arrays(cases.indices.take(pa.array(runs)), cases.dictionary),
            "attributes": self.attributes,
            "source": pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([source])),
        }
        for name, values in self.extra.items():
            column = field_column(name, [*values[:rows], *([None] * (rows - len(values)))])
            columns[name] = pc.coalesce(column, pa.array(columns[name], pa.int64())) if name == "seq" else column
        return columns

    def _case(self, values: Values, number: int | None = None) -> str | None:
        if values.pop(LOOSE, None) is not None:
            values.clear()
            return None
        raw = text_of(values.pop(self._case_key, None)) or f"unnamed {number or self._traces}"
        return case_id(self._namespace, raw)

    def _elsewhere(self, values: Values, *found: Any) -> tuple[Any, Any, Any]:
        out: list[Any] = []
        for name, value in zip(("action", "time", "worker"), found, strict=True):
            keys = _OTHER_KEYS[name] if value is None else ()
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
            elif key not in ARTEFACTS and not (key in _ECHOES and text_of(value) in {action, worker}):
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
                base[key if key.startswith("case:") else f"case:{key}"] = text
        return base

    def _reject(self, values: Values, line: int, action: str, time: Any) -> None:
        if not action:
            reason = f"no activity ({self._action})"
        elif time is None:
            reason = f"no time ({self._time})"
        else:
            reason = f"more than {MOST_ATTRIBUTES:,} attributes"
        said = [action, text_of(time), *(f"{k}={text_of(v)}" for k, v in list(values.items())[:20])]
        self.rejected.append(Rejected(line, reason, " ".join(s for s in said if s)[:SHOWN]))

    def _reject_time(self, row: int, *, unread: bool) -> None:
        text = self.times[row]
        why = "unreadable time" if unread else "time before 1900 or after 2199"
        said = f"{self.actions[row]} {self.workers[row] or ''} {text}"
        self.rejected.append(Rejected(self.lines[row], f"{why}: {text[:80]!r}", said[:SHOWN]))


def _is_leaf(value: Any) -> bool:
    """Whether a value can be remembered: those with attributes of their own hold lists, which do not hash."""
    return value is None or isinstance(value, str) or len(value) == len(("kind", "text"))
