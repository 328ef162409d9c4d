"""The agreement desk: offer, counter-offer, ballot, signatures of both sides, notice, renewal and end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from guildbook.app.ballots import Ballots
from guildbook.app.collectives import collective_named
from guildbook.app.persons import Actor, Persons
from guildbook.govern import Gate
from guildbook.govern.acts import Act, ActKind
from guildbook.govern.agreement.clauses import clauses
from guildbook.govern.agreement.diff import ClauseChange, diff
from guildbook.govern.agreement.hashing import check, document, document_hash
from guildbook.govern.agreement.notice import notice_hash, notice_text
from guildbook.govern.agreement.rules import day_ends
from guildbook.govern.agreement.validate import must_be_valid
from guildbook.govern.audit.log import opened
from guildbook.govern.law.profiles import PROFILES, Profile
from guildbook.govern.world.metering import due, meter_text
from guildbook.govern.world.parts import Agreement, Ballot, Version
from guildbook.govern.world.state import EVERYTHING
from guildbook.model.agreement import Agreement as Terms
from guildbook.model.agreement import Term
from guildbook.model.errors import DeniedError, UnknownNameError, UsageError
from guildbook.model.ids import short_id, uuid7
from guildbook.model.time import DAY, LATEST, MINUTE, iso, now
from guildbook.store import Store, tables

_PARTIES = ("collective", "licensee")


@dataclass(frozen=True, slots=True)
class Agreements:
    """What a book's collectives have agreed or are negotiating."""

    _store: Store
    _gate: Gate
    _persons: Persons
    _ballots: Ballots

    # -- negotiation

    def offer(self, terms: Terms, actor: Actor, name: str = "") -> dict[str, Any]:
        """Put terms on the table. The parties may be named instead of given by id; `name`: an id of your own.

        Raises `InputError` for terms that cannot be offered, `DeniedError` for a stranger.
        """
        whole = self._parties(terms)
        must_be_valid(whole)
        offered = document(whole)
        key = name or short_id("agreement", document_hash(offered), uuid7().hex)
        body: dict[str, Any] = {
            "agreement": key, "collective": whole.collective.id, "licensee": whole.licensee.id,
            "hash": document_hash(offered), "document": offered,
        }  # fmt: skip
        self._gate.register.act(ActKind.OFFER, body, actor.signer)
        return self.show(key)

    def counter(self, name: str, terms: Terms, actor: Actor) -> dict[str, Any]:
        """Put other terms in the place of those on the table."""
        whole = self._parties(terms)
        must_be_valid(whole)
        offered = document(whole)
        body = {"agreement": self._named(name).id, "hash": document_hash(offered), "document": offered}
        self._gate.register.act(ActKind.COUNTER, body, actor.signer)
        return self.show(name)

    def renew(self, name: str, last_day: str, actor: Actor, new: str = "") -> dict[str, Any]:
        """Offer the same terms with a later last day. They take the place of the old ones once voted and signed."""
        found = self._named(name)
        if not found.force:
            raise DeniedError(
                "Only what is in force is renewed.", "Counter it: guildbook agreement counter.", "no-force"
            )
        terms = found.latest.terms
        if day_ends(last_day) <= day_ends(terms.term.last_day):
            raise UsageError(f"It runs until {terms.term.last_day} already.", "Give a later day.")
        longer = replace(terms, term=Term(first_day=terms.term.first_day, last_day=last_day), supersedes=found.force)
        return self.offer(longer, actor, new)

    def open_ballot(self, name: str, actor: Actor, closes: int, ballot: str = "") -> dict[str, Any]:
        """A steward asks the members about what is on the table now."""
        found = self._named(name)
        question = f"Do we agree to “{found.latest.terms.title}” with {self._gate.label(found.licensee)}?"
        return self._ballots.open(
            found.collective, actor, question, closes, subject=found.latest.hash, name=ballot
        )  # fmt: skip

    def vote(self, name: str, choice: str, actor: Actor) -> dict[str, Any]:
        """A member votes in the ballot on what is on the table now; without a paper they ask for one first."""
        ballot = self._ballot(self._named(name))
        if ballot is None or ballot.result:
            raise DeniedError("No ballot on these terms is open.", "A steward opens one: --until.", "no-ballot")
        asked = self._ballots.ask(ballot.id, actor)
        if asked["paper"] != "issued":
            return asked
        return self._ballots.vote(ballot.id, choice, actor) | {"paper": "cast"}

    def sign(self, name: str, actor: Actor, wanted: str = "") -> dict[str, Any]:
        """Sign what is on the table. Its text is rendered from the terms once more and must be the text that is signed.

        `wanted`: the hash one has read; anything else is not signed.
        """
        found = self._named(name)
        latest = found.latest
        if wanted and wanted != latest.hash:
            raise DeniedError(
                "That is not what is on the table now.", f"See: guildbook agreement diff {found.id}.", "old"
            )
        check(latest.document, latest.hash)
        self._gate.register.act(ActKind.SIGN, {"agreement": found.id, "hash": latest.hash}, actor.signer)
        return self.show(name)

    def terminate(self, name: str, actor: Actor, effective: int | None = None) -> dict[str, Any]:
        """End it at a time in µs UTC, or as soon as its notice allows."""
        found = self._named(name)
        soonest = now() + found.latest.terms.notice.end_days * DAY + MINUTE
        body = {"agreement": found.id, "effective": soonest if effective is None else effective}
        self._gate.register.act(ActKind.TERMINATE, body, actor.signer)
        return self.show(name)

    # -- what there is

    def list(self) -> list[dict[str, Any]]:
        """All agreements."""
        return [self._told(found) for found in self._gate.register.world().agreements.values()]

    def show(self, name: str) -> dict[str, Any]:
        """One agreement: where it stands, what it lacks, when it ends."""
        return self._told(self._named(name))

    def text(self, name: str) -> str:
        """The plain text on the table, after it was held against the terms."""
        latest = self._named(name).latest
        check(latest.document, latest.hash)
        return str(latest.document["plain"])

    def document(self, name: str) -> dict[str, Any]:
        """Both views, as they are signed."""
        return dict(self._named(name).latest.document)

    def clauses(self, name: str) -> list[dict[str, Any]]:
        """The clauses, each with whether it is suspended."""
        found = self._named(name)
        off = found.suspended
        return [
            {"number": c.number, "clause": c.id, "title": c.title, "text": c.text, "kept_by": c.kept_by}
            for c in clauses(found.latest.terms)
        ] + [
            {"number": 0, "clause": name, "title": "Suspended", "text": why, "kept_by": ""} for name, why in off.items()
        ]

    def diff(self, name: str, before: int | None = None, after: int | None = None) -> tuple[ClauseChange, ...]:
        """What differs between two versions, numbered from 1; by default the last two, or what it supersedes."""
        found = self._named(name)
        last = len(found.versions)
        new = self._version(found, after or last)
        if before is None and last == 1:
            former = self._by_force(new.terms.supersedes)
            return diff((former.latest if former else new).terms, new.terms)
        return diff(self._version(found, before or max(1, (after or last) - 1)).terms, new.terms)

    def log(self, name: str) -> list[dict[str, Any]]:
        """Every act about it, from the log, oldest first."""
        found = self._named(name)
        ballots = {b.id for b in self._gate.register.world().ballots.values() if self._about(found, b)}
        told: list[dict[str, Any]] = []
        for seq, act in self._acts():
            if act.body.get("agreement") == found.id or act.body.get("ballot") in ballots:
                said = (
                    act.body.get("hash") or act.body.get("counts") or act.body.get("why") or act.body.get("effective")
                )
                told.append({
                    "entry": seq, "time": iso(act.time), "act": str(act.kind), "by": self._gate.label(act.by),
                    "what": said,
                })  # fmt: skip
        return told

    # -- notices

    def notify(self, name: str, actor: Actor) -> dict[str, Any]:
        """Serve the notice about what is on the table to every member who has not acknowledged it."""
        found, world = self._named(name), self._gate.register.world()
        latest = found.latest
        digest = notice_hash(notice_text(latest.terms, self._law(found.collective)))
        said = [
            {
                "worker": worker, "recipient": found.licensee, "hash": digest, "agreement": found.id,
                "terms": latest.hash,
            }
            for worker in sorted(world.collectives[found.collective].members(now()))
            if latest.hash not in world.acknowledged.get((worker, found.licensee), {})
        ]  # fmt: skip
        if said:
            self._gate.register.acts([(ActKind.NOTICE, body) for body in said], actor.signer)
        return {"agreement": found.id, "served": len(said), "hash": digest}

    def notices(self, actor: Actor) -> list[dict[str, Any]]:
        """The notices served to somebody, with whether they have acknowledged them; the meter's ask for nothing."""
        world = self._gate.register.world()
        return [
            {
                "agreement": name, "recipient": self._gate.label(recipient), "served": iso(served.time),
                "acknowledged": served.terms in world.acknowledged.get((worker, recipient), {}),
                "hash": served.hash, "text": self._notice(name, served.terms),
            }
            for (worker, recipient, name), served in world.served.items()
            if worker == actor.person
        ] + [
            {
                "agreement": found.id, "recipient": self._gate.label(found.licensee), "served": iso(each.time),
                "acknowledged": None, "hash": notice_hash(text := meter_text(found, each)), "text": text,
            }
            for found in world.agreements.values()
            if actor.person and self._side_of(found, actor.person)
            for each in found.readings
        ]  # fmt: skip

    def acknowledge(self, name: str, actor: Actor) -> dict[str, Any]:
        """Say that one was told. The text is rendered once more and must be the one that was served."""
        found, world = self._named(name), self._gate.register.world()
        served = world.served.get((actor.person, found.licensee, found.id))
        if served is None:
            raise DeniedError(
                "No notice of this agreement was served to you.", "guildbook agreement notice.", "no-notice"
            )
        if notice_hash(self._notice(found.id, served.terms)) != served.hash:
            raise DeniedError(
                "The notice that was served says something else.", "Have it served again.", "other-notice"
            )
        body = {"worker": actor.person, "recipient": found.licensee, "hash": served.hash, "agreement": found.id}
        self._gate.register.act(ActKind.ACKNOWLEDGE, body, actor.signer)
        return {"agreement": found.id, "acknowledged": True, "hash": served.hash}

    # -- within

    def _told(self, found: Agreement) -> dict[str, Any]:
        latest, world = found.latest, self._gate.register.world()
        ballot, side = self._ballot(found), world.collectives[found.collective]
        ends = min(day_ends(latest.terms.term.last_day), found.ends or LATEST)
        members = side.members(now())
        told = [m for m in members if latest.hash in world.acknowledged.get((m, found.licensee), {})]
        return {
            "agreement": found.id, "title": latest.terms.title, "collective": found.collective,
            "licensee": self._gate.label(found.licensee), "state": self._state(found), "hash": latest.hash,
            "versions": len(found.versions), "offered_by": self._gate.label(latest.by),
            "ratified": latest.hash in found.ratified, "signed": sorted(found.signed.get(latest.hash, ())),
            "ballot": None if ballot is None else ballot.id,
            "ballot_result": None if ballot is None else ballot.result or "open",
            "first_day": latest.terms.term.first_day, "last_day": latest.terms.term.last_day or None,
            "terminated": None if found.ends is None else iso(found.ends),
            "days_left": None if ends >= LATEST else max(0, (ends - now()) // DAY),
            "notice_days": latest.terms.notice.end_days, "supersedes": latest.terms.supersedes or None,
            "superseded_by": found.superseded or None, "suspended": _suspended(found),
            "next_measure": None if (following := due(found)) is None else iso(following),
            "law": side.charter.law, "law_lacks": self._lacks(found),
            "notices_acknowledged": len(told), "notices_missing": len(members) - len(told),
        }  # fmt: skip

    def _state(self, found: Agreement) -> str:
        latest, time = found.latest, now()
        if found.superseded:
            return "superseded"
        if found.ends is not None and time >= found.ends:
            return "terminated"
        if not found.force:
            signed = found.signed.get(latest.hash, set())
            lacks = [] if latest.hash in found.ratified else ["ratification"]
            return "on the table; lacks " + ", ".join(lacks + [f"{p}'s signature" for p in _PARTIES if p not in signed])
        if time >= day_ends(latest.terms.term.last_day):
            return "expired"
        if EVERYTHING in found.suspended or all(rule.clause in _suspended(found) for rule in found.rules):
            return "suspended"
        if all(time < rule.begins for rule in found.rules):
            return "signed; not begun"
        if self._law(found.collective) is None:
            return "in force"
        lacks = self._lacks(found)
        waits = f"signed; waits for {', '.join(lacks)} (guildbook law record)"
        return waits if lacks else "in force, for members who have acknowledged the notice"

    def _side_of(self, found: Agreement, person: str) -> bool:
        side = self._gate.register.world().collectives[found.collective]
        return person == found.licensee or side.member(person, now())

    def _notice(self, name: str, terms: str) -> str:
        found = self._gate.register.world().agreements.get(name)
        said = next((v.terms for v in found.versions if v.hash == terms), None) if found else None
        return "" if said is None or found is None else notice_text(said, self._law(found.collective))

    def _law(self, side: str) -> Profile | None:
        return PROFILES.get(self._gate.register.world().collectives[side].charter.law)

    def _lacks(self, found: Agreement) -> list[str]:
        """What the law profile of its collective still wants recorded."""
        law, side = self._law(found.collective), self._gate.register.world().collectives[found.collective]
        return sorted(side.lacking(law.steps, found.id)) if law else []

    def _ballot(self, found: Agreement) -> Ballot | None:
        """The newest ballot that counts for what is on the table."""
        held = [
            b
            for b in self._gate.register.world().ballots.values()
            if b.collective == found.collective and b.subject == found.latest.hash and b.opened >= found.latest.time
        ]
        return held[-1] if held else None

    def _about(self, found: Agreement, ballot: Ballot) -> bool:
        return ballot.collective == found.collective and ballot.subject in {v.hash for v in found.versions}

    def _acts(self) -> list[tuple[int, Act]]:
        log, entry, weighty = self._gate.register.log, tables.log, tables.policy_acts
        query = select(entry).join(weighty, weighty.c.seq == entry.c.seq).order_by(entry.c.seq)
        with self._store.look() as ledger:
            sealer = log.sealer(ledger)
            return [(row.seq, Act.from_dict(opened(sealer, row).act)) for row in ledger.execute(query)]

    def _parties(self, terms: Terms) -> Terms:
        """The terms with both parties by their ids in this book."""
        world = self._gate.register.world()
        side = collective_named(world, terms.collective.id or terms.collective.name)
        for name in (
            terms.licensee.id,
            self._persons.person(terms.licensee.id),
            self._persons.person(terms.licensee.name),
        ):
            if name in world.people:
                whole = replace(terms.licensee, id=name)
                return replace(terms, licensee=whole, collective=replace(terms.collective, id=side.id))
        raise UnknownNameError("licensee", terms.licensee.id or terms.licensee.name, self._licensees())

    def _licensees(self) -> list[str]:
        return [p["name"] for p in self._persons.everybody() if "licensee" in p["roles"]]

    def _version(self, found: Agreement, number: int) -> Version:
        if not 1 <= number <= len(found.versions):
            raise UnknownNameError("version", str(number), [str(i) for i in range(1, len(found.versions) + 1)])
        return found.versions[number - 1]

    def _by_force(self, wanted: str) -> Agreement | None:
        known = self._gate.register.world().agreements.values()
        return next((one for one in known if wanted and one.force == wanted), None)

    def _named(self, name: str) -> Agreement:
        known = self._gate.register.world().agreements
        if name in known:
            return known[name]
        found = [one for key, one in known.items() if key.startswith(name)] if name else []
        if len(found) != 1:
            raise UnknownNameError("agreement", name, list(known))
        return found[0]


def _suspended(found: Agreement) -> dict[str, str]:
    """Clause → why it does not hold now."""
    return dict.fromkeys(found.metered, "a measure above the substitution bound") | found.suspended
