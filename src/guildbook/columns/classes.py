"""The class of an event: what kind of trace it is, for whoever permits some kinds and not others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildbook.columns.ids import lanes_of, sums_as_digests
from guildbook.columns.words import as_words

UNKNOWN: Final = "unknown"
"""The class of an event that names neither an app nor a source."""
NEEDED: Final = ("app", "source")
"""Columns that tell an event's class."""
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f]+")


def class_named(text: str) -> str:
    """The class of that name: lower case, runs of white space as one blank, nothing at either end."""
    return _SPACES.sub(" ", text).strip().casefold() or UNKNOWN


def classes(events: pa.Table) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The classes of some events, sorted, and each row's place among them. A column that is missing is null.

    An event's class is its app; where it has none, its source.
    """
    rows = events.num_rows
    names: dict[str, int] = {}
    code = np.full(rows, -1, np.int64)
    for column in NEEDED:
        if column not in events.column_names or rows == 0:
            continue
        words = as_words(events[column])
        place = np.array([names.setdefault(class_named(w), len(names)) for w in words.dictionary.to_pylist()] + [-1])
        here = place[words.indices.fill_null(len(place) - 1).to_numpy()]
        code = np.where(code < 0, here, code)
    if (code < 0).any():
        code[code < 0] = names.setdefault(UNKNOWN, len(names))
    listed = list(names)
    used = sorted(listed[c] for c in np.unique(code).tolist())
    rank = np.full(len(listed), -1, np.int64)
    for place, name in enumerate(used):
        rank[names[name]] = place
    return used, rank[code] if rows else code


def parts(events: pa.Table) -> list[tuple[str, int, int, int, str]]:
    """(class, rows, first time, last time, digest) of each class of some events with `id` and `time`.

    Rows and digests add up to those of all events. No events have no parts.
    """
    return parts_of_runs(events, np.zeros(1, np.int64))[0] if events.num_rows else []


def parts_of_runs(events: pa.Table, starts: npt.NDArray[np.int64]) -> list[list[tuple[str, int, int, int, str]]]:
    """As `parts`, of each run of rows. `starts`: the first row of each, ascending from 0; no run is empty."""
    names, code = classes(events)
    run = np.repeat(np.arange(len(starts)), np.diff(starts, append=events.num_rows))
    key = run * len(names) + code
    times, lanes = events["time"].cast(pa.int64()).to_numpy(), lanes_of(events["id"])
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        key, times, lanes = key[order], times[order], lanes[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    rows = np.diff(begins, append=len(key)).tolist()
    first, last = np.minimum.reduceat(times, begins).tolist(), np.maximum.reduceat(times, begins).tolist()
    digests = sums_as_digests(np.add.reduceat(lanes, begins, axis=0, dtype=np.uint64))
    found: list[list[tuple[str, int, int, int, str]]] = [[] for _ in starts]
    for of, *part in zip(key[begins].tolist(), rows, first, last, digests, strict=True):
        found[of // len(names)].append((names[of % len(names)], *part))
    return found


def only(events: pa.Table, wanted: Sequence[str]) -> pa.Table:
    """The rows of some classes."""
    names, code = classes(events)
    return events.filter(pa.array(np.isin(code, [place for place, name in enumerate(names) if name in set(wanted)])))
