"""Attempts to open a ballot one may not, to stuff it, to change it, and to use its result twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guildbook.govern.acts import ActKind
from guildbook.govern.agreement.hashing import document, document_hash
from guildbook.govern.collective.board import Vote, board_root
from guildbook.model import DeniedError
from guildbook.model.agreement import Agreement

DAY = 86_400_000_000
ROLL = ["ann", "bo", "cy"]
Drafted = Callable[..., Agreement]


@pytest.fixture
def guild(stage: Any) -> Any:
    """Ann (steward), Bo and Cy; a ballot b1 is open."""
    stage.collective(*ROLL)
    stage.enrol("acme", "licensee")
    stage.open_ballot("b1", "x", ROLL)
    return stage


def close(guild: Any, by: str = "ann", later: int = DAY, **changes: Any) -> None:
    guild.time += later
    guild.act(ActKind.BALLOT_CLOSE, by, **(guild.count("b1", ["yes", "yes", "no"], ROLL) | changes))


def test_a_count_says_what_the_board_says(guild: Any) -> None:
    close(guild)
    found = guild.world.ballots["b1"]
    assert (found.result, found.counts, found.papers, found.by) == ("yes", {"yes": 2, "no": 1}, 3, "ann")
    with pytest.raises(DeniedError, match="no such ballot open"):
        close(guild)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"counts": {"yes": 3, "no": 0}}, "not that of the board"),
        ({"counts": {"yes": 2, "no": 1, "maybe": 0}}, "not that of the board"),
        ({"board_root": "00"}, "not that of the board"),
        ({"requests": []}, "More votes than papers"),
        ({"ballot": "b2"}, "no such ballot"),
        ({"collective": "other"}, "no such ballot"),
    ],
)
def test_a_count_that_does_not_follow_is_none(guild: Any, changes: dict[str, Any], what: str) -> None:
    with pytest.raises(DeniedError, match=what):
        close(guild, **changes)
    assert not guild.world.ballots["b1"].result


def test_a_steward_cannot_vote_for_those_who_did_not_ask_for_a_paper(guild: Any) -> None:
    """The steward can make as many papers as they like, but not the requests for them."""
    guild.time += DAY
    with pytest.raises(DeniedError, match="More votes than papers"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **guild.count("b1", ["yes"] * 3, ["ann", "bo"]))
    stuffed = guild.count("b1", ["yes"] * 3, ["ann", "bo"])
    forged = [*stuffed["requests"], ["cy", *guild.request("b1", "ann")[1:]]]
    with pytest.raises(DeniedError, match="did not ask for"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **(stuffed | {"requests": forged}))
    twice = [*stuffed["requests"], guild.request("b1", "ann")]
    with pytest.raises(DeniedError, match="not that of the board"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **(stuffed | {"requests": twice}))
    guild.enrol("eve")
    stranger = [*stuffed["requests"], guild.request("b1", "eve")]
    with pytest.raises(DeniedError, match="not that of the board"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **(stuffed | {"requests": stranger}))


def test_a_vote_changed_repeated_or_without_a_paper_is_found(guild: Any) -> None:
    guild.time += DAY
    good = guild.count("b1", ["yes", "no", "no"], ROLL)

    def tried(board: list[list[str]], **counts: int) -> dict[str, Any]:
        return good | {"board": board, "board_root": board_root([Vote.of(line) for line in board]), "counts": counts}

    flipped = [[token, "yes", paper, signature] for token, _, paper, signature in good["board"]]
    with pytest.raises(DeniedError, match="not cast with a paper"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **tried(flipped, yes=3, no=0))
    other = guild.vote("b2", "yes").line()
    with pytest.raises(DeniedError, match="not cast with a paper"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **tried([other], yes=1, no=0))
    line = next(line for line in good["board"] if line[1] == "yes")
    with pytest.raises(DeniedError, match="not that of the board"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **tried([line, line], yes=2, no=0))
    with pytest.raises(DeniedError, match="not that of the board"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **tried(good["board"][::-1], yes=1, no=2))


def test_a_ballot_is_counted_by_who_opened_it_and_not_before_its_time(guild: Any) -> None:
    with pytest.raises(DeniedError, match="still open"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **guild.count("b1", ["yes"], ROLL))
    for other in ("bo", "acme", ""):
        with pytest.raises(DeniedError, match="Who opened"):
            close(guild, by=other)
    close(guild, later=0)  # all have voted


def test_who_changed_their_key_after_asking_still_counts(guild: Any) -> None:
    body = guild.count("b1", ["yes", "no"], ["ann", "bo"])
    new = type(guild.players["bo"])("bo")
    guild.act(ActKind.REKEY, "bo", person="bo", sign=new.sign, box="11" * 32)
    guild.players["bo"] = new
    guild.time += DAY
    guild.act(ActKind.BALLOT_CLOSE, "ann", **body)
    guild.open_ballot("b2", "x", ROLL)
    old = guild.count("b2", ["yes"], ["bo"])
    assert old["requests"][0][0] == "bo"
    guild.time += DAY
    guild.act(ActKind.BALLOT_CLOSE, "ann", **old)


def test_a_key_taken_away_before_the_ballot_asks_for_no_paper(guild: Any) -> None:
    thief = guild.players["bo"]
    new = type(thief)("bo")
    guild.act(ActKind.REKEY, "bo", person="bo", sign=new.sign, box="11" * 32)
    guild.open_ballot("b2", "x", ROLL)
    guild.time += DAY
    with pytest.raises(DeniedError, match="did not ask for"):
        guild.act(ActKind.BALLOT_CLOSE, "ann", **guild.count("b2", ["yes"], ["bo"]))


def changing(act: Callable[..., Any], changes: dict[str, Any]) -> Callable[..., Any]:
    def changed(*said: Any, **body: Any) -> Any:
        return act(*said, **(body | changes))

    return changed


def test_who_may_open_a_ballot_and_how(guild: Any) -> None:
    for by in ("bo", "acme", ""):
        with pytest.raises(DeniedError, match="steward"):
            guild.open_ballot("b2", "x", ROLL, by=by)
    with pytest.raises(DeniedError, match="roll"):
        guild.open_ballot("b2", "x", ["ann", "bo"])
    with pytest.raises(DeniedError, match="an id of its own"):
        guild.open_ballot("b1", "x", ROLL)
    act = guild.act
    for changes, what in (
        ({"roots": []}, "secret"),
        ({"roots": ["zz"] * 8}, "secret"),
        ({"key": "no"}, "secret"),
        ({"options": ["yes"]}, "yes or no"),
    ):
        guild.act = changing(act, changes)
        with pytest.raises(DeniedError, match=what):
            guild.open_ballot("b2", "x", ROLL)


def test_without_a_steward_any_member_opens_an_election_and_nothing_else(stage: Any) -> None:
    stage.collective("ann", "bo", term_days=10)
    stage.time += 11 * DAY
    with pytest.raises(DeniedError, match="term of office"):
        stage.ballot("b1", "x", yes=2, by="bo")
    stage.ballot("b2", "steward:bo", yes=2, by="bo")
    stage.act(ActKind.OFFICE, "bo", collective="guild", person="bo", role="steward", ballot="b2")
    assert stage.world.collectives["guild"].holds("bo", "steward", stage.time)
    with pytest.raises(DeniedError, match="term of office"):
        stage.ballot("b3", "steward:ann", yes=2, by="ann")


def test_an_election_counts_from_when_it_was_held_however_often_it_is_used(stage: Any) -> None:
    stage.collective("ann", "bo", term_days=10)
    stage.ballot("b1", "steward:bo", yes=2)
    office = {"collective": "guild", "person": "bo", "role": "steward", "ballot": "b1"}
    stage.act(ActKind.OFFICE, "ann", **office)
    until = stage.world.collectives["guild"].offices["bo", "steward"]
    stage.time += 9 * DAY
    stage.act(ActKind.OFFICE, "bo", **office)
    assert stage.world.collectives["guild"].offices["bo", "steward"] == until
    assert not stage.world.collectives["guild"].holds("bo", "steward", until)


def test_a_steward_is_a_member(stage: Any) -> None:
    stage.collective("ann", "bo")
    stage.enrol("eve")
    stage.ballot("b1", "steward:eve", yes=2)
    with pytest.raises(DeniedError, match="A steward is a member"):
        stage.act(ActKind.OFFICE, "ann", collective="guild", person="eve", role="steward", ballot="b1")
    stage.act(ActKind.LEAVE, "ann", collective="guild", worker="ann", effective=stage.time + DAY)
    assert stage.world.collectives["guild"].holds("ann", "steward", stage.time)
    assert not stage.world.collectives["guild"].holds("ann", "steward", stage.time + DAY)


def test_an_old_yes_does_not_count_for_terms_that_come_back(guild: Any, drafted: Drafted) -> None:
    one, two = document(drafted()), document(drafted(title="Other"))
    said = {"agreement": "a1", "collective": "guild", "licensee": "acme"}
    guild.act(ActKind.OFFER, "ann", **said, hash=document_hash(one), document=one)
    guild.ballot("b2", document_hash(one), yes=3)
    guild.act(ActKind.COUNTER, "acme", agreement="a1", hash=document_hash(two), document=two)
    guild.act(ActKind.COUNTER, "acme", agreement="a1", hash=document_hash(one), document=one)
    with pytest.raises(DeniedError, match="before this was on the table"):
        guild.act(ActKind.RATIFY, "ann", agreement="a1", hash=document_hash(one), ballot="b2")
