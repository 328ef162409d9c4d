"""Rules of the order of evidence in which one act undoes another: leaving, being forgotten, being told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from guildbook.govern.acts import ActKind
from guildbook.govern.policy import decide
from guildbook.govern.world.bargaining import pledge_text
from guildbook.model.agreement import Agreement, Notice
from guildbook.model.decision import Decision, Reason, Request

DAY = 86_400_000_000
Drafted = Callable[..., Agreement]


def ask(stage: Any, worker: str = "bo", **changes: Any) -> Decision:
    asked = Request(worker, "mail", "coach", stage.time)
    return decide(stage.world, replace(asked, **changes))


def strike(stage: Any, *members: str, name: str = "s1", collective: str = "guild", days: int = 0) -> None:
    shares = {m: hashlib.sha256(f"{name}{m}".encode()).hexdigest()[:16] for m in members}
    stage.act(
        ActKind.STRIKE_PROPOSE, members[0], strike=name, collective=collective, threshold=len(members),
        purposes=["any"], shares=[hashlib.sha256(bytes.fromhex(s)).hexdigest() for s in shares.values()], classes=["*"],
        recipients=["*"], carve_outs=[],
    )  # fmt: skip
    for share in shares.values():
        stage.act(ActKind.PLEDGE, strike=name, share=share)
    pledges = [[m, stage.players[m].key.sign(pledge_text("book-1", name, m)).hex()] for m in members]
    begins = stage.time + days * DAY + 1_000_000
    stage.act(ActKind.STRIKE_CALL, members[0], strike=name, pledges=pledges, begins=begins)
    stage.time = begins


@pytest.fixture
def guild(stage: Any) -> Any:
    stage.collective("ann", "bo", "cy")
    return stage


def test_who_leaves_strikes_no_longer_and_the_others_do(guild: Any) -> None:
    strike(guild, "ann", "bo")
    assert ask(guild, "bo").reason is Reason.STRIKE
    guild.act(ActKind.LEAVE, "bo", collective="guild", worker="bo")
    assert ask(guild, "bo").reason is Reason.OWN_PURPOSE
    assert ask(guild, "ann").reason is Reason.STRIKE
    guild.act(ActKind.JOIN, "bo", collective="guild", worker="bo")  # and not again by coming back
    assert ask(guild, "bo").reason is Reason.OWN_PURPOSE
    guild.act(ActKind.STRIKE_END, "ann", collective="guild", strike="s1")
    assert ask(guild, "ann").allow


def test_a_part_ends_when_the_leave_takes_effect(guild: Any) -> None:
    strike(guild, "ann", "bo")
    leave = guild.time + 10 * DAY
    guild.act(ActKind.LEAVE, "bo", collective="guild", worker="bo", effective=leave)
    assert ask(guild, time=leave - 1).reason is Reason.STRIKE
    assert ask(guild, time=leave).reason is Reason.OWN_PURPOSE
    assert guild.world.turns_between(leave - 1, leave)  # so jobs that run are asked again
    guild.act(ActKind.JOIN, "bo", collective="guild", worker="bo")  # before that: nothing has ended
    assert ask(guild, time=leave).reason is Reason.STRIKE
    guild.act(ActKind.LEAVE, "bo", collective="guild", worker="bo", effective=leave)
    guild.time = leave
    guild.act(ActKind.JOIN, "bo", collective="guild", worker="bo")
    assert ask(guild).reason is Reason.OWN_PURPOSE


def test_leaving_before_a_called_strike_begins_is_leaving_it(guild: Any) -> None:
    strike(guild, "ann", "bo", days=5)
    guild.time -= 3 * DAY
    guild.act(ActKind.LEAVE, "bo", collective="guild", worker="bo")
    guild.time += 4 * DAY
    assert (ask(guild, "bo").allow, ask(guild, "ann").reason) == (True, Reason.STRIKE)


def test_leaving_one_collective_ends_no_part_in_the_strike_of_another(guild: Any) -> None:
    guild.act(ActKind.FOUND, "bo", collective="union", founder="bo", charter={"name": "Union", "notice_days": 0})
    strike(guild, "ann", "bo")
    strike(guild, "bo", name="s2", collective="union")
    guild.act(ActKind.LEAVE, "bo", collective="guild", worker="bo")
    assert ask(guild, "bo").clauses == ("s2",)
    guild.act(ActKind.LEAVE, "bo", collective="union", worker="bo")
    assert ask(guild, "bo").allow
    guild.act(ActKind.STRIKE_END, "ann", collective="guild", strike="s1")  # with nobody but Ann in it


def test_what_was_permitted_does_not_outlive_being_forgotten(guild: Any) -> None:
    said = {"worker": "bo", "class": "*"}
    guild.act(ActKind.PERMIT, "bo", purpose="research", recipient="lab", **said)
    guild.act(ActKind.PERMIT, "bo", purpose="evaluate", recipient="", **said)
    guild.act(ActKind.REFUSE, "bo", purpose="train-ai", recipient="*", **said)
    guild.act(ActKind.PAUSE, "bo", worker="bo", **{"class": "chat"})
    research = {"purpose": "research", "recipient": "lab", "use": "analyse"}
    assert ask(guild, **research).reason is Reason.WORKER_PERMIT
    before = [ask(guild, **research), ask(guild, purpose="evaluate")]
    guild.act(ActKind.ERASE_BEGIN, "bo", worker="bo")
    assert ask(guild, **research).reason is Reason.ERASING
    guild.act(ActKind.READMIT, "bo", worker="bo")
    assert ask(guild, **research).reason is Reason.NO_PERMISSION
    assert ask(guild, purpose="evaluate", terms=("research",)).reason is Reason.NO_PERMISSION
    assert ask(guild, purpose="train-augment", terms=("train-augment",)).reason is Reason.WORKER_REFUSAL
    assert ask(guild, trace_class="chat").reason is Reason.PAUSED
    assert [each.allow for each in before] == [True, True]
    guild.act(ActKind.PERMIT, "bo", purpose="research", recipient="lab", **said)
    assert ask(guild, **research).reason is Reason.WORKER_PERMIT


def lawful(stage: Any, drafted: Drafted) -> Any:
    """Two agreements with one licensee, under a law profile; the second came into force later."""
    stage.collective("ann", "bo", law="eu-employment")
    stage.enrol("acme", "licensee")
    stage.agree("a1", drafted())
    stage.agree("a2", drafted(title="Again", notice=Notice(workers_days=1)))
    stage.record("works-council", "agreement", "ab" * 32, agreement="a2")
    stage.record("impact-assessment", "done", "cd" * 32, agreement="a2")
    stage.record("legal-basis", "legitimate-interests")
    return stage


def told(stage: Any, name: str) -> None:
    said = {"worker": "bo", "recipient": "acme", "hash": f"text of {name}", "agreement": name}
    stage.act(ActKind.NOTICE, terms=stage.world.agreements[name].force, **said)
    stage.act(ActKind.ACKNOWLEDGE, "bo", **said)


LICENSED = {"purpose": "train-augment", "recipient": "acme", "use": "train", "month": "2026-03"}


def test_the_agreement_somebody_was_told_of_counts_though_it_is_the_second(stage: Any, drafted: Drafted) -> None:
    lawful(stage, drafted)
    assert ask(stage, **LICENSED).reason is Reason.NOTICE_NOT_SERVED
    told(stage, "a2")
    assert ask(stage, **LICENSED).reason is Reason.NOTICE_NOT_SERVED  # the notice has its time
    stage.time += 2 * DAY
    found = ask(stage, **LICENSED)
    assert (found.reason, found.clauses) == (Reason.AGREEMENT, ("a2#purposes.train-augment",))
    assert ask(stage, "ann", **LICENSED).reason is Reason.NOTICE_NOT_SERVED
    told(stage, "a1")  # for which nothing is recorded
    stage.time += 20 * DAY
    assert ask(stage, **LICENSED).clauses == found.clauses
    stage.act(ActKind.SUSPEND, agreement="a2", clause="", why="breach")
    found = ask(stage, **LICENSED)
    assert (found.reason, found.clauses) == (Reason.STEP_NOT_RECORDED, ("a1#purposes.train-augment",))


def test_who_was_forgotten_has_read_no_notice(stage: Any, drafted: Drafted) -> None:
    lawful(stage, drafted)
    told(stage, "a2")
    stage.time += 2 * DAY
    assert ask(stage, **LICENSED).allow
    for kind in (ActKind.ERASE_BEGIN, ActKind.READMIT):
        stage.act(kind, "bo", worker="bo")
    stage.act(ActKind.JOIN, "bo", collective="guild", worker="bo")
    stage.act(ActKind.MANDATE, "bo", collective="guild", worker="bo", **{"class": "*"}, purpose="*")
    assert ask(stage, **LICENSED).reason is Reason.NOTICE_NOT_SERVED
    told(stage, "a2")
    assert ask(stage, **LICENSED).allow  # served long ago
