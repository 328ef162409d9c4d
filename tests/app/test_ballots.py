"""Secret ballots through the desk, and attempts to vote twice, for others, without a paper, too late, or many times."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from guildbook.app import ballots as desk
from guildbook.app.ballots import FORMAT, recount
from guildbook.app.persons import NOBODY
from guildbook.govern.collective.blind import PublicKey
from guildbook.govern.collective.board import Vote
from guildbook.govern.collective.paper import Paper, Secrets, sealed_vote
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import DeniedError, InputError, UnknownNameError, UsageError
from guildbook.model.time import DAY, now
from guildbook.store import tables

LATER = 3600 * 1_000_000


@pytest.fixture
def guild(hall: Any) -> Any:
    """The guild with a ballot b1 open."""
    hall.found()
    hall.book.ballots.open("guild", hall.actor("Ann"), "Shall we?", now() + LATER, name="b1")
    return hall


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves the desk's clock and that of acts."""

    def later(by: int) -> None:
        from guildbook.govern import register

        for module in (desk, register):
            monkeypatch.setattr(module, "now", lambda: now() + by)

    return later


def paper_of(guild: Any, name: str) -> Paper:
    key = PublicKey(int(guild.book.govern.register.world().ballots["b1"].key, 16))
    return Paper.of(guild.keys[name], guild.store.book_id, "b1", key)


def rows(guild: Any, table: Any) -> list[Any]:
    with guild.store.engine.connect() as ledger:
        return list(ledger.execute(select(table)))


def test_all_vote_and_anybody_counts_again(guild: Any) -> None:
    told = guild.hold("b1", "yes", "no", "yes")
    assert (told["state"], told["result"], told["counts"]) == ("counted", "yes", {"yes": 2, "no": 1})
    for name, choice in zip(guild.MEMBERS, ("yes", "no", "yes"), strict=True):
        found = guild.book.ballots.verify("b1", guild.actor(name))
        assert (found["sound"], found["yours"], found["cast"]) == (True, choice, 3)
    assert guild.book.ballots.verify("b1", guild.actor("Eve"))["yours"] is None
    board = json.loads(json.dumps(guild.book.ballots.board("b1")))
    assert recount(board)["sound"]
    assert board["board"] == sorted(board["board"])
    assert {name for name in guild.MEMBERS if name in json.dumps(board)} == set()
    assert rows(guild, tables.ballot_votes) == rows(guild, tables.ballot_requests) == []


def test_a_board_that_was_changed_does_not_hold(guild: Any) -> None:
    guild.hold("b1", "yes", "no", "yes")
    board = guild.book.ballots.board("b1")
    lines = board["board"]
    flipped = [[t, "no" if c == "yes" else "yes", p, s] for t, c, p, s in lines]
    for changes in (
        {"board": lines[1:]}, {"board": flipped}, {"board": [*lines, lines[0]]}, {"counts": {"yes": 3, "no": 0}},
        {"board_root": "00"}, {"papers": 2}, {"ballot": "b2"}, {"book": "another"},
    ):  # fmt: skip
        assert not recount(board | changes)["sound"], changes
    for bad in ({}, {"format": FORMAT}, board | {"key": "zz"}, board | {"board": [["a"]]}, board | {"counts": 3}):
        with pytest.raises(InputError, match="no board"):
            recount(bad)


def test_there_is_one_paper_a_member_and_one_vote_a_paper(guild: Any) -> None:
    ballots = guild.book.ballots
    assert ballots.ask("b1", guild.actor("Bo"))["paper"] == "asked for"
    assert ballots.ask("b1", guild.actor("Bo"))["papers_asked_for"] == 1
    assert ballots.issue("b1", guild.actor("Ann"))["issued"] == 1
    assert ballots.issue("b1", guild.actor("Ann"))["issued"] == 0
    assert ballots.ask("b1", guild.actor("Bo"))["paper"] == "issued"
    ballots.vote("b1", "yes", guild.actor("Bo"))
    for again in ("yes", "no"):
        with pytest.raises(DeniedError, match="You have voted"):
            ballots.vote("b1", again, guild.actor("Bo"))
    new = Identity.make("Bo", Role.WORKER, now())
    guild.book.persons.rekey(guild.keys["Bo"], new)
    guild.keys["Bo"] = new
    with pytest.raises(DeniedError, match="one paper a member"):
        ballots.ask("b1", guild.actor("Bo"))


