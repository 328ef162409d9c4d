"""Which XES attribute becomes which event field: the standard's keys, those seen in the wild, what the user said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from guildbook.columns import RAW_SCHEMA
from guildbook.plugins import ImportOptions

KEYS: Final = {"action": "concept:name", "worker": "org:resource", "time": "time:timestamp", "case": "concept:name"}
OTHER_KEYS: Final = {
    "action": ("Activity", "activity"),
    "worker": ("Resource", "resource", "org:user", "user"),
    "time": ("Complete Timestamp", "timestamp", "Timestamp"),
}
"""Where to look in logs whose writer did not use the standard's extensions."""
ECHOES: Final = ("Activity", "Resource")
"""Tools that convert tables repeat the activity and the person under these names; an equal value says nothing new."""
OWN: Final = "guildbook:"
"""Prefix of the attributes under which the exporter writes event fields that XES has no name for."""
LOOSE: Final = "guildbook:loose"
"""Marks a trace that the exporter made of a person's day: its events have no case."""
LIFECYCLE: Final = "lifecycle:transition"
OUTCOME: Final = "outcome"
CASE_OUTCOME: Final = "case:outcome"
CASE: Final = "case:"
"""Prefix of what is said of the whole case."""
_EXTRA: Final = frozenset(RAW_SCHEMA.names) - {*KEYS, "attributes", "source"}


@dataclass(frozen=True, slots=True)
class XesMapping:
    """The keys for one import."""

    namespace: str
    action: str
    worker: str
    time: str
    case: str
    fields: dict[str, str]
    """Key of an event's attribute → field, for the other fields."""


def xes_mapping(options: ImportOptions) -> XesMapping:
    """What the options say, else the standard's keys."""
    action, worker, time, case = (options.mapping.get(f, KEYS[f]) for f in ("action", "worker", "time", "case"))
    fields = {f"{OWN}{name}": name for name in _EXTRA} | {OUTCOME: OUTCOME}
    fields |= {key: name for name, key in options.mapping.items() if name in _EXTRA}
    return XesMapping(options.namespace, action, worker, time, case, fields)
