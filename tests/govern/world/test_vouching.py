"""Keys enrolled in somebody else's name: what they can do, and what they cannot."""

from __future__ import annotations

from typing import Any

import pytest

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.policy import decide
from guildbook.govern.world.parts import STEWARD
from guildbook.model import DeniedError
from guildbook.model.decision import Reason, Request

CIRCLE = (("ann", "bo"), ("bo", "ann"), ("ann", "cy"), ("cy", "ann"))


@pytest.fixture
def guild(stage: Any) -> Any:
    """Ann has founded the guild; Bo and Cy ask to join; nobody has vouched for anybody."""
    for name in ("ann", "bo", "cy", "dan"):
        stage.enrol(name)
    charter = {"name": "The guild", "notice_days": 0, "admission": "vouched"}
    stage.act(ActKind.FOUND, "ann", collective="guild", founder="ann", charter=charter)
    for name in ("bo", "cy"):
        stage.act(ActKind.JOIN, name, collective="guild", worker=name)
    return stage


def vouch(stage: Any, by: str, worker: str, **other: str) -> Act:
    known = stage.world.people[worker]
    said = {"worker": worker, "sign": known.sign, "box": known.box} | other
    return stage.act(ActKind.VOUCH, by, collective="guild", **said)


def begun(stage: Any) -> Any:
    for by, worker in CIRCLE:
        vouch(stage, by, worker)
    return stage.world.collectives["guild"]


def test_a_collective_begins_with_three_who_know_one_another(guild: Any) -> None:
    found = guild.world.collectives["guild"]
    for by, worker in CIRCLE[:-1]:
        vouch(guild, by, worker)
        assert not found.members(guild.time)
        assert not found.offices
    vouch(guild, *CIRCLE[-1])
    assert found.members(guild.time) == {"ann", "bo", "cy"}
    assert found.holds("ann", STEWARD, guild.time)
    assert (found.asking, found.vouches, found.founder) == ({}, {}, "")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (ActKind.MANDATE, {"worker": "ann", "class": "*", "purpose": "*"}),
        (ActKind.FORBID, {"class": "*", "purpose": "*", "recipient": "*"}),
        (ActKind.BALLOT_OPEN, {"ballot": "b", "subject": "steward:ann", "roll": [], "closes": 2**62}),
        (ActKind.STRIKE_PROPOSE, {"strike": "s", "threshold": 1, "shares": ["00"], "purposes": ["*"],
                                  "classes": ["*"], "recipients": ["*"], "carve_outs": []}),
        (ActKind.LEAVE, {"worker": "ann"}),
        (ActKind.ADMIT, {"worker": "bo"}),
    ],
    ids=str,
)  # fmt: skip
def test_a_founder_nobody_knows_can_do_nothing(guild: Any, kind: ActKind, body: dict[str, Any]) -> None:
    with pytest.raises(DeniedError):
        guild.act(kind, "ann", collective="guild", **body)


def test_nor_can_they_make_an_offer_for_it(guild: Any, drafted: Any) -> None:
    guild.enrol("acme", "licensee")
    with pytest.raises(DeniedError):
        guild.agree("a1", drafted())


def test_a_key_the_operator_enrolled_in_a_workers_name_bargains_nothing(guild: Any, drafted: Any) -> None:
    """The operator has a key enrolled as `dan` before Dan has. They ask to join; but nobody who knows Dan vouches."""
    begun(guild)
    guild.enrol("acme", "licensee")
    guild.agree("a1", drafted())
    guild.act(ActKind.JOIN, "dan", collective="guild", worker="dan")
    with pytest.raises(DeniedError, match="nobody has said yet"):
        guild.act(ActKind.MANDATE, "dan", collective="guild", worker="dan", **{"class": "*"}, purpose="*")
    asked = Request("dan", "mail", "train-augment", guild.time, "acme", "train", "2026-01")
    assert decide(guild.world, asked).reason is Reason.NO_PERMISSION
    guild.open_ballot("b", "?", ["ann", "bo", "cy"])
    assert "dan" not in guild.world.ballots["b"].eligible
    with pytest.raises(DeniedError):
        vouch(guild, "dan", "dan")


def test_later_a_steward_or_two_members_vouch(guild: Any) -> None:
    found = begun(guild)
    for name in ("dan", "eve"):
        if name not in guild.players:
            guild.enrol(name)
        guild.act(ActKind.JOIN, name, collective="guild", worker=name)
    vouch(guild, "dan", "eve")  # counts once Dan is a member
    vouch(guild, "bo", "eve")
    assert not found.member("eve", guild.time)
    vouch(guild, "ann", "dan")
    assert found.members(guild.time) == {"ann", "bo", "cy", "dan", "eve"}


def test_a_vouch_is_for_one_key(guild: Any) -> None:
    begun(guild)
    guild.act(ActKind.JOIN, "dan", collective="guild", worker="dan")
    for other in ({"sign": guild.world.people["bo"].sign}, {"box": guild.world.people["bo"].box}):
        with pytest.raises(DeniedError, match="not the key"):
            vouch(guild, "ann", "dan", **other)
    vouch(guild, "bo", "dan")
    old, fresh = guild.players["dan"], guild.players["cy"]
    guild.act(ActKind.REKEY, "dan", person="dan", sign=fresh.sign, box="ff")
    assert old.sign in guild.world.people["dan"].former
    vouch(guild, "cy", "dan")  # Bo's was for the key before
    assert not guild.world.collectives["guild"].member("dan", guild.time)


@pytest.mark.parametrize("by", ["", "dan", "acme", "op"])
def test_a_stranger_vouches_for_nobody(guild: Any, by: str) -> None:
    guild.enrol("acme", "licensee")
    guild.enrol("op", "operator")
    with pytest.raises(DeniedError):
        vouch(guild, by, "bo")


def test_who_does_not_ask_is_not_vouched_for_and_elsewhere_nobody_is(guild: Any) -> None:
    begun(guild)
    for worker in ("bo", "dan"):
        with pytest.raises(DeniedError, match="not asked"):
            vouch(guild, "ann", worker)
    guild.world.collectives["guild"].charter = guild.world.collectives["guild"].charter.__class__("x")
    with pytest.raises(DeniedError, match="vouch for one another"):
        vouch(guild, "ann", "dan")


def test_who_comes_back_is_vouched_for_once_more(guild: Any) -> None:
    found = begun(guild)
    guild.act(ActKind.LEAVE, "cy", collective="guild", worker="cy")
    guild.act(ActKind.JOIN, "cy", collective="guild", worker="cy")
    assert (found.member("cy", guild.time), found.vouches) == (False, {})
    vouch(guild, "bo", "cy")
    assert not found.member("cy", guild.time)
    guild.act(ActKind.ERASE_BEGIN, "", worker="cy")
    assert (found.asking, found.vouches) == ({}, {})
