"""An auditor gets every decision from the log alone, and finds what does not follow."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from book_gate import BookGame, book_game
from sqlalchemy import delete, update

from guildbook.govern.acts import ActKind
from guildbook.govern.audit.entry import Entry, Opening, commitment_of
from guildbook.govern.audit.log import Log
from guildbook.govern.audit.payouts import division, fault
from guildbook.govern.audit.replay import Replayed, replay, tables_found
from guildbook.govern.world import World
from guildbook.model.agreement import Agreement
from guildbook.model.canonical import canonical
from guildbook.store import tables

Log_ = list[Opening]
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BookGame, Log_]]:
    """A real book on which a game was played, and its log, opened."""
    with book_game(tmp_path_factory.mktemp("replay") / "book", 1) as game:
        for _ in range(10):
            game.moves(12)
        with game.store.look() as ledger:
            yield game, list(Log(game.store).openings(ledger))


def written(seq: int, time: int, act: dict[str, Any]) -> Opening:
    """An entry as it would have been logged: whoever has the book's key can write such."""
    return Opening(Entry(seq, time, commitment_of(b"0" * 32, canonical(act))), b"0" * 32, act)


def changed(log: Log_, place: int, change: Change) -> Replayed:
    """The replay of a log in which one entry was written anew."""
    act = {**log[place].act, "body": dict(log[place].act["body"])}
    change(act["body"])
    again = list(log)
    again[place] = written(log[place].entry.seq, log[place].entry.time, act)
    return replay(_book(log), again)


_BOOKS: dict[int, str] = {}


def _book(log: Log_) -> str:
    return _BOOKS[id(log)]


@pytest.fixture
def log(played: tuple[BookGame, Log_]) -> Log_:
    game, opened = played
    _BOOKS[id(opened)] = game.store.book_id
    return opened


def places(log: Log_, *kinds: ActKind) -> list[int]:
    return [i for i, one in enumerate(log) if one.act["kind"] in kinds]


def test_everything_follows(log: Log_, played: tuple[BookGame, Log_]) -> None:
    found = replay(_book(log), log)
    assert found.findings == []
    assert found.entries == len(log)
    assert min(found.grants, found.decisions, found.receipts, len(found.ballots)) > 0
    game, _ = played
    assert found.policy_hash == game.world.policy_hash
    assert set(found.in_force) == {d.id for d in game.model.deals.values() if d.force and not d.superseded}


def test_a_decision_that_was_changed_is_named(log: Log_) -> None:
    dice = random.Random(1)
    with_groups = [place for place in places(log, ActKind.GRANT) if log[place].act["body"]["groups"]]
    for place in dice.sample(with_groups, min(8, len(with_groups))):

        def flip(body: dict[str, Any]) -> None:
            groups = [list(group) for group in body["groups"]]
            group = dice.choice(groups)
            group[6] = "own-purpose" if group[6] != "own-purpose" else "no-permission"
            body["groups"] = groups

        found = changed(log, place, flip)
        assert found.findings[0].seq == log[place].entry.seq
        assert "was decided" in found.findings[0].what


def test_another_time_recipient_or_policy_is_named(log: Log_) -> None:
    place = places(log, ActKind.GRANT)[-1]
    wanted = log[place].entry.seq
    turn = {"policy": "00" * 32}
    assert changed(log, place, lambda body: body.update(turn)).findings[0].seq == wanted
    later = {"asked": log[place].entry.time + 10**15}
    assert changed(log, place, lambda body: body.update(later)).findings[0].seq == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [("rows", 10**6), ("rows", -1), ("grant", "0" * 32), ("worker", "nobody"), ("reason", "no-permission"),
     ("recipient", "eve"), ("purpose", "export")],
)  # fmt: skip
def test_a_receipt_that_was_changed_is_named(log: Log_, name: str, value: Any) -> None:
    for place in places(log, ActKind.USE)[:6]:
        found = changed(log, place, lambda body: body.update({name: value}))
        assert found.findings[0].seq == log[place].entry.seq


