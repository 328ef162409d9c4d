"""The strike desk: members pledge in secret to withhold their traces, and do so together once enough have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from guildbook.app.persons import Actor, Persons
from guildbook.govern import Gate
from guildbook.govern.acts import ActKind
from guildbook.govern.permissions import class_given, purpose_named
from guildbook.govern.withholding import pledges
from guildbook.govern.world.parts import Collective, Person, Strike
from guildbook.model.decision import EVERY, IN_HOUSE
from guildbook.model.errors import DeniedError, UnknownNameError, UsageError
from guildbook.model.time import iso, now
from guildbook.store import Store, tables

IN_HOUSE_WORD = "in-house"
"""How people write the recipient of what stays in the book."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a strike withholds; empty: everything."""

    purposes: Sequence[str] = ()
    classes: Sequence[str] = ()
    recipients: Sequence[str] = ()
    """Names; `in-house` for what stays in the book."""
    carve_outs: Sequence[str] = ()
    """`CLASS:PURPOSE:RECIPIENT`, `*` for any."""


@dataclass(frozen=True, slots=True)
class Strikes:
    """Proposals, pledges and strikes of one book."""

    _store: Store
    _gate: Gate
    _persons: Persons

    def propose(
        self, collective: str, actor: Actor, scope: Scope | None = None, threshold: int | None = None
    ) -> dict[str, Any]:
        """Propose a strike; `threshold` pledges begin it, by default as many as the charter asks for.

        Raises `DeniedError`: by somebody who is no member, or with too few members who have keys to pledge with.
        """
        side, world, asked = self._collective(collective), self._gate.register.world(), scope or Scope()
        members = side.members(now())
        able = sorted(member for member in members if member in world.people)
        wanted = threshold or max(1, -(-side.charter.strike_threshold_ppm * len(members) // 1_000_000))
        if wanted > len(able):
            raise DeniedError(
                f"A strike takes {wanted} pledges, and {len(able)} of {len(members)} members have keys to pledge with.",
                "Members make one: guildbook identity new NAME; guildbook identity enrol NAME.",
                "too-few-keys",
            )
        dealt = pledges.deal(able, wanted)
        terms: dict[str, Any] = {
            "collective": side.id, "threshold": wanted, "shares": list(dealt.hashes), "key": dealt.key,
            "purposes": sorted({_purpose(p) for p in asked.purposes} or {EVERY}),
            "classes": sorted({class_given(c) for c in asked.classes} or {EVERY}),
            "recipients": sorted({self._recipient(r) for r in asked.recipients} or {EVERY}),
            "carve_outs": [self._carved(each) for each in asked.carve_outs],
        }  # fmt: skip
        name = pledges.name_of(terms)
        rows = [
            {"strike": name, "member": m, "sealed": pledges.sealed_for(dealt.shares[m], world.people[m].box, name)}
            for m in able
        ]
        self._gate.register.act(
            ActKind.STRIKE_PROPOSE, terms | {"strike": name}, actor.signer,
            project=lambda ledger, _: _insert(ledger, tables.strike_shares, rows),
        )  # fmt: skip
        return self.status(name)

    def pledge(self, strike: str | None, actor: Actor) -> dict[str, Any]:
        """Pledge to take part. The act bears no name; who pledged can be read by nobody before there are enough."""
        found = self._strike(strike)
        if pledges.name_of(pledges.terms_of(found)) != found.id:
            raise DeniedError("These are not the terms that were proposed.", "Propose them again.", "wrong-terms")
        self._own_key(actor)
        made = pledges.pledge(self._store.book_id, found, actor.person, actor.identity, self._share(found, actor))
        body = {"strike": found.id, "share": made.share, "recall": made.recall}

        def keep(ledger: Connection, _: range) -> None:
            _again(ledger, found.id, lambda held: held | {made.place: made.sealed})

        self._gate.register.act(ActKind.PLEDGE, body, project=keep)
        return self.status(found.id)

    def unpledge(self, strike: str | None, actor: Actor) -> dict[str, Any]:
        """Take a pledge back, for good, while there are not enough."""
        found = self._strike(strike)
        self._own_key(actor)
        shown = pledges.recall(self._store.book_id, found.id, actor.person, actor.identity)

        def drop(ledger: Connection, _: range) -> None:
            _again(ledger, found.id, lambda held: {k: v for k, v in held.items() if k != shown.place})

        body = {"strike": found.id, "token": shown.token, "void": shown.void}
        self._gate.register.act(ActKind.UNPLEDGE, body, project=drop)
        return self.status(found.id)

    def call(self, strike: str | None, actor: Actor, begins: int | None = None) -> dict[str, Any]:
        """Open the pledges, which takes as many as were asked for, and begin: `begins` µs UTC, or as soon as may be."""
        found, world = self._strike(strike), self._gate.register.world()
        table = tables.strike_pledges
        with self._store.engine.connect() as ledger:
            sealed = list(ledger.execute(select(table.c.sealed).where(table.c.strike == found.id)).scalars())
        members = world.collectives[found.collective].members(now())
        held = sorted(
            [worker, signature]
            for worker, signature in pledges.opened(self._store.book_id, found, sealed, world.people)
            if worker in members
        )
        body = {"strike": found.id, "pledges": held, "begins": begins or 0}
        self._gate.register.act(ActKind.STRIKE_CALL, body, actor.signer)
        return self.status(found.id)

    def end(self, strike: str | None, actor: Actor) -> dict[str, Any]:
        """End a strike, or call a proposal off: what was withheld is as it was before."""
        found = self._strike(strike)
        self._gate.register.act(
            ActKind.STRIKE_END, {"collective": found.collective, "strike": found.id}, actor.signer
        )  # fmt: skip
        return self.status(found.id)

    def list(self) -> list[dict[str, Any]]:
        """All strikes and proposals, as `status` tells of them."""
        return [self._told(found) for found in self._gate.register.world().strikes.values()]

    def status(self, strike: str | None = None) -> dict[str, Any]:
        """One strike: its terms, how many have pledged of how many it takes, since when it runs. Names nobody."""
        return self._told(self._strike(strike, ended=True))

    def _told(self, found: Strike) -> dict[str, Any]:
        world, label = self._gate.register.world(), self._label
        return {
            "strike": found.id,
            "collective": world.collectives[found.collective].charter.name,
            "state": _state(found, now()),
            "pledged": len(found.pledged),
            "threshold": found.threshold,
            "taken_back": len(found.handed) - len(found.pledged),
            "purposes": sorted(found.purposes),
            "classes": sorted(found.classes),
            "recipients": [label(r) for r in sorted(found.recipients)],
            "except": [[c, p, label(r)] for c, p, r in found.carve_outs],
            "notice_days": world.collectives[found.collective].charter.notice_days,
            "begins": None if found.begins is None else iso(found.begins),
            "ended": None if found.ends is None else iso(found.ends),
        }

    def _label(self, recipient: str) -> str:
        return IN_HOUSE_WORD if recipient == IN_HOUSE else self._gate.label(recipient)

    def _collective(self, name: str) -> Collective:
        known = self._gate.register.world().collectives
        found = [one for one in known.values() if name in {one.id, one.charter.name}]
        found = found or [one for one in known.values() if name and one.id.startswith(name)]
        if len(found) != 1:
            raise UnknownNameError("collective", name, [one.charter.name for one in (found or known.values())])
        return found[0]

    def _strike(self, name: str | None, *, ended: bool = False) -> Strike:
        """The strike whose id begins so; without a name the only one that has not ended."""
        known = self._gate.register.world().strikes
        live = [one for one in known.values() if one.ends is None]
        found = live if name is None else [one for one in known.values() if one.id.startswith(name)]
        if name is None and not found and ended and len(known) == 1:
            found = list(known.values())
        if len(found) != 1:
            if not known:
                raise DeniedError("No strike was proposed.", "guildbook strike propose COLLECTIVE.", "no-strike")
            if name is None and len(live) > 1:
                raise UsageError(
                    f"{len(live)} strikes are proposed or running.",
                    f"Name one: {', '.join(one.id[:12] for one in live)}.",
                )
            raise UnknownNameError("strike", name or "", [one.id for one in (found or live or known.values())])
        return found[0]

    def _share(self, found: Strike, actor: Actor) -> bytes:
        table = tables.strike_shares
        query = select(table.c.sealed).where(table.c.strike == found.id, table.c.member == actor.person)
        with self._store.engine.connect() as ledger:
            held = ledger.execute(query).scalar()
        if held is None:
            raise DeniedError(
                f"No share of this strike was dealt to {actor.name or 'the book'}.",
                "Only who was a member with a key when it was proposed can pledge; propose it again.",
                "not-dealt",
            )
        return bytes(held)

    def _own_key(self, actor: Actor) -> Person:
        """The person in the book, whose key must be the one that is about to sign: or the pledge would not hold."""
        known = self._gate.register.world().people.get(actor.person)
        if known is None or known.sign != actor.identity.public.sign.hex():
            raise DeniedError(
                f"{actor.name or 'The book'} is not enrolled with this key.", "guildbook identity enrol NAME.", "no-key"
            )
        return known

    def _recipient(self, name: str) -> str:
        return recipient_named(self._gate, self._persons, name)

    def _carved(self, text: str) -> list[str]:
        parts = text.split(":", 2)
        if len(parts) != 3:  # noqa: PLR2004 - class, purpose, recipient
            raise UsageError(
                f"{text!r} is not CLASS:PURPOSE:RECIPIENT.", "Such as mail:coach:in-house or *:research:*."
            )
        return [class_given(parts[0]), _purpose(parts[1]), self._recipient(parts[2])]


def recipient_named(gate: Gate, persons: Persons, name: str) -> str:
    """The id of a recipient: `*` for all, `in-house`, or somebody enrolled. Raises `UnknownNameError`."""
    if name in {EVERY, IN_HOUSE_WORD}:
        return EVERY if name == EVERY else IN_HOUSE
    people, person = gate.register.world().people, persons.person(name)
    if person not in people:
        known = [gate.label(one.id) for one in people.values() if "licensee" in one.roles]
        raise UnknownNameError("recipient", name, [*known, IN_HOUSE_WORD])
    return person


def _purpose(name: str) -> str:
    return EVERY if name == EVERY else purpose_named(name, permit=False)


def _state(found: Strike, time: int) -> str:
    if found.ends is not None:
        return "ended"
    if found.begins is not None:
        return "running" if found.begins <= time else "called"
    return "enough pledges" if len(found.pledged) >= found.threshold else "gathering pledges"


def _insert(ledger: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    ledger.execute(insert(table), rows)


def _again(ledger: Connection, strike: str, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> None:
    """Write all pledges of a strike anew, by place: so nothing in the database's files tells which came last."""
    table = tables.strike_pledges
    here = table.c.strike == strike
    held = {str(row.place): bytes(row.sealed) for row in ledger.execute(select(table).where(here))}
    ledger.execute(delete(table).where(here))
    rows = [{"strike": strike, "place": place, "sealed": box} for place, box in sorted(change(held).items())]
    if rows:
        _insert(ledger, table, rows)
