"""Who is named where what was learnt is shown. It is no purpose: the counts are the same either way."""

from __future__ import annotations

from typing import Final

from guildbook.govern.world import World
from guildbook.model.decision import EVERY, IN_HOUSE

BE_NAMED: Final = "be-named"
"""The word by which a worker permits or refuses to be named; a permission of it admits no traces."""


def may_be_named(world: World, worker: str, time: int) -> bool:
    """Whether what was learnt may name this worker, by id.

    What they said last counts. Who has said nothing is named while the book is a private one to them: until they have
    a key of their own or are in a collective, that is, until others than themself may be reading.
    """
    said = world.said.get(worker, {})
    for recipient in (IN_HOUSE, EVERY):
        word = said.get((BE_NAMED, EVERY, recipient))
        if word is not None:
            return word
    if worker in world.people:
        return False
    return not any(world.collectives[name].member(worker, time) for name in world.collectives_of.get(worker, ()))
