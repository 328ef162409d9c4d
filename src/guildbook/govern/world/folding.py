"""What each kind of act does to a world. Checks come first: an act that fails leaves the world as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.identity.person import KEY, weak
from guildbook.govern.law.profiles import PROFILES
from guildbook.govern.law.recording import law_step
from guildbook.govern.vault import folding as vaults
from guildbook.govern.world import bargaining, voting
from guildbook.govern.world.authority import check, check_vouched, collective
from guildbook.govern.world.parts import AUDITOR, STEWARD, Appeal, Charter, Collective, Person
from guildbook.govern.world.state import Served, World
from guildbook.govern.world.vouching import VOUCHED, begin, enter, vouch
from guildbook.model.decision import EVERY
from guildbook.model.errors import DeniedError, InputError
from guildbook.model.time import DAY

ADMITTED: Final = "steward"
"""The charter's word where a steward admits members."""
_LICENSEE: Final = "licensee"
_WHOLE: Final = 1_000_000
_MOST_DAYS: Final = 36_525
_LONGEST: Final = 2_000
"""Letters of an appeal or answer."""

Handler = Callable[[World, Act, Mapping[str, Any]], None]


def fold(world: World, act: Act, *, trusted: bool) -> None:
    """Check an act and take it in. Raises `DeniedError` for one without authority or sense."""
    try:
        check(world, act, trusted=trusted)
        evidence = None if trusted else EVIDENCE.get(act.kind)
        if evidence is not None:
            evidence(world, act)
        handler = _HANDLERS.get(act.kind)
        if handler is not None:
            handler(world, act, act.body)
    except InputError as error:
        raise DeniedError(error.what, error.fix, error.code) from error
    except (KeyError, TypeError, ValueError) as error:
        raise DeniedError(f"The act {act.kind} lacks {error}.", "It was not written by Guildbook.", "bad-act") from None


def _enrol(world: World, _: Act, body: Mapping[str, Any]) -> None:
    _check_key(body["sign"])
    known = world.people.get(body["person"])
    if known is not None and known.sign != body["sign"]:
        raise DeniedError(
            "Another key is enrolled under this name already.",
            "If it is yours: guildbook identity rekey NAME --old FILE. If not, tell those who could vouch for it.",
            "enrolled",
        )
    roles = {body["role"]} | (known.roles if known else set())
    former = known.former if known else {}
    world.people[body["person"]] = Person(
        body["person"], roles, body["sign"], body["box"], body.get("name", ""), former
    )  # fmt: skip


def _check_key(sign: str) -> None:
    """Refuse what is no key, and one under which anybody's signature holds."""
    try:
        key = bytes.fromhex(sign)
    except ValueError:
        key = b""
    if len(key) != KEY or weak(key):
        raise DeniedError("That is nobody's key.", "Make one: guildbook identity new NAME.", "bad-key")


def _rekey(world: World, act: Act, body: Mapping[str, Any]) -> None:
    _check_key(body["sign"])
    person = world.people[body["person"]]
    person.former[person.sign] = act.time
    person.sign, person.box = body["sign"], body["box"]
    for found in world.collectives.values():
        found.vouches.pop(person.id, None)  # they were for the key they had


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


def _erase_begin(world: World, act: Act, body: Mapping[str, Any]) -> None:
    worker = body["worker"]
    world.erasing.add(worker)
    world.forgotten[worker] = act.time
    _unsay(world, worker)
    for found in world.collectives.values():
        found.asking.pop(worker, None)
        found.vouches.pop(worker, None)
        if found.member(worker, act.time):
            found.leaving[worker] = act.time
            _drop(world, found, worker)


def _unsay(world: World, worker: str) -> None:
    """What they permitted, and had read, does not count when they come back; what they refused and paused does."""
    world.said[worker] = {key: word for key, word in world.said[worker].items() if not word}
    for told in [key for key in world.acknowledged if key[0] == worker]:
        del world.acknowledged[told]
        world.noticed.pop(told, None)


