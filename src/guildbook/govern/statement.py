"""A worker's statement of a period: what the log says of them, entry by entry, with proofs, signed by the book.

Each line is one entry of the log and says where it stands there. With it comes the proof that it is in the log, and,
where the entry is about this worker alone, what was done, so that whoever checks the statement works the line out
again. Entries that are also about others (what a grant decided, who was paid what) stay closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from guildbook.govern.acts import ActKind
from guildbook.govern.audit import proofs
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.govern.world.authority import signed_by
from guildbook.model.canonical import canonical
from guildbook.model.decision import ALLOWING, Reason
from guildbook.model.errors import InputError
from guildbook.model.purpose import Purpose

FORMAT: Final = "guildbook-statement-1"
_CONTEXT: Final = b"guildbook-statement-1\n"
_SAID: Final = frozenset({ActKind.PERMIT, ActKind.REFUSE, ActKind.CLEAR, ActKind.PAUSE, ActKind.RESUME})
DERIVED: Final = "derived"
HOW_TO_APPEAL: Final = (
    'To object to a line, name its entry: guildbook mine appeal ENTRY --text "…" --as NAME. A steward of your '
    "collective sees it (guildbook collective appeals) and answers; the answer stands in your next statement."
)

Line = dict[str, Any]


def line_of(act: Mapping[str, Any], worker: str, agreements: Iterable[str] = ()) -> Line | None:
    """What an act says of a worker (an id); None where it says nothing of them.

    `agreements`: those of the worker's collectives, whose measures concern them too. Looking at one's own is no line.
    Raises KeyError, TypeError or ValueError for what is no act.
    """
    kind, body = ActKind(act["kind"]), cast("Mapping[str, Any]", act["body"])
    if kind is ActKind.GRANT:
        return _refused(body, worker)
    if kind is ActKind.PAYOUT:
        return _paid(body, worker)
    if kind is ActKind.MEASURE:
        return _picked("measure", body, _MEASURE) if body["agreement"] in set(agreements) else None
    if body.get("worker") != worker or (kind is ActKind.USE and body["reason"] == Reason.OWN_RIGHT):
        return None
    if kind in _SAID:
        return _picked("said", {"purpose": "any", "recipient": "*"} | dict(body), _SAYS) | {"said": str(kind)}
    found = _OWN.get(kind)
    return None if found is None else _picked(found[0], body, found[1])


_MEASURE: Final = ("agreement", "purpose", "value", "low", "high", "bound", "crossed")
_SAYS: Final = ("purpose", "class", "recipient")
_OWN: Final[Mapping[ActKind, tuple[str, tuple[str, ...]]]] = {
    ActKind.USE: (
        "use", ("purpose", "use", "recipient", "artefact", "reason", "clauses", "rows", "segments", "root", "grant"),
    ),
    ActKind.ERASE_PART: ("erasing", ("erasure", "events")),
    ActKind.ERASE_BEGIN: ("erasing", ()),
    ActKind.ERASED_PART: ("erased", ("erasure",)),
    ActKind.ERASED: ("erased", ("erasure",)),
    ActKind.NOTICE: ("notice", ("recipient", "hash")),
    ActKind.ACKNOWLEDGE: ("acknowledged", ("recipient", "hash")),
    ActKind.APPEAL: ("appeal", ("appeal", "entry", "text")),
    ActKind.ANSWER: ("answer", ("appeal", "upheld", "text")),
}  # fmt: skip


def _picked(kind: str, body: Mapping[str, Any], names: Iterable[str]) -> Line:
    return {"kind": kind} | {name: body[name] for name in names}


def _refused(body: Mapping[str, Any], worker: str) -> Line | None:
    """What was asked for and not given, of all their traces at once."""
    if body["purpose"] == Purpose.UNLEARN:
        return None
    some = [g for g in body["groups"] if g[0] == worker and g[6] not in ALLOWING]
    if not some:
        return None
    return _picked("refused", body, ("purpose", "use", "recipient", "artefact", "grant")) | {
        "reasons": sorted({str(g[6]) for g in some}), "classes": sorted({str(g[2]) for g in some}),
    }  # fmt: skip


def _paid(body: Mapping[str, Any], worker: str) -> Line | None:
    if worker not in body["shares"]:
        return None
    inputs = body.get("inputs", {})
    found = _picked("payout", body, ("payout", "agreement", "rule", "amount")) | {"share": body["shares"][worker]}
    for name in ("hours", "contribution"):
        if worker in inputs.get(name, {}):
            found[name] = inputs[name][worker]
    if worker in inputs.get("interval", {}):
        found["low"], found["high"] = inputs["interval"][worker]
    return found | {name: inputs[name] for name in ("from", "until", "measure") if name in inputs}


def signed(said: Mapping[str, Any], key: str, sign: Callable[[bytes], bytes]) -> dict[str, Any]:
    """The statement with the book's signature. `key`: its public half, hex."""
    return {**said, "signature": {"key": key, "signature": sign(_CONTEXT + canonical(dict(said))).hex()}}


def is_one(data: Mapping[str, Any]) -> bool:
    """Whether a JSON object says that it is a statement."""
    return data.get("format") == FORMAT


def checked(data: Mapping[str, Any], known: Checkpoint | None) -> tuple[Checkpoint, list[str]]:
    """The checkpoint a statement is held against (its own, unless another is given), and what is wrong with it.

    Raises `InputError` for what cannot be read as a statement.
    """
    try:
        own = Checkpoint.parse(str(data["checkpoint"]))
        said = {name: value for name, value in data.items() if name != "signature"}
        key, signature = str(data["signature"]["key"]), str(data["signature"]["signature"])
        lines = cast("Sequence[Mapping[str, Any]]", data["lines"])
        found = {int(p["seq"]): p for p in cast("Sequence[Mapping[str, Any]]", data["proofs"])}
        faults = [] if signed_by(key, signature, _CONTEXT + canonical(said)) else ["The statement was changed."]
        if key != own.log.key.hex():
            faults.append("It is not signed with the key of the book whose log it speaks of.")
        for line in lines:
            faults += _line_faults(data, line, found.get(int(line["entry"])), known or own)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError("This is no statement.", "Use the file as it was handed out.", "bad-proof") from error
    return known or own, faults


def _line_faults(
    data: Mapping[str, Any], line: Mapping[str, Any], proof: Mapping[str, Any] | None, against: Checkpoint
) -> list[str]:
    held = proofs.parse(dict(proof)) if proof is not None else None
    if not isinstance(held, proofs.Inclusion):
        return [f"There is no proof that entry {line['entry']} is in the log."]
    faults = held.faults(against)
    if held.entry.time != line["at"]:
        faults.append(f"Entry {line['entry']} has another time.")
    if held.opening is not None:
        body = dict(held.opening[1])
        if line["kind"] == DERIVED:
            same = body["body"]["artefact"] == line["name"]
        else:
            same = line_of(body, str(data["worker"]), [str(line.get("agreement"))]) == _facts(line)
        if not same:
            faults.append(f"Line {line['entry']} does not say what the log says.")
    return faults


def _facts(line: Mapping[str, Any]) -> Line:
    return {name: value for name, value in line.items() if name not in {"entry", "at"}}
