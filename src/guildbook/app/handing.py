"""A licensee reads under an agreement: exactly the rows that are admitted, under pseudonyms of their own, with a proof.

The manifest beside the file names the grant, the agreements and the segments it rests on. The book signs it, and the
licensee's signature is their receipt.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from guildbook.app.exporting import FORMS, write_events
from guildbook.app.identities import read_json, write_text
from guildbook.app.persons import Actor
from guildbook.columns import ADMITTED_SCHEMA
from guildbook.govern import Admitted, Gate
from guildbook.govern.audit.checkpoint import signing_key
from guildbook.govern.lineage import read_terms
from guildbook.govern.permissions import purpose_named
from guildbook.govern.receipts import root_of
from guildbook.govern.world.authority import signed_by
from guildbook.model.canonical import canonical
from guildbook.model.errors import DeniedError, InputError, UsageError
from guildbook.model.purpose import Purpose
from guildbook.model.time import iso
from guildbook.model.use import UseKind
from guildbook.store import Store

FORMAT: Final = "guildbook-handed-1"
_CONTEXT: Final = b"guildbook-handed-1\n"
MANIFEST: Final = ".manifest.json"
"""What the name of the manifest adds to that of its file."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a licensee asks to be handed."""

    purpose: str
    use: str
    form: str
    output: Path


def hand(store: Store, gate: Gate, recipient: str, asked: Asked, actor: Actor) -> dict[str, Any]:
    """Write what `recipient` (an id) may have to `asked.output`, and the manifest beside it; gives the manifest.

    Raises `DeniedError` for anybody but the recipient with their key, and when nothing is admitted.
    """
    purpose = Purpose(purpose_named(asked.purpose, permit=True))
    if asked.use not in set(UseKind) or asked.form not in FORMS:
        raise UsageError("There is no such use or format.", f"Uses: {', '.join(UseKind)}. Formats: {', '.join(FORMS)}.")
    if actor.person != recipient:
        raise DeniedError("Only the licensee reads under their agreement.", "Act as them: --as NAME.", "no-authority")
    identity = actor.identity
    admitted = gate.grant(
        purpose, stage="licensee", artefact=f"handed:{asked.form}", recipient=recipient, use=asked.use
    )
    if not admitted.grant.segments:
        raise DeniedError(
            f"Nothing may be handed to {actor.name} for {purpose} and {asked.use}.",
            "What is missing: guildbook agreement show AGREEMENT; guildbook law status. A worker sees why of theirs: "
            "guildbook terms check --worker NAME --purpose P --for LICENSEE --use U --as NAME.",
            "nothing-admitted",
        )
    unfinished = asked.output.with_name(f".{asked.output.name}.{os.getpid()}.part")
    try:
        write_events(asked.form, _tables(admitted, lambda name: pseudonym(store, recipient, name)), unfinished)
        with unfinished.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        said = _said(store, gate, admitted, asked, digest)
        unfinished.replace(asked.output)
    except OSError as error:
        raise InputError(f"{asked.output} cannot be written: {error.strerror}.", "Give another -o FILE.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    with store.change() as ledger:
        key = signing_key(store, ledger)
    text = _CONTEXT + canonical(said)
    manifest = said | {
        "signatures": [
            {"by": "book", "key": key.public_key().public_bytes_raw().hex(), "signature": key.sign(text).hex()},
            {"by": "licensee", "key": identity.public.sign.hex(), "signature": identity.sign(text).hex()},
        ]
    }
    write_text(_beside(asked.output), json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    return manifest | {"manifest": str(_beside(asked.output))}


def pseudonym(store: Store, recipient: str, name: str) -> str:
    """What a recipient knows a person by, and no other recipient does: the same as in the column `worker`."""
    return store.worker_id(f"{recipient}\0{store.worker_id(name)}")


def check(file: Path, key: str | None = None) -> dict[str, Any]:
    """The manifest of a file that was handed out, if all of it holds: file, signatures, `key` of the book (hex).

    Needs no book. Raises `InputError` otherwise.
    """
    manifest = read_json(_beside(file))
    said = {name: value for name, value in manifest.items() if name != "signatures"}
    try:
        text = _CONTEXT + canonical(said)
        held = {
            str(s["by"]): str(s["key"]) for s in manifest["signatures"] if signed_by(s["key"], s["signature"], text)
        }
        with file.open("rb") as data:
            same = hashlib.file_digest(data, "sha256").hexdigest() == said["sha256"]
    except (KeyError, OSError, TypeError, ValueError):
        held, same = {}, False
    if not same or set(held) != {"book", "licensee"} or key not in {None, held["book"]}:
        raise InputError(f"{file} is not what its manifest says.", "Ask for it again.", "bad-manifest")
    return manifest


def _said(store: Store, gate: Gate, admitted: Admitted, asked: Asked, digest: str) -> dict[str, Any]:
    grant = admitted.grant
    clauses = sorted({clause for *_, found in admitted.lineage for clause in found.split()})
    terms = read_terms(gate.register.world(), str(grant.purpose), grant.recipient, clauses)
    return {
        "format": FORMAT, "book": store.book_id, "time": iso(grant.time), "grant": grant.id,
        "recipient": grant.recipient, "purpose": str(grant.purpose), "use": grant.use, "clauses": clauses,
        "agreements": sorted({clause.partition("#")[0] for clause in clauses}), "policy_hash": grant.policy_hash,
        "segments_root": root_of(grant.segments), "events": sum(s.rows for s in grant.segments),
        "segments": [{"id": s.id, "events": s.rows, "digest": s.digest} for s in grant.segments],
        "lineage": {"depth": 0, "terms": terms.to_dict()},
        "file": asked.output.name, "form": asked.form, "sha256": digest,
    }  # fmt: skip


def _tables(admitted: Admitted, known_as: Callable[[str], str]) -> Iterator[pa.Table]:
    names: dict[str, str] = {}
    for segment in admitted.grant.segments:
        yield without_names(admitted.table(ADMITTED_SCHEMA.names, [segment.id]), names, known_as)


def without_names(table: pa.Table, names: dict[str, str], known_as: Callable[[str], str]) -> pa.Table:
    """The events with a pseudonym for every person they address."""
    lists = pa.concat_arrays(table["objects"].chunks)
    flat = lists.values
    ids, kinds, qualifiers = (flat.field(i) for i in range(3))
    people = pc.fill_null(pc.equal(kinds, "person"), False)  # noqa: FBT003 - Arrow takes the value so
    found = pc.unique(ids.filter(people)).drop_null().to_pylist()
    if not found:
        return table
    names |= {name: known_as(name) for name in found if name not in names}
    places = pc.index_in(ids, pa.array(found, pa.string()))
    mapped = pa.array([names[name] for name in found], pa.string()).take(places)
    changed = pa.StructArray.from_arrays([pc.if_else(people, mapped, ids), kinds, qualifiers], fields=list(flat.type))
    whole = pa.ListArray.from_arrays(lists.offsets, changed, mask=lists.is_null())
    place = table.schema.get_field_index("objects")
    return table.set_column(place, table.schema.field("objects"), whole.cast(table.schema.field("objects").type))


def _beside(file: Path) -> Path:
    return file.with_name(file.name + MANIFEST)


def summary(manifest: Mapping[str, Any]) -> str:
    """What was handed out, in a sentence."""
    under = ", ".join(manifest["agreements"]) or "no agreement"
    return (
        f"{manifest['events']:,} events for {manifest['purpose']} under {under} are in {manifest['file']}; "
        f"the signed manifest is in {manifest['manifest']}."
    )
