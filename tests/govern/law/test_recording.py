"""Going live without what a law profile asks: tried every way."""

from __future__ import annotations

from typing import Any

import pytest

from guildbook.govern.acts import ActKind
from guildbook.govern.law.profiles import PROFILES, STEPS
from guildbook.govern.policy import decide
from guildbook.model import DeniedError
from guildbook.model.decision import Reason, Request

PAPER = "ab" * 32


def ask(stage: Any, worker: str = "bo", to: str = "acme", purpose: str = "train-augment") -> Reason:
    asked = Request(worker, "mail", purpose, stage.time, to, "train" if to else "", "2026-01")
    return decide(stage.world, asked).reason


def tell(stage: Any, *workers: str) -> None:
    for worker in workers:
        stage.act(ActKind.NOTICE, worker=worker, recipient="acme", hash="ab")
        stage.act(ActKind.ACKNOWLEDGE, worker, worker=worker, recipient="acme", hash="ab")


def all_steps(stage: Any, law: str, *, but: str = "", agreement: str = "") -> None:
    for step in sorted(PROFILES[law].steps - {but}):
        value = STEPS[step].values[0]
        stage.record(step, value, PAPER if value in STEPS[step].papers else "", agreement)


@pytest.fixture
def deal(stage: Any, drafted: Any) -> Any:
    """By law, a stage on which the guild has agreed with Acme."""

    def made(law: str) -> Any:
        stage.collective("ann", "bo", "cy", law=law)
        stage.enrol("acme", "licensee")
        stage.agree("a1", drafted())
        return stage

    return made


@pytest.mark.parametrize("law", list(PROFILES))
def test_nothing_is_read_before_the_notice_and_every_step(deal: Any, law: str) -> None:
    stage = deal(law)
    assert ask(stage) is Reason.NOTICE_NOT_SERVED
    all_steps(stage, law)
    assert ask(stage) is Reason.NOTICE_NOT_SERVED  # papers are no notice
    tell(stage, "bo")
    assert ask(stage) is Reason.AGREEMENT
    assert ask(stage, "cy") is Reason.NOTICE_NOT_SERVED  # nor is a colleague's
    assert ask(stage, "bo", "") is Reason.NO_PERMISSION


@pytest.mark.parametrize(("law", "step"), [(law.id, step) for law in PROFILES.values() for step in sorted(law.steps)])
def test_each_step_is_waited_for_and_can_fall_away(deal: Any, law: str, step: str) -> None:
    stage = deal(law)
    tell(stage, "bo")
    all_steps(stage, law, but=step)
    assert ask(stage) is Reason.STEP_NOT_RECORDED
    all_steps(stage, law)
    assert ask(stage) is Reason.AGREEMENT
    stage.act(ActKind.LAW_STEP, "ann", collective="guild", agreement="", step=step, done=False)
    assert ask(stage) is Reason.STEP_NOT_RECORDED


@pytest.mark.parametrize("law", list(PROFILES))
def test_no_permission_of_a_workers_own_makes_up_for_it(deal: Any, law: str) -> None:
    stage = deal(law)
    stage.act(ActKind.PERMIT, "bo", worker="bo", purpose="research", **{"class": "*"}, recipient="acme")
    assert ask(stage, purpose="research") is Reason.NO_PERMISSION


def test_a_refusal_still_goes_first(deal: Any) -> None:
    stage = deal("us-ca")
    tell(stage, "bo")
    assert ask(stage) is Reason.AGREEMENT
    stage.act(ActKind.REFUSE, "bo", worker="bo", purpose="train-ai", **{"class": "*"}, recipient="acme")
    assert ask(stage) is Reason.WORKER_REFUSAL


@pytest.mark.parametrize("by", ["", "bo", "acme", "op"])
def test_only_a_steward_says_that_it_was_done(deal: Any, by: str) -> None:
    stage = deal("eu-employment")
    stage.enrol("op", "operator")
    with pytest.raises(DeniedError, match="steward"):
        stage.record("works-council", "none", by=by)


@pytest.mark.parametrize(
    ("step", "value", "paper"),
    [
        ("works-council", "agreement", ""), ("works-council", "agreement", "none such"),
        ("works-council", "none", PAPER), ("works-council", "soon", ""),
        ("legal-basis", "consent", ""), ("legal-basis", "", ""),
        ("impact-assessment", "done", PAPER.upper()), ("goodwill", "done", ""),
    ],
)  # fmt: skip
def test_what_is_no_step_is_not_recorded(deal: Any, step: str, value: str, paper: str) -> None:
    stage = deal("eu-employment")
    before = stage.world.policy_hash
    with pytest.raises(DeniedError):
        stage.record(step, value, paper)
    assert (stage.world.policy_hash, stage.world.collectives["guild"].recorded) == (before, {})


def test_a_step_of_one_agreement_is_none_of_another(deal: Any, drafted: Any) -> None:
    from guildbook.model.agreement import Party

    stage = deal("us-ny")
    stage.enrol("beta", "licensee")
    stage.agree("a2", drafted(licensee=Party(id="beta", name="Beta")))
    tell(stage, "bo")
    all_steps(stage, "us-ny", agreement="a2")
    assert ask(stage) is Reason.STEP_NOT_RECORDED
    with pytest.raises(DeniedError, match="not recorded there"):
        stage.act(ActKind.LAW_STEP, "ann", collective="guild", agreement="a1", step="posted-notice", done=False)
    all_steps(stage, "us-ny", agreement="a1")
    assert ask(stage) is Reason.AGREEMENT
    with pytest.raises(DeniedError, match="no agreement"):
        stage.record("posted-notice", "posted", PAPER, "a9")


def test_another_collectives_agreement_is_not_for_its_steward_to_record(deal: Any) -> None:
    stage = deal("us-ny")
    stage.enrol("eve")
    stage.act(ActKind.FOUND, "eve", collective="others", founder="eve", charter={"name": "Others"})
    said = {"step": "posted-notice", "done": True, "value": "posted", "document": PAPER, "reference": ""}
    with pytest.raises(DeniedError, match="another collective"):
        stage.act(ActKind.LAW_STEP, "eve", collective="others", agreement="a1", **said)
    stage.act(ActKind.LAW_STEP, "eve", collective="others", agreement="", **said)
    tell(stage, "bo")
    assert ask(stage) is Reason.STEP_NOT_RECORDED


def test_where_two_agreements_cover_it_the_one_that_is_ready_is_used(deal: Any, drafted: Any) -> None:
    stage = deal("us-ny")
    stage.agree("a2", drafted(title="More"))
    tell(stage, "bo")
    all_steps(stage, "us-ny", agreement="a2")
    found = decide(stage.world, Request("bo", "mail", "train-augment", stage.time, "acme", "train", "2026-01"))
    assert (found.reason, found.clauses) == (Reason.AGREEMENT, ("a2#purposes.train-augment",))


def test_under_two_profiles_both_are_kept(deal: Any) -> None:
    stage = deal("us-ny")
    stage.enrol("eve")
    stage.act(
        ActKind.FOUND, "eve", collective="others", founder="eve", charter={"name": "Others", "law": "eu-employment"}
    )
    stage.act(ActKind.JOIN, "bo", collective="others", worker="bo")
    tell(stage, "ann", "bo")
    all_steps(stage, "us-ny")
    assert (ask(stage, "ann"), ask(stage, "bo")) == (Reason.AGREEMENT, Reason.STEP_NOT_RECORDED)
    all_steps(stage, "eu-employment")
    assert ask(stage, "bo") is Reason.AGREEMENT
