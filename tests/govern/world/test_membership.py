"""Who becomes a member, and attempts to become one without being one."""

from __future__ import annotations

from typing import Any

import pytest

from guildbook.govern.acts import ActKind
from guildbook.model import DeniedError

DAY = 86_400_000_000


def join(stage: Any, who: str, by: str | None = None) -> None:
    stage.act(ActKind.JOIN, who if by is None else by, collective="guild", worker=who)


def test_a_member_has_a_key_and_is_no_licensee(stage: Any) -> None:
    stage.collective("ann")
    with pytest.raises(DeniedError, match="key of their own"):
        join(stage, "bo", by="")
    stage.enrol("acme", "licensee")
    with pytest.raises(DeniedError, match="licensee is no member"):
        join(stage, "acme")
    sign, box = stage.world.people["acme"].sign, stage.world.people["acme"].box
    stage.act(ActKind.ENROL, "acme", person="acme", role="worker", sign=sign, box=box)
    with pytest.raises(DeniedError, match="licensee is no member"):
        join(stage, "acme")


def test_nobody_founds_for_another_or_without_a_key(stage: Any) -> None:
    stage.enrol("ann")
    charter = {"name": "The guild"}
    for by in ("", "ann"):
        with pytest.raises(DeniedError):
            stage.act(ActKind.FOUND, by, collective="guild", founder="bo", charter=charter)


@pytest.mark.parametrize(
    "charter",
    [
        {"majority_ppm": 1_000_000}, {"quorum_ppm": -1}, {"quorum_ppm": 1_000_001}, {"term_days": 0}, {"name": " "},
        {"notice_days": -1}, {"law": "none-such"}, {"admission": "none-such"}, {"king": "ann"},
    ],
)  # fmt: skip
def test_a_charter_that_cannot_work_is_refused(stage: Any, charter: dict[str, Any]) -> None:
    with pytest.raises(DeniedError):
        stage.collective("ann", **charter)


def test_where_a_steward_admits_asking_is_not_enough(stage: Any) -> None:
    stage.collective("ann", admission="steward")
    stage.enrol("bo")
    found = stage.world.collectives["guild"]
    join(stage, "bo")
    assert not found.member("bo", stage.time)
    with pytest.raises(DeniedError, match="member"):
        stage.act(ActKind.MANDATE, "bo", collective="guild", worker="bo", **{"class": "*"}, purpose="*")
    for by in ("bo", ""):
        with pytest.raises(DeniedError, match="steward"):
            stage.act(ActKind.ADMIT, by, collective="guild", worker="bo")
    with pytest.raises(DeniedError, match="not asked"):
        stage.act(ActKind.ADMIT, "ann", collective="guild", worker="cy")
    stage.act(ActKind.ADMIT, "ann", collective="guild", worker="bo")
    assert found.member("bo", stage.time)
    with pytest.raises(DeniedError, match="not asked"):
        stage.act(ActKind.ADMIT, "ann", collective="guild", worker="bo")
    stage.act(ActKind.LEAVE, "bo", collective="guild", worker="bo")
    join(stage, "bo")
    assert not found.member("bo", stage.time)


def test_who_is_forgotten_is_no_member_and_holds_no_office(stage: Any) -> None:
    stage.collective("ann", "bo")
    stage.act(ActKind.ERASE_BEGIN, worker="ann")
    found = stage.world.collectives["guild"]
    assert found.members(stage.time) == {"bo"}
    assert not found.holds("ann", "steward", stage.time)
    assert "ann" not in found.mandates
