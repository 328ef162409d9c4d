"""The certificate of an erasure: what was destroyed, with the proof that the log says so.

It is a JSON file. In it stand what was asked for and what was destroyed, the log entry that says so with the proof
that it is in the log, and a signed checkpoint of that log. Whoever checks it needs no book; whoever also has a
checkpoint from elsewhere, and the proof that the log only grew between the two, need not trust the operator either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from guildbook.govern.acts import ActKind
from guildbook.govern.audit import proofs
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.model.errors import InputError
from guildbook.model.time import iso

FORMAT: Final = "guildbook-erasure-1"
_SAID: Final = ("erasure", "worker", "scope", "destroyed", "model")
NOT_COVERED: Final = (
    "What was exported, printed or handed to a licensee before cannot be called back; it is listed under exports.",
    "The file the traces were imported from is untouched.",
    "A backup that holds the ledger of that time together with the book's key still opens: destroy it too.",
    "The log keeps that traces were recorded, used and erased, under a pseudonym, without what was in them.",
)


def make(
    book: str,
    name: str,
    body: Mapping[str, Any],
    exports: Sequence[Mapping[str, Any]],
    proof: Mapping[str, Any],
    checkpoint: Checkpoint,
) -> dict[str, Any]:
    """The certificate, ready to be written as JSON."""
    said = {key: body[key] for key in _SAID}
    return {
        "format": FORMAT, "book": book, "name": name, **said, "exports": [dict(each) for each in exports],
        "not_covered": list(NOT_COVERED), "proof": dict(proof), "checkpoint": str(checkpoint),
    }  # fmt: skip


def is_one(data: Mapping[str, Any]) -> bool:
    """Whether a JSON object says that it is a certificate."""
    return data.get("format") == FORMAT


def opened(data: Mapping[str, Any]) -> tuple[proofs.Inclusion, Checkpoint, list[str]]:
    """Its proof and checkpoint, and what is wrong with what it says beside them. Raises `InputError`."""
    proof = proofs.parse(data.get("proof"))
    note = data.get("checkpoint")
    if not isinstance(proof, proofs.Inclusion) or not isinstance(note, str):
        raise InputError("This is no certificate of an erasure.", "Use the file as it was handed out.", "bad-proof")
    return proof, Checkpoint.parse(note), _faults(data, proof)


def text(data: Mapping[str, Any]) -> str:
    """The certificate for people."""
    gone, scope = data["destroyed"], data["scope"]
    proof = data["proof"]
    when = iso(proof["time"])[:19]
    lines = [
        "Certificate of erasure",
        "",
        f"Of: {data['name'] or data['worker']} (in the book: {data['worker']})",
        f"Book: {data['book']}",
        f"Erased: {when}Z, {in_words(scope)}",
        "",
        f"Destroyed: {gone['events']:,} events in {len(gone['segments']):,} segments; {len(gone['keys']):,} keys.",
        f"Also: {gone['waiting']:,} batches that waited, {gone['rejected']:,} rejected rows.",
        f"Written anew without them, under new keys: {gone['rewritten']:,} segments.",
        f"Made anew or dropped: {', '.join(gone['artefacts']) or 'nothing'}.",
        *([f"What was learnt is now {data['model']}."] if data["model"] else []),
        "",
        "Fingerprints of the destroyed keys:",
        *(f"  {each}" for each in gone["keys"]),
        "",
        *_handed_out(data["exports"]),
        "What this does not cover:",
        *(f"  {each}" for each in data["not_covered"]),
        "",
        f"Proof: entry {proof['seq']} of a log of {proof['size']} entries. Check the JSON file, with no book:",
        "  guildbook audit check-proof FILE.json",
        "",
    ]
    return "\n".join(lines)


def in_words(scope: Mapping[str, Any]) -> str:
    """A scope as a person would say it."""
    if scope["event"] not in {"", "*"}:
        return "one event"
    parts = [f"class {scope['class']}"] if scope["class"] != "*" else []
    if scope["from"] is not None:
        parts.append(f"from {iso(scope['from'])[:19]}Z")
    if scope["to"] is not None:
        parts.append(f"to {iso(scope['to'])[:19]}Z")
    return ", ".join(parts) or "all traces"


def _handed_out(exports: Sequence[Mapping[str, Any]]) -> list[str]:
    if not exports:
        return ["Nothing of these traces had been exported or handed to anybody.", ""]
    told = [
        f"  {iso(each['time'])[:19]}Z  {each['into']}  {each['events']:,} events  {each['recipient'] or 'in-house'}"
        for each in exports
    ]
    return ["Handed out before, by the receipts:", *told, ""]


def _faults(data: Mapping[str, Any], proof: proofs.Inclusion) -> list[str]:
    if proof.opening is None:
        return ["The certificate does not show what the log entry says."]
    act = proof.opening[1]
    if act.get("kind") not in {str(ActKind.ERASED), str(ActKind.ERASED_PART)}:
        return ["The log entry is not about an erasure."]
    body = act.get("body")
    said = cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}
    return [f"The certificate's {key} is not what the log says." for key in _SAID if data.get(key) != said.get(key)]
