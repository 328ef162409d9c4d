"""What each kind of act does to a world. Checks come first: an act that fails leaves the world as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.identity.person import KEY, weak
from guildbook.govern.world import bargaining
from guildbook.govern.world.authority import check, collective
from guildbook.govern.world.parts import AUDITOR, STEWARD, Charter, Collective, Person
from guildbook.govern.world.state import World
from guildbook.model.decision import EVERY
from guildbook.model.errors import DeniedError, InputError
from guildbook.model.time import DAY

Handler = Callable[[World, Act, Mapping[str, Any]], None]


def fold(world: World, act: Act, *, trusted: bool) -> None:
    """Check an act and take it in. Raises `DeniedError` for one without authority or sense."""
    try:
        check(world, act, trusted=trusted)
        handler = _HANDLERS.get(act.kind)
        if handler is not None:
            handler(world, act, act.body)
    except InputError as error:
        raise DeniedError(error.what, error.fix, error.code) from error
    except (KeyError, TypeError) as error:
        raise DeniedError(f"The act {act.kind} lacks {error}.", "It was not written by Guildbook.", "bad-act") from None


def _enrol(world: World, _: Act, body: Mapping[str, Any]) -> None:
    _check_key(body["sign"])
    known = world.people.get(body["person"])
    if known is not None and known.sign != body["sign"]:
        raise DeniedError(
            "This person has another key already.", "Change it with the old one: guildbook identity rekey.", "enrolled"
        )
    roles = {body["role"]} | (known.roles if known else set())
    world.people[body["person"]] = Person(body["person"], roles, body["sign"], body["box"], body.get("name", ""))


def _check_key(sign: str) -> None:
    """Refuse what is no key, and one under which anybody's signature holds."""
    try:
        key = bytes.fromhex(sign)
    except ValueError:
        key = b""
    if len(key) != KEY or weak(key):
        raise DeniedError("That is nobody's key.", "Make one: guildbook identity new NAME.", "bad-key")


def _rekey(world: World, _: Act, body: Mapping[str, Any]) -> None:
    _check_key(body["sign"])
    person = world.people[body["person"]]
    person.sign, person.box = body["sign"], body["box"]


def _say(world: World, act: Act, body: Mapping[str, Any]) -> None:
    said = world.said[body["worker"]]
    purpose, trace_class, recipient = body["purpose"], body["class"], body["recipient"]
    if recipient == EVERY:  # the latest counts: a word about all replaces what was said of single ones
        for key in [k for k in said if k[:2] == (purpose, trace_class)]:
            del said[key]
    if act.kind is ActKind.CLEAR:
        said.pop((purpose, trace_class, recipient), None)
    else:
        said[purpose, trace_class, recipient] = act.kind is ActKind.PERMIT
        world.since[body["worker"], purpose, trace_class, recipient] = act.time


def _pause(world: World, _: Act, body: Mapping[str, Any]) -> None:
    world.paused.setdefault(body["worker"], set()).add(body["class"])


def _resume(world: World, _: Act, body: Mapping[str, Any]) -> None:
    paused = world.paused.get(body["worker"], set())
    if body["class"] == EVERY:
        paused.clear()
    paused.discard(body["class"])


def _erase_begin(world: World, _: Act, body: Mapping[str, Any]) -> None:
    world.erasing.add(body["worker"])


def _readmit(world: World, _: Act, body: Mapping[str, Any]) -> None:
    world.erasing.discard(body["worker"])


def _found(world: World, act: Act, body: Mapping[str, Any]) -> None:
    name = body["collective"]
    if name in world.collectives:
        raise DeniedError("There is such a collective already.", "Choose another id.", "exists")
    charter = Charter(**body["charter"])
    made = Collective(name, charter)
    founder = body["founder"]
    made.roll[founder] = act.time
    made.offices[founder, STEWARD] = act.time + charter.term_days * DAY
    world.collectives[name] = made
    world.collectives_of.setdefault(founder, []).append(name)


def _join(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found, worker = collective(world, body["collective"]), body["worker"]
    if worker in found.roll and not found.member(worker, act.time):  # what they had before they left stays away
        _drop(found, worker)
    found.leaving.pop(worker, None)
    found.roll.setdefault(worker, act.time)
    of = world.collectives_of.setdefault(worker, [])
    if found.id not in of:
        of.append(found.id)


def _leave(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found, worker = collective(world, body["collective"]), body["worker"]
    if not found.member(worker, act.time):
        raise DeniedError("Who is no member cannot leave.", "See: guildbook collective show.", "not-member")
    found.leaving[worker] = max(int(body.get("effective", act.time)), act.time)
    if found.leaving[worker] <= act.time:
        _drop(found, worker)


def _drop(found: Collective, worker: str) -> None:
    """Take from somebody who is no member what members have."""
    found.mandates.pop(worker, None)
    for role in (STEWARD, AUDITOR):
        found.offices.pop((worker, role), None)


def _office(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = collective(world, body["collective"])
    found.offices[body["person"], body["role"]] = act.time + found.charter.term_days * DAY


def _mandate(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = collective(world, body["collective"])
    if not found.member(body["worker"], act.time):
        raise DeniedError("Only a member can give a mandate.", "Join first: guildbook collective join.", "not-member")
    found.mandates.setdefault(body["worker"], set()).add((body["class"], body["purpose"]))


def _unmandate(world: World, _: Act, body: Mapping[str, Any]) -> None:
    given = collective(world, body["collective"]).mandates.get(body["worker"], set())
    given.discard((body["class"], body["purpose"]))


def _forbid(world: World, act: Act, body: Mapping[str, Any]) -> None:
    refusals = collective(world, body["collective"]).refusals
    refused = body["class"], body["purpose"], body["recipient"]
    (refusals.add if act.kind is ActKind.FORBID else refusals.discard)(refused)


def _notice(world: World, _: Act, body: Mapping[str, Any]) -> None:
    world.served[body["worker"], body["recipient"]] = body["hash"]


def _acknowledge(world: World, act: Act, body: Mapping[str, Any]) -> None:
    key = body["worker"], body["recipient"]
    if world.served.get(key) != body["hash"]:
        raise DeniedError("No such notice was served.", "See: guildbook mine notices.", "no-notice")
    world.noticed[key] = act.time


_HANDLERS: Final[Mapping[ActKind, Handler]] = {
    ActKind.ENROL: _enrol,
    ActKind.REKEY: _rekey,
    ActKind.PERMIT: _say,
    ActKind.REFUSE: _say,
    ActKind.CLEAR: _say,
    ActKind.PAUSE: _pause,
    ActKind.RESUME: _resume,
    ActKind.ERASE_BEGIN: _erase_begin,
    ActKind.READMIT: _readmit,
    ActKind.FOUND: _found,
    ActKind.JOIN: _join,
    ActKind.LEAVE: _leave,
    ActKind.OFFICE: _office,
    ActKind.MANDATE: _mandate,
    ActKind.UNMANDATE: _unmandate,
    ActKind.FORBID: _forbid,
    ActKind.UNFORBID: _forbid,
    ActKind.NOTICE: _notice,
    ActKind.ACKNOWLEDGE: _acknowledge,
    **bargaining.HANDLERS,
}
