"""Who acts: people enrolled in a book with their own keys, and those the book acts for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from guildbook.govern import Gate
from guildbook.govern.acts import ActKind
from guildbook.govern.identity.person import Public, Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.govern.signer import Signer
from guildbook.govern.world.parts import Person
from guildbook.model.errors import DeniedError, UnknownNameError, UsageError
from guildbook.model.time import iso
from guildbook.store import Store

Unlock = Callable[[str], Identity]
"""Gives somebody's keys, by name, once their passphrase is known."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts in a book."""

    name: str
    person: str
    """Their id in the book; empty: the book itself."""
    signer: Signer | None
    """None: they have no key, and the book acts for them."""

    @property
    def identity(self) -> Identity:
        """Their unlocked keys. Raises `DeniedError` for somebody without."""
        if not isinstance(self.signer, KeySigner):
            raise DeniedError(
                f"{self.name or 'This'} has to act with a key of their own.",
                "Make one: guildbook identity new NAME; then: guildbook identity enrol NAME.",
                "no-key",
            )
        return self.signer.identity


NOBODY = Actor("", "", None)


def fingerprint(person: Person) -> str:
    """The fingerprint of somebody's keys, as they see it themselves."""
    return Public("", Role.WORKER, bytes.fromhex(person.sign), bytes.fromhex(person.box), 0).fingerprint


@dataclass(frozen=True, slots=True)
class Persons:
    """The people of one book who have keys, and how anybody acts in it."""

    _store: Store
    _gate: Gate

    def person(self, name: str) -> str:
        """The id that name has in this book, whether or not anybody is called so."""
        return self._store.worker_id(name)

    def enrol(self, identity: Identity) -> dict[str, Any]:
        """From now on this person acts in the book with this key and in no other way. Raises `DeniedError`."""
        public = identity.public
        signer = KeySigner(identity, self.person(public.name))
        body: dict[str, Any] = {
            "person": signer.person, "role": str(public.role), "sign": public.sign.hex(), "box": public.box.hex(),
            # A worker's name is kept apart, encrypted, so that it can be forgotten.
            "name": "" if public.role is Role.WORKER else public.name,
        }  # fmt: skip
        act = self._gate.register.act(ActKind.ENROL, body, signer)
        return self._told(signer.person, public) | {"since": iso(act.time)}

    def rekey(self, old: Identity, new: Identity) -> dict[str, Any]:
        """Change an enrolled person's key, signed with the one they have. Raises `DeniedError`, `UsageError`."""
        if old.public.name != new.public.name:
            raise UsageError("These are the keys of two people.", "Give the old key file of the same person.")
        signer = KeySigner(old, self.person(old.public.name))
        body = {"person": signer.person, "sign": new.public.sign.hex(), "box": new.public.box.hex()}
        self._gate.register.act(ActKind.REKEY, body, signer)
        return self._told(signer.person, new.public)

    def everybody(self) -> list[dict[str, Any]]:
        """The people with keys, with what others compare them by."""
        labels = self._gate.labels()
        named = [(labels.get(one.id, one.id), one) for one in self._gate.register.world().people.values()]
        return [
            {"name": name, "id": one.id, "roles": sorted(one.roles), "key": one.sign, "fingerprint": fingerprint(one)}
            for name, one in sorted(named, key=lambda each: each[0])
        ]

    def actor(self, name: str | None, unlock: Unlock) -> Actor:
        """Who acts: somebody with their key if they are enrolled, else a worker the book acts for.

        Raises `UnknownNameError` for a name that is neither, and `DeniedError` for a wrong passphrase.
        """
        if name is None:
            return NOBODY
        person = self.person(name)
        known = self._gate.register.world().people.get(person)
        if known is not None:
            identity = unlock(name)
            if identity.public.sign.hex() != known.sign:
                raise DeniedError(
                    f"{name} is enrolled in this book with another key.",
                    "Use the key file it was enrolled with, or change it: guildbook identity rekey.",
                    "other-key",
                )
            return Actor(name, person, KeySigner(identity, person))
        if any(worker.id == person for worker in self._store.workers()):
            return Actor(name, person, None)
        labels = self._gate.labels()
        named = [labels.get(one, one) for one in self._gate.register.world().people]
        raise UnknownNameError("person", name, named)

    def _told(self, person: str, public: Public) -> dict[str, Any]:
        return {
            "name": public.name, "id": person, "role": str(public.role), "fingerprint": public.fingerprint,
            "key": public.sign.hex(),
        }  # fmt: skip
