"""A licensee reads under an agreement: exactly what is admitted, and attempts to get more, or as somebody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guildbook.app import handing
from guildbook.app.persons import NOBODY
from guildbook.columns import ADMITTED_SCHEMA
from guildbook.govern.identity.person import Role
from guildbook.model import DeniedError, InputError, UsageError
from guildbook.model.agreement import Scope


@pytest.fixture
def guild(hall: Any) -> Any:
    hall.found()
    hall.agree(hall.terms(scope=Scope(classes=("*",), without_classes=("mail",))))
    return hall


def handed(guild: Any, path: Path, who: str = "Acme", **changes: Any) -> Any:
    asked = {"recipient": "Acme", "purpose": "train-augment", "use": "train", "form": "parquet"} | changes
    return guild.book.hand(**asked, output=path, actor=guild.actor(who) if who else NOBODY)


def test_exactly_the_admitted_rows_come_out_with_a_manifest(guild: Any, tmp_path: Path) -> None:
    guild.book.govern.decide("Cy", "train-ai", allow=False, signer=guild.actor("Cy").signer)
    told = handed(guild, tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet")
    assert set(rows["value_after"].to_pylist()) == {"Ann's sheet", "Bo's sheet"}
    assert set(rows["app"].to_pylist()) == {"sheet"}
    assert (told["events"], told["agreements"]) == (4, ["a1"])
    manifest = handing.check(tmp_path / "out.parquet")
    assert manifest["clauses"] == ["a1#purposes.train-augment"]
    uses = [u for u in guild.book.govern.uses() if u.grant == manifest["grant"]]
    assert {(u.worker, u.recipient, u.rows, u.clauses) for u in uses} == {
        (name, "Acme", 2, ("a1#purposes.train-augment",)) for name in ("Ann", "Bo")
    }  # fmt: skip


def test_the_names_are_pseudonyms_of_this_recipient_alone(guild: Any, tmp_path: Path) -> None:
    handed(guild, tmp_path / "one.parquet")
    guild.enrol("Lab", Role.LICENSEE)
    lab = guild.terms(licensee=guild.terms().licensee.__class__(id="Lab", name="Lab"))
    guild.book.agreements.offer(lab, guild.actor("Ann"), "a2")
    from guildbook.model.time import now

    guild.book.agreements.open_ballot("a2", guild.actor("Ann"), now() + 60_000_000, "b2")
    guild.hold("b2", "yes", "yes", "yes")
    for name in ("Ann", "Lab"):
        guild.book.agreements.sign("a2", guild.actor(name))
    handed(guild, tmp_path / "two.parquet", who="Lab", recipient="Lab")
    one, two = (set(pq.read_table(tmp_path / f"{n}.parquet")["worker"].to_pylist()) for n in ("one", "two"))
    ids = {guild.book.persons.person(name) for name in guild.MEMBERS}
    assert (len(one), len(two)) == (3, 3)
    assert not one & two
    assert not (one | two) & (ids | set(guild.MEMBERS))


def test_people_who_are_addressed_get_the_same_pseudonyms(guild: Any) -> None:
    objects = [
        [{"id": "Bo", "type": "person", "qualifier": "to"}, {"id": "C1", "type": "case", "qualifier": None}],
        None,
        [],
    ]
    columns = [pa.nulls(3, f.type) if f.name != "objects" else pa.array(objects, f.type) for f in ADMITTED_SCHEMA]
    table = pa.Table.from_arrays(columns, schema=ADMITTED_SCHEMA)
    acme = guild.book.persons.person("Acme")
    made = handing.without_names(table, {}, lambda name: handing.pseudonym(guild.store, acme, name))
    assert made.schema == table.schema
    found = made["objects"].to_pylist()
    assert found[0][0]["id"] == handing.pseudonym(guild.store, acme, "Bo") != "Bo"
    assert (found[0][1], found[1:]) == (objects[0][1], [None, []])  # pyright: ignore[reportOptionalSubscript] - it is a list


def test_nobody_else_gets_it_and_for_nothing_else(guild: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    for who in ("Ann", "Eve", ""):
        with pytest.raises(DeniedError, match="Only the licensee"):
            handed(guild, out, who=who)
    for changes in ({"purpose": "train-substitute"}, {"use": "analyse"}, {"purpose": "export"}):
        with pytest.raises(DeniedError, match="Nothing may be handed"):
            handed(guild, out, **changes)
    for changes in ({"purpose": "train-ai"}, {"use": "sell"}, {"form": "docx"}):
        with pytest.raises(UsageError):
            handed(guild, out, **changes)
    guild.enrol("Lab", Role.LICENSEE)
    with pytest.raises(DeniedError, match="Nothing may be handed"):
        handed(guild, out, who="Lab", recipient="Lab")
    assert list(tmp_path.glob("*.parquet*")) == []


def test_a_file_or_manifest_that_was_changed_does_not_hold(guild: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    told = handed(guild, out)
    key = told["signatures"][0]["key"]
    assert handing.check(out, key)["grant"] == told["grant"]
    with pytest.raises(InputError, match="not what its manifest"):
        handing.check(out, "00" * 32)
    manifest = Path(told["manifest"])
    kept = manifest.read_text()
    for changes in ({"events": 99}, {"agreements": ["a9"]}, {"signatures": []}, {"signatures": told["signatures"][:1]}):
        manifest.write_text(json.dumps(json.loads(kept) | changes))
        with pytest.raises(InputError):
            handing.check(out)
    manifest.write_text(kept)
    out.write_bytes(out.read_bytes() + b"x")
    with pytest.raises(InputError):
        handing.check(out)
