"""Bulk admission decides on groups what single decisions decide one by one, on both ledgers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from game_gate import CLASSES, LICENSEES, PURPOSES, USES, WORKERS, cheap_signatures
from plays_gate import ask, play
from sqlalchemy import Connection, delete, insert, select, text

from guildbook.govern import admission
from guildbook.govern.admission import admit, cuts, ruled
from guildbook.govern.policy import decide
from guildbook.govern.world import World
from guildbook.model.agreement import Agreement, Scope
from guildbook.model.decision import Decision, Request
from guildbook.store import ClassPart, Store, encode_terms, tables
from guildbook.store.listing import Marks
from guildbook.store.rows import note_classes

MONTHS = ("2025-12", "2026-01", "2026-02", "2026-03", "2026-04")
LONG = tuple(f"app number {i}" for i in range(60))
"""So many classes that their names do not fit into an index."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with Store.open(tmp_path / "book", ledger_url=url) as opened:
        yield opened


def fill(ledger: Connection, dice: random.Random, count: int) -> None:
    """Segments out of nothing."""
    ledger.execute(delete(tables.segments))
    rows: list[dict[str, Any]] = []
    for i in range(count):
        held = sorted(dice.sample(CLASSES, dice.randint(1, 3))) if dice.random() < 0.97 else list(LONG)
        parts = [ClassPart(c, dice.randint(1, 9), i, i + 1, f"{i}{c}") for c in held]
        classes, noted = note_classes(parts)
        rows.append({
            "id": f"{dice.getrandbits(128):032x}", "worker": dice.choice(WORKERS), "month": dice.choice(MONTHS),
            "terms": encode_terms(dice.choice([None, None, (), ("coach",), ("research", "coach")])),
            "rows": sum(p.rows for p in parts), "first": i, "last": i + 1, "digest": f"{i}", "bytes": 1, "created": 1,
            "classes": classes, "parts": noted, "leaving": "",
        })  # fmt: skip
    ledger.execute(insert(tables.segments), rows)


def one_by_one(ledger: Connection, world: World, asked: Request) -> dict[str, Decision]:
    """`SEGMENT:CLASS` → decision, for each segment by itself."""
    found: dict[str, Decision] = {}
    for row in ledger.execute(select(tables.segments)):
        terms = None if row.terms == "unstated" else tuple(w for w in row.terms[7:].split(",") if w)
        for name in row.classes.split("\n"):
            single = Request(
                row.worker, name, asked.purpose, asked.time, asked.recipient, asked.use, row.month, terms
            )  # fmt: skip
            found[f"{row.id}:{name}"] = decide(world, single)
    return found


