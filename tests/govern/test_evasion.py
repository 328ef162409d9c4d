"""Ways round the world's rules that once were open, or nearly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.policy import decide
from guildbook.model import DeniedError
from guildbook.model.agreement import Agreement, Scope, Term
from guildbook.model.decision import Reason, Request

DAY = 86_400_000_000
Drafted = Callable[..., Agreement]


@pytest.fixture
def guild(stage: Any) -> Any:
    stage.collective("ann", "bo", "cy")
    stage.enrol("acme", "licensee")
    return stage


def reason(guild: Any, worker: str = "ann", recipient: str = "acme", time: int | None = None) -> Reason:
    asked = Request(worker, "mail", "train-augment", time or guild.time, recipient, "train", "2026-03", ())
    return decide(guild.world, asked).reason


def test_a_signed_act_counts_once(guild: Any) -> None:
    """Whoever runs the book cannot log an old permission anew after it was taken back."""
    said = {"worker": "bo", "purpose": "train-augment", "class": "*", "recipient": "acme"}
    permit = guild.act(ActKind.PERMIT, "bo", **said)
    assert reason(guild, "bo") is Reason.WORKER_PERMIT
    guild.act(ActKind.REFUSE, "bo", **said)
    with pytest.raises(DeniedError, match="acted later"):
        guild.world.apply(permit)
    assert reason(guild, "bo") is Reason.WORKER_REFUSAL
    with pytest.raises(DeniedError, match="acted later"):
        guild.world.apply(Act.from_dict(permit.to_dict()))


def test_who_left_and_comes_back_has_delegated_nothing(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    assert reason(guild, "cy") is Reason.AGREEMENT
    guild.act(ActKind.LEAVE, "cy", collective="guild", worker="cy", effective=guild.time + DAY)
    guild.time += 2 * DAY
    guild.act(ActKind.JOIN, "cy", collective="guild", worker="cy")
    assert reason(guild, "cy") is Reason.NO_PERMISSION


def test_nobody_is_made_a_founder(guild: Any) -> None:
    for by in ("", "ann"):
        with pytest.raises(DeniedError, match="founded by its first member"):
            guild.act(ActKind.FOUND, by, collective="yellow", founder="bo", charter={"name": "Yellow"})


def test_strangers_do_not_supersede_an_agreement(guild: Any, drafted: Drafted) -> None:
    """Two who have nothing to do with it agree on something that claims to take its place."""
    force = guild.agree("a1", drafted())
    guild.enrol("eve", "licensee")
    guild.agree("a2", drafted(licensee=drafted().licensee.__class__(id="eve", name="Eve"), supersedes=force))
    assert reason(guild) is Reason.AGREEMENT
    assert reason(guild, recipient="eve") is Reason.AGREEMENT


def test_what_was_worked_out_once_does_not_outlive_a_signature_or_a_day(guild: Any, drafted: Drafted) -> None:
    first = guild.agree("a1", drafted(term=Term(first_day="2026-01-01", last_day="2026-06-30")))
    later = guild.time + 200 * DAY
    assert [reason(guild, time=t) for t in (guild.time, later, guild.time)] == [
        Reason.AGREEMENT, Reason.NO_PERMISSION, Reason.AGREEMENT,
    ]  # fmt: skip
    guild.agree("a2", drafted(scope=Scope(classes=("sheet",)), supersedes=first))
    assert reason(guild) is Reason.NO_PERMISSION
    guild.agree("a3", drafted())
    assert reason(guild) is Reason.AGREEMENT
    guild.act(ActKind.SUSPEND, agreement="a3", clause="", why="a breach")
    assert reason(guild) is Reason.NO_PERMISSION
    guild.act(ActKind.UNSUSPEND, "ann", agreement="a3", clause="")
    guild.act(ActKind.TERMINATE, "ann", agreement="a3", effective=guild.time + 31 * DAY)
    assert [reason(guild, time=guild.time + d * DAY) for d in (30, 31)] == [Reason.AGREEMENT, Reason.NO_PERMISSION]
