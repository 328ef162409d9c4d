"""Who may do what: one table for the acts of a book and for what is shown of it.

`world.authority` refuses acts by it, `app` what may not be shown; `docs/roles.md` prints it. Evidence comes on top: a
ratification needs its ballot, an office its election, whoever brings it. A person enrolled with a key does what the
table gives them with that key alone; whoever only runs the command acts for people without keys, and as the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from guildbook.govern.acts import Act, ActKind
from guildbook.model.errors import DeniedError

if TYPE_CHECKING:
    from guildbook.govern.world import World


class Standing(StrEnum):
    """As whom somebody acts, in one matter."""

    WORKER = "worker"
    """The one whose traces, membership or say it is about."""
    COLLEAGUE = "colleague"
    """Another worker or member."""
    STEWARD = "steward"
    """In office in the collective it is about."""
    LICENSEE = "licensee"
    """The other party of the agreement it is about."""
    AUDITOR = "auditor"
    OPERATOR = "operator"
    """Who runs the book, with a key of their own."""
    BOOK = "book"
    """Whoever runs the command and names nobody."""


class Read(StrEnum):
    """What can be looked at."""

    OWN = "own traces, receipts, permissions, pledges"
    COUNTS = "counts of what others have said"
    CLOSED_LOG = "the log as commitments, with proofs"
    OPEN_LOG = "the log, opened"


_ = frozenset
_W, _C, _S, _L, _A, _O, _B = Standing
_EVERYBODY: Final = frozenset(Standing)
_RUNS: Final = frozenset({_O, _B})

ACTS: Final[Mapping[ActKind, frozenset[Standing]]] = {
    **dict.fromkeys(
        (
            ActKind.PERMIT, ActKind.REFUSE, ActKind.CLEAR, ActKind.PAUSE, ActKind.RESUME, ActKind.READMIT,
            ActKind.JOIN, ActKind.LEAVE, ActKind.MANDATE, ActKind.UNMANDATE, ActKind.ACKNOWLEDGE, ActKind.APPEAL,
        ),
        _({_W}),
    ),
    **dict.fromkeys((ActKind.ERASE_BEGIN, ActKind.ERASE_PART), _({_W, _O, _B})),
    **dict.fromkeys(
        (
            ActKind.ADMIT, ActKind.FORBID, ActKind.UNFORBID, ActKind.STRIKE_END, ActKind.BALLOT_OPEN,
            ActKind.UNSUSPEND, ActKind.ANSWER, ActKind.LAW_STEP,
        ),
        _({_S}),
    ),
    **dict.fromkeys(
        (
            ActKind.VAULT_MAKE, ActKind.VAULT_HOLD, ActKind.VAULT_LEND, ActKind.VAULT_WITHHOLD, ActKind.VAULT_RELEASE,
            ActKind.VAULT_END,
        ),
        _({_S}),
    ),
    ActKind.VAULT_SCORE: _({_S, _L}),
    ActKind.VAULT_ALARM: _RUNS,
    **dict.fromkeys((ActKind.OFFER, ActKind.COUNTER, ActKind.SIGN, ActKind.TERMINATE), _({_S, _L})),
    ActKind.NOTICE: _({_S, _L, _O, _B}),
    **dict.fromkeys((ActKind.SUSPEND, ActKind.MEASURE, ActKind.PAYOUT), _({_S, _O, _B})),
    **dict.fromkeys(
        (
            ActKind.GRANT, ActKind.USE, ActKind.PUBLISH, ActKind.ERASED, ActKind.ERASED_PART,
        ),
        _RUNS,
    ),
    **dict.fromkeys((ActKind.DERIVE, ActKind.WITHDRAW), _({_L, _O, _B})),
}  # fmt: skip
"""Acts that hang on who does them. Of one worker without a key, whoever runs the command does the worker's."""
RUNNING: Final = frozenset({
    ActKind.VAULT_ALARM,
    ActKind.ERASE_BEGIN, ActKind.ERASE_PART, ActKind.NOTICE, ActKind.SUSPEND, ActKind.GRANT, ActKind.USE,
    ActKind.PUBLISH, ActKind.WITHDRAW, ActKind.PAYOUT, ActKind.ERASED, ActKind.ERASED_PART,
    ActKind.DERIVE, ActKind.MEASURE,
})  # fmt: skip
"""Those that whoever runs the book may do, and few others."""
READS: Final[Mapping[Read, frozenset[Standing]]] = {
    Read.OWN: _({_W}),
    Read.COUNTS: _EVERYBODY,
    Read.CLOSED_LOG: _EVERYBODY,
    Read.OPEN_LOG: _({_A}),
}
"""Where nobody has a key, the book is one person's, and all of it is shown to whoever runs it."""

PRIVATE: Final = frozenset(
    {kind for kind, who in ACTS.items() if who == frozenset({_W})}
    | {ActKind.PLEDGE, ActKind.UNPLEDGE, ActKind.GRANT, ActKind.USE, ActKind.ERASE_PART, ActKind.ERASED_PART}
    | {ActKind.ANSWER, ActKind.PAYOUT}
)
"""Acts that tell what somebody has said or was paid, or by which of their permissions something was read."""


def standings(world: World, act: Act) -> set[Standing]:
    """As whom an act is done."""
    person, body = act.by, act.body
    if not person:
        return {Standing.BOOK}
    known = world.people.get(person)
    found = {Standing(role) for role in (known.roles if known else ()) if role in {_A, _O, _L}}
    found.add(Standing.WORKER if body.get("worker") == person else Standing.COLLEAGUE)
    side = world.collectives.get(_side(world, body))
    if side is not None and side.holds(person, str(Standing.STEWARD), act.time):
        found.add(Standing.STEWARD)
    return found


def may_act(world: World, act: Act) -> bool:
    """Whether the table lets whoever does an act do it; the acts it has none for hang on evidence alone."""
    allowed = ACTS.get(act.kind)
    return allowed is None or bool(standings(world, act) & allowed)


def check_open_log(world: World, person: str) -> None:
    """Raise `DeniedError` unless this person (empty: whoever runs the command) may see the log opened."""
    known = world.people.get(person)
    if world.people and (known is None or str(Standing.AUDITOR) not in known.roles):
        raise DeniedError(
            "The log shows what single people have said, and is opened for an auditor only.",
            "Act as one: --as NAME (guildbook identity new NAME --role auditor); or export it closed.",
            "not-auditor",
        )


def check_shown(world: World, act: Mapping[str, Any], person: str) -> None:
    """Raise `DeniedError` for an act that is not `shown` to this person."""
    if not shown(world, act, person):
        raise DeniedError(
            "This entry tells what somebody else has said.",
            "It is opened for them and an auditor: --as NAME.",
            "not-yours",
        )


def shown(world: World, act: Mapping[str, Any], person: str) -> bool:
    """Whether an act of the log is shown to this person as it is, if not an auditor: own ones, and what is not private.

    Where nobody has a key everything is.
    """
    known = world.people.get(person)
    if not world.people or (known is not None and str(Standing.AUDITOR) in known.roles):
        return True
    if act.get("kind") not in {str(kind) for kind in PRIVATE}:
        return True
    body = act.get("body")
    whose = str(body.get("worker", "")) if isinstance(body, dict) else ""
    return bool(person) and person in {whose, act.get("by")}


def _side(world: World, body: Mapping[str, Any]) -> str:
    """The collective that an act is about."""
    if "collective" in body:
        return str(body["collective"])
    agreement = world.agreements.get(str(body.get("agreement", "")))
    return "" if agreement is None else agreement.collective
