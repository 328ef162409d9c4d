"""Who may do which act. An act without authority has no force: not when it is done, and not in a replay."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.identity.person import weak
from guildbook.govern.roles import RUNNING, may_act
from guildbook.govern.world.parts import STEWARD, Agreement, Collective
from guildbook.govern.world.state import World
from guildbook.model.errors import DeniedError

_OWN: Final = frozenset(
    {
        ActKind.PERMIT, ActKind.REFUSE, ActKind.CLEAR, ActKind.PAUSE, ActKind.RESUME, ActKind.JOIN, ActKind.LEAVE,
        ActKind.MANDATE, ActKind.UNMANDATE, ActKind.ACKNOWLEDGE, ActKind.READMIT, ActKind.APPEAL,
    }
)  # fmt: skip
"""What only the worker of the body may do."""
_STEWARDS: Final = frozenset(
    {ActKind.ADMIT, ActKind.FORBID, ActKind.UNFORBID, ActKind.LAW_STEP, ActKind.STRIKE_END, ActKind.ANSWER}
)
"""What a steward of the collective may do alone."""
_VAULTS: Final = frozenset(
    {
        ActKind.VAULT_MAKE, ActKind.VAULT_HOLD, ActKind.VAULT_LEND, ActKind.VAULT_WITHHOLD, ActKind.VAULT_RELEASE,
        ActKind.VAULT_END,
    }
)  # fmt: skip
_PARTIES: Final = frozenset({ActKind.OFFER, ActKind.COUNTER, ActKind.SIGN, ActKind.TERMINATE})


def check(world: World, act: Act, *, trusted: bool) -> None:
    """Raise `DeniedError` unless this person may do this, and (if not `trusted`) it is signed as it has to be."""
    if not trusted:
        _check_signature(world, act)
    body = act.body
    if act.kind in _OWN:
        if act.by not in {body["worker"], ""} or (not act.by and body["worker"] in world.people):
            raise _denied("Only the worker can say this.", "Act as them: --as NAME.")
    elif act.kind in _STEWARDS | _VAULTS:
        check_steward(world, collective(world, body["collective"]), act)
    elif act.kind is ActKind.VAULT_SCORE:
        if not act.by or act.by != body["licensee"] or act.by not in world.people:
            check_steward(world, collective(world, body["collective"]), act)
    elif act.kind is ActKind.BALLOT_OPEN:
        _check_opener(world, act)
    elif act.kind in _PARTIES:
        check_party(world, act)
    elif act.kind is ActKind.UNSUSPEND:
        check_steward(world, collective(world, agreement(world, body["agreement"]).collective), act)
    elif act.kind is ActKind.FOUND:
        if act.by != body["founder"]:
            raise _denied("A collective is founded by its first member.", "Act as them: --as NAME.")
    elif act.kind is ActKind.RATIFY:
        _check_ratified(world, act)
    elif act.kind is ActKind.OFFICE:
        _check_office(world, act)
    else:
        _check_book(world, act)


def _check_book(world: World, act: Act) -> None:
    """What the book does, or whoever runs it, is visible in the log and widens no permission; others may not do it."""
    if act.kind not in RUNNING or may_act(world, act):
        return
    if act.kind in {ActKind.ERASE_BEGIN, ActKind.ERASE_PART}:
        raise _denied("Nobody erases the traces of somebody else.", "Act as them: --as NAME.")
    raise _denied(f"The act {act.kind} is for whoever runs the book.", "See docs/roles.md.")


def collective(world: World, name: str) -> Collective:
    """The collective of that id; `DeniedError` where there is none."""
    found = world.collectives.get(name)
    if found is None:
        raise _denied(f"There is no collective {name}.", "List them: guildbook collective list.", "unknown-collective")
    return found


def agreement(world: World, name: str) -> Agreement:
    """The agreement of that id; `DeniedError` where there is none."""
    found = world.agreements.get(name)
    if found is None:
        raise _denied(f"There is no agreement {name}.", "List them: guildbook agreement list.", "unknown-agreement")
    return found


def check_steward(world: World, found: Collective, act: Act) -> None:
    """Only a steward whose term is running acts for a collective, with a key of their own if they have one."""
    check_vouched(found, act.by)
    if not found.holds(act.by, STEWARD, act.time):
        raise _denied(
            f"Only a steward of {found.charter.name} in their term of office can do this.",
            "See: guildbook collective show. A ballot elects: guildbook collective elect.",
            "not-steward",
        )
    if act.by not in world.people:
        raise _denied("A steward acts with a key of their own.", "Make one: guildbook identity new NAME.", "no-key")


def check_vouched(found: Collective, person: str) -> None:
    """Raise `DeniedError` for somebody who waits for others to say that their key is theirs."""
    if person in found.asking and found.charter.admission == "vouched":
        raise _denied(
            f"You are no member of {found.charter.name} yet: nobody has said yet that you are you.",
            "Have your fingerprint compared (guildbook identity show); then they: guildbook collective vouch.",
            "not-member",
        )


def party(found: Agreement, act: Act, world: World) -> str:
    """Which side somebody acts for; `DeniedError` for a stranger."""
    if act.by and act.by == found.licensee:
        return "licensee"
    if world.collectives[found.collective].holds(act.by, STEWARD, act.time):
        return "collective"
    raise _denied("Only the two parties of an agreement can do this.", "Act as one: --as NAME.", "not-a-party")


def check_party(world: World, act: Act) -> None:
    """An offer, a counter-offer, a signature and a notice come from one of the two sides, signed."""
    if act.by not in world.people:
        raise _denied("The parties of an agreement act with keys of their own.", "guildbook identity new.", "no-key")
    body = act.body
    if act.kind is ActKind.OFFER:
        side = collective(world, body["collective"])
        if act.by != body["licensee"] and not side.holds(act.by, STEWARD, act.time):
            raise _denied("Only the two parties of an agreement can offer it.", "Act as one: --as NAME.", "not-a-party")
        if side.member(body["licensee"], act.time):
            raise _denied("One person cannot be both parties.", "Name another licensee.", "both-sides")
        if body["licensee"] not in world.people:
            raise _denied("The licensee has no key yet.", "guildbook identity enrol FILE.", "no-key")
    else:
        party(agreement(world, body["agreement"]), act, world)


def _check_opener(world: World, act: Act) -> None:
    """A steward opens ballots; where there is none, any member opens one that elects one."""
    found = collective(world, act.body["collective"])
    orphaned = not found.steered(act.time) and str(act.body["subject"]).startswith(f"{STEWARD}:")
    if not (orphaned and act.by in world.people and found.member(act.by, act.time)):
        check_steward(world, found, act)


def _check_ratified(world: World, act: Act) -> None:
    ballot = world.ballots.get(act.body["ballot"])
    if ballot is None or ballot.result != "yes" or ballot.subject != act.body["hash"]:
        raise _denied("No ballot has said yes to this.", "Hold one: guildbook agreement vote.", "not-ratified")
    if ballot.collective != agreement(world, act.body["agreement"]).collective:
        raise _denied("Another collective has voted.", "Hold a ballot of the party.", "not-ratified")
    latest = agreement(world, act.body["agreement"]).latest
    if latest.hash == act.body["hash"] and ballot.opened < latest.time:
        # Else an old yes would count for terms that came back to the table after they were dropped.
        raise _denied("That ballot was held before this was on the table.", "Hold another.", "not-ratified")


def _check_office(world: World, act: Act) -> None:
    ballot = world.ballots.get(act.body["ballot"])
    said = act.body
    if ballot is None or ballot.result != "yes" or ballot.collective != said["collective"]:
        raise _denied("Offices are filled by ballot.", "guildbook collective elect NAME --role ROLE.", "not-elected")
    if ballot.subject != f"{said['role']}:{said['person']}":
        raise _denied("That ballot was about something else.", "Hold one about this person.", "not-elected")


def _check_signature(world: World, act: Act) -> None:
    """A person with a key acts with it; whoever has none is acted for, which the act says."""
    if act.kind in {ActKind.ENROL, ActKind.REKEY}:
        _verify(world, act, act.body["sign"] if act.kind is ActKind.ENROL else world.people[act.body["person"]].sign)
        return
    known = world.people.get(act.by)
    if known is not None:
        _verify(world, act, known.sign)
    elif act.key or act.signature:
        raise _denied("An act was signed by nobody who is enrolled.", "guildbook identity enrol.", "unknown-key")


def signed_by(key: str, signature: str, message: bytes) -> bool:
    """Whether the signature (hex) of a message was made with the private half of an Ed25519 key (hex).

    Under a key of small order anybody's signature may hold, so under such a key none does.
    """
    try:
        public = bytes.fromhex(key)
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return not weak(public)


def _verify(world: World, act: Act, key: str) -> None:
    if act.key != key or not signed_by(key, act.signature, act.to_sign(world.book)):
        raise _denied(
            f"The act {act.kind} is not signed with the key of the person it is done by.",
            "Act as them, with their key: --as NAME.",
            "bad-signature",
        )
    if act.time <= world.latest.get(act.by, -1):
        # Else whoever holds an old permission could log it once more after it was taken back.
        raise _denied("This person has acted later than this act says.", "An act counts once.", "old-act")


def _denied(what: str, fix: str, code: str = "no-authority") -> DeniedError:
    return DeniedError(what, fix, code)