def _readmit(world: World, _: Act, body: Mapping[str, Any]) -> None:
    world.erasing.discard(body["worker"])


def _found(world: World, act: Act, body: Mapping[str, Any]) -> None:
    name = body["collective"]
    if name in world.collectives:
        raise DeniedError("There is such a collective already.", "Choose another id.", "exists")
    charter = Charter(**body["charter"])
    _check_charter(charter)
    made = Collective(name, charter)
    founder = body["founder"]
    _check_joins(world, founder)
    world.collectives[name] = made
    if charter.admission == VOUCHED:
        made.founder, made.asking[founder] = founder, act.time
    else:
        begin(world, made, founder, act.time)


def _check_charter(charter: Charter) -> None:
    shares = charter.quorum_ppm, charter.majority_ppm, charter.strike_threshold_ppm
    days = charter.term_days, charter.notice_days
    if not all(0 <= share <= _WHOLE for share in shares) or not all(0 <= day <= _MOST_DAYS for day in days):
        raise DeniedError("A charter's shares are from 0 to 1, its days at most 36525.", "Correct it.", "bad-charter")
    if charter.majority_ppm == _WHOLE or not charter.term_days or not charter.name.strip():
        raise DeniedError(
            "A charter has a name, terms of office, and a majority that can be reached.", "Correct it.", "bad-charter"
        )
    if charter.admission not in {"open", ADMITTED, VOUCHED}:
        raise DeniedError(
            f"Nobody is admitted by {charter.admission!r}.", f"One of: open, {ADMITTED}, {VOUCHED}.", "bad-charter"
        )
    if charter.law and charter.law not in PROFILES:
        raise DeniedError(f"There is no law profile {charter.law!r}.", f"Profiles: {', '.join(PROFILES)}.", "bad-law")


def _check_joins(world: World, worker: str) -> None:
    """A member votes, so they have a key; and nobody sits on both sides of the table."""
    person = world.people.get(worker)
    if person is None:
        raise DeniedError(
            "A member votes and signs with a key of their own.",
            "guildbook identity new NAME; guildbook identity enrol NAME.",
            "no-key",
        )
    if _LICENSEE in person.roles:
        raise DeniedError("A licensee is no member of a collective.", "The other side of the table.", "both-sides")


