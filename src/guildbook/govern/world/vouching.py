"""Whose key it is: members of a collective, and those who found one together, vouch for one another's keys.

Whoever runs the book could enrol a key of their own in a worker's name before the worker does. Nothing in the book can
tell; people who know the worker can, by comparing fingerprints. So under a charter that says `vouched` a key bargains
(joins, delegates, votes, signs, pledges) only once a steward or two members have signed that it is this person's. Each
vouch names the key, so that it is void for any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from guildbook.govern.acts import Act
from guildbook.govern.world.authority import collective
from guildbook.govern.world.parts import STEWARD, Collective
from guildbook.govern.world.state import World
from guildbook.model.errors import DeniedError
from guildbook.model.time import DAY

VOUCHED: Final = "vouched"
"""The charter's word for how members are admitted, where it is so."""
WITNESSES: Final = 2
"""So many members, if no steward, know whose key it is."""


def vouch(world: World, act: Act, body: Mapping[str, Any]) -> None:
    """Take in `vouch`: who asks to join is whose key is enrolled in their name. `sign` and `box` are that key."""
    found, worker = collective(world, body["collective"]), body["worker"]
    inside = found.member(act.by, act.time) or act.by in found.asking
    if found.charter.admission != VOUCHED or act.by not in world.people or act.by == worker or not inside:
        raise DeniedError(
            "Members, and who asks to join with them, vouch for one another.", "Act as one: --as NAME.", "not-member"
        )
    if worker not in found.asking:
        raise DeniedError("They have not asked to join.", "guildbook collective join --as NAME.", "not-asking")
    person = world.people[worker]
    if (person.sign, person.box) != (body["sign"], body["box"]):
        raise DeniedError("That is not the key enrolled in this name.", "Compare fingerprints again.", "other-key")
    found.vouches.setdefault(worker, set()).add(act.by)
    _let_in(world, found, act.time)


def enter(world: World, found: Collective, worker: str, time: int) -> None:
    """Put somebody on the roll."""
    for waiting in (found.leaving, found.asking, found.vouches):
        waiting.pop(worker, None)
    found.roll.setdefault(worker, time)
    of = world.collectives_of.setdefault(worker, [])
    if found.id not in of:
        of.append(found.id)


def begin(world: World, found: Collective, founder: str, time: int) -> None:
    """A collective begins with its founder as member and steward; where keys are vouched for, not before two are."""
    if founder in found.asking:
        vouched = found.vouches.get(founder, set())
        circle = sorted(w for w in vouched & found.asking.keys() if founder in found.vouches.get(w, ()))
        if len(circle) < WITNESSES:
            return
        for worker in circle:
            enter(world, found, worker, time)
    found.founder = ""
    enter(world, found, founder, time)
    found.offices[founder, STEWARD] = time + found.charter.term_days * DAY


def _let_in(world: World, found: Collective, time: int) -> None:
    """Make members of those for whose keys a steward or two members have vouched.

    A collective begins with its founder and two others when each of these two and the founder have vouched for one
    another, so it takes three keys that people have compared, and none of them by themselves.
    """
    if found.founder in found.asking:
        begin(world, found, found.founder, time)
    while known := sorted(w for w in found.asking if _known(found, w, time)):
        for worker in known:
            enter(world, found, worker, time)


def _known(found: Collective, worker: str, time: int) -> bool:
    vouched = {one for one in found.vouches.get(worker, ()) if found.member(one, time)}
    return len(vouched) >= WITNESSES or any(found.holds(one, STEWARD, time) for one in vouched)
