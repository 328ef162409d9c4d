"""What offers, signatures and strikes do to a world."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.agreement.hashing import document_hash, read
from guildbook.govern.agreement.rules import rules
from guildbook.govern.agreement.validate import must_be_valid
from guildbook.govern.world.authority import agreement, collective, party, signed_by
from guildbook.govern.world.metering import check_lifted, measure
from guildbook.govern.world.parts import Agreement, Strike, Version
from guildbook.govern.world.state import EVERYTHING, World
from guildbook.govern.world.voting import close_ballot, open_ballot
from guildbook.model.canonical import canonical
from guildbook.model.errors import DeniedError
from guildbook.model.time import DAY

_SHARE: Final = 1_000_000


def _offer(world: World, act: Act, body: Mapping[str, Any]) -> None:
    if body["agreement"] in world.agreements:
        raise DeniedError("There is such an agreement already.", "Counter it: guildbook agreement counter.", "exists")
    world.agreements[body["agreement"]] = Agreement(
        body["agreement"], body["collective"], body["licensee"], [_version(act, body["collective"], body["licensee"])]
    )


def _counter(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = agreement(world, body["agreement"])
    if found.force:
        raise DeniedError("What is in force is not countered.", "Offer one that supersedes it.", "in-force")
    found.versions.append(_version(act, found.collective, found.licensee))


def _version(act: Act, side: str, licensee: str) -> Version:
    """What is put on the table must be what its hash says, valid, and between the parties who negotiate."""
    document, said = act.body["document"], act.body["hash"]
    if document_hash(document) != said:
        raise DeniedError("The terms are not those of the hash.", "Offer them again.", "wrong-hash")
    terms = read(document)
    must_be_valid(terms)
    if (terms.collective.id, terms.licensee.id) != (side, licensee):
        raise DeniedError("The terms name other parties.", "Correct collective.id and licensee.id.", "wrong-parties")
    return Version(said, terms, document, act.by, act.time)


def _ratify(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = agreement(world, body["agreement"])
    _latest(found, body["hash"])
    found.ratified.add(body["hash"])
    _enforce(world, found, act.time)


def _sign(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = agreement(world, body["agreement"])
    _latest(found, body["hash"])
    side = party(found, act, world)
    if side == "collective" and body["hash"] not in found.ratified:
        raise DeniedError("The members have not ratified this yet.", "guildbook agreement vote.", "not-ratified")
    found.signed.setdefault(body["hash"], set()).add(side)
    _enforce(world, found, act.time)


def _latest(found: Agreement, wanted: str) -> None:
    if found.latest.hash != wanted:
        raise DeniedError("A newer version is on the table.", "See: guildbook agreement diff.", "old-version")


def _enforce(world: World, found: Agreement, time: int) -> None:
    """Put the latest version in force once it is ratified and both sides have signed it."""
    wanted = found.latest.hash
    if wanted not in found.ratified or found.signed.get(wanted) != {"collective", "licensee"}:
        return
    if found.force != wanted:
        found.force, found.since = wanted, time
    found.rules = rules(found.latest.terms)
    world.reindex(found)
    if not found.latest.terms.supersedes:
        return
    for former in world.agreements.values():
        same = (former.collective, former.licensee) == (found.collective, found.licensee)
        if former is not found and same and former.force == found.latest.terms.supersedes:
            former.superseded = found.id
            world.reindex(former)


def _terminate(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = agreement(world, body["agreement"])
    notice = found.latest.terms.notice.end_days * DAY
    if int(body["effective"]) < act.time + notice:
        raise DeniedError(
            f"The notice of this agreement is {notice // DAY} days.", "Give a later day: --effective.", "short-notice"
        )
    found.ends = min(int(body["effective"]), found.ends or int(body["effective"]))
    world.reindex(found)


def _suspend(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = agreement(world, body["agreement"])
    if act.kind is ActKind.SUSPEND:
        found.suspended[body.get("clause") or EVERYTHING] = body["why"]
    else:
        check_lifted(found, body.get("clause") or EVERYTHING)
        found.suspended.pop(body.get("clause") or EVERYTHING, None)
    world.reindex(found)


def _strike_propose(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = collective(world, body["collective"])
    if not found.member(act.by, act.time):
        raise DeniedError("Only a member can propose a strike.", "guildbook collective join.", "not-member")
    if body["strike"] in world.strikes:
        raise DeniedError("There is such a strike already.", "Propose another.", "exists")
    members = len(found.members(act.time))
    least = -(-found.charter.strike_threshold_ppm * members // _SHARE)
    if int(body["threshold"]) < max(least, 1):
        raise DeniedError(f"The charter asks for {least} pledges.", "Raise --threshold.", "low-threshold")
    shares = frozenset(body["shares"])
    if not int(body["threshold"]) <= len(shares) <= members:
        raise DeniedError("There is one share a member, and as many as it takes.", "Propose it again.", "bad-shares")
    world.strikes[body["strike"]] = Strike(
        body["strike"], found.id, frozenset(body["purposes"]), frozenset(body["classes"]),
        frozenset(body["recipients"]), tuple((c, p, r) for c, p, r in body["carve_outs"]), int(body["threshold"]),
        shares, str(body.get("key", "")),
    )  # fmt: skip


def _pledge(world: World, _: Act, body: Mapping[str, Any]) -> None:
    found = _strike(world, body["strike"])
    place = hashlib.sha256(bytes.fromhex(body["share"])).hexdigest()
    if found.begins is not None or place not in found.shares or place in found.handed:
        raise DeniedError("This pledge does not count.", "One pledge a member, before the call.", "bad-pledge")
    found.pledged.add(place)
    found.handed[place] = body["share"]
    if body.get("recall"):
        found.recalls[body["recall"]] = place


def _unpledge(world: World, _: Act, body: Mapping[str, Any]) -> None:
    """Take a pledge back. It shows the token whose hash came with the pledge, and what makes the pledge void."""
    found = _strike(world, body["strike"])
    place = found.recalls.get(hashlib.sha256(bytes.fromhex(body["token"])).hexdigest())
    if place not in found.pledged:
        raise DeniedError("There is no such pledge to take back.", "See: guildbook strike status.", "no-pledge")
    if found.begins is not None or len(found.pledged) >= found.threshold:
        raise DeniedError(
            "There are enough pledges: they stand.", "The collective ends a strike: guildbook strike end.", "too-late"
        )
    found.pledged.discard(place)
    found.void.add(str(body["void"]))


def _strike_call(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = _strike(world, body["strike"])
    side = world.collectives[found.collective]
    if not side.member(act.by, act.time):
        raise DeniedError("Only a member can call a strike.", "Act as one: --as NAME.", "not-member")
    if found.begins is not None:
        raise DeniedError("This strike was called already.", "See: guildbook strike status.", "no-strike")
    workers = frozenset(_pledger(world, found, worker, signature) for worker, signature in body["pledges"])
    if len(found.pledged) < found.threshold or len(workers) < found.threshold:
        raise DeniedError(
            f"{len(found.pledged)} of {found.threshold} pledges have been made.", "Wait for more.", "below-threshold"
        )
    if not workers <= side.members(act.time):
        raise DeniedError("Not all who pledged are members.", "See: guildbook strike status.", "not-member")
    earliest = act.time + side.charter.notice_days * DAY
    begins = int(body["begins"]) or earliest
    if begins < earliest:
        raise DeniedError(
            f"The charter asks for {side.charter.notice_days} days of notice.", "Give a later --from.", "short-notice"
        )
    found.workers, found.begins = workers, begins
    for worker in workers:
        world.striking.setdefault(worker, []).append(found.id)


def pledge_text(book: str, strike: str, worker: str) -> bytes:
    """What a member signs who pledges; it is sealed until there are enough pledges."""
    return b"guildbook-pledge-1\n" + canonical({"book": book, "strike": strike, "worker": worker})


def void_mark(signature: bytes) -> str:
    """What makes a signed pledge void without showing it: the hash of its signature, hex."""
    return hashlib.sha256(signature).hexdigest()


def _pledger(world: World, found: Strike, worker: str, signature: str) -> str:
    person = world.people.get(worker)
    if person is None or not signed_by(person.sign, signature, pledge_text(world.book, found.id, worker)):
        raise DeniedError("A pledge was not signed by its member.", "Nobody strikes for another.", "bad-signature")
    if void_mark(bytes.fromhex(signature)) in found.void:
        raise DeniedError("A pledge was taken back.", "Leave it out of the call.", "void-pledge")
    return worker


def _strike_end(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = _strike(world, body["strike"])
    if found.collective != body["collective"]:
        raise DeniedError("That is another collective's strike.", "Name its own.", "no-strike")
    found.ends = act.time
    for worker in found.workers:
        world.striking[worker].remove(found.id)
        if not world.striking[worker]:
            del world.striking[worker]


def _strike(world: World, name: str) -> Strike:
    found = world.strikes.get(name)
    if found is None or found.ends is not None:
        raise DeniedError("There is no such strike under way.", "See: guildbook strike status.", "no-strike")
    return found


HANDLERS: Final[Mapping[ActKind, Callable[[World, Act, Mapping[str, Any]], None]]] = {
    ActKind.BALLOT_OPEN: open_ballot,
    ActKind.BALLOT_CLOSE: close_ballot,
    ActKind.OFFER: _offer,
    ActKind.COUNTER: _counter,
    ActKind.RATIFY: _ratify,
    ActKind.SIGN: _sign,
    ActKind.TERMINATE: _terminate,
    ActKind.SUSPEND: _suspend,
    ActKind.UNSUSPEND: _suspend,
    ActKind.MEASURE: measure,
    ActKind.STRIKE_PROPOSE: _strike_propose,
    ActKind.PLEDGE: _pledge,
    ActKind.UNPLEDGE: _unpledge,
    ActKind.STRIKE_CALL: _strike_call,
    ActKind.STRIKE_END: _strike_end,
}