def _join(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found, worker = collective(world, body["collective"]), body["worker"]
    _check_joins(world, worker)
    if worker in found.roll and not found.member(worker, act.time):  # what they had before they left stays away
        _drop(world, found, worker)
    if found.charter.admission in {ADMITTED, VOUCHED} and not found.member(worker, act.time):
        found.asking.setdefault(worker, act.time)
        return
    enter(world, found, worker, act.time)


def _admit(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found, worker = collective(world, body["collective"]), body["worker"]
    if found.charter.admission == VOUCHED:
        raise DeniedError("Here it takes a vouch for their key.", "guildbook collective vouch.", "vouched")
    if found.asking.pop(worker, None) is None:
        raise DeniedError("They have not asked to join.", "guildbook collective join --as NAME.", "not-asking")
    enter(world, found, worker, act.time)


def _leave(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found, worker = collective(world, body["collective"]), body["worker"]
    if not found.member(worker, act.time):
        raise DeniedError("Who is no member cannot leave.", "See: guildbook collective show.", "not-member")
    found.leaving[worker] = max(int(body.get("effective", act.time)), act.time)
    if found.leaving[worker] <= act.time:
        _drop(world, found, worker)


def _drop(world: World, found: Collective, worker: str) -> None:
    """Take from somebody who is no member what members have, and end their part in its strikes."""
    for name in world.striking.pop(worker, ()):
        strike = world.strikes[name]
        if strike.collective == found.id:
            strike.workers -= {worker}
        else:
            world.striking.setdefault(worker, []).append(name)
    found.mandates.pop(worker, None)
    for role in (STEWARD, AUDITOR):
        found.offices.pop((worker, role), None)


def _office(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = collective(world, body["collective"])
    if body["role"] == STEWARD and not found.member(body["person"], act.time):
        raise DeniedError("A steward is a member.", "Join first: guildbook collective join.", "not-member")
    elected = world.ballots[body["ballot"]].closed  # however late the office is taken, or how often
    found.offices[body["person"], body["role"]] = elected + found.charter.term_days * DAY


def _mandate(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found = collective(world, body["collective"])
    check_vouched(found, body["worker"])
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


def _notice(world: World, act: Act, body: Mapping[str, Any]) -> None:
    """Take in a notice; one that says the same was served when it was first."""
    key = body["worker"], body["recipient"], str(body.get("agreement", ""))
    made = Served(str(body["hash"]), str(body.get("terms", EVERY)), act.time)
    held = world.served.get(key)
    if held is None or (held.hash, held.terms) != (made.hash, made.terms):
        world.served[key] = made


def _acknowledge(world: World, act: Act, body: Mapping[str, Any]) -> None:
    name = str(body.get("agreement", ""))
    served = world.served.get((body["worker"], body["recipient"], name))
    if served is None or served.hash != body["hash"]:
        raise DeniedError("No such notice was served.", "See: guildbook agreement notices --as NAME.", "no-notice")
    key = body["worker"], body["recipient"]
    world.noticed[key] = act.time
    found = world.agreements.get(name)
    days = next((v.terms.notice.workers_days for v in found.versions if v.hash == served.terms), 0) if found else 0
    world.acknowledged[key][served.terms] = served.time + days * DAY


def _appeal(world: World, act: Act, body: Mapping[str, Any]) -> None:
    side, worker, text = collective(world, body["collective"]), body["worker"], str(body["text"])
    if not side.member(worker, act.time):
        raise DeniedError("An appeal goes to a collective of one's own.", "guildbook collective join.", "not-member")
    if body["appeal"] in world.appeals or not text.strip() or len(text) > _LONGEST or int(body["entry"]) < 0:
        raise DeniedError(
            f"An appeal names an entry of the log and says why, in {_LONGEST} letters.",
            "Say why: --text.",
            "bad-appeal",
        )
    line = dict(body.get("line", {}))
    world.appeals[body["appeal"]] = Appeal(body["appeal"], worker, side.id, int(body["entry"]), text, act.time, line)


def _answer(world: World, act: Act, body: Mapping[str, Any]) -> None:
    found, text = world.appeals.get(body["appeal"]), str(body["text"])
    if found is None or (found.collective, found.worker) != (body["collective"], body["worker"]):
        raise DeniedError("There is no such appeal.", "List them: guildbook collective appeals.", "no-appeal")
    if found.answered is not None or not text.strip() or len(text) > _LONGEST:
        raise DeniedError("An appeal is answered once, and in words.", "guildbook collective appeals.", "bad-answer")
    if act.by == found.worker:
        raise DeniedError("Nobody answers an appeal of their own.", "Another steward does.", "own-appeal")
    found.answer, found.by, found.upheld, found.answered = text, act.by, bool(body["upheld"]), act.time


EVIDENCE: Final[Mapping[ActKind, Callable[[World, Act], None]]] = {
    ActKind.BALLOT_OPEN: voting.check_keys,
    ActKind.BALLOT_CLOSE: voting.check_evidence,
}
"""What has to be shown beside a signature; like it, it is not looked at again in a trusted log."""

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
    ActKind.ADMIT: _admit,
    ActKind.VOUCH: vouch,
    ActKind.LEAVE: _leave,
    ActKind.OFFICE: _office,
    ActKind.MANDATE: _mandate,
    ActKind.UNMANDATE: _unmandate,
    ActKind.FORBID: _forbid,
    ActKind.UNFORBID: _forbid,
    ActKind.NOTICE: _notice,
    ActKind.ACKNOWLEDGE: _acknowledge,
    ActKind.LAW_STEP: law_step,
    ActKind.APPEAL: _appeal,
    ActKind.ANSWER: _answer,
    **bargaining.HANDLERS,
    **vaults.HANDLERS,
}
