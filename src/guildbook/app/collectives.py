"""The collective desk: workers found a collective, join it, delegate to it, and see who is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from guildbook.app.persons import Actor, Persons, fingerprint
from guildbook.app.strikes import recipient_named
from guildbook.govern import Gate
from guildbook.govern.acts import ActKind
from guildbook.govern.permissions import class_given, purpose_named
from guildbook.govern.world import World
from guildbook.govern.world.parts import AUDITOR, STEWARD, Charter, Collective, Person
from guildbook.govern.world.vouching import VOUCHED
from guildbook.model.decision import EVERY
from guildbook.model.errors import DeniedError, UnknownNameError, UsageError
from guildbook.model.time import iso, now

ROLES: Final = (STEWARD, AUDITOR)
"""Offices of a collective, filled by ballot."""
FEW: Final = 5
"""Fewer people than this are not counted before strangers."""


@dataclass(frozen=True, slots=True)
class Collectives:
    """The collectives of one book. People and collectives go by name."""

    _gate: Gate
    _persons: Persons

    def found(
        self, name: str, actor: Actor, charter: Mapping[str, Any] | None = None, short: str = ""
    ) -> dict[str, Any]:
        """Found a collective; its founder is its first member and steward. `charter`: fields of `Charter`.

        `short`: its id in agreements; else made from the name. Raises `DeniedError`.
        """
        key = short or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "collective"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", key):
            raise UsageError(f"{key!r} is no id.", "Use small letters, digits and hyphens.")
        told = asdict(Charter(name, **(charter or {})))
        body = {"collective": key, "founder": actor.person, "charter": told}
        self._gate.register.act(ActKind.FOUND, body, actor.signer)
        return self.show(key, actor)

    def join(self, collective: str, actor: Actor) -> dict[str, Any]:
        """Join, or ask to be admitted where the charter says so."""
        return self._own(ActKind.JOIN, collective, actor)

    def admit(self, collective: str, name: str, actor: Actor) -> dict[str, Any]:
        """A steward admits somebody who asked."""
        body = {"collective": self.named(collective).id, "worker": self._persons.person(name)}
        self._gate.register.act(ActKind.ADMIT, body, actor.signer)
        return self.show(collective, actor)

    def vouch(self, collective: str, name: str, told: str, actor: Actor) -> dict[str, Any]:
        """Sign that the key enrolled under a name is that person's. `told`: the fingerprint they gave themselves.

        Raises `DeniedError` where another key is enrolled under the name: somebody else may have enrolled it.
        """
        found, known = self.named(collective), self._gate.register.world().people.get(self._persons.person(name))
        if known is None:
            raise DeniedError(f"{name} has no key in this book.", "guildbook identity enrol NAME.", "no-key")
        if _letters(told) != _letters(fingerprint(known)):
            raise DeniedError(
                f"The key enrolled under {name} has another fingerprint: it may be somebody else's.",
                "Ask them for the one `guildbook identity show` prints on their machine. If it is not theirs, say so.",
                "other-key",
            )
        body = {"collective": found.id, "worker": known.id, "sign": known.sign, "box": known.box}
        self._gate.register.act(ActKind.VOUCH, body, actor.signer)
        return self.show(collective, actor)

    def leave(self, collective: str, actor: Actor, effective: int | None = None) -> dict[str, Any]:
        """Leave now, or at a time in µs UTC."""
        return self._own(ActKind.LEAVE, collective, actor, {} if effective is None else {"effective": effective})

    def mandate(
        self, collective: str, actor: Actor, *, trace_class: str | None = None, purpose: str = EVERY, given: bool = True
    ) -> dict[str, Any]:
        """Delegate a class of traces for a purpose to the collective, or with `given` False take it back."""
        scope = {"class": class_given(trace_class), "purpose": _purpose(purpose)}
        return self._own(ActKind.MANDATE if given else ActKind.UNMANDATE, collective, actor, scope)

    def refuse(
        self,
        collective: str,
        actor: Actor,
        *,
        trace_class: str | None = None,
        purpose: str = EVERY,
        recipient: str = EVERY,
        refused: bool = True,
    ) -> dict[str, Any]:
        """The collective refuses what was delegated to it, or with `refused` False no longer does."""
        body = {
            "collective": self.named(collective).id, "class": class_given(trace_class), "purpose": _purpose(purpose),
            "recipient": recipient_named(self._gate, self._persons, recipient),
        }  # fmt: skip
        self._gate.register.act(ActKind.FORBID if refused else ActKind.UNFORBID, body, actor.signer)
        return self.show(collective, actor)

    def list(self) -> list[dict[str, Any]]:
        """All collectives, with as much as everybody may know."""
        return [self._summary(found) for found in self._gate.register.world().collectives.values()]

    def show(self, collective: str, actor: Actor | None = None) -> dict[str, Any]:
        """One collective; its roll is for members and its auditors, who have shown that they are by their key."""
        found, world, time = self.named(collective), self._gate.register.world(), now()
        told = self._summary(found) | {"charter": asdict(found.charter)}
        if actor is None or actor.signer is None or not _insider(found, actor.person, time):
            return told
        told["members"] = len(found.members(time))
        told["asking"] = [
            self._person(world.people[one]) | {"vouches": len(found.vouches.get(one, ()))} for one in found.asking
        ]
        if actor.person in found.asking:
            return told
        told["roll"] = [self._member(found, world.people[one], time) for one in found.roll if found.member(one, time)]
        told["offices"] = self._offices(found, time)
        told["refusals"] = [[c, p, self._gate.label(r)] for c, p, r in sorted(found.refusals)]
        return told

    def roles(self, collective: str) -> list[dict[str, Any]]:
        """Who holds which office until when: those who act for a collective are known to whom they act with."""
        return self._offices(self.named(collective), now())

    def named(self, name: str) -> Collective:
        """The collective with that id or name. Raises `UnknownNameError`."""
        return collective_named(self._gate.register.world(), name)

    def _own(
        self, kind: ActKind, collective: str, actor: Actor, more: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        body = {"collective": self.named(collective).id, "worker": actor.person} | dict(more or {})
        self._gate.register.act(kind, body, actor.signer)
        return self.show(collective, actor)

    def _summary(self, found: Collective) -> dict[str, Any]:
        members = len(found.members(now()))
        return {
            "collective": found.id,
            "name": found.charter.name,
            "members": members if members >= FEW else f"fewer than {FEW}",
            "admission": found.charter.admission,
            "law": found.charter.law,
        }

    def _member(self, found: Collective, person: Person, time: int) -> dict[str, Any]:
        leaving = found.leaving.get(person.id)
        return self._person(person) | {
            "since": iso(found.roll[person.id]),
            "leaves": None if leaving is None else iso(leaving),
            "offices": [role for role in ROLES if found.holds(person.id, role, time)],
            "mandates": [f"{name}:{purpose}" for name, purpose in sorted(found.mandates.get(person.id, ()))],
        }

    def _person(self, person: Person) -> dict[str, Any]:
        return {"name": self._gate.label(person.id), "fingerprint": fingerprint(person)}

    def _offices(self, found: Collective, time: int) -> list[dict[str, Any]]:
        return [
            {"name": self._gate.label(person), "role": role, "until": iso(until)}
            for (person, role), until in sorted(found.offices.items())
            if found.holds(person, role, time)
        ]


def collective_named(world: World, name: str) -> Collective:
    """The collective with that id or name. Raises `UnknownNameError`, also where several have the name."""
    if name in world.collectives:
        return world.collectives[name]
    found = [one for one in world.collectives.values() if one.charter.name == name]
    if len(found) != 1:
        raise UnknownNameError("collective", name, [one.id for one in (found or world.collectives.values())])
    return found[0]


def _insider(found: Collective, person: str, time: int) -> bool:
    waits = person in found.asking and found.charter.admission == VOUCHED  # they vouch for one another
    return waits or found.member(person, time) or found.holds(person, AUDITOR, time)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _purpose(name: str) -> str:
    return EVERY if name == EVERY else purpose_named(name, permit=False)
