"""From scheduled lines to event columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildbook.columns import OBJECTS, raw_table
from guildbook.model.time import DAY, to_micros
from guildbook.record.office.cases import CHANNELS, KINDS, Cases
from guildbook.record.office.sheet import Lines
from guildbook.record.office.staff import Staff
from guildbook.record.office.steps import CATALOGUE, Step

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SOURCE: Final = "office"
VERSION: Final = "1"
_TITLES: Final = {
    "claims": "Claims",
    "spreadsheet": "Spreadsheet",
    "mail": "Mail",
    "chat": "Chat",
    "browser": "Browser",
    "editor": "Editor",
}
NOBODY: Final = -1
_NUMBERS: Final = 1 << 40
_WINDOWS: Final = tuple(_TITLES.values())
_WINDOWS_OF: Final = [f"{title} – file {{}}" for title in _WINDOWS]


@dataclass(frozen=True, slots=True)
class Rows:
    """What the table says about each row of the lines: a case, or nothing for caseless work."""

    cases: list[Cases]
    caseless: int
    """How many rows without a case follow those of `cases`."""

    def names(self) -> list[str | None]:
        """Case id of each row."""
        named = [f"{c.task}:{n}" for c in self.cases for n in c.number.tolist()]
        return [*named, *([None] * self.caseless)]

    def numbers(self) -> Ints:
        """Case number of each row, 0 for caseless ones."""
        return np.concatenate([*(c.number for c in self.cases), np.zeros(self.caseless, np.int64)])

    def attributes(self) -> list[str | None]:
        """The case attributes of each row as canonical JSON."""
        made: list[str | None] = []
        for c in self.cases:
            products = [c.products[i] for i in c.product.tolist()]
            columns = (products, c.kind.tolist(), c.channel.tolist(), c.amount.tolist())
            made += [_attributes(*values) for values in zip(*columns, strict=True)]
        return made + [None] * self.caseless


def _url(step: Step) -> str | None:
    """Where a browser step takes place."""
    return f"https://{step.name.lower().replace(' ', '-')}.example/" if step.app == "browser" else None


def _attributes(product: str, kind: int, channel: int, amount: int) -> str:
    stated = {
        "case:amount": amount,
        "case:channel": CHANNELS[channel],
        "case:customer_kind": KINDS[kind],
        "case:product": product,
    }
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _coded(codes: Ints, words: list[str | None]) -> pa.Array:
    """A dictionary column from codes into a list of words that may hold None."""
    return pa.array(words, pa.string()).dictionary_encode().take(pa.array(codes))


def _compact(column: pa.Array) -> pa.Array:
    """A dictionary column with only the words it uses, in order of first use."""
    return column.cast(pa.string()).dictionary_encode()


def _numbered(codes: Ints, numbers: Ints, patterns: list[str]) -> pa.Array:
    """Words made of a pattern with `{}` and a number; an empty pattern gives null."""
    pairs, inverse = np.unique(codes * _NUMBERS + numbers, return_inverse=True)
    made = [patterns[p // _NUMBERS].format(p % _NUMBERS) or None for p in pairs.tolist()]
    return _coded(inverse.astype(np.int64), made)


def _objects(row: Ints, to: Ints, names: list[str | None], staff: Staff) -> pa.Array:
    """Each event's case, and whom it addresses (`to` from 0 up) or hears from (−2 down), as objects."""
    has_case = np.array([n is not None for n in names], np.bool_)[row]
    has_person = to != NOBODY
    counts = has_case.astype(np.int64) + has_person
    offsets = np.concatenate([[0], np.cumsum(counts)])
    people = len(names)
    words = [*names, *staff.names]
    kinds = [*((n.split(":", 1)[0] if n else None) for n in names), *(["person"] * len(staff.names))]
    which = np.empty(offsets[-1], np.int64)
    how = np.zeros(offsets[-1], np.int64)
    which[offsets[:-1][has_case]] = row[has_case]
    at = offsets[1:][has_person] - 1
    person = to[has_person]
    which[at] = people + np.where(person >= 0, person, -2 - person)
    how[at] = np.where(person >= 0, 1, 2)
    structs = pa.StructArray.from_arrays(
        [
            pa.array(words, pa.string()).take(pa.array(which)),
            pa.array(kinds, pa.string()).take(pa.array(which)),
            pa.array(["case", "to", "from"]).take(pa.array(how)),
        ],
        fields=list(OBJECTS.value_type),
    )
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), structs)