def test_a_signed_act_that_was_changed_is_named(log: Log_) -> None:
    signed = [i for i in places(log, ActKind.PERMIT, ActKind.REFUSE, ActKind.MANDATE) if log[i].act["signature"]]
    assert signed
    for place in signed:
        found = changed(log, place, lambda body: body.update({"purpose": f"{body['purpose']}ing"}))
        assert found.findings[0].seq == log[place].entry.seq
        assert "not signed" in found.findings[0].what


def test_an_act_left_out_put_in_or_done_twice_is_named(log: Log_) -> None:
    """Where nobody's signature is broken, the next grant was decided on another state of consent."""
    grants = places(log, ActKind.GRANT)
    said = [i for i in places(log, ActKind.PERMIT, ActKind.REFUSE, ActKind.PAUSE) if i < grants[-1]]
    for place in said[:10]:
        following = next(i for i in grants if i > place)
        found = replay(_book(log), [*log[:place], *log[place + 1 :]])
        assert found.findings[0].seq <= log[following].entry.seq
        found = replay(_book(log), [*log[: place + 1], log[place], *log[place + 1 :]])
        assert found.findings[0].seq <= log[following].entry.seq


def test_no_act_at_all_is_named(log: Log_) -> None:
    strange = written(len(log), log[-1].entry.time, {"kind": "coup", "body": {}})
    assert replay(_book(log), [*log, strange]).findings[0].what.startswith("this is no act")
    body = {"grant": "g", "purpose": "coach"}
    short = {"kind": "grant", "time": 1, "by": "", "body": body, "key": "", "signature": ""}
    assert "cannot be read" in replay(_book(log), [*log, written(len(log), 1, short)]).findings[0].what


def test_tables_that_say_something_else_are_named(played: tuple[BookGame, Log_], log: Log_) -> None:
    game, _ = played
    uses = tables.uses
    with game.store.engine.connect() as ledger:
        assert tables_found(ledger, log) == []
        some = log[places(log, ActKind.USE)[0]]
        this = uses.c.id == some.act["body"]["id"]
        ledger.execute(update(uses).where(this).values(rows=0))
        assert [(f.seq, f.kind) for f in tables_found(ledger, log)] == [(some.entry.seq, "use")]
        ledger.execute(delete(uses).where(this))
        assert "no row" in tables_found(ledger, log)[0].what
        assert any(f.seq == -1 for f in tables_found(ledger, log[:1]))
        ledger.rollback()


def test_payouts_are_computed_again(stage: Any, drafted: Callable[..., Agreement]) -> None:
    stage.collective("ann", "bo", "cy")
    stage.enrol("acme", "licensee")
    stage.agree("a1", drafted())
    world: World = stage.world
    body = {"payout": "p1", "agreement": "a1", "rule": "equal", "amount": 10_001, "inputs": {}}
    shares = division(world, body, stage.time).shares
    assert shares == {"ann": 3334, "bo": 3334, "cy": 3333}
    stage.act(ActKind.PAYOUT, **body, shares=shares)
    assert fault(world, {**body, "shares": shares}, stage.time) == ""
    wrong = {**shares, "ann": 3335, "bo": 3333}
    assert "ann was paid 3335" in fault(world, {**body, "shares": wrong}, stage.time)
    assert "no rule" in fault(world, {**body, "rule": "guess", "shares": shares}, stage.time)
    assert "divides by equal" in fault(world, {**body, "rule": "hours", "shares": shares}, stage.time)
    assert "cannot be computed" in fault(world, {"rule": "equal", "agreement": "none", "shares": {}}, stage.time)
    assert "1 cents went into the fund" in fault(world, {**body, "shares": shares, "fund": 1}, stage.time)


def test_a_replay_needs_no_book(played: tuple[BookGame, Log_], log: Log_, tmp_path: Path) -> None:
    from guildbook.app.auditing import Auditing, replay_copy

    game, _ = played
    desk = Auditing(game.store, Log(game.store), str)
    desk.export(tmp_path / "log.jsonl", openings=True)
    assert replay_copy(tmp_path / "log.jsonl").sound
    assert desk.replay().sound
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    place = places(log, ActKind.USE)[0] + 1
    lines[place] = lines[place].replace('"rows":', '"rows":1')
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = replay_copy(tmp_path / "log.jsonl")
    assert (found.findings[0].seq, found.findings[0].kind) == (place - 1, "log")
