"""What of a grant may be read no longer. Jobs ask at every reading, so each segment is decided on once a state."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from guildbook.govern.admission import admit, portions
from guildbook.govern.world import World
from guildbook.model.decision import Request
from guildbook.model.grant import Grant
from guildbook.store import class_names, split_part, tables

_MANY = 2_000
"""Segments from which on all of the book are decided on at once."""


@dataclass(slots=True)
class _Seen:
    """What was decided on the segments of one grant, in one state of consent."""

    policy: str
    leaving: frozenset[str]
    time: int
    """When it was looked at first; what begins or ends by the clock since makes another state."""
    decided: dict[str, bool] = field(default_factory=dict[str, bool])


class Watch:
    """Remembers what was decided on the segments of each grant of this process."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def withdrawn(
        self, ledger: Connection, world: World, grant: Grant, ids: Collection[str], time: int, leaving: frozenset[str]
    ) -> list[str]:
        """Those of some segments of a grant that may be read no longer; `leaving`: workers who are being forgotten."""
        seen = self._seen.get(grant.id)
        if (
            seen is None
            or (seen.policy, seen.leaving) != (world.policy_hash, leaving)
            or world.turns_between(seen.time, time)
        ):
            seen = self._seen[grant.id] = _Seen(world.policy_hash, leaving, time)
        new = [each for each in ids if each not in seen.decided]
        if new:
            request = Request("", "", grant.purpose, time, grant.recipient, grant.use, vault=grant.vault)
            seen.decided |= _decided(ledger, world, request, new)
        return [each for each in ids if not seen.decided[each]]


def _decided(ledger: Connection, world: World, request: Request, ids: list[str]) -> dict[str, bool]:
    wanted = list(dict.fromkeys(split_part(each)[0] for each in ids))
    found = admit(ledger, world, request, wanted if len(wanted) < _MANY else None)
    allowed = {piece.id for piece in found.pieces}
    whole = allowed | _whole(ledger, allowed)
    return {each: each in allowed or split_part(each)[0] in whole for each in ids}


def _whole(ledger: Connection, allowed: Iterable[str]) -> set[str]:
    """Segments of which all classes are admitted, if for different reasons."""
    held: dict[str, set[str]] = {}
    for each in allowed:
        segment, name = split_part(each)
        if name is not None:
            held.setdefault(segment, set()).add(name)
    out: set[str] = set()
    table = tables.segments.c
    for some in portions(list(held)):
        for row in ledger.execute(select(table.id, table.classes).where(table.id.in_(some))):
            if held[row.id].issuperset(class_names(row.classes)):
                out.add(row.id)
    return out