def test_a_paper_used_twice_under_two_choices_counts_for_neither(guild: Any) -> None:
    """Whoever goes round the desk and casts both cannot have it count twice; nobody knows which was first."""
    ballots = guild.book.ballots
    for name in guild.MEMBERS:
        ballots.ask("b1", guild.actor(name))
    ballots.issue("b1", guild.actor("Ann"))
    for name in ("Ann", "Bo"):
        ballots.vote("b1", "yes", guild.actor(name))
    paper = paper_of(guild, "Cy")
    signed = next(bytes(r.signed) for r in rows(guild, tables.ballot_requests) if r.member == guild.actor("Cy").person)
    ballots.cast("b1", b"1" * 32, paper.vote("yes", signed))
    ballots.cast("b1", b"2" * 32, paper.vote("no", signed))
    later_close(guild)
    assert guild.book.ballots.show("b1")["counts"] == {"yes": 2, "no": 0}


def later_close(guild: Any) -> None:
    from unittest.mock import patch

    with patch("guildbook.govern.register.now", lambda: now() + 2 * LATER):
        guild.book.ballots.close("b1", guild.actor("Ann"))


def test_without_a_paper_nobody_votes(guild: Any) -> None:
    ballots = guild.book.ballots
    with pytest.raises(DeniedError, match="no paper yet"):
        ballots.vote("b1", "yes", guild.actor("Bo"))
    ballots.ask("b1", guild.actor("Bo"))
    with pytest.raises(DeniedError, match="not been issued"):
        ballots.vote("b1", "yes", guild.actor("Bo"))
    other = Secrets.make()
    paper = Paper.of(guild.keys["Bo"], guild.store.book_id, "b1", other.key.public)
    with pytest.raises(DeniedError, match="no vote with a paper"):
        ballots.cast("b1", paper.place, paper.vote("yes", other.key.sign(paper.blinded.message)))
    with pytest.raises(DeniedError, match="no vote with a paper"):
        ballots.cast("b1", paper.place, Vote(paper.token, "yes", "", ""))


def test_who_is_no_member_has_no_vote_and_no_other_can_act_for_one(guild: Any) -> None:
    ballots = guild.book.ballots
    for stranger in ("Eve", "Acme"):
        with pytest.raises(DeniedError, match="member when the ballot was opened"):
            ballots.ask("b1", guild.actor(stranger))
    with pytest.raises(DeniedError, match="key of their own"):
        ballots.ask("b1", NOBODY)
    guild.book.collective.join("guild", guild.actor("Eve"))
    with pytest.raises(DeniedError, match="member when the ballot was opened"):
        ballots.ask("b1", guild.actor("Eve"))
    forged = Identity.make("Bo", Role.WORKER, now())
    guild.keys["Bo"] = forged
    with pytest.raises(DeniedError, match="with another key"):
        ballots.ask("b1", guild.actor("Bo"))


def test_only_who_opened_it_issues_and_counts(guild: Any) -> None:
    for name in ("Bo", "Acme"):
        for act in (guild.book.ballots.issue, guild.book.ballots.close):
            with pytest.raises(DeniedError, match="are with Ann alone"):
                act("b1", guild.actor(name))
    with pytest.raises(DeniedError, match="steward"):
        guild.book.ballots.open("guild", guild.actor("Bo"), "?", now() + DAY)


def test_a_ballot_is_not_counted_early_and_not_voted_in_late(guild: Any, clock: Any) -> None:
    ballots = guild.book.ballots
    with pytest.raises(DeniedError, match="still open"):
        ballots.close("b1", guild.actor("Ann"))
    with pytest.raises(DeniedError, match="when the ballot is counted"):
        ballots.board("b1")
    for name in ("Bo", "Cy"):
        ballots.ask("b1", guild.actor(name))
    ballots.issue("b1", guild.actor("Ann"))
    ballots.vote("b1", "yes", guild.actor("Bo"))
    clock(2 * LATER)
    assert ballots.show("b1")["state"] == "to be counted"
    with pytest.raises(DeniedError, match="is over"):
        ballots.vote("b1", "yes", guild.actor("Cy"))
    with pytest.raises(DeniedError, match="is over"):
        ballots.ask("b1", guild.actor("Ann"))
    assert ballots.close("b1", guild.actor("Ann"))["result"] == "no-quorum"
    with pytest.raises(DeniedError, match="has been counted"):
        ballots.close("b1", guild.actor("Ann"))
    with pytest.raises(DeniedError, match="has been counted"):
        ballots.vote("b1", "yes", guild.actor("Cy"))


