"""From the founding of a collective to an agreement in force, and attempts to get round each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.agreement.hashing import document, document_hash
from guildbook.govern.policy import decide
from guildbook.govern.world import World
from guildbook.govern.world.bargaining import pledge_text
from guildbook.model import DeniedError
from guildbook.model.agreement import Agreement, Scope
from guildbook.model.decision import Decision, Reason, Request

DAY = 86_400_000_000
Drafted = Callable[..., Agreement]


def ask(stage: Any, worker: str = "ann", **changes: Any) -> Decision:
    asked = Request(worker, "mail", "train-augment", stage.time, "acme", "train", "2026-03")
    return decide(stage.world, replace(asked, **changes))


@pytest.fixture
def guild(stage: Any) -> Any:
    """Ann (steward), Bo and Cy bargain with Acme."""
    stage.collective("ann", "bo", "cy")
    stage.enrol("acme", "licensee")
    return stage


def test_nothing_is_allowed_unless_something_allows_it(guild: Any) -> None:
    assert ask(guild).reason is Reason.NO_PERMISSION
    assert ask(guild, purpose="coach", recipient="", terms=None).reason is Reason.OWN_PURPOSE
    assert ask(guild, purpose="coach", recipient="", terms=("research",)).reason is Reason.NO_PERMISSION
    assert ask(guild, purpose="research", recipient="", terms=("research",)).reason is Reason.IMPORT_TERMS
    assert ask(guild, purpose="coach", recipient="acme").reason is Reason.NO_PERMISSION


def test_an_agreement_is_in_force_once_it_is_ratified_and_signed_by_both(guild: Any, drafted: Drafted) -> None:
    offered = document(drafted())
    wanted = document_hash(offered)
    guild.act(ActKind.OFFER, "ann", agreement="a1", collective="guild", licensee="acme", hash=wanted, document=offered)
    with pytest.raises(DeniedError, match="not ratified"):
        guild.act(ActKind.SIGN, "ann", agreement="a1", hash=wanted)
    guild.act(ActKind.SIGN, "acme", agreement="a1", hash=wanted)
    assert not ask(guild).allow
    guild.ballot("b1", wanted, yes=2, no=1)
    assert not ask(guild).allow
    guild.act(ActKind.RATIFY, "ann", agreement="a1", hash=wanted, ballot="b1")
    assert not ask(guild).allow
    guild.act(ActKind.SIGN, "ann", agreement="a1", hash=wanted)
    found = ask(guild)
    assert (found.allow, found.reason, found.clauses) == (True, Reason.AGREEMENT, ("a1#purposes.train-augment",))
    assert ask(guild, purpose="train-substitute").reason is Reason.NO_PERMISSION
    assert ask(guild, use="retrieve").reason is Reason.NO_PERMISSION
    assert ask(guild, recipient="other").reason is Reason.NO_PERMISSION
    assert ask(guild, worker="eve").reason is Reason.NO_PERMISSION
    assert ask(guild, time=guild.time + 3 * 365 * DAY).reason is Reason.NO_PERMISSION
    assert ask(guild, trace_class="private-chat").reason is Reason.BASE_POLICY


@pytest.mark.parametrize(("yes", "no", "result"), [(1, 1, "no"), (2, 0, "yes"), (1, 0, "no-quorum"), (0, 3, "no")])
def test_a_ballot_needs_quorum_and_majority(guild: Any, drafted: Drafted, yes: int, no: int, result: str) -> None:
    wanted = document_hash(document(drafted()))
    guild.ballot("b1", wanted, yes=yes, no=no)
    assert guild.world.ballots["b1"].result == result


def test_more_votes_than_members_are_no_count(guild: Any) -> None:
    with pytest.raises(DeniedError, match="More votes"):
        guild.ballot("b1", "x", yes=4)


def test_a_refusal_beats_the_agreement_and_can_be_taken_back(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    said = {"worker": "bo", "purpose": "train-ai", "class": "*", "recipient": "*"}
    guild.act(ActKind.REFUSE, "bo", **said)
    assert ask(guild, "bo").reason is Reason.WORKER_REFUSAL
    assert ask(guild, "ann").allow
    guild.act(ActKind.CLEAR, "bo", **said)
    assert ask(guild, "bo").allow


def test_of_words_about_one_thing_the_latest_counts_and_the_nearest(guild: Any) -> None:
    def say(kind: ActKind, recipient: str) -> None:
        guild.act(kind, "bo", worker="bo", purpose="research", recipient=recipient, **{"class": "*"})

    def may(recipient: str) -> bool:
        return ask(guild, "bo", purpose="research", recipient=recipient, use="analyse", terms=()).allow

    say(ActKind.REFUSE, "*")
    say(ActKind.PERMIT, "lab")
    assert (may("lab"), may("acme"), may("")) == (True, False, False)
    say(ActKind.REFUSE, "*")
    assert not may("lab")
    say(ActKind.PERMIT, "*")
    assert (may("lab"), may("acme"), may("")) == (True, True, True)


def test_a_class_can_be_paused_and_refused_by_itself(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    guild.act(ActKind.PAUSE, "bo", worker="bo", **{"class": "mail"})
    assert ask(guild, "bo").reason is Reason.PAUSED
    assert ask(guild, "bo", trace_class="sheet").allow
    guild.act(ActKind.RESUME, "bo", worker="bo", **{"class": "*"})
    assert ask(guild, "bo").allow


def test_without_a_mandate_or_after_leaving_the_agreement_says_nothing(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    guild.act(ActKind.UNMANDATE, "bo", collective="guild", worker="bo", **{"class": "*"}, purpose="*")
    assert not ask(guild, "bo").allow
    guild.act(ActKind.LEAVE, "cy", collective="guild", worker="cy", effective=guild.time + 10 * DAY)
    assert ask(guild, "cy").allow
    assert not ask(guild, "cy", time=guild.time + 10 * DAY).allow
    with pytest.raises(DeniedError, match="member"):
        guild.act(ActKind.MANDATE, "acme", collective="guild", worker="acme", **{"class": "*"}, purpose="*")


def test_the_collective_can_refuse_what_was_delegated(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    refused = {"collective": "guild", "class": "mail", "purpose": "train-ai", "recipient": "acme"}
    guild.act(ActKind.FORBID, "ann", **refused)
    assert ask(guild).reason is Reason.COLLECTIVE_REFUSAL
    assert ask(guild, trace_class="sheet").allow
    guild.act(ActKind.UNFORBID, "ann", **refused)
    assert ask(guild).allow
    with pytest.raises(DeniedError, match="steward"):
        guild.act(ActKind.FORBID, "bo", **refused)


def test_scope_of_classes_and_months(guild: Any, drafted: Drafted) -> None:
    scope = Scope(classes=("mail", "sheet"), without_classes=("sheet",), first_month="2026-02", last_month="2026-03")
    guild.agree("a1", drafted(scope=scope))
    assert ask(guild).allow
    assert not ask(guild, trace_class="sheet").allow
    assert not ask(guild, trace_class="chat").allow
    assert not ask(guild, month="2026-01").allow
    assert not ask(guild, month="2026-04").allow


def test_a_later_agreement_takes_the_place_of_an_earlier_one(guild: Any, drafted: Drafted) -> None:
    first = guild.agree("a1", drafted())
    guild.agree("a2", drafted(title="Less", scope=Scope(classes=("sheet",)), supersedes=first))
    assert not ask(guild).allow
    assert ask(guild, trace_class="sheet").clauses == ("a2#purposes.train-augment",)


def test_a_suspended_clause_and_a_terminated_agreement_allow_nothing(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    guild.act(ActKind.SUSPEND, agreement="a1", clause="purposes.train-augment", why="S above the bound")
    assert not ask(guild).allow
    guild.act(ActKind.UNSUSPEND, "ann", agreement="a1", clause="purposes.train-augment")
    assert ask(guild).allow
    with pytest.raises(DeniedError, match="notice"):
        guild.act(ActKind.TERMINATE, "acme", agreement="a1", effective=guild.time + DAY)
    guild.act(ActKind.TERMINATE, "acme", agreement="a1", effective=guild.time + 31 * DAY)
    assert ask(guild).allow
    assert not ask(guild, time=guild.time + 31 * DAY).allow


def test_terms_must_be_those_of_the_hash_and_between_the_parties(guild: Any, drafted: Drafted) -> None:
    offered = document(drafted())
    said = {"agreement": "a1", "collective": "guild", "licensee": "acme"}
    with pytest.raises(DeniedError, match="hash"):
        guild.act(ActKind.OFFER, "ann", **said, hash="0" * 64, document=offered)
    other = document(drafted(title="Other", licensee=replace(drafted().licensee, id="eve")))
    with pytest.raises(DeniedError, match="other parties"):
        guild.act(ActKind.OFFER, "ann", **said, hash=document_hash(other), document=other)
    with pytest.raises(DeniedError, match="two parties"):
        guild.act(ActKind.OFFER, "bo", **said, hash=document_hash(offered), document=offered)


def test_an_old_version_cannot_be_ratified_or_signed(guild: Any, drafted: Drafted) -> None:
    one, two = document(drafted()), document(drafted(title="Better"))
    hashes = document_hash(one), document_hash(two)
    guild.act(ActKind.OFFER, "acme", agreement="a1", collective="guild", licensee="acme", hash=hashes[0], document=one)
    guild.ballot("b1", hashes[0], yes=3)
    guild.act(ActKind.COUNTER, "ann", agreement="a1", hash=hashes[1], document=two)
    with pytest.raises(DeniedError, match="newer version"):
        guild.act(ActKind.RATIFY, "ann", agreement="a1", hash=hashes[0], ballot="b1")
    with pytest.raises(DeniedError, match="No ballot"):
        guild.act(ActKind.RATIFY, "ann", agreement="a1", hash=hashes[1], ballot="b1")


def test_nobody_acts_for_another(guild: Any) -> None:
    said = {"worker": "bo", "purpose": "coach", "class": "*", "recipient": "*"}
    for other in ("ann", "acme", ""):
        with pytest.raises(DeniedError, match="Only the worker"):
            guild.act(ActKind.PERMIT, other, **said)
    forged = Act(ActKind.PERMIT, guild.time, "bo", said, guild.players["ann"].sign, "00" * 64)
    with pytest.raises(DeniedError, match="not signed"):
        guild.world.apply(forged)
    moved = replace(guild.act(ActKind.PERMIT, "bo", **said), body=said | {"purpose": "research"})
    with pytest.raises(DeniedError, match="not signed"):
        guild.world.apply(moved)


def test_an_act_of_another_book_is_none_here(guild: Any) -> None:
    act = guild.players["bo"].signed(Act(ActKind.PAUSE, guild.time, "", {"worker": "bo", "class": "*"}), "another book")
    with pytest.raises(DeniedError, match="not signed"):
        guild.world.apply(act)


def test_an_act_that_fails_leaves_the_world_as_it_was(guild: Any) -> None:
    before = guild.world.policy_hash
    with pytest.raises(DeniedError, match="lacks"):
        guild.act(ActKind.FORBID, "ann", collective="guild")
    with pytest.raises(DeniedError):
        guild.act(ActKind.STRIKE_END, "ann", collective="guild", strike="none")
    assert guild.world.policy_hash == before


def test_an_office_ends_with_its_term_and_is_filled_by_ballot(stage: Any) -> None:
    stage.collective("ann", "bo", term_days=10)
    office = {"collective": "guild", "person": "bo", "role": "steward"}
    with pytest.raises(DeniedError, match="ballot"):
        stage.act(ActKind.OFFICE, "ann", **office, ballot="none")
    stage.ballot("b1", "steward:bo", yes=2)
    stage.act(ActKind.OFFICE, "ann", **office, ballot="b1")
    stage.time += 10 * DAY
    with pytest.raises(DeniedError, match="term of office"):
        stage.ballot("b2", "x", yes=2, by="ann")
    assert not stage.world.collectives["guild"].holds("bo", "steward", stage.time)


def strike(guild: Any, *members: str, **scope: Any) -> None:
    """Propose, pledge with plain shares, and call."""
    said = {"purposes": ["any"], "classes": ["*"], "recipients": ["*"], "carve_outs": []} | scope
    shares = {m: f"{i:02x}" * 8 for i, m in enumerate(members)}
    guild.act(
        ActKind.STRIKE_PROPOSE, "ann", strike="s1", collective="guild", threshold=2,
        shares=[_sha(share) for share in shares.values()], **said,
    )  # fmt: skip
    for share in shares.values():
        guild.act(ActKind.PLEDGE, strike="s1", share=share)
    pledges = [[m, guild.players[m].key.sign(pledge_text("book-1", "s1", m)).hex()] for m in members]
    guild.act(ActKind.STRIKE_CALL, "ann", strike="s1", pledges=pledges, begins=guild.time + 2_000_000)
    guild.time += 2_000_000


def _sha(share: str) -> str:
    import hashlib

    return hashlib.sha256(bytes.fromhex(share)).hexdigest()


def test_a_strike_withholds_the_strikers_traces_and_its_end_restores_them(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    strike(guild, "ann", "bo")
    assert (ask(guild, "ann").reason, ask(guild, "bo").clauses) == (Reason.STRIKE, ("s1",))
    assert ask(guild, "cy").allow
    assert ask(guild, "ann", purpose="coach", recipient="").reason is Reason.STRIKE
    guild.act(ActKind.STRIKE_END, "ann", collective="guild", strike="s1")
    assert ask(guild, "ann").allow


def test_a_strike_has_a_scope_and_carve_outs(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    strike(
        guild, "ann", "bo", purposes=["train-ai"], recipients=["acme"], carve_outs=[["sheet", "*", "*"]]
    )  # fmt: skip
    assert ask(guild, "ann").reason is Reason.STRIKE
    assert ask(guild, "ann", trace_class="sheet").allow
    assert ask(guild, "ann", purpose="coach", recipient="").reason is Reason.OWN_PURPOSE


def test_a_strike_needs_pledges_of_members_made_by_themselves(guild: Any) -> None:
    with pytest.raises(DeniedError, match="not signed by its member"):
        strike_with_forgery(guild)
    assert ask(guild, "bo", purpose="coach", recipient="").allow


def strike_with_forgery(guild: Any) -> None:
    guild.act(
        ActKind.STRIKE_PROPOSE, "ann", strike="s1", collective="guild", threshold=2, shares=[_sha("01"), _sha("02")],
        purposes=["any"], classes=["*"], recipients=["*"], carve_outs=[],
    )  # fmt: skip
    guild.act(ActKind.PLEDGE, strike="s1", share="01")
    with pytest.raises(DeniedError, match="does not count"):
        guild.act(ActKind.PLEDGE, strike="s1", share="01")
    with pytest.raises(DeniedError, match="does not count"):
        guild.act(ActKind.PLEDGE, strike="s1", share="03")
    text = pledge_text("book-1", "s1", "ann")
    ann = ["ann", guild.players["ann"].key.sign(text).hex()]
    with pytest.raises(DeniedError, match="1 of 2"):
        guild.act(ActKind.STRIKE_CALL, "ann", strike="s1", pledges=[ann], begins=guild.time + DAY)
    guild.act(ActKind.PLEDGE, strike="s1", share="02")
    bo = ["bo", guild.players["ann"].key.sign(pledge_text("book-1", "s1", "bo")).hex()]
    guild.act(ActKind.STRIKE_CALL, "ann", strike="s1", pledges=[ann, bo], begins=guild.time + DAY)


def test_a_law_profile_wants_notice_before_the_first_use_and_no_consent_alone(stage: Any, drafted: Drafted) -> None:
    stage.collective("ann", "bo", law="eu-employment")
    stage.enrol("acme", "licensee")
    permit = {"worker": "bo", "purpose": "train-augment", "class": "*", "recipient": "acme"}
    stage.act(ActKind.PERMIT, "bo", **permit)
    assert ask(stage, "bo").reason is Reason.NO_PERMISSION
    stage.agree("a1", drafted())
    assert ask(stage, "bo").reason is Reason.NOTICE_NOT_SERVED
    with pytest.raises(DeniedError, match="No such notice"):
        stage.act(ActKind.ACKNOWLEDGE, "bo", worker="bo", recipient="acme", hash="ab")
    stage.act(ActKind.NOTICE, worker="bo", recipient="acme", hash="ab")
    assert not ask(stage, "bo").allow
    stage.act(ActKind.ACKNOWLEDGE, "bo", worker="bo", recipient="acme", hash="ab")
    assert ask(stage, "bo").reason is Reason.STEP_NOT_RECORDED
    stage.record("works-council", "agreement", "ab" * 32)
    stage.record("impact-assessment", "done", "cd" * 32)
    assert not ask(stage, "bo").allow
    stage.record("legal-basis", "legitimate-interests")
    assert ask(stage, "bo").allow


def test_a_worker_who_is_being_forgotten_is_admitted_for_nothing(guild: Any, drafted: Drafted) -> None:
    guild.agree("a1", drafted())
    guild.act(ActKind.ERASE_BEGIN, worker="bo")
    assert ask(guild, "bo").reason is Reason.ERASING
    assert ask(guild, "bo", purpose="coach", recipient="").reason is Reason.ERASING


def test_folding_the_same_acts_gives_the_same_world(stage: Any, drafted: Drafted) -> None:
    acts: list[Act] = []
    act = stage.act

    def kept(kind: ActKind, by: str = "", **body: Any) -> None:
        acts.append(act(kind, by, **body))

    stage.act = kept
    stage.collective("ann", "bo", "cy")
    stage.enrol("acme", "licensee")
    stage.agree("a1", drafted())
    again = World.of("book-1", [Act.from_dict(each.to_dict()) for each in acts])
    assert again.policy_hash == stage.world.policy_hash
    assert decide(again, Request("bo", "mail", "train-augment", stage.time, "acme", "train")).allow
    shorter = World.of("book-1", acts[:-1])
    assert shorter.policy_hash != stage.world.policy_hash
