"""Every act the table speaks of, by everybody: who may do it can, and who may not cannot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.roles import ACTS, PRIVATE, READS, Read, Standing, check_open_log, check_shown, may_act, shown
from guildbook.govern.world.authority import check
from guildbook.model import DeniedError

PEOPLE = {
    Standing.WORKER: "bo", Standing.COLLEAGUE: "cy", Standing.STEWARD: "ann", Standing.LICENSEE: "acme",
    Standing.AUDITOR: "aud", Standing.OPERATOR: "op", Standing.BOOK: "",
}  # fmt: skip
AUTHORITY = {"no-authority", "not-steward", "no-key", "not-a-party"}
SAID: Mapping[str, Any] = {"worker": "bo", "collective": "guild", "agreement": "a1", "licensee": "acme", "subject": "?"}
PAIRS = [(kind, standing) for kind in ACTS for standing in Standing]


@pytest.fixture
def guild(stage: Any, drafted: Any) -> Any:
    stage.collective("ann", "bo", "cy", quorum_ppm=0)
    for name, role in (("acme", "licensee"), ("aud", "auditor"), ("op", "operator")):
        stage.enrol(name, role)
    stage.agree("a1", drafted())
    return stage


def by(guild: Any, kind: ActKind, person: str, **more: Any) -> Act:
    guild.time += 1_000_000
    act = Act(kind, guild.time, "", {**SAID, **more})
    return guild.players[person].signed(act) if person else act


@pytest.mark.parametrize(("kind", "standing"), PAIRS, ids=str)
def test_each_pair(guild: Any, kind: ActKind, standing: Standing) -> None:
    act = by(guild, kind, PEOPLE[standing])
    if standing in ACTS[kind]:
        check(guild.world, act, trusted=False)
        assert may_act(guild.world, act)
        return
    with pytest.raises(DeniedError) as caught:
        check(guild.world, act, trusted=False)
    assert caught.value.code in AUTHORITY
    with pytest.raises(DeniedError):
        guild.world.apply(act)


def test_the_operator_cannot_sign_for_the_collective(guild: Any, drafted: Any) -> None:
    """Not as the book, not with a key of their own, and not with the steward's name over their own key."""
    from dataclasses import replace

    for person in ("", "op"):
        with pytest.raises(DeniedError):
            check(guild.world, by(guild, ActKind.SIGN, person, hash="x"), trusted=False)
    forged = replace(by(guild, ActKind.SIGN, "op", hash="x"), by="ann")
    with pytest.raises(DeniedError, match="not signed with the key"):
        check(guild.world, forged, trusted=False)
    bare = replace(forged, key="", signature="")
    with pytest.raises(DeniedError, match="not signed with the key"):
        check(guild.world, bare, trusted=False)


def test_a_steward_of_another_collective_is_nobody_here(guild: Any) -> None:
    guild.enrol("eve")
    charter = {"name": "Others", "notice_days": 0}
    guild.act(ActKind.FOUND, "eve", collective="others", founder="eve", charter=charter)
    for kind in (ActKind.FORBID, ActKind.SIGN, ActKind.SUSPEND, ActKind.ADMIT):
        with pytest.raises(DeniedError):
            check(guild.world, by(guild, kind, "eve"), trusted=False)


def test_without_a_key_the_book_acts_for_a_worker(stage: Any) -> None:
    check(stage.world, Act(ActKind.REFUSE, 1, "", dict(SAID)), trusted=False)
    check(stage.world, Act(ActKind.REFUSE, 1, "bo", dict(SAID)), trusted=False)
    with pytest.raises(DeniedError):
        check(stage.world, Act(ActKind.REFUSE, 1, "cy", dict(SAID)), trusted=False)


def test_who_sees_what_others_have_said(guild: Any) -> None:
    refused = {"kind": "refuse", "by": "bo", "body": {"worker": "bo", "purpose": "research"}}
    used = {"kind": "use", "by": "", "body": {"worker": "bo", "reason": "worker-permit"}}
    for act in (refused, used):
        assert {p for p in PEOPLE.values() if shown(guild.world, act, p)} == {"bo", "aud"}
        with pytest.raises(DeniedError):
            check_shown(guild.world, act, "op")
    check_shown(guild.world, refused, "bo")
    assert all(shown(guild.world, {"kind": "sign", "by": "ann", "body": {}}, p) for p in PEOPLE.values())
    check_open_log(guild.world, "aud")
    for person in ("", "op", "ann", "bo", "acme", "nobody"):
        with pytest.raises(DeniedError, match="auditor"):
            check_open_log(guild.world, person)


def test_where_nobody_has_a_key_all_is_shown(stage: Any) -> None:
    check_open_log(stage.world, "")
    assert shown(stage.world, {"kind": "refuse", "by": "", "body": {"worker": "bo"}}, "")
    assert {ActKind.PERMIT, ActKind.PLEDGE, ActKind.USE} <= PRIVATE


def test_the_page_is_the_table() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "roles.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \|(.*)\|$", text, re.MULTILINE)
    told = {
        kind: {who for who, mark in zip(Standing, cells.split("|"), strict=True) if mark.strip()}
        for kind, cells in rows
    }
    assert told == {str(kind): set(who) for kind, who in ACTS.items()}
    assert all(str(read) in text for read in Read)
    assert set(READS) == set(Read)