def test_a_steward_who_stuffs_the_box_is_found_out(guild: Any) -> None:
    """Ann holds the key that signs papers: she makes two votes for members who asked for none."""
    ballots = guild.book.ballots
    ballots.ask("b1", guild.actor("Ann"))
    ballots.issue("b1", guild.actor("Ann"))
    ballots.vote("b1", "no", guild.actor("Ann"))
    found = guild.book.govern.register.world().ballots["b1"]
    secrets = Secrets.opened(guild.keys["Ann"], found.sealed, "b1")
    for _ in range(2):
        ghost = Paper.of(Identity.make("Ghost", Role.WORKER, 0), guild.store.book_id, "b1", secrets.key.public)
        ballots.cast("b1", ghost.place, ghost.vote("yes", secrets.key.sign(ghost.blinded.message)))
    with pytest.raises(DeniedError, match="More votes than papers"):
        ballots.close("b1", guild.actor("Ann"))
    assert ballots.show("b1")["result"] is None


def test_an_operator_who_writes_into_the_tables_changes_no_count(guild: Any) -> None:
    """Requests without a member's signature get no paper, boxes without a vote count for nothing."""
    ballots = guild.book.ballots
    found = guild.book.govern.register.world().ballots["b1"]
    ghost = paper_of(guild, "Eve")
    forged = {
        "ballot": "b1", "member": guild.actor("Cy").person, "blinded": ghost.blinded.message,
        "proof": ghost.asked_by(guild.keys["Eve"], guild.actor("Cy").person), "signed": None,
    }  # fmt: skip
    with guild.store.change() as ledger:
        ledger.execute(insert(tables.ballot_requests), forged)
        for number in range(3):
            box = sealed_vote(Vote("00" * 32, "yes", "00", "00"), found.box, "b1")
            ledger.execute(insert(tables.ballot_votes), {"ballot": "b1", "place": bytes([number]) * 32, "sealed": box})
        ledger.execute(insert(tables.ballot_votes), {"ballot": "b1", "place": b"x", "sealed": b"rubbish"})
    for name in ("Ann", "Bo"):
        ballots.ask("b1", guild.actor(name))
    assert ballots.issue("b1", guild.actor("Ann"))["issued"] == 2
    for name in ("Ann", "Bo"):
        ballots.vote("b1", "no", guild.actor(name))
    later_close(guild)
    assert ballots.show("b1")["counts"] == {"yes": 0, "no": 2}


def test_nothing_in_the_ledger_tells_who_voted_what(guild: Any) -> None:
    ballots = guild.book.ballots
    for name in guild.MEMBERS:
        ballots.ask("b1", guild.actor(name))
    ballots.issue("b1", guild.actor("Ann"))
    tokens = {name: paper_of(guild, name).token for name in guild.MEMBERS}
    for name, choice in zip(guild.MEMBERS, ("yes", "no", "no"), strict=True):
        ballots.vote("b1", choice, guild.actor(name))
    boxes = rows(guild, tables.ballot_votes)
    assert [bytes(b.place) for b in boxes] == sorted(bytes(b.place) for b in boxes)
    assert len({len(b.sealed) for b in boxes}) == 1
    blinded = {bytes(r.blinded) for r in rows(guild, tables.ballot_requests)}
    assert not any(bytes.fromhex(token) in row for token in tokens.values() for row in blinded)
    ballots.close("b1", guild.actor("Ann"))
    board = ballots.board("b1")["board"]
    assert {line[0] for line in board} == set(tokens.values())
    papers = {bytes.fromhex(line[2]) for line in board}
    assert not papers & blinded


def test_an_election_fills_the_office(hall: Any) -> None:
    hall.found()
    hall.book.ballots.elect("guild", "Bo", "steward", hall.actor("Ann"), now() + LATER, "e1")
    hall.hold("e1", "yes", "yes", "no")
    assert {o["name"] for o in hall.book.collective.roles("guild")} == {"Ann", "Bo"}
    hall.book.ballots.open("guild", hall.actor("Bo"), "Shall we?", now() + LATER)
    with pytest.raises(UsageError, match="no office"):
        hall.book.ballots.elect("guild", "Bo", "king", hall.actor("Ann"), now() + LATER)
    with pytest.raises(UnknownNameError):
        hall.book.ballots.elect("guild", "Zed", "steward", hall.actor("Ann"), now() + LATER)
    with pytest.raises(UnknownNameError):
        hall.book.ballots.show("none")
    assert next(b["ballot"] for b in hall.book.ballots.list("The guild")) == "e1"


def test_what_was_voted_is_the_same_in_a_book_opened_again(guild: Any) -> None:
    from guildbook.app import open_book

    guild.hold("b1", "yes", "no", "yes")
    url = guild.book.config.store.ledger_url
    with open_book(guild.book.home, overrides={"store.ledger_url": url} if url else {}) as again:
        assert again.ballots.show("b1") == guild.book.ballots.show("b1")
        assert again.ballots.verify("b1")["sound"]