def _values(step: Ints, number: Ints) -> tuple[pa.Array, pa.Array]:
    """What a typed field held before and after: figures that mean nothing."""
    typed = np.array([s.typed for s in CATALOGUE])[step]
    after = pa.array((number * 7919 + step * 31) % 90_000 + 100, mask=~typed).cast(pa.string())
    before = pa.array(np.zeros(len(step), np.int64), mask=~typed | (number % 3 > 0)).cast(pa.string())
    return before, after


def tabulate(
    lines: Lines, time: Ints, length: Ints, agent: Bools, rows: Rows, staff: Staff, start: int, branch: int
) -> pa.Table:
    """A branch's events in order of time as a `RAW_SCHEMA` table. `start`: the first midnight, µs UTC.

    `time` is µs since that midnight; lines with a negative one are left out.
    """
    order = np.argsort(time, kind="stable")
    order = order[np.searchsorted(time[order], 0) :]
    row, step, who, at, lasts = lines.row[order], lines.step[order], lines.who[order], time[order], length[order]
    constant = np.zeros(len(order), np.int64)
    columns = {
        "time": _moments(at + start),
        "duration": lasts,
        "seq": np.arange(len(order)),
        "recorded_at": _moments(at + start + lasts),
        "source": _coded(constant, [SOURCE]),
        "source_version": _coded(constant, [VERSION]),
        "origin": _coded(agent[order].astype(np.int64), ["person", "agent"]),
        "outcome": _coded(lines.outcome[order], [None, "good", "bad"]),
    }
    columns |= _of_person(who, at // DAY, staff, branch)
    columns |= _of_step(step, rows.numbers()[row])
    columns |= _of_case(row, lines.to[order], rows, staff)
    return raw_table(columns)


def _moments(micros: Ints) -> pa.Array:
    return pa.array(micros).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))


def _of_person(who: Ints, day: Ints, staff: Staff, branch: int) -> dict[str, pa.Array]:
    """Who, at which desk, in which day's session. Neither words nor their order tell a role."""
    people = len(staff.names)
    desks = np.random.default_rng([branch, people]).permutation(people).tolist()
    devices: list[str | None] = [f"pc-{branch * 1000 + desk:04d}" for desk in desks]
    sessions: list[str | None] = [f"{device}-{d}" for d in range(int(day.max(initial=0)) + 1) for device in devices]
    return {
        "worker": _compact(_coded(who, [*staff.names])),
        "device": _compact(_coded(who, devices)),
        "session": _compact(_coded(day * people + who, sessions)),
    }


def _of_step(step: Ints, number: Ints) -> dict[str, pa.Array]:
    """What was done to what, in which window and document."""
    window = np.array([_WINDOWS.index(_TITLES[s.app]) for s in CATALOGUE])[step]
    before, after = _values(step, number)
    return {
        "app": _compact(_coded(step, [s.app for s in CATALOGUE])),
        "action": _compact(_coded(step, [s.action for s in CATALOGUE])),
        "window": _compact(_numbered(window, number, _WINDOWS_OF)),
        "document": _compact(_numbered(step, number, [s.document for s in CATALOGUE])),
        "url": _compact(_coded(step, [_url(s) for s in CATALOGUE])),
        "element_role": _compact(_coded(step, [s.role for s in CATALOGUE])),
        "element_name": _compact(_coded(step, [s.name for s in CATALOGUE])),
        "value_before": before,
        "value_after": after,
    }


def _of_case(row: Ints, to: Ints, rows: Rows, staff: Staff) -> dict[str, pa.Array]:
    """The case, what is known of it, and whom the event concerns."""
    names = rows.names()
    return {
        "objects": _objects(row, to, names, staff),
        "case": _compact(_coded(row, names)),
        "attributes": _compact(_coded(row, rows.attributes())),
    }


def midnight(year: int, month: int, day: int) -> int:
    """A date's first moment, µs UTC."""
    return to_micros(datetime(year, month, day, tzinfo=UTC))