def admit_by_columns(ledger: Connection, world: World, asked: Request) -> admission.Admission:
    """As a book of many segments is listed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admission, "_BULK", 0)
        return admit(ledger, world, asked)


def same(ledger: Connection, world: World, asked: Request) -> int:
    """Hold the bulk against the single; how many parts are admitted."""
    wanted = one_by_one(ledger, world, asked)
    found = admit(ledger, world, asked)
    classes = {row.id: row.classes.split("\n") for row in ledger.execute(select(tables.segments))}
    got: dict[str, tuple[Any, ...]] = {}
    for piece in found.pieces:
        segment, _, one = piece.id.partition(":")
        for name in [one] if one else classes[segment]:
            got[f"{segment}:{name}"] = piece.reason, piece.clauses
    assert got == {part: (d.reason, d.clauses) for part, d in wanted.items() if d.allow}
    assert [piece.id for piece in found.pieces] == sorted(piece.id for piece in found.pieces)
    nothing = [s for s, held in classes.items() if not any(wanted[f"{s}:{name}"].allow for name in held)]
    assert found.refused == len(nothing)
    assert sum(each.group.segments for each in found.ruled) == len(classes)
    by_columns = admit_by_columns(ledger, world, asked)
    assert list(by_columns.pieces) == list(found.pieces)
    assert (by_columns.pieces.root(), by_columns.refused) == (found.pieces.root(), found.refused)
    assert sorted(by_columns.ruled) == sorted(found.ruled)
    some = sorted(classes)[::3]
    assert {p.id.partition(":")[0] for p in admit(ledger, world, asked, some).pieces} == {
        p.id.partition(":")[0] for p in found.pieces if p.id.partition(":")[0] in some
    }
    return len(got)


@pytest.mark.slow
def test_bulk_is_single(store: Store) -> None:
    dice, admitted = random.Random(5), 0
    with cheap_signatures():
        for seed in range(40):
            game = play(seed)
            with store.change() as ledger:
                fill(ledger, dice, 60)
            with store.look() as ledger:
                for _ in range(6):
                    asked = replace(ask(game), vault="")  # none of these segments is held out
                    if dice.random() < 0.3:
                        to = dice.choice(["", *LICENSEES])
                        asked = Request("", "", dice.choice(PURPOSES), game.time, to, dice.choice(USES))
                    admitted += same(ledger, game.world, asked)
    assert admitted > 500


def test_agreements_on_months_cut_where_they_say(stage: Any, drafted: Callable[..., Agreement], store: Store) -> None:
    stage.collective("ann", "bo")
    stage.enrol("acme", "licensee")
    asked = Request("", "", "train-augment", stage.time, "acme", "train")
    assert cuts(stage.world, asked) == ("",)
    stage.agree("a1", drafted(scope=Scope(classes=("mail",), first_month="2026-01", last_month="2026-02")))
    asked = Request("", "", "train-augment", stage.time, "acme", "train")
    assert cuts(stage.world, asked) == ("0000-01", "2026-01", "2026-03")
    with store.change() as ledger:
        fill(ledger, random.Random(2), 120)
    with store.look() as ledger:
        assert same(ledger, stage.world, asked) > 5
        assert {each.group.month for each in ruled(ledger, stage.world, asked)} == {"0000-01", "2026-01", "2026-03"}
        months = {piece.month for piece in admit(ledger, stage.world, asked).pieces}
    assert months == {"2026-01", "2026-02"}


def test_with_many_cuts_the_same(stage: Any, drafted: Callable[..., Agreement], store: Store) -> None:
    stage.collective("ann", "bo")
    stage.enrol("acme", "licensee")
    for month in range(1, 11):
        scope = Scope(classes=("mail",), first_month=f"2026-{month:02}", last_month=f"2026-{month:02}")
        stage.agree(f"a{month}", drafted(title=f"Month {month}", scope=scope))
    asked = Request("", "", "train-augment", stage.time, "acme", "train")
    assert len(cuts(stage.world, asked)) > 8
    with store.change() as ledger:
        fill(ledger, random.Random(3), 120)
    with store.look() as ledger:
        assert same(ledger, stage.world, asked) > 5


def test_groups_that_cannot_be_told_apart_are_listed_row_by_row(
    stage: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.change() as ledger:
        fill(ledger, random.Random(6), 120)
    seen: list[int] = []

    def places(_: Marks, groups: list[Any], marks: Any) -> None:
        seen.append(len(groups) + len(marks))

    monkeypatch.setattr(Marks, "places", places)
    with store.look() as ledger:
        asked = Request("", "", "coach", stage.time)
        assert same(ledger, stage.world, asked) > 5
    assert len(seen) == 1


def test_a_decision_on_groups_is_answered_from_an_index(store: Store) -> None:
    """What makes a million segments a matter of a second."""
    with store.change() as ledger:
        fill(ledger, random.Random(4), 100)
        if ledger.dialect.name == "sqlite":
            query = "SELECT worker, terms, classes, count(*), sum(rows), group_concat(rowid) FROM segments WHERE "
            for condition in (tables.SHORT_CLASSES, tables.LONG_CLASSES):
                plan = ledger.execute(text(f"EXPLAIN QUERY PLAN {query}{condition} GROUP BY worker, terms, classes"))
                assert "INDEX ix_segments_" in " ".join(str(row) for row in plan)
